"""The API over real HTTP with tokens: who sees what, subscriptions, deliveries, quarantine, bounds, refusals."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from domain.reading.registry import Registry
from tests.support.alerts import Desk
from tests.support.receiver import receiving
from tests.support.site import serving
from workers.bootstrap import App
from workers.settings import load_settings
from workers.titles import Titles
from workers.tokens import digest, new_secret, scopes, written
from workers.web.app import make_app
from workers.web.gate import Rates

pytest_plugins = ["tests.support.stores", "tests.support.world"]
Ask = Callable[..., httpx.Response]
HOOK = "https://hook.example/a"


def token(app: App, *allowed: str, days: float | None = None) -> str:
    secret, now = new_secret(), app.clock()
    until = None if days is None else now + timedelta(days=days)
    made = app.store.tokens.add("test", scopes(allowed), sha256=digest(secret), expires_at=until, now=now)
    return written(made.id, secret)


@pytest.fixture
def app(database_url: str, tmp_path: Any) -> Iterator[App]:
    made = App(load_settings({
        "MARSAD_DATABASE_URL": database_url, "MARSAD_DATA": str(tmp_path), "MARSAD_FETCH_ALLOW_NETWORKS": "127.0.0.0/8",
    }))  # fmt: skip
    yield made
    made.close()


def web(app: App, **more: Any) -> Any:
    given: dict[str, Any] = {
        "store": app.store,
        "subscribing": app.subscribing,
        "registry": app.registry,
        "titles": app.titles,
    }
    return serving(make_app(app.store.queries, **(given | more)))


@pytest.fixture
def site(app: App) -> Iterator[str]:
    with web(app, api_is_open=False) as address:
        yield address


def asker(site: str, bearer: str) -> Ask:
    def ask(method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {bearer}"} | more.pop("headers", {})
        return httpx.request(method, f"{site}/api/v1{path}", headers=headers, **more)

    return ask


@pytest.fixture
def ask(app: App, site: str) -> Ask:
    return asker(site, token(app, "read", "subscriptions"))


def test_without_a_good_token_nothing_is_learned(app: App, site: str) -> None:
    good = token(app, "read")
    wrong = good[:-1] + ("A" if good[-1] != "A" else "B")
    revoked, expired = token(app, "operate"), token(app, "operate", days=-1)
    app.store.tokens.revoke(int(revoked.split("_")[1]), now=app.clock())
    answers = [
        httpx.get(site + "/api/v1" + path, headers={} if bearer is None else {"authorization": bearer})
        for path in ("/positions", "/subscriptions/1", "/quarantine", "/nothing", "/changes/stream")
        for bearer in (None, f"Bearer {wrong}", f"Bearer {revoked}", f"Bearer {expired}", "Bearer x", "Basic eA==")
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].headers["www-authenticate"] == "Bearer"
    assert asker(site, good)("GET", "/positions").status_code == 200


def test_reading_needs_no_token_where_the_settings_leave_it_open(app: App) -> None:
    with web(app) as site:
        assert httpx.get(f"{site}/api/v1/positions").status_code == 200
        assert httpx.get(f"{site}/api/v1/subscriptions").status_code == 401
        wrong = {"authorization": "Bearer wrong"}
        assert httpx.get(f"{site}/api/v1/positions", headers=wrong).status_code == 401
        assert httpx.post(f"{site}/api/v1/subscriptions", json={}).status_code == 401


def test_a_scope_is_needed_for_what_it_allows(app: App, site: str) -> None:
    reader, subscriber, operator = (asker(site, token(app, scope)) for scope in ("read", "subscriptions", "operate"))
    assert reader("GET", "/subscriptions").status_code == 403
    assert "--scope subscriptions" in reader("GET", "/deliveries").json()["detail"]
    assert subscriber("GET", "/quarantine").status_code == 403
    assert subscriber("GET", "/positions").status_code == 403
    for path in ("/positions", "/subscriptions", "/quarantine", "/feeds", "/articles"):
        assert operator("GET", path).status_code == 200


def test_what_belongs_to_another_is_as_if_it_were_not_there(app: App, site: str, ask: Ask) -> None:
    other = asker(site, token(app, "subscriptions"))
    mine = ask("POST", "/subscriptions", json={"channels": [{"kind": "webhook", "target": HOOK}]}).json()
    theirs = other("POST", "/subscriptions", json={"channels": [{"kind": "webhook", "target": HOOK}]}).json()
    assert mine["channels"][0]["secret"] != theirs["channels"][0]["secret"], "one address, two owners, two secrets"
    of_command = app.store.add_subscription([mine["channels"][0]["id"]], now=app.clock())
    for verb, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/test"), ("POST", "/rotate"),
                       ("POST", "/enable"), ("GET", "/backtest")):  # fmt: skip
        more: dict[str, Any] = {"json": {}} if verb == "PATCH" or path == "/rotate" else {}
        refused = [ask(verb, f"/subscriptions/{n}{path}", **more) for n in (theirs["id"], of_command.id, 999_999)]
        assert {r.status_code for r in refused} == {404}, path
        assert len({r.text for r in refused}) == 1
    assert [s["id"] for s in ask("GET", "/subscriptions").json()] == [mine["id"]]
    everybody = asker(site, token(app, "operate"))
    assert len(everybody("GET", "/subscriptions").json()) == 3


def test_a_subscription_is_made_edited_tested_rotated_and_ended(app: App, ask: Ask) -> None:
    with receiving() as receiver:
        wanted: dict[str, Any] = {
            "channels": [{"kind": "webhook", "target": receiver.url}], "actors": ["russia"], "min_sources": 2,
            "digest": "daily", "zone": "Asia/Qatar", "quiet": ["22:00", "07:00"],
        }  # fmt: skip
        made = ask("POST", "/subscriptions", json=wanted)
        assert made.status_code == 201
        found = made.json()
        path = f"/subscriptions/{found['id']}"
        assert made.headers["location"] == f"/api/v1{path}"
        assert (found["actors"], found["min_sources"], found["zone"]) == (["RUS"], 2, "Asia/Qatar")
        secret = found["channels"][0]["secret"]
        assert secret not in ask("GET", path).text + ask("GET", "/subscriptions").text
        more = [*wanted["channels"], {"kind": "mail", "target": "a@b.example"}]
        edited = ask("PATCH", path, json={"quiet": None, "channels": more}).json()
        assert (edited["quiet"], edited["zone"], len(edited["channels"])) == (None, "Asia/Qatar", 2)
        tried = ask("POST", path + "/test").json()
        assert tried[0]["status"] == "delivered"
        rotated = ask("POST", path + "/rotate", json={"overlap": 1}).json()
        ask("POST", path + "/test")
        for key in (secret, rotated["secret"]):
            Webhook(key).verify(receiver.received[-1].body, receiver.received[-1].headers)
        assert ask("DELETE", path).status_code == 204
        assert ask("GET", path).status_code == 404
    assert ask("GET", "/subscriptions").json() == []


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({}, 422, "channels"), ({"channels": []}, 422, "channels"), ({"channels": 3}, 422, "array"),
        ({"channels": [{"kind": "pigeon", "target": "x"}]}, 422, "pigeon"),
        ({"channels": [{"kind": "webhook", "target": "ftp://x"}]}, 422, "http"),
        ({"channels": [{"kind": "apprise", "target": "json://127.0.0.1"}]}, 422, "those who run"),
        ({"channels": [{"kind": "webhook", "target": HOOK}], "hour": 25}, 422, "25"),
        ({"channels": [{"kind": "webhook", "target": HOOK}], "zone": "Mars"}, 422, "Mars"),
        ({"channels": [{"kind": "webhook", "target": HOOK}], "actors": ["XYZZY"]}, 422, "XYZZY"),
        ({"channels": [{"kind": "webhook", "target": HOOK}], "colour": 1}, 422, "colour"),
        ({"channels": [{"kind": "webhook", "target": HOOK}], "muted_until": "2030-01-01T00:00:00"}, 422, "zone"),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_used_is_refused_in_a_line(ask: Ask, body: Any, status: int, word: str) -> None:
    answer = ask("POST", "/subscriptions", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert word in answer.json()["detail"]


def test_bounds_are_kept_and_every_refusal_is_a_problem(site: str, ask: Ask) -> None:
    deep = b'{"channels":' + b"[" * 40 + b"]" * 40 + b"}"
    json = {"content-type": "application/json"}
    answers = {
        413: ask("POST", "/subscriptions", content=b" " * 70_000, headers=json),
        400: ask("POST", "/subscriptions", content=deep, headers=json),
        414: ask("GET", "/positions?cursor=" + "x" * 9000),
        431: ask("GET", "/positions", headers={"x-much": "y" * 20_000}),
        415: ask("POST", "/subscriptions", content=b"x=1"),
        405: ask("PUT", "/subscriptions"),
        404: ask("GET", "/nothing"),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]
    chunks = ask("POST", "/subscriptions", content=(b" " * 10_000 for _ in range(10)), headers=json)
    assert chunks.status_code == 413
    zipped = ask("POST", "/subscriptions", content=b"{}", headers=json | {"content-encoding": "gzip"})
    assert zipped.status_code == 415


def test_too_many_requests_are_told_when_to_come_again(app: App) -> None:
    with web(app, api_is_open=False, api_rate=3) as site:
        one, other = asker(site, token(app, "read")), asker(site, token(app, "read"))
        assert [one("GET", "/changes").status_code for _ in range(4)] == [200, 200, 200, 429]
        assert int(one("GET", "/changes").headers["retry-after"]) > 0
        assert other("GET", "/changes").status_code == 200, "each caller has its own"
        assert [httpx.get(f"{site}/api/v1/changes").status_code for _ in range(4)] == [401, 401, 401, 429]


def test_rates_forget_the_oldest_callers() -> None:
    rates = Rates(1)
    assert rates.wait("a") == 0
    assert rates.wait("a") > 0
    for number in range(10_001):
        rates.wait(str(number))
    assert rates.wait("a") == 0


def test_deliveries_are_listed_by_cursor_and_a_dead_one_goes_again(app: App, ask: Ask, titles: Titles) -> None:
    with receiving() as receiver:
        made = ask("POST", "/subscriptions", json={"channels": [{"kind": "webhook", "target": receiver.url}]}).json()
        desk = Desk(app.store, titles, wait=0)
        desk.now = app.clock()
        for number in range(5):
            desk.say(f"a{number}", "opposes", "2025-09-05", issue=f"issue.{number}")
        receiver.answers = [(410, {})]
        run_due(app)
        listed: list[Any] = []
        path = "/deliveries?limit=2"
        while path:
            answer = ask("GET", path)
            listed += answer.json()
            path = answer.headers.get("link", "").partition(">")[0].removeprefix("</api/v1")
        assert len({d["id"] for d in listed}) == 5
        assert {d["subscription"] for d in listed} == {made["id"]}
        dead = ask("GET", "/deliveries?status=dead").json()
        assert len(dead) == 5
        one = f"/deliveries/{dead[-1]['id']}"
        assert "410" in ask("GET", one + "/attempts").json()[0]["error"]
        assert "410" in ask("GET", f"/subscriptions/{made['id']}").json()["channels"][0]["disabled"]
        assert ask("POST", f"/subscriptions/{made['id']}/enable").status_code == 200
        assert ask("POST", one + "/resend").status_code == 202
        run_due(app)
        assert ask("GET", one).json()["status"] == "delivered"
        assert ask("POST", one + "/resend").status_code == 422
        assert len({got.headers["webhook-id"] for got in receiver.received}) == 1


def run_due(app: App) -> None:
    for item in app.store.due(app.clock() + timedelta(seconds=1), kinds=["deliver"]):
        app.stages.run("deliver", item.subject)


def test_the_quarantine_is_tried_again_and_dropped_by_who_may(app: App, site: str, titles: Titles) -> None:
    operator = asker(site, token(app, "operate"))
    with receiving() as receiver:
        operator("POST", "/subscriptions", json={"channels": [{"kind": "webhook", "target": receiver.url}]})
        desk = Desk(app.store, titles, wait=0)
        desk.now = app.clock()
        desk.say("a", "opposes", "2025-09-05")
        receiver.answers = [(410, {})]
        run_due(app)
    (item,) = operator("GET", "/quarantine").json()
    path = f"/quarantine/{item['id']}"
    assert operator("GET", path).json() == item
    assert operator("POST", path + "/retry").status_code == 204
    assert operator("GET", path).status_code == 404
    run_due(app)
    assert operator("DELETE", path).status_code == 204
    assert operator("DELETE", path).status_code == 404


def test_lists_go_on_by_their_links(registry: Registry, world: Any, site: str) -> None:
    with serving(make_app(world.queries, registry=registry)) as open_site:
        history = "/positions/RUS/ukraine.foreign-troops/history"
        for path in ("/positions", "/events", "/changes", "/articles", "/feeds", history):
            whole = httpx.get(f"{open_site}/api/v1{path}?limit=1000").json()
            pages: list[Any] = []
            at = f"/api/v1{path}?limit=2"
            while at:
                answer = httpx.get(open_site + at)
                assert answer.status_code == 200, answer.text
                pages += answer.json()
                at = answer.headers.get("link", "").partition(">")[0].removeprefix("<")
            assert pages == whole, path
            assert len(whole) > 1 or path.endswith("history")


def test_the_token_shows_nowhere_and_its_use_is_noted(app: App, site: str) -> None:
    bearer = token(app, "read")
    secret = bearer.split("_", 2)[2]
    asker(site, bearer)("GET", "/positions")
    (kept,) = app.store.tokens.all()
    assert kept.used_at is not None
    found = app.store.tokens.kept(kept.id)
    assert found is not None
    assert found.sha256 == digest(secret) != secret


def test_a_server_that_is_sent_no_body_answers_nevertheless(site: str) -> None:
    host, port = site.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(b"GET /api/v1/positions HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert b"401" in connection.recv(200)
