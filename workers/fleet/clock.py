"""One clock for the fleet: the database's, so that a machine whose own clock is wrong or jumps harms nobody.

Between two looks at the database it goes on by the machine's steady clock, which no setting of the time moves. It must
not know what the times are for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from domain.errors import StoreAway

log = structlog.get_logger()
_LOOK_AGAIN = 10.0  # seconds; steady clocks drift apart by far less than a millisecond in that time


class SharedClock:
    """Aware UTC times by the database's clock. Safe to use from many threads.

    `ask`: the database's time. `steady`: seconds that never jump.

    Raises:
        StoreAway: the database is away now; later the clock goes on without it.
    """

    def __init__(self, ask: Callable[[], datetime], *, steady: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._steady = steady
        self._ahead = self._measured()
        self._look_at = steady() + _LOOK_AGAIN
        self._guard = threading.Lock()

    def __call__(self) -> datetime:
        """Now."""
        with self._guard:
            now = self._steady()
            due = now >= self._look_at
            if due:  # this thread looks; the others do not wait for it
                self._look_at = now + _LOOK_AGAIN
        if due:
            try:
                self._ahead = self._measured()
            except StoreAway as exc:
                log.warning("clock_not_compared", why=str(exc))
        return datetime.fromtimestamp(self._steady() + self._ahead, UTC)

    def _measured(self) -> float:
        """How far the database's clock is ahead of the steady one."""
        before = self._steady()
        there = self._ask().timestamp()
        return there - (before + self._steady()) / 2
