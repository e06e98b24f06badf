"""One request at a time per host, whatever the number of workers: turns kept by the database.

A worker waits for a turn a moment; where that is not enough, its work is put back to a moment of its own, and the
thread is free for other hosts. It must not know how turns are kept.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import structlog

from domain.errors import NotYet, StoreAway, TemporaryFailure
from workers.gather import host_of, left_alone, pause
from workers.settings import Network

log = structlog.get_logger()
_SHORTEST_STEP = 0.05  # seconds between two promises, where the host needs no pause
_LOOK_AGAIN = 0.05


class Turns(Protocol):
    """What keeps turns; see `workers.store.turns`."""

    def take(self, name: str, token: str, *, seconds: float) -> bool: ...

    def release(self, name: str, token: str, *, pause: float = 0.0) -> None: ...

    def put_off(self, name: str, *, seconds: float) -> None: ...

    def promise(self, name: str, *, step: float) -> float: ...


class FleetGate:
    """`hold`: seconds after which the turn of a dead holder ends. `patience`: how long a thread waits for a turn."""

    def __init__(
        self,
        turns: Turns,
        delay: float,
        own: tuple[Network, ...],
        *,
        hold: float,
        patience: float = 0.25,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._turns = turns
        self._delay = delay
        self._own = own
        self._hold = hold
        self._patience = patience
        self._sleep = sleep

    @contextmanager
    def turn(self, url: str, crawl_delay: Callable[[], float | None] = lambda: None) -> Iterator[None]:
        """Hold the host's turn for the length of the block.

        Raises:
            NotYet: it is the turn of others for some time; its `seconds` were promised to nobody else.
            StoreAway: nobody can say whose turn it is.
        """
        name, token = f"host:{host_of(url)}", secrets.token_hex(16)
        self._take(name, token, url)
        try:
            yield
        except TemporaryFailure as exc:
            seconds = left_alone(exc)
            if seconds > 0:
                self._quietly(lambda: self._turns.put_off(name, seconds=seconds))
            raise
        finally:
            rest = pause(url, crawl_delay(), self._delay, self._own)
            self._quietly(lambda: self._turns.release(name, token, pause=rest))

    def _take(self, name: str, token: str, url: str) -> None:
        waited = 0.0
        while not self._turns.take(name, token, seconds=self._hold):
            if waited >= self._patience:
                step = max(pause(url, None, self._delay, self._own), _SHORTEST_STEP)
                raise NotYet(
                    f"{name.removeprefix('host:')} is being asked by others",
                    seconds=self._turns.promise(name, step=step),
                )
            self._sleep(_LOOK_AGAIN)
            waited += _LOOK_AGAIN

    def _quietly(self, tell: Callable[[], None]) -> None:
        """Tried a few times, for a connection that broke; a turn that cannot be given back runs out by itself."""
        for left in (2, 1, 0):
            try:
                tell()
            except StoreAway as exc:
                if left == 0:
                    log.warning("turn_not_given_back", why=str(exc))
                else:
                    self._sleep(_LOOK_AGAIN)
            else:
                return
