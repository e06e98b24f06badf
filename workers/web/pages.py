"""The pages for people: the matrix, one position with its history and evidence, changes, meetings.

Rendered on the server, in Arabic or English, without scripts. Everything that comes from outside is escaped, and only
http and https addresses become links. It must not know the store, only its queries.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import jinja2
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from domain.errors import InputError
from domain.reading.registry import Registry
from workers.asking import KINDS, STANCES, Asking, day, moment, number, one_of
from workers.store.queries import ChangeView, PositionView, Queries
from workers.titles import SIGNS, Language, Titles
from workers.web.api import MOST, Clock
from workers.web.words import RIGHT_TO_LEFT, Words, age_in_days

_TEMPLATES = Path(__file__).parent / "templates"
_FRESH_DAYS, _AGING_DAYS = 14, 60
_YEAR_SECONDS = 365 * 24 * 3600
_VARY = "Accept-Language, Cookie"


class Pages:
    """The pages, each an endpoint."""

    def __init__(self, queries: Queries, registry: Registry, titles: Titles, asking: Asking, clock: Clock) -> None:
        self._queries = queries
        self._registry = registry
        self._titles = titles
        self._asking = asking
        self._clock = clock
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self._templates.globals.update(titles=titles, signs=SIGNS, stances=STANCES, kinds=KINDS, link=safe_link)

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
        return self._page(
            request, "matrix.html", actors=actors, groups=self._groups(found, actors), held=held, as_of=as_of,
            known_at=request.query_params.get("known_at", "") if known_at else "", every=every, clocks=clocks,
            freshness=self._freshness, here="positions",
        )  # fmt: skip

    def position(self, request: Request) -> Response:
        """What one actor holds on one issue: now, why, and how it came to be."""
        as_of, known_at, clocks = self._clocks(request)
        try:
            (actor,) = self._asking.actors([request.path_params["actor"]])
            (issue,) = self._asking.issues([request.path_params["issue"]])
        except InputError as exc:
            raise HTTPException(404, str(exc)) from exc
        found = self._queries.positions(actor, issue, as_of=as_of, known_at=known_at)
        history = self._queries.history(actor, issue, as_of=as_of, known_at=known_at)
        return self._page(
            request, "position.html", actor=actor, issue=issue, position=found[0] if found else None,
            history=history[::-1], as_of=as_of, clocks=clocks, freshness=self._freshness, here="positions",
        )  # fmt: skip

    def changes(self, request: Request) -> Response:
        """Changes of positions, latest recorded first."""
        asked = {name: value for name, value in request.query_params.items() if value.strip()}
        actor, issue = self._asking.actor(asked.get("actor")), self._asking.issue(asked.get("issue"))
        kind = one_of(asked.get("kind"), KINDS, "kind")
        limit = number(asked.get("limit"), "limit", low=1, high=MOST) or 50
        found: list[ChangeView] = self._queries.changes(actor, issue, kind, limit=limit)
        chosen = {"actor": actor, "issue": issue, "kind": kind}
        more = urlencode({name: value for name, value in chosen.items() if value} | {"limit": min(limit * 4, MOST)})
        return self._page(
            request, "changes.html", changes=found, chosen=chosen, more=more if len(found) == limit < MOST else "",
            actors=self._columns((), every=False), issues=sorted(self._registry.issues), here="changes",
        )  # fmt: skip

    def summits(self, request: Request) -> Response:
        """Meetings, those that come or came last first."""
        found = self._queries.events(type="summit", limit=200)
        found.sort(key=lambda e: e.event.occurred_on or e.published or "", reverse=True)
        return self._page(request, "summits.html", meetings=found, here="summits")

    def error(self, request: Request, status: int, detail: str) -> Response:
        """A page that says what was wrong."""
        answer = self._page(request, "error.html", status=status, detail=detail, here="")
        answer.status_code = status
        answer.headers["cache-control"] = "no-store"
        return answer

    def _page(self, request: Request, template: str, **values: Any) -> Response:
        language = language_of(request)
        words = Words(language)
        other: Language = "en" if language == "ar" else "ar"
        params = [(n, v) for n, v in request.query_params.multi_items() if n != "lang"]
        values |= {
            "words": words,
            "language": language,
            "direction": "rtl" if language in RIGHT_TO_LEFT else "ltr",
            "other": other,
            "switch": "?" + urlencode([*params, ("lang", other)]),
            "today": self._today(),
        }
        html = self._templates.get_template(template).render(values)
        answer = HTMLResponse(html, headers={"vary": _VARY, "content-language": language})
        if request.query_params.get("lang") == language:
            answer.set_cookie("lang", language, max_age=_YEAR_SECONDS, samesite="lax", httponly=True)
        return answer

    def _today(self) -> date:
        return self._clock().astimezone(UTC).date()

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
        days = age_in_days(position.last_confirmed, self._today())
        if days is None or days > _AGING_DAYS:
            return "stale"
        return "fresh" if days <= _FRESH_DAYS else "aging"


def safe_link(url: str) -> str | None:
    """The address where it is one of the web, else None: no other scheme may become a link."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    return url.strip() if parts.scheme in ("http", "https") and parts.netloc else None


def language_of(request: Request) -> Language:
    """What the address asks for, else the cookie, else the browser's wish; English where nothing fits."""
    for wish in (request.query_params.get("lang"), request.cookies.get("lang")):
        if wish == "ar":
            return "ar"
        if wish == "en":
            return "en"
    weights: list[tuple[float, Language]] = []
    for part in request.headers.get("accept-language", "").split(","):
        name, _, weight = part.strip().partition(";q=")
        primary = name.partition("-")[0].lower()
        try:
            value = float(weight or 1)
        except ValueError:
            continue
        if primary == "ar":
            weights.append((value, "ar"))
        elif primary == "en":
            weights.append((value, "en"))
    return max(weights, key=lambda w: w[0])[1] if weights else "en"
