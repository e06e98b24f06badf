"""How often a feed is polled: oftener while it yields, seldomer while it does not, and after a failure by its kind.

No feed is ever given up: the longest silence is a day. Pure; it must not know how feeds are read, nor where their state
is kept.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from domain.errors import MarsadError, PermanentFailure, TemporaryFailure
from workers.ports import Feed, PollOutcome

DAY_SECONDS = 86_400.0
_SOONER, _LATER = 0.7, 1.3
_PASSING, _BROKEN, _GONE = 300.0, 1200.0, DAY_SECONDS
_LONGEST_PASSING = 6 * 3600.0
_MOST_DOUBLINGS = 8
_BUSY = frozenset({429, 503})


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds between two polls: the first, and the bounds within which they adapt. `first` 0: as often as asked."""

    first: float = 900.0
    shortest: float = 300.0
    longest: float = 6 * 3600.0

    def after(self, feed: Feed, *, new: bool, now: datetime) -> tuple[datetime, float]:
        """When to poll a healthy feed again, and its interval; `new`: whether it brought anything."""
        present = self.first if feed.last_polled_at is None else feed.interval
        wanted = present * (_SOONER if new else _LATER)
        interval = min(max(wanted, min(self.first, self.shortest)), max(self.first, self.longest) if self.first else 0)
        return now + timedelta(seconds=interval), interval


def failed_poll(feed: Feed, exc: MarsadError, *, now: datetime) -> PollOutcome:
    """A poll that failed: later each time, never never.

    A host that is busy names its own pause; one that is away is tried again soon, up to some hours; what is broken or
    forbidden, seldomer, up to a day; what is gone for good (410), once a day.
    """
    wait = _wait(feed, exc)
    return PollOutcome(
        status="failed", error=str(exc), next_poll_at=now + timedelta(seconds=wait), interval=feed.interval,
        etag=feed.etag, last_modified=feed.last_modified,
    )  # fmt: skip


def _wait(feed: Feed, exc: MarsadError) -> float:
    doubled: float = 2 ** min(feed.failures, _MOST_DOUBLINGS)
    if isinstance(exc, TemporaryFailure):
        asked = min(exc.retry_after or 0.0, DAY_SECONDS)
        if exc.status in _BUSY and asked:
            return max(asked, _PASSING)
        return max(min(_PASSING * doubled, _LONGEST_PASSING), asked)
    if isinstance(exc, PermanentFailure) and exc.status == 410:
        return _GONE
    return min(_BROKEN * doubled, DAY_SECONDS)
