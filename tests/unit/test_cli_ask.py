"""The verbs that ask: what they print for people and for programs, on a small world of made-up facts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.support.scene import NOW
from workers.cli.main import cli

pytest_plugins = ["tests.support.world"]

pytestmark = pytest.mark.usefixtures("data")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def asked(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_positions_for_programs_hold_every_field() -> None:
    found = asked("positions")
    assert len(found) > 10
    needed = {"actor", "issue", "stance", "speaker", "since", "last_confirmed", "sources", "confidence", "evidence"}
    assert all(position.keys() >= needed for position in found)
    assert all(e.keys() >= {"text", "url", "outlet", "spans"} for p in found for e in p["evidence"])
    assert all(e["text"] for p in found for e in p["evidence"])


@pytest.mark.parametrize(
    ("options", "stances"),
    [
        (["--actor", "rus", "--issue", "UKRAINE.foreign-troops"], ["opposes"]),
        (["--actor", "Russia", "--issue", "eu-membership"], ["supports"]),
        (["--actor", "روسيا", "--stance", "SUPPORTS"], ["supports", "supports"]),
        (["--actor", "USA", "--issue", "arms-supplies", "--as-of", "2025-07-05"], ["opposes"]),
        (["--actor", "USA", "--issue", "arms-supplies", "--known-at", "2025-09-10T08:59Z"], []),
        (["--actor", "USA", "--issue", "arms-supplies", "--known-at", "2025-09-10T12:00+03:00"], ["supports"]),
        (["--actor", "GBR"], []),
    ],
)  # fmt: skip
def test_filters_and_clocks_of_positions(options: list[str], stances: list[str]) -> None:
    assert [p["stance"] for p in asked("positions", *options)] == stances


def test_a_table_shows_whole_ids_and_arabic_in_isolates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "170")
    out = run("positions").stdout
    assert "ukraine.security-guarantees" in out
    assert "− opposes" in out
    assert "undecided (contested)" in out
    assert "(unconfirmed report)" in out
    arabic = [line for line in out.splitlines() if any("\u0600" <= c <= "\u06ff" for c in line)]
    assert arabic
    assert all(line.count("\u2067") == line.count("\u2069") == 1 for line in arabic)


def test_a_narrow_terminal_loses_the_evidence_but_no_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    out = run("positions").stdout
    assert "ukraine.security-guarantees" in out
    assert not any("\u0600" <= c <= "\u06ff" for c in out)


def test_history_tells_how_a_position_came_to_be() -> None:
    found = asked("history", "usa", "ukraine.arms-supplies")
    assert [(c["kind"], c["before"], c["after"]) for c in found] == [
        ("established", None, "opposes"), ("reversed", "opposes", "supports"),
    ]  # fmt: skip
    assert "− opposes → + supports" in run("history", "USA", "arms-supplies").stdout
    assert run("history", "GBR", "arms-supplies").stdout == "no history of GBR on ukraine.arms-supplies\n"


def test_changes_can_be_followed_by_number() -> None:
    every = asked("changes", "--after", "0")
    assert [c["sequence"] for c in every] == list(range(1, len(every) + 1))
    assert asked("changes", "--after", str(len(every))) == []
    assert asked("changes", "--limit", "1")[0]["sequence"] == len(every)
    assert [c["actor"] for c in asked("changes", "--kind", "reversed")] == ["USA"]


def test_events_and_summits() -> None:
    assert {e["event"]["type"] for e in asked("events")} == {"statement", "threat", "commitment", "summit"}
    assert [e["event"]["quantity"] for e in asked("events", "--type", "commitment")] == [None]
    assert all(e["event"]["actor"] == "NATO" for e in asked("events", "--actor", "nato"))
    met = asked("summits", "--actor", "UKR")
    assert {e["event"]["status"] for e in met} == {"held", "proposed"}
    out = run("summits").stdout
    assert "COW, FRA, GBR, UKR" in out
    assert "no meetings" in run("summits", "--since", "2026-01-01").stdout


def test_feeds_and_how_they_fare() -> None:
    found = asked("feeds")
    assert len(found) == 5
    assert f"{NOW:%Y-%m-%d %H:%M}" in run("feeds").stdout
    assert run("feeds", "--failing").stdout == "no feed fails\n"


@pytest.mark.parametrize("verb", ["positions", "changes", "events", "summits", "feeds"])
def test_an_empty_installation_answers(verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARSAD_DATA", str(tmp_path / "new"))
    assert asked(verb) == []
    result = run(verb)
    assert result.exit_code == 0
    assert result.stdout.startswith("no ")


def test_articles_say_what_they_are_copies_of() -> None:
    found = asked("articles")
    assert len(found) > 10
    assert all(
        a.keys() >= {"id", "url", "outlet", "author", "published", "versions", "origin", "copies"} for a in found
    )
    assert asked("articles", "--story", found[0]["id"])[0]["id"] == found[0]["id"]
    assert found[0]["id"][:12] in run("articles", "--limit", "1").stdout
    assert run("articles", "--story", "nobody").stdout.strip().startswith("no articles")
