"""The page of reviews: an analyst looks at an event, sees what would become of the position, confirms or takes it back.

It must not know how positions follow, only what the store says of them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from workers.store.store import Store
from workers.web.access import Fields, address_of, form, needed
from workers.web.render import Renderer

_LONGEST_WHY = 1000


class Review:
    """The routes."""

    def __init__(self, store: Store, renderer: Renderer, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._renderer = renderer
        self._clock = clock

    def routes(self) -> list[Route]:
        """Where each answers."""
        return [
            Route("/review", self.listed, methods=["GET"]),
            Route("/review/{event}", self.one, methods=["GET"]),
            Route("/review/{event}", form(self.decide), methods=["POST"]),
        ]

    def listed(self, request: Request) -> Response:
        """The newest events that nobody looked at."""
        needed(request, "review")
        found = [self._store.queries.dossiers.one(event_id) for event_id in self._store.reviews.to_review()]
        told = [telling for telling in found if telling is not None]
        return _private(self._renderer.page(request, "review.html", told=told, here="review"))

    def one(self, request: Request) -> Response:
        """One event, and what would become of the position without it."""
        needed(request, "review")
        return self._one(request)

    def decide(self, request: Request, fields: Fields) -> Response:
        """Confirm an event, or take it back and say why."""
        user = needed(request, "review")
        event_id, why, now = request.path_params["event"], fields.get("why", "").strip()[:_LONGEST_WHY], self._clock()
        if fields.get("verdict") == "confirm":
            self._store.reviews.confirm(event_id, who=user.name, why=why, now=now)
            what = "confirmed"
        elif fields.get("verdict") == "retract":
            if not why:
                return self._one(request, wrong="why_needed", status=400)
            if self._store.retract(event_id, why=why, who=user.name, now=now) is None:
                raise HTTPException(409, "This event was taken back before.")
            what = "retracted"
        else:
            raise HTTPException(400, "Say whether to confirm or to take back.")
        self._store.accounts.note(user.name, what, subject=event_id, detail=why, address=address_of(request), now=now)
        return RedirectResponse("/review", status_code=303)

    def _one(self, request: Request, *, wrong: str = "", status: int = 200) -> Response:
        event_id = request.path_params["event"]
        told = self._store.queries.dossiers.one(event_id)
        if told is None:
            raise HTTPException(404, "No position rests on an event of that id.")
        page = self._renderer.page(
            request, "verdict.html", told=told, effect=self._store.reviews.effect_of_retracting(event_id),
            confirmation=self._store.reviews.confirmation(event_id), wrong=wrong, here="review", status=status,
        )  # fmt: skip
        return _private(page)


def _private(answer: Response) -> Response:
    answer.headers["cache-control"] = "no-store"
    return answer
