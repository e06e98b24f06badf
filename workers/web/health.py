"""`/healthz`: whether the service does its job; `/readyz`: whether this process can answer. Both 503 where not.

A monitor asks the first, and a person reads the remedies; a load balancer asks the second. It must not know the store,
only its queries.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.errors import MarsadError
from workers import checks
from workers.store.queries import Queries


class Health:
    """The two routes."""

    def __init__(self, queries: Queries, clock: Callable[[], datetime]) -> None:
        self._queries = queries
        self._clock = clock

    def routes(self) -> list[Route]:
        """Where each answers."""
        return [Route("/healthz", self.health), Route("/readyz", self.ready)]

    def health(self, _request: Request) -> Response:
        """Every check of the service, with what to do about each that fails."""
        now = self._clock()
        found = checks.service(self._queries, now)
        away = next((f.found for f in found if f.what == "database"), None)
        answer: dict[str, Any] = {
            "status": "fail" if any(f.state == "bad" for f in found) else "ok",
            "database": away or "ok",
            "checks": found,
        }
        if away is None:
            lag = self._queries.lag()
            seconds = 0.0 if lag.since is None else max((now - lag.since).total_seconds(), 0.0)
            answer["positions"] = {"events_behind": lag.events, "seconds_behind": round(seconds, 1)}
        return _json(answer)

    def ready(self, _request: Request) -> Response:
        """Whether the database answers with a schema that this release reads."""
        try:
            self._queries.lag()
        except MarsadError as exc:
            return _json({"status": "fail", "database": str(exc)})
        return _json({"status": "ok", "database": "ok"})


def _json(answer: dict[str, Any]) -> Response:
    return Response(
        msgspec.json.encode(answer), status_code=200 if answer["status"] == "ok" else 503,
        media_type="application/json", headers={"cache-control": "no-store"},
    )  # fmt: skip
