"""Whether the service does its job: feeds polled in time, work not stuck, positions not behind, alerts going out.

Each check says what it found, and what to do about it. `marsad doctor`, `marsad healthcheck`, `/healthz`, the metrics
and the page of operations share them. They change nothing, and must not know how findings are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from domain.errors import MarsadError
from workers.store.queries import Queries

State = Literal["ok", "warn", "bad"]
LATE = timedelta(minutes=5)
_FEED_LATE = 3 * LATE
_FAILURES = 5  # in a row, from which on a feed is named
_NAMED = 5
_CHANNEL_FAILING = timedelta(hours=1)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One check. `remedy`: what to do, empty where nothing is to be done."""

    what: str
    state: State
    found: str
    remedy: str = ""


def service(queries: Queries, now: datetime) -> list[Finding]:
    """Every check of the running service; a database that does not answer is a finding too."""
    found: list[Finding] = []
    for check in (feeds, work, positions, deliveries):
        found += guarded(check, queries, now)
        if found[-1].what == "database":
            break
    return found


def guarded(
    check: Callable[[Queries, datetime], Iterator[Finding]], queries: Queries, now: datetime
) -> Iterator[Finding]:
    """A check that cannot be made as a finding of its own."""
    try:
        yield from check(queries, now)
    except MarsadError as exc:
        yield Finding(what="database", state="bad", found=str(exc), remedy="mend the database, then ask again")


def feeds(queries: Queries, now: datetime) -> Iterator[Finding]:
    """Whether feeds are polled when they are due, and answer."""
    listed = queries.feeds()
    failing = [feed for feed in listed if feed.failures >= _FAILURES]
    late = [feed for feed in listed if feed.next_poll_at < now - _FEED_LATE]
    if not listed:
        yield Finding(what="feeds", state="warn", found="none yet", remedy="start marsad run, or marsad scheduler")
    for feed in failing[:_NAMED]:
        yield Finding(
            what="feeds", state="warn", found=f"{feed.url} failed {feed.failures} times: {feed.last_error}",
            remedy="look at it in a browser; marsad feeds add takes a new address, marsad feeds remove the old one",
        )  # fmt: skip
    if late:
        yield Finding(
            what="feeds", state="bad", found=f"{len(late)} of {len(listed)} were due long ago",
            remedy="start a scheduler and workers (or marsad run), or more workers",
        )  # fmt: skip
    elif listed and len(failing) == len(listed):
        yield Finding(
            what="feeds", state="bad", found="every feed fails",
            remedy="look at this machine's network and name server, and at MARSAD_FETCH_ALLOW_NETWORKS",
        )  # fmt: skip
    elif listed:
        yield Finding(what="feeds", state="ok", found=f"{len(listed)} listed, {len(failing)} failing for long")


def work(queries: Queries, now: datetime) -> Iterator[Finding]:
    """Whether work that is due is done."""
    states = queries.operating.open_work()
    waiting = sum(kind.get("waiting", 0) for kind in states.values())
    aside = sum(kind.get("quarantined", 0) for kind in states.values())
    oldest = queries.operating.late_work(now)
    if oldest is not None and oldest.since < now - LATE:
        yield Finding(
            what="work", state="bad",
            found=f"{waiting} wait, the oldest ({oldest.kind}) since {oldest.since:%Y-%m-%d %H:%M} UTC",
            remedy="start a scheduler and workers (or marsad run); if they run, start more workers",
        )  # fmt: skip
    else:
        yield Finding(what="work", state="ok", found=f"{waiting} wait, none of it late")
    if aside:
        remedy = "marsad quarantine list says why; retry or drop"
        yield Finding(what="work", state="warn", found=f"{aside} in quarantine", remedy=remedy)


def positions(queries: Queries, now: datetime) -> Iterator[Finding]:
    """Whether the positions are up with the log."""
    lag = queries.lag()
    if lag.events and lag.since is not None and lag.since < now - LATE:
        yield Finding(
            what="positions", state="bad", found=f"{lag.events} events behind, since {lag.since:%Y-%m-%d %H:%M} UTC",
            remedy="start marsad projector (or marsad run)",
        )  # fmt: skip
    else:
        yield Finding(what="positions", state="ok", found=f"{lag.events} events behind the log")


def deliveries(queries: Queries, now: datetime) -> Iterator[Finding]:
    """Whether alerts go out."""
    channels = queries.operating.channels()
    counts = queries.operating.deliveries()
    troubled = [c for c in channels if c.disabled is not None or _failing(c.failing_since, now)]
    for channel in troubled[:_NAMED]:
        why = channel.disabled or f"failing since {channel.failing_since:%Y-%m-%d %H:%M} UTC"
        yield Finding(
            what="alerts", state="warn", found=f"channel {channel.id} ({channel.kind}): {why}",
            remedy="marsad deliveries shows the answers; mend the receiver, then marsad subscriptions enable",
        )  # fmt: skip
    if counts.get("dead"):
        yield Finding(
            what="alerts", state="warn", found=f"{counts['dead']} deliveries given up",
            remedy="marsad deliveries --status dead lists them; marsad deliveries resend sends one again",
        )  # fmt: skip
    if channels and len(troubled) == len(channels):
        yield Finding(
            what="alerts", state="bad", found="no channel takes messages",
            remedy="look at this machine's way out, and at MARSAD_SMTP_URL",
        )  # fmt: skip
    else:
        found = f"{len(channels)} channels, {counts.get('waiting', 0)} messages waiting"
        yield Finding(what="alerts", state="ok", found=found)


def _failing(since: datetime | None, now: datetime) -> bool:
    return since is not None and since < now - _CHANNEL_FAILING
