"""`/metrics` for Prometheus: every stage's backlog and progress, out of the database, so that any process can tell.

Numbers are read when they are asked for. What the whole fleet does is told by one web process; that the process itself
is well, by the usual process metrics. It must not know the store, only its queries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from prometheus_client import GC_COLLECTOR, PLATFORM_COLLECTOR, PROCESS_COLLECTOR, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.errors import MarsadError
from workers import checks
from workers.store.queries import Queries

_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_STATES = {"ok": 0, "warn": 1, "bad": 2}


class Metrics:
    """The route."""

    def __init__(self, queries: Queries, clock: Callable[[], datetime]) -> None:
        self._registry = CollectorRegistry()
        for collector in (PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR):
            self._registry.register(collector)
        self._registry.register(_Service(queries, clock))

    def routes(self) -> list[Route]:
        """Where it answers."""
        return [Route("/metrics", self.metrics)]

    def metrics(self, _request: Request) -> Response:
        """Everything, in Prometheus' text format."""
        body = generate_latest(self._registry)
        return Response(body, headers={"content-type": _TYPE, "cache-control": "no-store"})


class _Service(Collector):
    def __init__(self, queries: Queries, clock: Callable[[], datetime]) -> None:
        self._queries = queries
        self._clock = clock

    def describe(self) -> list[Metric]:
        return []  # nothing is asked of the database before somebody wants to know

    def collect(self) -> Iterator[Metric]:
        now = self._clock()
        up = GaugeMetricFamily("marsad_database_up", "Whether the database answers.")
        try:
            found = [*self._stages(now), *self._feeds(now), *self._alerts()]
        except MarsadError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from found
        yield _checks(self._queries, now)

    def _stages(self, now: datetime) -> Iterator[Metric]:
        operating = self._queries.operating
        totals = operating.totals()
        for name, what, value in (
            ("entries", "Entries that feeds brought.", totals.entries),
            ("log_events", "Events in the log.", totals.events),
            ("changes", "Changes of positions, reaffirmations among them.", totals.changes),
        ):
            yield CounterMetricFamily(f"marsad_{name}", what, value=value)
        work = GaugeMetricFamily("marsad_work", "Pieces of work that are not done.", labels=["kind", "status"])
        open_ = operating.open_work()
        for kind in ("poll", "fetch", "read", "project", "deliver"):
            for status in ("waiting", "leased", "quarantined"):
                work.add_metric([kind, status], open_.get(kind, {}).get(status, 0))
        yield work
        late = operating.late_work(now)
        seconds = 0.0 if late is None else max((now - late.since).total_seconds(), 0.0)
        yield GaugeMetricFamily("marsad_work_late_seconds", "How long the oldest due work waits.", value=seconds)
        lag = self._queries.lag()
        behind = 0.0 if lag.since is None else max((now - lag.since).total_seconds(), 0.0)
        yield GaugeMetricFamily("marsad_positions_behind_seconds", "How far positions lag behind.", value=behind)
        projections = GaugeMetricFamily("marsad_projection_behind_events", "Events not read.", labels=["projection"])
        for checkpoint in operating.checkpoints():
            projections.add_metric([checkpoint.projection], checkpoint.behind + checkpoint.waiting)
        yield projections

    def _feeds(self, now: datetime) -> Iterator[Metric]:
        feeds = self._queries.feeds()
        yield GaugeMetricFamily("marsad_feeds", "Listed feeds.", value=len(feeds))
        failing = sum(feed.failures > 0 for feed in feeds)
        yield GaugeMetricFamily("marsad_feeds_failing", "Feeds whose last poll failed.", value=failing)
        late = max(((now - feed.next_poll_at).total_seconds() for feed in feeds), default=0.0)
        yield GaugeMetricFamily(
            "marsad_feeds_late_seconds", "How long the most overdue feed is due.", value=max(late, 0.0)
        )
        news = [feed.last_new_at for feed in feeds if feed.last_new_at is not None]
        if news:
            silence = (now - max(news)).total_seconds()
            yield GaugeMetricFamily("marsad_silence_seconds", "Since any feed brought something new.", value=silence)

    def _alerts(self) -> Iterator[Metric]:
        counts = self._queries.operating.deliveries()
        deliveries = GaugeMetricFamily("marsad_deliveries", "Alerts, by what became of them.", labels=["status"])
        for status in ("waiting", "delivered", "dead", "dropped"):
            deliveries.add_metric([status], counts.get(status, 0))
        yield deliveries
        channels = self._queries.operating.channels()
        disabled = sum(channel.disabled is not None for channel in channels)
        yield GaugeMetricFamily("marsad_channels_disabled", "Channels that take no more messages.", value=disabled)


def _checks(queries: Queries, now: datetime) -> Metric:
    """The worst state of each check: 0 well, 1 look, 2 fails."""
    worst: dict[str, int] = {}
    for finding in checks.service(queries, now):
        worst[finding.what] = max(worst.get(finding.what, 0), _STATES[finding.state])
    family = GaugeMetricFamily("marsad_check", "The checks of marsad doctor: 0 well, 1 look, 2 fails.", labels=["what"])
    for what, state in worst.items():
        family.add_metric([what], state)
    return family
