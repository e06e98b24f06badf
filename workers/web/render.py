"""How every page is made: its template, its language, what may become a link, and what an error looks like.

Rendered on the server. Everything that comes from outside is escaped. It must not know what a page shows.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from workers.asking import KINDS, STANCES
from workers.titles import SIGNS, Language, Titles
from workers.web.access import visitor_of
from workers.web.words import RIGHT_TO_LEFT, Words

_TEMPLATES = Path(__file__).parent / "templates"
_YEAR_SECONDS = 365 * 24 * 3600
_VARY = "Accept-Language, Cookie"


class Renderer:
    """Makes pages out of templates. `can_sign_in`: whether there are accounts."""

    def __init__(self, titles: Titles, clock: Callable[[], datetime], *, can_sign_in: bool = False) -> None:
        self._can_sign_in = can_sign_in
        self._clock = clock
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self._templates.globals.update(titles=titles, signs=SIGNS, stances=STANCES, kinds=KINDS, link=safe_link)

    def page(self, request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
        """A page in the language that the request asks for."""
        language = language_of(request)
        other: Language = "en" if language == "ar" else "ar"
        params = [(n, v) for n, v in request.query_params.multi_items() if n != "lang"]
        values |= {
            "words": Words(language),
            "language": language,
            "direction": "rtl" if language in RIGHT_TO_LEFT else "ltr",
            "other": other,
            "switch": "?" + urlencode([*params, ("lang", other)]),
            "today": self.today(),
            "now": self._clock(),
            "visitor": visitor_of(request),
            "can_sign_in": self._can_sign_in,
        }
        html = self._templates.get_template(template).render(values)
        answer = HTMLResponse(html, status_code=status, headers={"vary": _VARY, "content-language": language})
        if visitor_of(request).user is not None:
            answer.headers["cache-control"] = "private, no-cache"
        if request.query_params.get("lang") == language:
            answer.set_cookie("lang", language, max_age=_YEAR_SECONDS, samesite="lax", httponly=True)
        return answer

    def error(self, request: Request, status: int, detail: str) -> Response:
        """A page that says what was wrong."""
        answer = self.page(request, "error.html", code=status, detail=detail, here="", status=status)
        answer.headers["cache-control"] = "no-store"
        return answer

    def now(self) -> datetime:
        """The present time."""
        return self._clock()

    def today(self) -> date:
        """The present day, UTC."""
        return self._clock().astimezone(UTC).date()


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
