"""The verbs over the log on a small world: what they print, what they write, and that they refuse in one line."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pyarrow import parquet

from domain.errors import InputError
from tests.support.facts import T0, new, page, read, statements
from workers import export as exporting
from workers.cli.main import cli
from workers.reread import reread
from workers.stages import stream_of
from workers.store.reporting import VIEWS
from workers.store.sources import add_version
from workers.store.store import Store

pytest_plugins = ["tests.support.world", "tests.support.stores"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def said(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def an_event(**wanted: str) -> dict[str, Any]:
    options = [part for name, value in wanted.items() for part in (f"--{name}", value)]
    found: dict[str, Any] = json.loads(said("events", "--json", *options))[0]
    return found


def stance(actor: str, issue: str, *options: str) -> str | None:
    found = json.loads(said("positions", "--actor", actor, "--issue", issue, "--json", *options))
    return found[0]["stance"] if found else None


# retract


def test_retract_moves_the_position_and_history_keeps_both(data: Path) -> None:
    event = an_event(actor="RUS", issue="ukraine.eu-membership")
    before = json.loads(said("export", "events").splitlines()[-1])["recorded_at"]
    assert stance("RUS", "ukraine.eu-membership") == "supports"
    printed = said("retract", event["event_id"][:12], "--why", "read wrongly", "--who", "editor")
    assert "RUS ukraine.eu-membership: supports by putin" in printed
    assert stance("RUS", "ukraine.eu-membership") is None
    assert stance("RUS", "ukraine.eu-membership", "--known-at", before) == "supports"
    taken_back = json.loads(said("export", "events").splitlines()[-1])
    assert taken_back["record"] == {
        "kind": "retraction",
        "event_id": event["event_id"],
        "why": "read wrongly",
        "who": "editor",
    }
    assert taken_back["recorded_at"] > before
    assert "everything is as it was written" in said("verify")
    assert data.exists()


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("retract", "zzz", "--why", "x"), "the log holds no event zzz"),
        (("retract", "", "--why", "x"), "more than one event"),
        (("retract", "abc", "--why", " "), "--why"),
        (("reread", "--since", "yesterday"), "--since"),
        (("export", "events", "--output", "/nowhere/x"), "/nowhere/x cannot be written"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(arguments: tuple[str, ...], words: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.usefixtures("data")
def test_an_event_is_taken_back_once() -> None:
    event = an_event()["event_id"]
    said("retract", event, "--why", "x")
    assert "taken back before" in run("retract", event, "--why", "x").stderr


# reread


@pytest.mark.usefixtures("data")
def test_reread_shows_first_and_writes_only_differences() -> None:
    before = said("export", "events")
    dry = said("reread", "--dry-run")
    assert "would be new" in dry
    assert said("export", "events") == before
    done = said("reread")
    assert done.replace("new", "would be new").replace("taken", "would be taken") == dry
    again = said("reread")
    assert "0 events new, 0 taken back" in again
    assert said("export", "events").startswith(before)
    assert "everything is as it was written" in said("verify")


@pytest.mark.usefixtures("data")
def test_reread_since_a_day_leaves_older_articles_alone() -> None:
    count = int(said("reread", "--dry-run").split()[1])
    assert said("reread", "--dry-run", "--since", "2100-01-01").startswith("articles  0 read again; 0 events")
    assert 0 < int(said("reread", "--dry-run", "--since", "2025-09-05").split()[1]) < count


class Extractor:
    """Reads what it is told to."""

    version = "told"

    def __init__(self) -> None:
        self.events = [read().event]

    def read(self, _text: str, *, published: object) -> list[Any]:
        return self.events


def test_a_fact_that_comes_and_goes_between_readings_stands_as_the_last_one_says(
    store: Store, an_article: object
) -> None:
    extractor = Extractor()
    first = extractor.events
    for events in (first, [], first, [], first):
        extractor.events = events
        outcome = reread(store, extractor, since=None, write=True, now=T0)  # type: ignore[arg-type]
        assert outcome.new + outcome.taken_back == 1
        assert reread(store, extractor, since=None, write=True, now=T0).new == 0  # type: ignore[arg-type]
        stream = stream_of(an_article)  # type: ignore[arg-type]
        assert len(store.standing(stream)) == len(events)
    assert store.log.head() == 5
    assert store.verify().findings == ()


def test_what_a_person_took_back_no_reading_brings_again(store: Store, an_article: object) -> None:
    extractor = Extractor()
    reread(store, extractor, since=None, write=True, now=T0)  # type: ignore[arg-type]
    store.retract(store.log.read()[0].event_id, why="wrong", who="editor", now=T0)
    assert reread(store, extractor, since=None, write=True, now=T0).new == 0  # type: ignore[arg-type]
    assert store.standing(stream_of(an_article)) == {}  # type: ignore[arg-type]


@pytest.fixture
def an_article(store: Store) -> object:
    """One stored article."""
    with store._db.write() as connection:
        return add_version(connection, page(), now=T0)


# verify and rebuild


def test_verify_names_what_was_changed_and_exits_non_zero(data: Path) -> None:
    said("verify", "--seal")
    with sqlite3.connect(data / "marsad.db") as connection:
        connection.execute("DROP TRIGGER events_no_update")
        connection.execute("UPDATE events SET data = data || ' ' WHERE sequence = 1")
    result = run("verify")
    assert result.exit_code == 1
    assert "event 1 is not what was sealed" in result.stdout
    assert "Traceback" not in result.stderr


def test_rebuild_mends_positions(data: Path) -> None:
    before = said("positions", "--json")
    assert "nothing differs" in said("rebuild")
    with sqlite3.connect(data / "marsad.db") as connection:
        connection.execute("DELETE FROM positions WHERE actor = 'RUS'")
    assert run("verify").exit_code == 1
    assert "RUS ukraine.foreign-troops: none → opposes" in said("rebuild", "--dry-run")
    assert said("positions", "--json") != before
    said("rebuild")
    assert said("positions", "--json") == before
    assert run("verify").exit_code == 0


# export


@pytest.mark.usefixtures("data")
def test_events_as_lines_of_json_are_the_whole_log() -> None:
    lines = [json.loads(line) for line in said("export", "events").splitlines()]
    assert [line["sequence"] for line in lines] == list(range(1, len(lines) + 1))
    assert lines[0].keys() >= {"event_id", "type", "schema_version", "stream", "version", "record", "recorded_at"}


@pytest.mark.usefixtures("data")
def test_events_and_positions_as_csv_have_the_columns_of_the_views() -> None:
    rows = list(csv.DictReader(io.StringIO(said("export", "events", "--format", "csv"))))
    assert rows[0].keys() >= {"sequence", "actor", "issue", "stance", "retracted_at"}
    assert len(rows) == len(said("export", "events").splitlines())
    positions = list(csv.DictReader(io.StringIO(said("export", "positions", "--format", "csv"))))
    assert len(positions) == len(json.loads(said("positions", "--json")))


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize("what", ["events", "positions"])
def test_cloud_events_have_what_the_specification_requires(what: str) -> None:
    lines = [json.loads(line) for line in said("export", what, "--format", "cloudevents").splitlines()]
    assert lines
    for line in lines:
        assert line.keys() >= {"specversion", "id", "source", "type", "subject", "data"}
        assert line["specversion"] == "1.0"
    assert len({line["id"] for line in lines}) == len(lines)


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize("what", ["events", "positions"])
def test_parquet_has_the_columns_of_the_views_and_every_row(tmp_path: Path, what: str) -> None:
    file = tmp_path / "exported.parquet"
    said("export", what, "--format", "parquet", "--output", str(file))
    table = parquet.read_table(file)
    view = next(view for view in VIEWS if view.name == what)
    assert table.column_names == [column for column, _, _ in view.columns]
    assert table.num_rows == len(said("export", what).splitlines())


def test_parquet_of_a_log_whose_last_event_was_taken_back(store: Store) -> None:
    store.log.append("a", statements("a", 10_100))  # more than are looked at to know the types
    store.retract(store.log.read(after=10_099)[0].event_id, why="w", who="p", now=T0)
    out = io.BytesIO()
    assert exporting.write(store, "events", "parquet", out) == 10_100
    table = parquet.read_table(io.BytesIO(out.getvalue()))
    assert table.column("retracted_at").null_count == 10_099
    assert table.schema.field("retracted_at").type == table.schema.field("recorded_at").type


@pytest.mark.usefixtures("data")
def test_parquet_says_what_it_needs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # as where the extra is not installed
    result = run("export", "events", "--format", "parquet", "--output", str(tmp_path / "events.parquet"))
    assert result.exit_code == 2
    assert "pip install 'marsad[parquet]'" in result.stderr


def test_an_event_named_by_its_beginning(store: Store) -> None:
    written = store.log.append("a", [new("a", read())])[0]
    assert store.named(written.event_id[:8]) == written.event_id
    with pytest.raises(InputError):
        store.named("%")
