"""Whatever is changed behind the log's back is found and named, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from domain.seals import Finding
from tests.fault.test_projection_kills import fill
from tests.support.facts import T0, at, new, read, statements
from workers.projections.runner import PositionsRunner
from workers.store.store import Store

pytest_plugins = ["tests.support.stores"]
COLUMNS = "event_id, type, schema_version, stream, version, data, recorded_at, correlation_id, causation_id"


@contextmanager
def behind_the_back(store: Store) -> Iterator[Connection]:
    """A connection for which no trigger fires: what somebody with the file, or a superuser, can do."""
    with store._db.write() as connection:
        if store._db.is_sqlite:
            for name in (
                connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            ):
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        yield connection


def tamper(store: Store, *statements_: str) -> list[Finding]:
    """What is found after statements behind the log's back."""
    with behind_the_back(store) as connection:
        for statement in statements_:
            connection.execute(text(statement))
    return list(store.verify().findings)


def named(findings: list[Finding], kind: str) -> set[int | None]:
    return {f.sequence for f in findings if f.kind == kind}


@pytest.fixture
def sealed(store: Store) -> Store:
    """A log of twelve events, the first ten under two seals."""
    for number in range(10):
        store.log.append(f"a{number}", [new(f"a{number}", read(f"a{number}", day=f"2025-09-{number + 1:02}"))])
        if number in (5, 9):
            assert store.seal(now=T0, force=True) == 1
    store.log.append("tail", statements("tail", 2))
    PositionsRunner(store).catch_up(now=T0)
    return store


def test_what_nobody_touched_passes(sealed: Store) -> None:
    found = sealed.verify()
    assert found.findings == ()
    assert (found.events, found.sealed, found.seals, found.positions) == (12, 10, 2, 3)
    last = sealed.last_seal()
    assert last is not None
    assert found.anchor == last.hash
    assert sealed.verify(expect=last.previous).findings == ()


def test_a_changed_byte_is_found(sealed: Store) -> None:
    found = tamper(sealed, "UPDATE events SET data = replace(data, 'putin', 'Putin') WHERE sequence = 4")
    assert named(found, "changed") == {4}


@pytest.mark.parametrize(
    "change", ["recorded_at = '2020-01-01 00:00:00.000000'", "correlation_id = 'x'", "stream = 'x'", "type = 'threat'"]
)
def test_a_change_of_any_column_is_found(sealed: Store, change: str) -> None:
    assert named(tamper(sealed, f"UPDATE events SET {change} WHERE sequence = 7"), "changed") == {7}


def test_a_dropped_row_is_found(sealed: Store) -> None:
    found = tamper(sealed, "DELETE FROM events WHERE sequence = 3")
    assert named(found, "missing") == {3}


def test_dropped_rows_at_the_end_are_found(sealed: Store) -> None:
    found = tamper(sealed, "DELETE FROM events WHERE sequence >= 12")
    assert "the head of the log is 12, but its last event is 11" in " ".join(f.message for f in found)


def test_swapped_rows_are_found(sealed: Store) -> None:
    found = tamper(
        sealed,
        "UPDATE events SET sequence = -1 WHERE sequence = 2",
        "UPDATE events SET sequence = 2 WHERE sequence = 5",
        "UPDATE events SET sequence = 5 WHERE sequence = -1",
    )
    assert [f.message for f in found if f.kind == "swapped"] == ["events 2 and 5 were swapped"]


def test_rows_swapped_between_two_seals_are_found(sealed: Store) -> None:
    found = tamper(
        sealed,
        "UPDATE events SET sequence = -1 WHERE sequence = 2",
        "UPDATE events SET sequence = 2 WHERE sequence = 9",
        "UPDATE events SET sequence = 9 WHERE sequence = -1",
    )
    assert named(found, "changed") == {2, 9}


def test_an_inserted_row_is_found(sealed: Store) -> None:
    forged = f"INSERT INTO events (sequence, {COLUMNS}) SELECT 4, 'f', type, 1, 'f', 1, data, recorded_at, '', ''"
    found = tamper(
        sealed,
        "UPDATE events SET sequence = sequence + 100 WHERE sequence >= 4",
        "UPDATE events SET sequence = sequence - 99 WHERE sequence >= 104",
        f"{forged} FROM events WHERE sequence = 1",
    )
    assert 4 in named(found, "inserted")
    assert named(found, "inserted") >= {13}  # what stands beyond the head


def test_a_row_before_the_first_or_beyond_the_head_is_found(sealed: Store) -> None:
    forged = f"INSERT INTO events (sequence, {COLUMNS}) SELECT %d, 'f%d', type, 1, 'f', %d, data, recorded_at, '', ''"
    found = tamper(
        sealed,
        f"{forged % (0, 0, 1)} FROM events WHERE sequence = 1",
        f"{forged % (13, 13, 2)} FROM events WHERE sequence = 1",
    )
    assert named(found, "inserted") == {0, 13}


def test_a_change_that_no_seal_covers_is_found_by_the_events_name(sealed: Store) -> None:
    found = tamper(sealed, "UPDATE events SET data = replace(data, 'opposes', 'supports') WHERE sequence = 11")
    assert named(found, "changed") == {11}


def test_a_changed_removed_or_replaced_seal_is_found(sealed: Store) -> None:
    assert named(tamper(sealed, "UPDATE log_seals SET hash = previous_hash WHERE number = 1"), "seal") == {None}
    assert "seal 1 is missing" in tamper(sealed, "DELETE FROM log_seals WHERE number = 1")[0].message


def test_a_chain_that_was_made_anew_is_found_by_a_hash_noted_elsewhere(sealed: Store) -> None:
    anchor = sealed.verify().anchor
    with behind_the_back(sealed) as connection:
        connection.execute(text("DELETE FROM log_seals"))
        connection.execute(text("UPDATE events SET correlation_id = 'x' WHERE sequence = 4"))
    sealed.seal(now=T0, force=True)
    assert sealed.verify().findings == ()  # the chain alone cannot tell
    assert "was rewritten" in sealed.verify(expect=anchor).findings[0].message


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE positions SET stance = 'supports' WHERE issue = 'ukraine.foreign-troops'", "position"),
        ("UPDATE positions SET data = replace(data, 'opposes', 'supports')", "position"),
        ("DELETE FROM positions", "position"),
        ("UPDATE changes SET withdrawn_at = recorded_at WHERE sequence = 1", "change"),
        ("UPDATE position_facts SET data = replace(data, 'opposes', 'supports') WHERE sequence = 2", "projection"),
        ("DELETE FROM position_facts WHERE sequence = 2", "projection"),
        ("UPDATE position_days SET data = replace(data, 'opposes', 'supports')", "day"),
        ("UPDATE position_days SET settled = settled + 1", "day"),
        ("DELETE FROM position_days", "day"),
    ],
)
def test_positions_that_are_not_the_fold_are_found(sealed: Store, statement: str, kind: str) -> None:
    assert kind in {f.kind for f in tamper(sealed, statement)}


def test_a_log_with_retractions_passes(store: Store) -> None:
    fill(store, 60, seed=9)
    store.seal(now=T0, force=True)
    PositionsRunner(store, batch=7).catch_up(now=T0)
    assert store.verify().findings == ()


def test_what_is_due_is_sealed(store: Store) -> None:
    assert store.seal(now=T0) == 0
    store.log.append("a", statements("a", 3))
    assert store.seal(now=T0) == 1
    store.log.append("b", statements("b", 3))
    assert store.seal(now=at(10)) == 0
    assert store.seal(now=T0 + timedelta(hours=1)) == 1
    store.log.append("c", statements("c", 2500))
    assert store.seal(now=T0 + timedelta(hours=1)) == 2
    assert store.verify().findings == ()
    last = store.last_seal()
    assert last is not None
    assert (last.first, last.last) == (1007, 2006)
