"""The pages of those who run the service: sources with their health and yield, and how the work goes.

It must not know the store, only its queries.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from workers import checks
from workers.asking import number
from workers.ports import Feed
from workers.store.queries import Queries
from workers.store.store import Store
from workers.web.access import Fields, address_of, form, needed
from workers.web.render import Renderer

_FIRSTS = 20
KINDS = ("poll", "fetch", "read", "project", "deliver")
_FAILING = 5  # polls in a row, as the checks count
_LATE = timedelta(minutes=15)


class Operations:
    """The two pages."""

    def __init__(self, queries: Queries, renderer: Renderer, store: Store | None = None) -> None:
        """`store`: what retries change; without it the pages are for reading alone."""
        self._queries = queries
        self._renderer = renderer
        self._store = store

    def routes(self) -> list[Route]:
        """Where each answers."""
        found = [Route("/sources", self.sources), Route("/operations", self.operations, methods=["GET"])]
        if self._store is not None:
            found.append(Route("/operations/retry", form(self.retry), methods=["POST"]))
        return found

    def retry(self, request: Request, fields: Fields) -> Response:
        """Put a piece of quarantined work back, or all of it; a delivery goes out again with it."""
        user = needed(request, "operate")
        assert self._store is not None  # noqa: S101 -- the route is there with a store alone
        now = self._renderer.now()
        every = fields.get("work") == "all"
        chosen = [item.id for item in self._store.quarantined()] if every else [_number(fields.get("work", ""))]
        done = [number for number in chosen if self._store.retry(number, now=now)]
        said = ", ".join(map(str, done))
        self._store.accounts.note(user.name, "retried", subject=said, address=address_of(request), now=now)
        return RedirectResponse("/operations#quarantine", status_code=303)

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


def _number(raw: str) -> int:
    found = number(raw, "work", low=1, high=2**53)
    assert found is not None  # noqa: S101 -- of a text that is there
    return found


def _state(feed: Feed, now: datetime) -> str:
    """healthy · failing (polls fail) · late (nobody polls) · new (never polled)."""
    if feed.last_polled_at is None:
        return "feed-late" if feed.next_poll_at < now - _LATE else "feed-new"
    if feed.next_poll_at < now - _LATE:
        return "feed-late"
    return "feed-failing" if feed.failures >= _FAILING else "feed-troubled" if feed.failures else "feed-healthy"
