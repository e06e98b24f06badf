"""The demo's site as a client meets it, over real connections."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook

from workers.channels.webhook import new_secret
from workers.demo.corpus import shipped
from workers.demo.play import Demo, demo_settings
from workers.demo.render import feed_path, page, page_path
from workers.demo.site import ALERTS
from workers.fetch.feeds import parse_feed
from workers.fetch.opml import read_opml
from workers.settings import load_settings


@pytest.fixture
def demo() -> Iterator[Demo]:
    with Demo() as demo:
        yield demo


@pytest.fixture
def client(demo: Demo) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=demo.url, trust_env=False) as client:
        yield client


def _alert(secret: str, name: str = "a", *, body: str = '{"data": {"kind": "reversed"}}') -> dict[str, str]:
    now = datetime.now(UTC)
    signature = Webhook(secret).sign(name, now, body)
    return {"webhook-id": name, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}


def test_pages_come_in_their_outlets_encoding(client: httpx.Client) -> None:
    outlets, articles = shipped()
    for article in {a.outlet: a for a in articles}.values():
        outlet = outlets[article.outlet]
        answer = client.get(page_path(article, outlet))
        assert answer.status_code == 200
        assert answer.headers["content-type"] == f"text/html; charset={outlet.encoding}"
        assert answer.content == page(article, outlet)


def test_feeds_list_every_article_of_their_outlet(client: httpx.Client, demo: Demo) -> None:
    outlets, articles = shipped()
    for outlet in outlets.values():
        answer = client.get(feed_path(outlet))
        parsed = parse_feed(answer.content, content_type=answer.headers["content-type"], url=str(answer.url))
        own = [a for a in articles if a.outlet == outlet.id]
        assert {e.url for e in parsed.entries} == {demo.url + page_path(a, outlet) for a in own}
        assert all((e.published_at is not None) == outlet.dated_feed for e in parsed.entries)


def test_the_list_of_feeds_names_them_all(demo: Demo) -> None:
    outlets = shipped()[0]
    feeds = read_opml(demo.feeds.read_text("utf-8"))
    assert [(f.outlet, f.time_zone, f.country) for f in feeds] == [
        (o.id, o.time_zone, o.country) for o in outlets.values()
    ]


def test_robots_keep_clients_off_the_inbox(client: httpx.Client) -> None:
    assert f"Disallow: {ALERTS.rsplit('/', 1)[0]}/" in client.get("/robots.txt").text


def test_what_did_not_change_is_not_sent_again(client: httpx.Client) -> None:
    first = client.get("/robots.txt")
    again = client.get("/robots.txt", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_head_is_an_answer_without_a_body(client: httpx.Client) -> None:
    answer = client.head("/robots.txt")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


def test_what_is_not_there_is_a_404(client: httpx.Client) -> None:
    assert client.get("/manara/none.html").status_code == 404
    assert client.post("/manara/feed.xml", content=b"x").status_code == 404


def test_an_alert_counts_once_however_often_it_comes(client: httpx.Client, demo: Demo) -> None:
    secret = new_secret()
    demo.inbox.secrets = (new_secret(), secret)
    body = '{"data": {"kind": "reversed"}}'
    for _ in range(2):
        assert client.post(ALERTS, content=body, headers=_alert(secret, body=body)).status_code == 204
    assert demo.inbox.alerts == [json.loads(body)]
    assert demo.inbox.refused == 0


def test_an_alert_of_another_secret_is_refused(client: httpx.Client, demo: Demo) -> None:
    demo.inbox.secrets = (new_secret(),)
    body = '{"data": {"kind": "reversed"}}'
    assert client.post(ALERTS, content=body, headers=_alert(new_secret(), body=body)).status_code == 401
    assert client.post(ALERTS, content=body).status_code == 401
    assert (demo.inbox.alerts, demo.inbox.refused) == ([], 2)


def test_an_alert_that_is_too_large_is_refused(client: httpx.Client) -> None:
    assert client.post(ALERTS, content=b"x" * 1_000_001).status_code == 413


def test_the_address_is_free_after_the_end() -> None:
    with Demo() as demo:
        address, folder = demo.url, demo.folder
        assert httpx.get(address, trust_env=False).status_code == 200
    assert not folder.exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(address, trust_env=False)


def test_the_settings_take_a_fresh_folder_and_the_demos_feeds(demo: Demo) -> None:
    made = demo_settings(load_settings({}), demo)
    assert made.data.parent == demo.folder
    assert made.database_url == f"sqlite:///{made.data / 'marsad.db'}"
    assert made.feeds == demo.feeds
    assert made.host_delay == 0
    assert "127.0.0.0/8" in {str(network) for network in made.allow_networks}


def test_a_named_folder_or_database_is_kept(demo: Demo, tmp_path: Path) -> None:
    named = demo_settings(load_settings({"MARSAD_DATA": str(tmp_path)}), demo)
    assert (named.data, named.database_url) == (tmp_path, f"sqlite:///{tmp_path / 'marsad.db'}")
    server = "postgresql://marsad@127.0.0.1/marsad"
    assert demo_settings(load_settings({"MARSAD_DATABASE_URL": server}), demo).database_url == server
