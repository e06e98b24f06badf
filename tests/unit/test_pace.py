"""How often a feed is polled: by what it yields, and by the kind of its failure; never never."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import InputError, MarsadError, PermanentFailure, TemporaryFailure
from workers.pace import Pace, failed_poll
from workers.ports import Feed

NOW = datetime(2025, 9, 4, 12, tzinfo=UTC)
HOUR = 3600.0


def _feed(interval: float = 900.0, failures: int = 0, *, polled: bool = True) -> Feed:
    return Feed(
        id=1, url="https://a.example/rss", outlet="a", title="", country="", time_zone="UTC", interval=interval,
        next_poll_at=NOW, failures=failures, last_polled_at=NOW if polled else None,
    )  # fmt: skip


def _settled(pace: Pace, *, new: bool) -> list[float]:
    """The intervals of many polls that all bring something, or nothing."""
    found, feed = [], _feed(polled=False)
    for _ in range(40):
        due, interval = pace.after(feed, new=new, now=NOW)
        assert due == NOW + timedelta(seconds=interval)
        found.append(interval)
        feed = _feed(interval)
    return found


def test_a_feed_that_yields_is_polled_oftener_down_to_the_shortest() -> None:
    found = _settled(Pace(first=900, shortest=120, longest=7200), new=True)
    assert found == sorted(found, reverse=True)
    assert (found[0], found[-1]) == (630, 120)


def test_a_feed_that_yields_nothing_is_polled_seldomer_up_to_the_longest() -> None:
    found = _settled(Pace(first=900, shortest=120, longest=7200), new=False)
    assert found == sorted(found)
    assert (found[0], found[-1]) == (1170, 7200)


def test_the_first_interval_is_never_out_of_bounds() -> None:
    assert _settled(Pace(first=60, shortest=300), new=True)[-1] == 60
    assert _settled(Pace(first=86400, longest=3600), new=False)[-1] == 86400
    assert _settled(Pace(first=0), new=False)[-1] == 0


@pytest.mark.parametrize(
    ("exc", "first", "tenth"),
    [
        (TemporaryFailure("no address"), 300, 6 * HOUR),
        (TemporaryFailure("answered 500", status=500), 300, 6 * HOUR),
        (TemporaryFailure("answered 500", status=500, retry_after=7200), 7200, 6 * HOUR),
        (TemporaryFailure("answered 429", status=429, retry_after=77), 300, 300),
        (TemporaryFailure("answered 503", status=503, retry_after=2 * HOUR), 2 * HOUR, 2 * HOUR),
        (TemporaryFailure("answered 429", status=429), 300, 6 * HOUR),
        (TemporaryFailure("answered 503", status=503, retry_after=1e12), 24 * HOUR, 24 * HOUR),
        (PermanentFailure("answered 404", status=404), 1200, 24 * HOUR),
        (PermanentFailure("answered 403", status=403), 1200, 24 * HOUR),
        (PermanentFailure("answered 410", status=410), 24 * HOUR, 24 * HOUR),
        (PermanentFailure("10.0.0.1 is not public"), 1200, 24 * HOUR),
        (InputError("is an HTML page"), 1200, 24 * HOUR),
    ],
)
def test_failures_are_weighed_by_kind_and_none_lasts_longer_than_a_day(
    exc: MarsadError, first: float, tenth: float
) -> None:
    for failures, seconds in ((0, first), (10, tenth), (10_000, tenth)):
        outcome = failed_poll(_feed(failures=failures), exc, now=NOW)
        assert (outcome.next_poll_at - NOW).total_seconds() == seconds
        assert (outcome.status, outcome.error, outcome.interval) == ("failed", str(exc), 900.0)
