"""On what terms a subscriber is told: further filters, at once or in a digest, quiet hours, mute, language.

Times are aware; a subscriber's own hours are those of his time zone. Pure; it must not know who the subscriber is, nor
how a message travels.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from domain.errors import InputError

Pace = Literal["now", "hourly", "daily"]
Language = Literal["ar", "en"]
PACES: tuple[Pace, ...] = ("now", "hourly", "daily")


class Terms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The terms of one subscription.

    `stances`: only changes to one of these; `confidence`, `sources`: the least that a change must have. `pace`: `daily`
    comes at `hour`. `quiet`: local times HH:MM between which nothing is sent, over midnight where the second is the
    earlier. `zone`: an IANA name.
    """

    stances: tuple[str, ...] = ()
    confidence: float = 0.0
    sources: int = 0
    pace: Pace = "now"
    hour: int = 8
    quiet: tuple[str, str] | None = None
    zone: str = "UTC"
    muted_until: datetime | None = None
    language: Language = "en"


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """When a message is to go. `whole`: one message takes all that comes until then, not one for each position."""

    at: datetime
    whole: bool


def due(terms: Terms, now: datetime, wait: timedelta) -> Due:
    """When a change of this moment is told. `wait`: how long others of the same position are waited for."""
    base = now + wait if terms.pace == "now" else next_digest(terms, now)
    held = held_until(terms, base)
    return Due(at=held or base, whole=terms.pace != "now" or held_until(terms, now) is not None)


def held_until(terms: Terms, now: datetime) -> datetime | None:
    """Until when nothing may be sent, by mute and quiet hours; None where it may be now."""
    free = now
    if terms.muted_until is not None and terms.muted_until > free:
        free = terms.muted_until
    free = _quiet_until(terms, free) or free
    return free if free > now else None


def next_digest(terms: Terms, now: datetime) -> datetime:
    """The end of the period that this moment falls into: the next full hour, or the next day's hour, local."""
    zone = ZoneInfo(terms.zone)
    local = now.astimezone(zone)
    if terms.pace == "hourly":
        start = now - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return (start + timedelta(hours=1)).astimezone(UTC)
    day = local.date()
    found = _moment(day, time(terms.hour), zone)
    return found if found > now else _moment(day + timedelta(days=1), time(terms.hour), zone)


def check(terms: Terms) -> Terms:
    """The terms, once they are known to make sense.

    Raises:
        InputError: a zone that nobody knows, times that are none, or limits out of bounds.
    """
    try:
        ZoneInfo(terms.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise InputError(f"there is no time zone {terms.zone!r}: write one like Asia/Qatar") from exc
    for written in terms.quiet or ():
        clock(written)
    if terms.quiet is not None and terms.quiet[0] == terms.quiet[1]:
        raise InputError("quiet hours begin and end at one time: nothing would ever be sent")
    if not 0 <= terms.hour <= 23:
        raise InputError(f"{terms.hour} is no hour of a day: write 0 to 23")
    if not 0 <= terms.confidence <= 1:
        raise InputError(f"a confidence of {terms.confidence} is none: write 0 to 1")
    if not 0 <= terms.sources <= 1000:
        raise InputError(f"{terms.sources} sources cannot be asked for: write 0 to 1000")
    return terms


def clock(written: str) -> time:
    """A local time HH:MM.

    Raises:
        InputError: it is none.
    """
    hour, colon, minute = written.partition(":")
    digits = all(part.isascii() and part.isdigit() and len(part) == 2 for part in (hour, minute))
    if colon and digits and int(hour) < 24 and int(minute) < 60:
        return time(int(hour), int(minute))
    raise InputError(f"{written[:20]!r} is no time of day: write HH:MM, as in 22:00")


def _quiet_until(terms: Terms, now: datetime) -> datetime | None:
    if terms.quiet is None:
        return None
    zone = ZoneInfo(terms.zone)
    start, end = (clock(written) for written in terms.quiet)
    local = now.astimezone(zone)
    at = local.time()
    over_midnight = end < start
    if not ((start <= at or at < end) if over_midnight else (start <= at < end)):
        return None
    tomorrow = over_midnight and at >= start
    return _moment(local.date() + timedelta(days=1 if tomorrow else 0), end, zone)


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
