"""How many deliveries may be on their way at once, so that slow endpoints do not hold up the others.

A channel that failed last time has one delivery on its way, and all such channels together half of the threads; a
healthy one has half. It must not know how anything is sent.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors import NotYet
from workers.ports import Channel

_HEALTHY_SECONDS = 1.0
_FAILING_SECONDS = 20.0


class Lanes:
    """Shared by the threads of a process. `threads`: how many there are."""

    def __init__(self, threads: int) -> None:
        self._half = max(1, threads // 2)
        self._lock = threading.Lock()
        self._busy: Counter[int] = Counter()
        self._failing = 0

    @contextmanager
    def turn(self, channel: Channel) -> Iterator[None]:
        """The right to send to a channel until the end of the block.

        Raises:
            NotYet: too much is on its way already.
        """
        failing = channel.failing_since is not None
        with self._lock:
            room = self._busy[channel.id] < (1 if failing else self._half) and not (
                failing and self._failing >= self._half
            )
            if room:
                self._busy[channel.id] += 1
                self._failing += failing
        if not room:
            pause = _FAILING_SECONDS if failing else _HEALTHY_SECONDS
            # spread, so that what waits does not come back at one moment
            raise NotYet("its channel is busy", seconds=pause * (0.5 + random.random()))  # noqa: S311 -- no secret
        try:
            yield
        finally:
            with self._lock:
                self._busy[channel.id] -= 1
                self._failing -= failing
                if not self._busy[channel.id]:
                    del self._busy[channel.id]
