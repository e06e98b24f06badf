"""The pages for people: the matrix, one position with its course and its events, changes, meetings.

Readable without scripts. It must not know the store, only its queries.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.errors import InputError
from domain.reading.registry import Registry
from workers.asking import KINDS, Asking, day, moment, number, one_of
from workers.store.meetings import Meeting
from workers.store.queries import ChangeView, PositionView, Queries
from workers.web.calendar import month_of, parse_month
from workers.web.plot import plot
from workers.web.questions import MOST
from workers.web.render import Renderer, language_of
from workers.web.words import RIGHT_TO_LEFT, age_in_days

_FRESH_DAYS, _AGING_DAYS = 14, 60
_PORTION = 60  # events of a position on one page
_TURNS = 120  # newest turns that are listed; the drawing shows all


class Pages:
    """The pages, each an endpoint."""

    def __init__(self, queries: Queries, registry: Registry, asking: Asking, renderer: Renderer) -> None:
        self._queries = queries
        self._registry = registry
        self._asking = asking
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Where each page answers."""
        return [
            Route("/", self.matrix),
            Route("/positions/{actor}/{issue}", self.position),
            Route("/changes", self.changes),
            Route("/summits", self.summits),
        ]

    def matrix(self, request: Request) -> Response:
        """Actors by issues."""
        as_of, known_at, clocks = self._clocks(request)
        found = self._queries.positions(as_of=as_of, known_at=known_at)
        every = request.query_params.get("actors") == "all"
        held = {(p.actor, p.issue): p for p in found}
        actors = self._columns(found, every=every)
        return self._renderer.page(
            request, "matrix.html", actors=actors, groups=self._groups(found, actors), held=held, as_of=as_of,
            known_at=request.query_params.get("known_at", "") if known_at else "", every=every, clocks=clocks,
            freshness=self._freshness, here="positions",
        )  # fmt: skip

    def position(self, request: Request) -> Response:
        """What one actor holds on one issue: now, its course, and every event that bears on it."""
        as_of, known_at, clocks = self._clocks(request)
        try:
            (actor,) = self._asking.actors([request.path_params["actor"]])
            (issue,) = self._asking.issues([request.path_params["issue"]])
        except InputError as exc:
            raise HTTPException(404, str(exc)) from exc
        skip = number(request.query_params.get("skip"), "skip", low=0, high=1_000_000) or 0
        found = self._queries.positions(actor, issue, as_of=as_of, known_at=known_at)
        dossiers = self._queries.dossiers
        dossier = dossiers.of(actor, issue, as_of=as_of, known_at=known_at, skip=skip, limit=_PORTION)
        turns = dossiers.course(actor, issue, as_of=as_of, known_at=known_at)
        known_since = dossiers.known_since(actor, issue)
        until = date.fromisoformat(as_of) if as_of else self._renderer.today()
        following = [(n, v) for n, v in request.query_params.multi_items() if n != "skip"]
        return self._renderer.page(
            request, "position.html", actor=actor, issue=issue, position=found[0] if found else None,
            plot=plot(turns, until, mirrored=language_of(request) in RIGHT_TO_LEFT), dossier=dossier,
            turns=list(enumerate(turns))[::-1][:_TURNS], as_of=as_of, clocks=clocks, known_since=known_since,
            known_at=request.query_params.get("known_at", "")[:10] if known_at else "", freshness=self._freshness,
            older="?" + urlencode([*following, ("skip", skip + _PORTION)]) if skip + _PORTION < dossier.count else "",
            here="positions",
        )  # fmt: skip

    def changes(self, request: Request) -> Response:
        """Changes of positions, latest recorded first; a script keeps them up with what comes in."""
        asked = {name: value for name, value in request.query_params.items() if value.strip()}
        actor, issue = self._asking.actor(asked.get("actor")), self._asking.issue(asked.get("issue"))
        kind = one_of(asked.get("kind"), KINDS, "kind")
        limit = number(asked.get("limit"), "limit", low=1, high=MOST) or 50
        found: list[ChangeView] = self._queries.changes(actor, issue, kind, limit=limit)
        chosen = {"actor": actor, "issue": issue, "kind": kind}
        given = {name: value for name, value in chosen.items() if value}
        more = urlencode(given | {"limit": min(limit * 4, MOST)})
        return self._renderer.page(
            request, "changes.html", changes=found, chosen=chosen, more=more if len(found) == limit < MOST else "",
            actors=self._columns((), every=False), issues=sorted(self._registry.issues), here="changes",
            stream="/changes/stream" + (f"?{urlencode(given)}" if given else ""),
        )  # fmt: skip

    def summits(self, request: Request) -> Response:
        """Meetings on a calendar of one month, and those without a day."""
        language = language_of(request)
        found = self._queries.meetings.newest()
        month = parse_month(request.query_params.get("month")) or self._present_month(found)
        shown = month_of(found, month, sunday_first=language in RIGHT_TO_LEFT)
        undated = [m for m in found if m.day is None] if not request.query_params.get("month") else []
        of_month = [m for m in found if m.day is not None and m.day[:7] == month.isoformat()[:7]]
        words = self._queries.meetings.words([m.latest for m in (*of_month, *undated[:_PORTION])])
        return self._renderer.page(
            request, "summits.html", month=shown, meetings=of_month, undated=undated[:_PORTION], pieces_by_event=words,
            months=self._months(found), here="summits",
        )  # fmt: skip

    def _present_month(self, found: Sequence[Meeting]) -> date:
        """This month, where it or a later one has meetings; else the last month that has."""
        days = [m.day for m in found if m.day is not None and len(m.day) >= 7]
        today = self._renderer.today().replace(day=1)
        return today if not days or max(days)[:7] >= today.isoformat()[:7] else parse_month(max(days)[:7]) or today

    @staticmethod
    def _months(found: Sequence[Meeting]) -> list[str]:
        return sorted({m.day[:7] for m in found if m.day is not None and len(m.day) >= 7}, reverse=True)

    def _clocks(self, request: Request) -> tuple[str | None, datetime | None, str]:
        """The two clocks of a question, and the same as the end of an address."""
        asked = {n: v.strip() for n in ("as_of", "known_at") if (v := request.query_params.get(n)) and v.strip()}
        clocks = f"?{urlencode(asked)}" if asked else ""
        return day(asked.get("as_of"), "as_of"), moment(asked.get("known_at"), "known_at"), clocks

    def _columns(self, found: Iterable[PositionView], *, every: bool) -> list[str]:
        tracked = [actor.id for actor in self._registry.actors.values() if actor.tracked]
        others = sorted({p.actor for p in found} - set(tracked)) if every else []
        return tracked + others

    def _groups(self, found: Sequence[PositionView], actors: Sequence[str]) -> list[tuple[str, list[str]]]:
        """Issues by subject, in the registry's order; one that is no longer registered only where it is held."""
        issues = list(self._registry.issues)
        issues += sorted({p.issue for p in found if p.actor in actors} - set(issues))
        groups: dict[str, list[str]] = {}
        for issue in issues:
            groups.setdefault(issue.partition(".")[0], []).append(issue)
        return list(groups.items())

    def _freshness(self, position: PositionView) -> str:
        days = age_in_days(position.last_confirmed, self._renderer.today())
        if days is None or days > _AGING_DAYS:
            return "stale"
        return "fresh" if days <= _FRESH_DAYS else "aging"
