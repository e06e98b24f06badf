"""The sweeper rings for what is due, once, and again after a while; a lost or doubled ring does no harm."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import pytest

from workers.ports import WorkItem, WorkKind
from workers.tasks import KINDS, Bell, Sweeper, make_broker

START = datetime(2025, 9, 5, 12, tzinfo=UTC)


class Rows:
    """Rows of work, and the clock by which they are due."""

    def __init__(self) -> None:
        self.now = START
        self.items: list[WorkItem] = []
        self.rung: list[str] = []
        self.full: set[WorkKind] = set()

    def due(self, now: datetime, *, limit: int = 100, kinds: Collection[WorkKind] = ()) -> list[WorkItem]:
        found = [item for item in self.items if item.next_attempt_at <= now]
        return [item for item in found if not kinds or item.kind in kinds][:limit]

    def ring(self, kind: WorkKind, subject: str) -> None:
        self.rung.append(f"{kind} {subject}")

    def sweeper(self, batch: int = 500) -> Sweeper:
        return Sweeper(self, self.ring, clock=lambda: self.now, batch=batch, is_full=self.full.__contains__)  # type: ignore[arg-type] # one verb of it


def item(subject: str, *, kind: WorkKind = "fetch", attempts: int = 0, at: datetime = START) -> WorkItem:
    return WorkItem(
        id=int(subject), kind=kind, subject=subject, status="waiting", attempts=attempts, next_attempt_at=at, error=None
    )


def test_what_is_due_is_rung_once() -> None:
    rows = Rows()
    rows.items = [item("1"), item("2", kind="read"), item("3", at=START + timedelta(hours=1))]
    sweeper = rows.sweeper()
    assert (sweeper.sweep(), sweeper.sweep()) == (2, 0)
    assert rows.rung == ["fetch 1", "read 2"]


def test_a_lost_ring_is_rung_again() -> None:
    rows = Rows()
    rows.items = [item("1")]
    sweeper = rows.sweeper()
    sweeper.sweep()
    rows.now += timedelta(minutes=5)
    assert sweeper.sweep() == 1


@pytest.mark.parametrize("again", [item("1", attempts=1), item("1", at=START + timedelta(seconds=1))])
def test_work_that_came_back_is_rung_at_once(again: WorkItem) -> None:
    rows = Rows()
    rows.items = [item("1")]
    sweeper = rows.sweeper()
    sweeper.sweep()
    rows.items = [again]
    rows.now += timedelta(seconds=2)
    assert sweeper.sweep() == 1


def test_a_sweep_is_bounded() -> None:
    rows = Rows()
    rows.items = [item(str(n)) for n in range(10)]
    assert rows.sweeper(batch=4).sweep() == 4


def test_no_kind_of_work_waits_for_another() -> None:
    rows = Rows()
    rows.items = [*(item(str(n), kind="poll") for n in range(10)), item("11", kind="deliver")]
    rows.sweeper(batch=4).sweep()
    assert "deliver 11" in rows.rung


def test_a_full_queue_is_not_filled_further() -> None:
    rows = Rows()
    rows.items = [item("1"), item("2", kind="read")]
    rows.full = {"fetch"}
    sweeper = rows.sweeper()
    assert sweeper.sweep() == 1
    rows.full.clear()
    assert sweeper.sweep() == 1
    assert rows.rung == ["read 2", "fetch 1"]


class Stage:
    """Takes note of what it was asked to do."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []

    def run(self, kind: WorkKind, subject: str) -> bool:
        self.done.append((kind, subject))
        return True


def test_every_kind_of_work_is_a_task_with_one_id() -> None:
    stage = Stage()
    bell = Bell(make_broker(None), stage)  # type: ignore[arg-type] # one verb of it
    worker = bell.worker(threads=1)
    try:
        for kind in KINDS:
            bell.ring(kind, "7")
        for kind in KINDS:
            bell.broker.join(kind)
    finally:
        worker.stop()
        bell.broker.close()
    assert sorted(stage.done) == sorted((kind, "7") for kind in KINDS)
