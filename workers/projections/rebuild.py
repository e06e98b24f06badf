"""The rebuild of the positions: from the first event, beside the live ones, then compared and swapped at once.

Readers see the old positions or the new, never half of either; nothing is sent. It must not know a database.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from domain.errors import Conflict
from workers.projections.runner import NAME, PositionsRunner, Projectable, fold_marked, take_in
from workers.store.positions import Projecting
from workers.store.rebuilding import Difference, Swap

REBUILD = f"{NAME}.rebuild"
_ATTEMPTS = 20


class Rebuildable(Projectable, Protocol):
    """What a rebuild asks of the store."""

    def begin_rebuild(self) -> None: ...

    def end_rebuild(self) -> None: ...

    def swapping(self) -> AbstractContextManager[Swap | None]: ...


class Rebuild:
    """One rebuild; `batch` and `patience` as for the runner."""

    def __init__(self, store: Rebuildable, *, batch: int = 2000, patience: int = 20_000) -> None:
        self._store = store
        self._live = PositionsRunner(store)
        self._batch = batch
        self._patience = patience

    def run(self, *, now: datetime, swap: bool, progress: Callable[[int], None] = lambda _: None) -> Difference:
        """Build anew and compare; with `swap`, make the live positions the same.

        `progress` hears how many events were read. What was not projected yet is projected first, alerts and all.

        Raises:
            Conflict: another rebuild began, or runners at work never paused.
        """
        self._store.begin_rebuild()
        try:
            self._build(now=now, progress=progress)
            for _ in range(_ATTEMPTS):
                self._live.catch_up(now=now)
                found = self._compare(now=now, swap=swap)
                if found is not None:
                    return found
        finally:
            self._store.end_rebuild()
        raise Conflict("the positions are being projected all the time: try again")

    def _build(self, *, now: datetime, progress: Callable[[int], None]) -> None:
        while True:
            with self._store.projecting(REBUILD) as unit:
                if unit is None:
                    raise Conflict("another rebuild is at work")
                taken = take_in(unit, self._batch, now=now)
                # once all facts are in, each key is folded once
                folded = 0 if taken else fold_marked(unit, self._patience, now=now).keys
                read = unit.checkpoint
            progress(read)
            if not taken and not folded:
                return

    def _compare(self, *, now: datetime, swap: bool) -> Difference | None:
        """What differs, once both have read equally far; None where the live one has to catch up first."""
        with self._store.swapping() as both:
            if both is None or both.live.marked(1) or both.rebuilt.checkpoint > both.live.checkpoint:
                return None
            _finish(both.rebuilt, until=both.live.checkpoint, now=now)
            found = both.difference()
            if swap:
                both.swap(found, now=now)
            return found


def _finish(unit: Projecting, *, until: int, now: datetime) -> None:
    while take_in(unit, 1000, now=now, until=until):
        pass
    while unit.marked(1):
        fold_marked(unit, 100_000, now=now)
