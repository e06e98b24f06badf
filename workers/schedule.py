"""The scheduler's work: the list of feeds kept up, polls made due, bells rung, old sketches dropped.

It must not know who else does it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from domain.errors import Refused

if TYPE_CHECKING:
    from workers.bootstrap import App

log = structlog.get_logger()
SWEEP_SECONDS = 0.2
POLL_CHECK_SECONDS = 2.0
FORGET_SECONDS = 60.0


class Scheduling:
    """One turn after the other of what is to be done every so often. Bears being done by two at once."""

    def __init__(self, app: App, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._clock = clock
        self._next_polls = 0.0
        self._next_forgetting = clock() + FORGET_SECONDS
        self._list: tuple[Path, int, int] | None = None

    def turn(self) -> int:
        """Look once for what is due. Returns how many bells rang.

        Raises:
            TemporaryFailure: the database or the queue is away.
        """
        if self._clock() >= self._next_polls:
            self._load_list()
            self._app.store.enqueue_due_polls(self._app.clock())
            self._next_polls = self._clock() + POLL_CHECK_SECONDS
        if self._clock() >= self._next_forgetting:
            self._app.store.forget_stories(self._app.clock())
            self._next_forgetting = self._clock() + FORGET_SECONDS
        return self._app.sweeper.sweep()

    def _load_list(self) -> None:
        """Take the list of feeds over when its file has changed; a list that cannot be read leaves the present one."""
        path = self._app.settings.feeds
        try:
            found = path.stat()
            present = (path, found.st_mtime_ns, found.st_size)
            if present == self._list:
                return
            feeds = self._app.feeds()
        except (OSError, Refused) as exc:
            if self._list is None:
                raise
            log.warning("list_of_feeds_unread", why=str(exc))
            return
        self._app.store.load_feeds(feeds, now=self._app.clock())
        self._list = present
