"""The pages of those who run the service: sources with their health and yield, and how the work goes.

It must not know the store, only its queries.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workers import checks
from workers.ports import Feed
from workers.store.queries import Queries
from workers.web.render import Renderer

_FIRSTS = 20
KINDS = ("poll", "fetch", "read", "project", "deliver")
_FAILING = 5  # polls in a row, as the checks count
_LATE = timedelta(minutes=15)


class Operations:
    """The two pages."""

    def __init__(self, queries: Queries, renderer: Renderer) -> None:
        self._queries = queries
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Where each answers."""
        return [Route("/sources", self.sources), Route("/operations", self.operations)]

    def sources(self, request: Request) -> Response:
        """Outlets and feeds: health, last article, yield, errors, and who reported what first."""
        operating = self._queries.operating
        feeds = self._queries.feeds()
        now = self._renderer.now()
        return self._renderer.page(
            request, "sources.html", feeds=[(feed, _state(feed, now)) for feed in feeds], yields=operating.yields(),
            firsts=operating.firsts(_FIRSTS), here="sources",
        )  # fmt: skip

    def operations(self, request: Request) -> Response:
        """What fails and what to do; work, projections, throughput, quarantine, deliveries."""
        operating = self._queries.operating
        now = self._renderer.now()
        hours = operating.by_hour(now)
        return self._renderer.page(
            request, "operations.html", findings=checks.service(self._queries, now), kinds=KINDS,
            work=operating.open_work(), checkpoints=operating.checkpoints(), hours=hours,
            most=max((count for _, count in hours), default=0), quarantined=operating.quarantined(),
            deliveries=operating.deliveries(), undelivered=operating.undelivered(), channels=operating.channels(),
            here="operations",
        )  # fmt: skip


def _state(feed: Feed, now: datetime) -> str:
    """healthy · failing (polls fail) · late (nobody polls) · new (never polled)."""
    if feed.last_polled_at is None:
        return "feed-late" if feed.next_poll_at < now - _LATE else "feed-new"
    if feed.next_poll_at < now - _LATE:
        return "feed-late"
    return "feed-failing" if feed.failures >= _FAILING else "feed-troubled" if feed.failures else "feed-healthy"
