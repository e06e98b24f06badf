"""Changes pulled over real HTTP: the Atom feed, server-sent events that lose nothing, and the link that ends it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import feedparser
import httpx
import pytest
from starlette.applications import Starlette

from domain.alerts.terms import Terms
from tests.support.alerts import Desk
from tests.support.site import serving
from workers.bootstrap import App
from workers.channels.mail import token
from workers.settings import load_settings
from workers.store.store import Store
from workers.titles import Titles
from workers.web.app import make_app

pytest_plugins = ["tests.support.stores", "tests.support.world"]


def events(lines: Iterator[str], count: int) -> list[tuple[int, dict[str, object]]]:
    """So many events of a stream: id and data."""
    found: list[tuple[int, dict[str, object]]] = []
    number = 0
    for line in lines:
        name, _, value = line.partition(": ")
        if name == "id":
            number = int(value)
        elif name == "data":
            found.append((number, json.loads(value)))
            if len(found) == count:
                break
    return found


def test_the_feed_is_atom_with_the_words_of_an_alert(site: str) -> None:
    answer = httpx.get(f"{site}/changes.atom?actor=FRA&language=ar")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = feedparser.parse(answer.content)
    assert not feed.bozo
    assert len(feed.entries) == 4
    titles = [entry.title for entry in feed.entries]
    assert any(title.startswith("فرنسا: ") for title in titles)
    assert all(entry.id.startswith("urn:marsad:change:") and entry.link for entry in feed.entries)
    assert all(re.search("مصادر مستقلة: \u20671 \\(", entry.content[0].value) for entry in feed.entries)
    again = httpx.get(f"{site}/changes.atom?actor=FRA&language=ar", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("query", ["actor=XYZZY", "stance=maybe", "language=fr", "page=2"])
def test_a_wrong_filter_is_refused(site: str, query: str) -> None:
    assert httpx.get(f"{site}/changes.atom?{query}").status_code == 400


def test_filters_hold_for_the_feed(site: str) -> None:
    feed = feedparser.parse(httpx.get(f"{site}/changes.atom?stance=opposes&language=en").content)
    assert feed.entries
    assert all("opposes" in entry.title for entry in feed.entries)


def test_a_stream_goes_on_after_the_last_id(site: str) -> None:
    wanted = httpx.get(f"{site}/api/v1/changes?after=0&limit=1000").json()
    with httpx.stream("GET", f"{site}/api/v1/changes/stream?after=0", timeout=20) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        first = events(answer.iter_lines(), 5)
    last = {"last-event-id": str(first[-1][0])}
    with httpx.stream("GET", f"{site}/api/v1/changes/stream", headers=last, timeout=20) as answer:
        rest = events(answer.iter_lines(), len(wanted) - 5)
    assert [number for number, _ in first + rest] == [change["sequence"] for change in wanted]
    assert [change for _, change in first + rest] == wanted


def test_a_stream_tells_what_happens_while_it_is_open(store: Store, titles: Titles, app: Starlette) -> None:
    desk = Desk(store, titles)
    desk.say("a", "opposes", "2025-09-05")
    with serving(make_app(store.queries, registry=titles._registry, titles=titles)) as site:  # noqa: SIM117
        with httpx.stream("GET", f"{site}/api/v1/changes/stream?stance=supports", timeout=20) as answer:
            lines = answer.iter_lines()
            assert next(lines).startswith("retry:")
            desk.say("b", "conditional", "2025-09-06")
            desk.say("c", "supports", "2025-09-07")
            assert [change["after"] for _, change in events(lines, 1)] == ["supports"]


def test_a_wrong_id_is_refused(site: str) -> None:
    assert httpx.get(f"{site}/api/v1/changes/stream", headers={"last-event-id": "x"}).status_code == 400


def test_one_click_ends_a_subscription_a_look_and_a_guess_do_not(data: Path) -> None:
    app = App(load_settings())
    channel = app.store.add_channel("mail", "a@b.example", secrets=("s" * 48,), now=app.clock())
    found = app.store.add_subscription([channel.id], terms=Terms(), now=app.clock())
    web = make_app(app.store.queries, registry=app.registry, titles=app.titles, unsubscribe=app.unsubscribe)
    with serving(web) as site:
        link = f"{site}/unsubscribe/{token(found.id, channel)}"
        assert "<form" in httpx.get(link).text
        guess = httpx.post(f"{site}/unsubscribe/{found.id}.{'0' * 40}", data={"List-Unsubscribe": "One-Click"})
        assert [s.id for s in app.store.subscriptions()] == [found.id]
        done = httpx.post(link, data={"List-Unsubscribe": "One-Click"})
        assert done.status_code == guess.status_code == 200
        assert done.text == guess.text
        assert app.store.subscriptions() == []
    app.close()
