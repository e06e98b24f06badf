"""The read API under /api/v1: positions, history, changes and events as JSON lists.

The objects are those that the commands print with `--json`. It must not know the store, only its queries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.errors import InputError
from workers.asking import KINDS, STANCES, TYPES, Asking, day, moment, number, one_of
from workers.store.queries import Queries

Clock = Callable[[], datetime]
MOST = 1000
_MOST_SEQUENCE = 2**53
_TRUE = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


class Api:
    """The endpoints."""

    def __init__(self, queries: Queries, asking: Asking, clock: Clock) -> None:
        self._queries = queries
        self._asking = asking
        self._clock = clock

    def routes(self) -> list[Route]:
        """Where each endpoint answers."""
        return [
            Route("/api/v1/positions", self.positions),
            Route("/api/v1/positions/{actor}/{issue}/history", self.history),
            Route("/api/v1/changes", self.changes),
            Route("/api/v1/events", self.events),
        ]

    def positions(self, request: Request) -> Response:
        """Positions; `actor`, `issue`, `stance`, `as_of`, `known_at`."""
        asked = _asked(request, "actor", "issue", "stance", "as_of", "known_at")
        stance = one_of(asked.get("stance"), STANCES, "stance")
        found = self._queries.positions(
            self._asking.actor(asked.get("actor")), self._asking.issue(asked.get("issue")), **_clocks(asked)
        )
        return _json([p for p in found if stance is None or p.stance == stance])

    def history(self, request: Request) -> Response:
        """The changes of one position, oldest first; `as_of`, `known_at`."""
        asked = _asked(request, "as_of", "known_at")
        try:
            (actor,) = self._asking.actors([request.path_params["actor"]])
            (issue,) = self._asking.issues([request.path_params["issue"]])
        except InputError as exc:
            raise HTTPException(404, str(exc)) from exc
        return _json(self._queries.history(actor, issue, **_clocks(asked)))

    def changes(self, request: Request) -> Response:
        """Changes, newest first; with `after`, those of a greater sequence, oldest first, and a link to the next."""
        asked = _asked(request, "actor", "issue", "kind", "after", "limit")
        after = number(asked.get("after"), "after", low=0, high=_MOST_SEQUENCE)
        limit = number(asked.get("limit"), "limit", low=1, high=MOST) or 100
        found = self._queries.changes(
            self._asking.actor(asked.get("actor")), self._asking.issue(asked.get("issue")),
            one_of(asked.get("kind"), KINDS, "kind"), after=after, limit=limit,
        )  # fmt: skip
        answer = _json(found)
        if after is not None:
            following = asked | {"after": str(found[-1].sequence if found else after)}
            answer.headers["link"] = f'</api/v1/changes?{urlencode(following)}>; rel="next"'
        return answer

    def events(self, request: Request) -> Response:
        """Events, newest in the log first; `actor`, `issue`, `type`, `article`, `since`, `retracted`, `limit`."""
        asked = _asked(request, "actor", "issue", "type", "article", "since", "retracted", "limit")
        retracted = _TRUE.get(asked.get("retracted", "0").lower())
        if retracted is None:
            raise InputError("retracted: write 1 or 0")
        return _json(
            self._queries.events(
                self._asking.actor(asked.get("actor")), self._asking.issue(asked.get("issue")),
                one_of(asked.get("type"), TYPES, "type"), asked.get("article"), since=day(asked.get("since"), "since"),
                limit=number(asked.get("limit"), "limit", low=1, high=MOST) or 100, retracted=retracted,
            )
        )  # fmt: skip


def _asked(request: Request, *allowed: str) -> dict[str, str]:
    """The parameters of a question, empty ones left out.

    Raises:
        InputError: one is unknown or stands twice.
    """
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in allowed:
            raise InputError(f"there is no parameter “{name[:40]}” here; known are {', '.join(allowed)}")
        if name in found:
            raise InputError(f"{name} stands twice: name one")
        if value.strip():
            found[name] = value
    return found


def _clocks(asked: dict[str, str]) -> dict[str, Any]:
    as_of: str | None = day(asked.get("as_of"), "as_of")
    known_at: datetime | None = moment(asked.get("known_at"), "known_at")
    return {"as_of": as_of, "known_at": known_at}


def _json(found: Iterable[Any] | dict[str, Any], *, status: int = 200, cache: str = "no-cache") -> Response:
    return Response(
        msgspec.json.encode(found), status_code=status, media_type="application/json", headers={"cache-control": cache}
    )
