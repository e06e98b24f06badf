"""The promises of the log, on each database."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.errors import Conflict
from domain.events import Retraction
from domain.log import NewEvent
from tests.support.facts import T0, new, read, statements
from workers.store.engine import Database
from workers.store.log import append
from workers.store.store import Store

pytest_plugins = ["tests.support.stores"]


def _write(store: Store, statement: str) -> None:
    with Database(store.log._db.engine).write() as connection:
        connection.execute(text(statement))


def test_what_is_appended_is_read_back_in_order(store: Store) -> None:
    written = store.log.append("a", statements("a", 3)) + store.log.append("b", statements("b", 2))
    assert [(e.sequence, e.stream, e.version) for e in written] == [
        (1, "a", 1),
        (2, "a", 2),
        (3, "a", 3),
        (4, "b", 1),
        (5, "b", 2),
    ]
    assert store.log.read() == written
    assert store.log.stream("b") == written[3:]
    assert store.log.head() == 5
    assert store.log.read(after=3, limit=1) == written[3:4]
    assert list(store.log.all(after=1, batch=2)) == written[1:]
    assert written[0].recorded_at.tzinfo is UTC


def test_an_empty_log_has_head_zero(store: Store) -> None:
    assert store.log.head() == 0
    assert store.log.read() == []
    assert store.log.append("a", []) == []


def test_every_column_survives(store: Store) -> None:
    record = Retraction(event_id="0" * 32, why="سبب", who="محرر")
    event = NewEvent(event_id="f" * 32, record=record, correlation_id="c", causation_id="d")
    written = store.log.append("a", [event])[0]
    assert (written.type, written.correlation_id, written.causation_id) == ("retraction", "c", "d")
    assert store.log.event("f" * 32) == written
    assert store.log.event("e" * 32) is None


def test_appending_again_adds_nothing(store: Store) -> None:
    events = statements("a", 3)
    store.log.append("a", events)
    assert store.log.append("a", events) == []
    added = store.log.append("a", statements("a", 4))
    assert [(e.sequence, e.version) for e in added] == [(4, 4)]


def test_the_same_fact_twice_in_one_call_is_one_event(store: Store) -> None:
    event = new("a", read())
    assert len(store.log.append("a", [event, event])) == 1


def test_an_id_that_names_another_fact_is_not_swallowed(store: Store) -> None:
    event = new("a", read())
    store.log.append("a", [event])
    with pytest.raises(Conflict, match="already names"):
        store.log.append("b", [event])
    assert store.log.head() == 1


def test_expected_version_zero_is_a_value(store: Store) -> None:
    store.log.append("a", statements("a", 1), expected_version=0)
    with pytest.raises(Conflict, match="at version 1, not 0"):
        store.log.append("a", statements("a", 2), expected_version=0)
    store.log.append("a", statements("a", 2), expected_version=1)
    with pytest.raises(Conflict):
        store.log.append("a", statements("a", 3), expected_version=5)
    assert store.log.head() == 2


def test_two_writers_of_one_reading_at_once(store: Store) -> None:
    events = statements("a", 5)
    barrier = threading.Barrier(4)

    def work(_: int) -> int:
        barrier.wait()
        return len(store.log.append("a", events))

    with ThreadPoolExecutor(4) as pool:
        added = sorted(pool.map(work, range(4)))
    assert added == [0, 0, 0, 5]
    assert [e.version for e in store.log.stream("a")] == [1, 2, 3, 4, 5]


def test_two_writers_that_expect_the_same_version(store: Store) -> None:
    barrier = threading.Barrier(4)

    def work(i: int) -> str:
        barrier.wait()
        try:
            store.log.append("a", [new("a", read(issue=f"issue.{i}"))], expected_version=0)
        except Conflict:
            return "lost"
        return "won"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(work, range(4))) == ["lost", "lost", "lost", "won"]
    assert store.log.head() == 1


def test_a_tailing_reader_skips_nothing_while_eight_write(store: Store) -> None:
    writers, each = 8, 40
    done = threading.Event()
    seen: list[int] = []

    def write(writer: int) -> None:
        for i in range(each):
            with suppress(ZeroDivisionError), Database(store.log._db.engine).write() as connection:
                append(connection, f"{writer}-{i}", statements(f"{writer}-{i}", 2), now=T0)
                if i % 10 == 9:
                    raise ZeroDivisionError  # this writer fails between insert and commit

    def tail() -> None:
        while True:
            last = done.is_set()
            portion = store.log.read(after=seen[-1] if seen else 0, limit=50)
            seen.extend(e.sequence for e in portion)
            if last and not portion:
                return
            if not portion:
                done.wait(0.002)

    reader = threading.Thread(target=tail)
    reader.start()
    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(writers)))
    done.set()
    reader.join()
    assert seen == list(range(1, writers * each * 9 // 10 * 2 + 1))


def test_no_reader_passes_an_open_transaction(store: Store) -> None:
    later = threading.Thread(target=lambda: store.log.append("later", statements("later", 1)))
    with Database(store.log._db.engine).write() as connection:
        append(connection, "earlier", statements("earlier", 1), now=T0)
        later.start()
        assert store.log.read() == []
        assert store.log.head() == 0
    later.join()
    assert [(e.sequence, e.stream) for e in store.log.read()] == [(1, "earlier"), (2, "later")]


def test_a_transaction_that_fails_leaves_no_gap(store: Store) -> None:
    def dies() -> None:
        with Database(store.log._db.engine).write() as connection:
            append(connection, "a", statements("a", 3), now=T0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        dies()
    assert store.log.head() == 0
    assert store.log.append("b", statements("b", 1))[0].sequence == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET data = '{}'",
        "DELETE FROM events",
        "DELETE FROM events WHERE sequence = 2",
        "DELETE FROM log_head",
    ],
)
def test_the_database_itself_refuses_to_change_the_log(store: Store, statement: str) -> None:
    before = store.log.append("a", statements("a", 2))
    with pytest.raises(DBAPIError, match=r"append-only|stays"):
        _write(store, statement)
    assert store.log.read() == before


def test_the_log_cannot_be_emptied_or_replaced(store: Store) -> None:
    before = store.log.append("a", statements("a", 2))
    columns = "event_id, type, schema_version, stream, version, data, recorded_at"
    if store.log._db.is_sqlite:
        refused = [
            f"INSERT OR REPLACE INTO events (sequence, {columns}) SELECT 1, {columns} FROM events WHERE sequence = 1",
            f"INSERT OR REPLACE INTO events (sequence, {columns}) SELECT 3, {columns} FROM events WHERE sequence = 1",
            f"INSERT INTO events (sequence, {columns}) SELECT 9, 'x', 't', 1, 's', 1, '', recorded_at FROM events",
        ]
    else:
        refused = ["TRUNCATE events", "TRUNCATE log_head"]
    for statement in refused:
        with pytest.raises(DBAPIError, match=r"append-only|gapless"):
            _write(store, statement)
    assert store.log.read() == before
