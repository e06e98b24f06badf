"""When a message may go: digests, quiet hours and mutes in the subscriber's own time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.alerts.terms import Due, Terms, check, due, held_until, next_digest
from domain.errors import InputError

WAIT = timedelta(seconds=30)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("terms", "now", "then"),
    [
        (Terms(pace="hourly"), "2025-09-05T12:34:56", "2025-09-05T13:00"),
        (Terms(pace="hourly"), "2025-09-05T13:00", "2025-09-05T14:00"),
        (Terms(pace="hourly", zone="Asia/Kolkata"), "2025-09-05T12:00", "2025-09-05T12:30"),
        (Terms(pace="daily"), "2025-09-05T07:59", "2025-09-05T08:00"),
        (Terms(pace="daily"), "2025-09-05T08:00", "2025-09-06T08:00"),
        (Terms(pace="daily", hour=0, zone="Asia/Qatar"), "2025-09-05T21:30", "2025-09-06T21:00"),
        # the clocks go back and forth: the hour stays the subscriber's
        (Terms(pace="daily", zone="Europe/Paris"), "2025-10-25T12:00", "2025-10-26T07:00"),
        (Terms(pace="daily", zone="Europe/Paris"), "2025-03-29T12:00", "2025-03-30T06:00"),
        (Terms(pace="hourly", zone="Europe/Paris"), "2025-10-26T00:30", "2025-10-26T01:00"),
    ],
)
def test_a_digest_ends_at_the_subscribers_hour(terms: Terms, now: str, then: str) -> None:
    assert next_digest(terms, utc(now)) == utc(then)


@pytest.mark.parametrize(
    ("quiet", "zone", "now", "then"),
    [
        (("22:00", "07:00"), "UTC", "2025-09-05T21:59", None),
        (("22:00", "07:00"), "UTC", "2025-09-05T22:00", "2025-09-06T07:00"),
        (("22:00", "07:00"), "UTC", "2025-09-06T06:59", "2025-09-06T07:00"),
        (("22:00", "07:00"), "UTC", "2025-09-06T07:00", None),
        (("22:00", "07:00"), "Asia/Qatar", "2025-09-05T19:30", "2025-09-06T04:00"),
        (("12:00", "13:30"), "UTC", "2025-09-05T13:00", "2025-09-05T13:30"),
        (("12:00", "13:30"), "UTC", "2025-09-05T11:59", None),
    ],
)
def test_quiet_hours_are_local(quiet: tuple[str, str], zone: str, now: str, then: str | None) -> None:
    assert held_until(Terms(quiet=quiet, zone=zone), utc(now)) == (None if then is None else utc(then))


def test_a_mute_that_ends_in_quiet_hours_ends_with_them() -> None:
    terms = Terms(quiet=("22:00", "07:00"), muted_until=utc("2025-09-05T23:00"))
    assert held_until(terms, utc("2025-09-05T12:00")) == utc("2025-09-06T07:00")
    assert held_until(terms, utc("2025-09-06T08:00")) is None


def test_at_once_waits_for_the_group_and_a_held_one_for_everything() -> None:
    now = utc("2025-09-05T12:00")
    assert due(Terms(), now, WAIT) == Due(at=now + WAIT, whole=False)
    assert due(Terms(pace="hourly"), now, WAIT) == Due(at=utc("2025-09-05T13:00"), whole=True)
    muted = Terms(muted_until=utc("2025-09-07T00:00"))
    assert due(muted, now, WAIT) == Due(at=utc("2025-09-07T00:00"), whole=True)
    night = Terms(pace="daily", hour=3, quiet=("22:00", "07:00"))
    assert due(night, now, WAIT) == Due(at=utc("2025-09-06T07:00"), whole=True)


@pytest.mark.parametrize(
    ("terms", "word"),
    [
        (Terms(zone="Mars/Olympus"), "Mars/Olympus"), (Terms(zone="../etc/passwd"), "time zone"),
        (Terms(quiet=("7:00", "08:00")), "7:00"), (Terms(quiet=("24:00", "08:00")), "24:00"),
        (Terms(quiet=("08:00", "08:00")), "nothing would ever"), (Terms(hour=24), "24"),
        (Terms(confidence=1.5), "1.5"), (Terms(sources=-1), "-1"),
    ],
)  # fmt: skip
def test_terms_that_make_no_sense_are_refused(terms: Terms, word: str) -> None:
    with pytest.raises(InputError, match=word):
        check(terms)
