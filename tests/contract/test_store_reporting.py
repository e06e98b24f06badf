"""The views of `reporting_v1` on each database: documented, and in agreement with what the store itself says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests.support.scene import tell
from workers.store import reporting
from workers.store.store import Store

pytest_plugins = ["tests.support.stores"]
PAGE = Path(__file__).resolve().parents[2] / "deploy" / "sql" / "reporting_v1.md"
TIMES = {
    "events": ["recorded_at", "retracted_at"],
    "changes": ["recorded_at", "withdrawn_at"],
    "sources": ["first_fetched_at", "last_fetched_at"],
    "feed_health": ["last_polled_at", "last_new_at", "next_poll_at"],
}


@pytest.fixture
def told(store: Store) -> Store:
    """A store with the small world in it, one event taken back."""
    tell(store)
    store.retract(store.queries.events()[0].event_id, why="read wrongly", who="editor", now=store._db.clock())
    return store


def rows(store: Store, name: str) -> list[dict[str, Any]]:
    view = next(v for v in reporting.VIEWS if v.name == name)
    with store._db.read() as connection:
        found = connection.execute(text(f"SELECT * FROM {reporting.view_name(view, store._db.engine.dialect.name)}"))
        return [dict(row) for row in found.mappings()]


def test_positions_agree(told: Store) -> None:
    wanted = {(p.actor, p.issue): p for p in told.queries.positions()}
    found = rows(told, "positions")
    assert len(found) == len(wanted) > 10
    for row in found:
        position = wanted[row["actor"], row["issue"]]
        for column in ("stance", "speaker", "established_by", "since", "last_confirmed", "sources", "articles"):
            assert row[column] == getattr(position, column)
        assert row["previous_stance"] == position.previous
        assert row["confidence"] == pytest.approx(position.confidence)


def test_events_agree_and_say_what_was_taken_back(told: Store) -> None:
    wanted = {e.event_id: e for e in told.queries.events(limit=10_000, retracted=True)}
    found = {row["event_id"]: row for row in rows(told, "events")}
    assert found.keys() == wanted.keys()
    for event_id, row in found.items():
        event = wanted[event_id]
        assert row["retracted_why"] == event.retracted
        assert (row["url"], row["outlet"], row["published"]) == (event.url, event.outlet, event.published)
        assert row["confidence"] == pytest.approx(event.event.confidence)
        assert row["issue"] == event.event.issue
    assert sum(row["retracted_by"] == "editor" for row in found.values()) == 1


def test_changes_and_history_agree(told: Store) -> None:
    wanted = told.queries.changes(limit=10_000)
    assert {row["change_key"] for row in rows(told, "history")} == {c.key for c in wanted}
    named = {row["change_key"] for row in rows(told, "changes") if row["withdrawn_at"] is None}
    assert named == {c.key for c in wanted if c.kind != "reaffirmed"}


def test_sources_and_feeds_agree(told: Store) -> None:
    assert {row["url"] for row in rows(told, "feed_health")} == {f.url for f in told.feeds()}
    assert sum(row["versions"] for row in rows(told, "sources")) == told.queries.summary().versions


def test_the_columns_are_those_that_are_documented(store: Store) -> None:
    for view in reporting.VIEWS:
        name = reporting.view_name(view, store._db.engine.dialect.name)
        with store._db.read() as connection:
            columns = list(connection.execute(text(f"SELECT * FROM {name} LIMIT 0")).keys())
        assert columns == [column for column, _, _ in view.columns]
        assert all(meaning.endswith(".") for _, _, meaning in view.columns)


def test_on_postgresql_columns_are_commented_and_times_have_a_zone(store: Store) -> None:
    if store._db.is_sqlite:
        return
    query = text(
        "SELECT c.table_name, c.column_name, c.data_type, col_description(('reporting_v1.' || c.table_name)::regclass, "
        "c.ordinal_position::int) AS about FROM information_schema.columns c WHERE c.table_schema = 'reporting_v1'"
    )
    with store._db.read() as connection:
        found = {(r.table_name, r.column_name): r for r in connection.execute(query)}
    for view in reporting.VIEWS:
        for column, _, meaning in view.columns:
            assert found[view.name, column].about == meaning
        for column in TIMES.get(view.name, []):
            assert found[view.name, column].data_type == "timestamp with time zone"


def test_the_page_says_what_the_views_are() -> None:
    assert PAGE.read_text("utf-8") == reporting.document()
