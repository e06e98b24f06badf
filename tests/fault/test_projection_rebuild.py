"""A rebuild beside the live positions: it shows what differs, swaps at once, and sends nothing."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

from domain.errors import Conflict
from tests.fault.test_projection_kills import equals_the_fold, fill
from tests.support.facts import T0, new, read
from workers.projections.rebuild import Rebuild
from workers.projections.runner import PositionsRunner
from workers.store import schema as t
from workers.store.store import Store

pytest_plugins = ["tests.support.stores"]


def _ready(store: Store) -> None:
    channel = store.add_channel("webhook", "https://hook.example/", now=T0)
    store.add_subscription([channel.id], now=T0)
    fill(store, 40, seed=5)
    PositionsRunner(store).catch_up(now=T0)


def _count(store: Store, table: object) -> int:
    with store._db.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]


def _damage(store: Store) -> None:
    with store._db.write() as connection:
        connection.execute(t.positions.update().where(t.positions.c.actor == "RUS").values(stance="x", data="{}"))
        connection.execute(t.position_facts.delete().where(t.position_facts.c.actor == "USA"))
        connection.execute(t.changes.update().values(withdrawn_at=T0))


def test_where_nothing_differs_nothing_is_shown_or_written(store: Store) -> None:
    _ready(store)
    before = store.queries.changes(limit=1000)
    assert Rebuild(store, batch=7, patience=5).run(now=T0, swap=True).nothing
    assert store.queries.changes(limit=1000) == before
    assert equals_the_fold(store)


def test_a_rebuild_mends_what_was_damaged_and_sends_nothing(store: Store) -> None:
    _ready(store)
    deliveries, positions = _count(store, t.deliveries), store.queries.positions()
    _damage(store)
    assert store.verify().findings
    shown = Rebuild(store).run(now=T0, swap=False)
    assert shown.facts > 0
    assert shown.changes
    assert {m.before for m in shown.positions} == {"x"}
    assert store.verify().findings  # it was only shown
    assert Rebuild(store).run(now=T0, swap=True) == shown
    assert store.verify().findings == ()
    assert store.queries.positions() == positions
    assert _count(store, t.deliveries) == deliveries


def test_the_room_of_a_rebuild_is_empty_afterwards(store: Store) -> None:
    _ready(store)
    Rebuild(store).run(now=T0, swap=True)
    assert [_count(store, x) for x in (t.rebuild_facts, t.rebuild_positions, t.rebuild_changes)] == [0, 0, 0]
    assert _count(store, t.checkpoints) == 1


def test_what_is_not_projected_yet_still_alerts(store: Store) -> None:
    _ready(store)
    before = _count(store, t.deliveries)
    store.log.append("new", [new("new", read("new", issue="issue.fresh"))])
    Rebuild(store).run(now=T0, swap=True)
    assert _count(store, t.deliveries) == before + 1
    assert equals_the_fold(store)


def test_readers_never_see_a_half_built_state(store: Store) -> None:
    _ready(store)
    wanted = store.queries.positions()
    stop, seen = threading.Event(), []

    def look() -> None:
        while not stop.is_set():
            seen.append(store.queries.positions() == wanted)
            stop.wait(0.001)

    reader = threading.Thread(target=look)
    reader.start()
    for _ in range(5):
        Rebuild(store, batch=9, patience=3).run(now=T0, swap=True)
    stop.set()
    reader.join()
    assert seen
    assert all(seen)


def test_a_second_rebuild_ends_the_first(store: Store) -> None:
    _ready(store)

    def interfere(_: int) -> None:
        store.begin_rebuild()
        with store._db.write() as connection:
            connection.execute(t.checkpoints.delete().where(t.checkpoints.c.projection == "positions.rebuild"))

    with pytest.raises(Conflict, match="another rebuild"):
        Rebuild(store, batch=7).run(now=T0, swap=True, progress=interfere)
    assert equals_the_fold(store)
