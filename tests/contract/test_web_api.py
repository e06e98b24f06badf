"""The read API over real HTTP: every endpoint, its filters, its errors, its tags, and who may ask at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.reading.registry import Registry
from tests.support.facts import new, read
from tests.support.scene import NOW, tell
from tests.support.site import serving
from workers.projections.runner import PositionsRunner
from workers.store.store import Store, open_store
from workers.web.app import make_app

pytest_plugins = ["tests.support.stores", "tests.support.world"]

ENDPOINTS = (
    "/api/v1/positions",
    "/api/v1/positions?actor=rus&issue=foreign-troops&stance=opposes",
    "/api/v1/positions?as_of=2025-09-03&known_at=2025-09-10T12:00:00%2B00:00",
    "/api/v1/positions/RUS/ukraine.foreign-troops/history",
    "/api/v1/positions/usa/arms-supplies/history?as_of=2025-07-10",
    "/api/v1/changes",
    "/api/v1/changes?after=3&limit=2",
    "/api/v1/events",
    "/api/v1/events?type=summit&since=2025-09-01&retracted=1",
    "/healthz",
)
FIELDS = {"actor", "issue", "stance", "speaker", "since", "last_confirmed", "sources", "confidence", "evidence"}


def ask(site: str, path: str, **headers: str) -> httpx.Response:
    return httpx.get(f"{site}{path}", headers={"host": site.removeprefix("http://"), **headers})


@pytest.mark.parametrize("path", ENDPOINTS)
def test_every_endpoint_answers_with_json(site: str, path: str) -> None:
    answer = ask(site, path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()


def test_a_position_has_its_fields_and_its_evidence_in_words(site: str) -> None:
    (held,) = ask(site, "/api/v1/positions?actor=RUS&issue=ukraine.foreign-troops").json()
    assert held.keys() >= FIELDS
    assert (held["stance"], held["speaker"], held["since"], held["last_confirmed"]) == (
        "opposes", "putin", "2025-08-20", "2025-09-06",
    )  # fmt: skip
    assert held["sources"] == 3
    evidence = held["evidence"][0]
    assert evidence["text"].startswith("وكرر بيسكوف")
    assert evidence["url"].startswith("https://")
    assert evidence["outlet"]
    assert evidence["spans"] == [[0, len(evidence["text"])]]


def test_the_two_clocks(site: str) -> None:
    def stances(query: str) -> list[str]:
        found = ask(site, f"/api/v1/positions?actor=USA&issue=ukraine.arms-supplies&{query}").json()
        return [p["stance"] for p in found]

    assert stances("as_of=2025-07-13") == ["opposes"]
    assert stances("as_of=2025-07-14") == ["supports"]
    assert stances("as_of=2025-06-30") == []
    assert stances("known_at=2025-09-09") == []
    assert stances("known_at=2025-09-10") == ["supports"]


def test_changes_can_be_followed_without_a_gap(site: str) -> None:
    seen: list[int] = []
    path = "/api/v1/changes?after=0&limit=4"
    while True:
        answer = ask(site, path)
        found = answer.json()
        path = answer.headers["link"].partition(">")[0].removeprefix("<")
        if not found:
            break
        seen += [change["sequence"] for change in found]
    assert seen == list(range(1, len(seen) + 1))
    assert len(seen) > 15
    assert path.endswith(f"limit=4&after={len(seen)}") or f"after={len(seen)}" in path, "the end can be asked again"


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("/api/v1/positions?actor=RSU", 400, "RUS"),
        ("/api/v1/positions?issue=ukraine.nato", 400, "ukraine.nato-membership"),
        ("/api/v1/positions?stance=maybe", 400, "supports"),
        ("/api/v1/positions?as_of=2025-02-30", 400, "as_of"),
        ("/api/v1/positions?known_at=soon", 400, "known_at"),
        ("/api/v1/positions?colour=red", 400, "colour"),
        ("/api/v1/positions?actor=RUS&actor=USA", 400, "twice"),
        ("/api/v1/changes?after=-1", 400, "after"),
        ("/api/v1/changes?after=9999999999999999999999", 400, "after"),
        ("/api/v1/changes?limit=0", 400, "limit"),
        ("/api/v1/changes?limit=١", 400, "limit"),
        ("/api/v1/changes?kind=x", 400, "reversed"),
        ("/api/v1/events?type=war", 400, "summit"),
        ("/api/v1/events?since=yesterday", 400, "since"),
        ("/api/v1/events?retracted=perhaps", 400, "retracted"),
        ("/api/v1/positions/XXX/ukraine.foreign-troops/history", 404, "XXX"),
        ("/api/v1/nothing", 404, ""),
    ],
)
def test_an_error_is_a_problem_that_names_what_was_wrong(site: str, path: str, status: int, word: str) -> None:
    answer = ask(site, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert word in problem["detail"]


def test_reading_only(site: str) -> None:
    answer = httpx.post(f"{site}/api/v1/positions")
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_entity_tag_spares_the_second_answer(site: str) -> None:
    first = ask(site, "/api/v1/positions")
    again = ask(site, "/api/v1/positions", **{"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = ask(site, "/api/v1/positions?actor=RUS", **{"if-none-match": first.headers["etag"]})
    assert other.status_code == 200
    assert other.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize("path", ["/", "/api/v1/positions", "/healthz", "/static/marsad.css", "/nothing"])
def test_a_rebound_name_is_refused_everywhere(site: str, path: str) -> None:
    port = site.rpartition(":")[2]
    for name in (
        "evil.example",
        f"evil.example:{port}",
        "127.0.0.1.evil.example",
        f"localhost.evil.example:{port}",
        "",
    ):
        assert ask(site, path, host=name).status_code in (400, 421), name
    for name in (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}", "marsad.example", "MARSAD.example:443"):
        assert ask(site, path, host=name).status_code in (200, 404), name


@pytest.mark.parametrize("path", ["/", "/changes", "/api/v1/events", "/nothing", "/static/marsad.css"])
def test_every_answer_carries_the_security_headers(site: str, path: str) -> None:
    headers = ask(site, path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"


def test_health_fails_where_the_database_is_gone_or_the_positions_lag(tmp_path: Path, registry: Registry) -> None:
    path = tmp_path / "marsad.db"
    store = open_store(f"sqlite:///{path}")
    now = datetime.now(UTC)
    ahead = now + timedelta(hours=1)
    with serving(make_app(store.queries, registry=registry, clock=lambda: ahead)) as site:
        assert ask(site, "/healthz").json()["status"] == "ok"

        store.log.append("a", [new("a", read("a"))])
        late = ask(site, "/healthz")
        assert late.status_code == 503
        assert late.json()["positions"]["events_behind"] == 1

        PositionsRunner(store).catch_up(now=now)
        assert ask(site, "/healthz").status_code == 200

        store.close()
        for file in tmp_path.iterdir():
            file.unlink()
        path.mkdir()
        gone = ask(site, "/healthz")
        assert (gone.status_code, gone.json()["status"]) == (503, "fail")
        assert ask(site, "/api/v1/positions").status_code == 503
        page = ask(site, "/")
        assert page.status_code == 503
        assert page.headers["content-type"].startswith("text/html")


def test_a_bug_is_said_without_its_words(registry: Registry) -> None:
    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError("a secret of the inside")

    broken: Any = Broken()
    with serving(make_app(broken, registry=registry)) as site:
        for path in ("/", "/api/v1/positions"):
            answer = ask(site, path)
            assert answer.status_code == 500
            assert "secret" not in answer.text
            assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_each_database_gives_the_same_answers(store: Store, registry: Registry, site: str) -> None:
    tell(store)
    with serving(make_app(store.queries, registry=registry, clock=lambda: NOW)) as other:
        for path in ENDPOINTS[:5]:
            assert ask(other, path).json() == ask(site, path).json()
