"""One of several processes of a role is active, by a lease that it renews; when it dies, another takes over.

What an active one does must bear being done twice for a moment: a process that was stopped may wake up and act once
more before it notices. It must not know the roles.
"""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable
from typing import Protocol

import structlog

from domain.errors import StoreAway

log = structlog.get_logger()
LEASE_SECONDS = 15.0


class Turns(Protocol):
    """What keeps turns; see `workers.store.turns`."""

    def take(self, name: str, token: str, *, seconds: float) -> bool: ...

    def release(self, name: str, token: str, *, pause: float = 0.0) -> None: ...


class Leader:
    """Whether this process is the active one of its role. `seconds`: after which a dead one is replaced."""

    def __init__(
        self,
        turns: Turns,
        role: str,
        *,
        seconds: float = LEASE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._turns = turns
        self._name = f"role:{role}"
        self._token = f"{socket.gethostname()}-{secrets.token_hex(8)}"
        self._seconds = seconds
        self._clock = clock
        self._renewed: float | None = None
        self.active = False

    def check(self) -> bool:
        """Take the role, or hold on to it where the lease is a third over. To be asked before every piece of work.

        The clock is read before the database is asked, so that the lease ends here no later than there.
        """
        now = self._clock()
        if self._renewed is not None and now - self._renewed < self._seconds / 3:
            return self.active
        try:
            held = self._turns.take(self._name, self._token, seconds=self._seconds)
        except StoreAway as exc:
            log.warning("role_unknown", role=self._name, why=str(exc))
            self.active = self.active and self._renewed is not None and now - self._renewed < self._seconds
            return self.active
        if held != self.active:
            log.info("role_taken" if held else "role_lost", role=self._name)
        self.active = held
        self._renewed = now if held else None
        return held

    def leave(self) -> None:
        """Give the role up, so that another takes it at once."""
        if self.active:
            self.active = False
            try:
                self._turns.release(self._name, self._token)
            except StoreAway as exc:
                log.warning("role_not_given_back", role=self._name, why=str(exc))
