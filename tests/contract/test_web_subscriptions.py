"""The page of subscriptions: operators add, change, try out and end them; others are turned away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook

from tests.support.people import add_people, send, signed_in
from tests.support.receiver import Receiver, receiving
from tests.support.site import serving
from workers.bootstrap import App
from workers.settings import load_settings
from workers.web.app import make_app

pytest_plugins = ["tests.support.world"]
TELEGRAM = "tgram://123456789:abcdefghijklmnopqrstuvwxyz123456789/12315544"


@pytest.fixture
def app(data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    monkeypatch.setenv("MARSAD_FETCH_ALLOW_NETWORKS", "127.0.0.0/8")
    made = App(load_settings())
    add_people(made.store, made.clock())
    yield made
    made.close()


@pytest.fixture
def site(app: App) -> Iterator[str]:
    web = make_app(
        app.store.queries, registry=app.registry, titles=app.titles, store=app.store, subscribing=app.subscribing
    )
    with serving(web) as address:
        yield address


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def test_it_is_for_operators_alone(site: str) -> None:
    assert httpx.get(f"{site}/subscriptions").status_code == 401
    with signed_in(site, "analyst") as client:
        assert client.get("/subscriptions").status_code == 403
        assert "/subscriptions" not in client.get("/").text
    with signed_in(site, "operator") as client:
        assert "No subscriptions yet" in client.get("/subscriptions").text
        assert client.post("/subscriptions", data={"channels": "https://x.example/"}).status_code == 403, "no token"


def test_one_is_added_its_secret_shown_once_tried_changed_and_ended(app: App, site: str, receiver: Receiver) -> None:
    with signed_in(site, "operator") as client:
        channels = f"{receiver.url}\na@b.example\n{TELEGRAM}"
        made = send(
            client, "/subscriptions", "/subscriptions", channels=channels, actors="rus, France", quiet="22:00-07:00",
            zone="Asia/Qatar", min_sources="2", digest="daily", language="ar", changes="reversed",
        )  # fmt: skip
        assert made.status_code == 200, made.text
        (found,) = app.store.subscriptions()
        secret = found.channels[0].secrets[0]
        assert secret in made.text
        assert (found.actors, found.changes, found.terms.sources) == (("RUS", "FRA"), ("reversed",), 2)
        page = f"/subscriptions/{found.id}"
        shown = client.get(page).text
        assert "abcdefghij" not in shown + client.get("/subscriptions").text
        assert secret not in shown
        assert "It would have sent" in shown
        tried = send(client, page, page, do="test")
        assert "accepted the test message" in tried.text
        Webhook(secret).verify(receiver.received[-1].body, receiver.received[-1].headers)
        hidden = shown.partition("tgram://")[2].partition("<")[0].replace("&#34;", '"')
        kept = f"{receiver.url}\ntgram://{hidden}"
        saved = send(client, page, page, do="save", channels=kept, digest="now", language="en")
        assert saved.status_code == 200, saved.text
        (edited,) = app.store.subscriptions()
        assert [c.target for c in edited.channels] == [receiver.url, TELEGRAM], "a hidden address stays what it was"
        assert (edited.actors, edited.terms.quiet, edited.terms.pace) == ((), None, "now")
        assert send(client, page, page, do="end").status_code == 303
        assert app.store.subscriptions() == []
        assert client.get(page).status_code == 404
    noted = [entry.what for entry in app.store.accounts.audited()]
    assert {"subscribed", "subscription-edited", "unsubscribed"} <= set(noted)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"channels": ""}, "channels"), ({"channels": "nobody"}, "e-mail"), ({"actors": "XYZZY"}, "XYZZY"),
        ({"zone": "Mars"}, "Mars"), ({"quiet": "late"}, "late"), ({"min_confidence": "much"}, "min_confidence"),
        ({"changes": "sudden"}, "sudden"), ({"digest": "yearly"}, "yearly"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_above_the_form_which_keeps_what_was_written(
    app: App, site: str, fields: dict[str, str], word: str
) -> None:
    with signed_in(site, "operator") as client:
        given = {"channels": "https://hook.example/", "issues": "gaza.ceasefire"} | fields
        answer = send(client, "/subscriptions", "/subscriptions", **given)
        assert answer.status_code == 422
        assert word in answer.text.partition('role="alert"')[2][:400]
        assert 'value="gaza.ceasefire"' in answer.text
    assert app.store.subscriptions() == []


def test_in_arabic_it_runs_from_right_to_left(site: str) -> None:
    with signed_in(site, "operator") as client:
        page = client.get("/subscriptions?lang=ar").text
        assert 'dir="rtl"' in page
        assert "اشتراك جديد" in page
