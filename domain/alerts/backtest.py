"""What a subscription would have sent: its filters and terms, played over the changes of the past.

Pure; it must not know where the changes come from.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from domain.alerts.matching import Wanted, matches
from domain.alerts.terms import due
from domain.positions.outcome import Change


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """A change of the past. `recorded_at`: when it became known; `withdrawn_at`: when it was taken back, else None."""

    change: Change
    recorded_at: datetime
    withdrawn_at: datetime | None = None


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """A message that would have been sent, with its changes; `corrected`: how many of them were taken back later."""

    at: datetime
    changes: tuple[Change, ...]
    corrected: int


def replay(subscription: Wanted, past: Iterable[Past], wait: timedelta) -> list[Sending]:
    """The messages, oldest first, of changes given in the order they became known.

    A change counts with the sources that it has by now. One taken back before its message went is not told.
    """
    open_until: dict[str, datetime] = {}
    open_: dict[tuple[str, datetime], list[Past]] = {}
    for item in past:
        change = item.change
        if not matches(subscription, change):
            continue
        at = due(subscription.terms, item.recorded_at, wait)
        group = "" if at.whole else f"{change.actor}/{change.issue}"
        until = open_until.get(group)
        if until is None or until <= item.recorded_at:
            until = open_until[group] = at.at
        open_.setdefault((group, until), []).append(item)
    return sorted(filter(None, (_sending(at, items) for (_, at), items in open_.items())), key=lambda sent: sent.at)


def _sending(at: datetime, items: list[Past]) -> Sending | None:
    told = [item for item in items if item.withdrawn_at is None or item.withdrawn_at > at]
    if not told:
        return None
    corrected = sum(item.withdrawn_at is not None for item in told)
    return Sending(at=at, changes=tuple(item.change for item in told), corrected=corrected)
