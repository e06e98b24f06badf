"""Who may do what: sessions by cookie, roles, and forms that only our own pages can send.

Reading is open, or needs somebody signed in, as the settings say; changing always does. A form carries a token that
follows from the session's secret, and browsers say where it comes from (Fetch Metadata, Origin): both are checked. It
must not know a page.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from workers.store.accounts import AccountRows, Role, User
from workers.web.problems import problem

COOKIE = "marsad_session"
SESSION_SECONDS = 7 * 24 * 3600
_LONGEST_FORM = 64 * 1024
_OPEN = ("/login", "/enter/", "/static/", "/healthz", "/readyz", "/unsubscribe/", "/websub/")  # whoever asks
_PROGRAMS = ("/api/", "/metrics", "/changes.atom")
Login = Literal["changes", "everything"]
MAY: Mapping[Role, frozenset[str]] = {
    "reader": frozenset(),
    "analyst": frozenset({"review"}),
    "operator": frozenset({"operate"}),
    "admin": frozenset({"review", "operate", "manage"}),
}


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks. `user`: None for somebody who is not signed in; `csrf`: what their forms carry."""

    user: User | None = None
    csrf: str = ""

    def may(self, what: str) -> bool:
        """Whether their role allows it: review, operate or manage."""
        return self.user is not None and what in MAY[self.user.role]


class Access:
    """Finds out who asks, and turns away who must sign in first."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        accounts: AccountRows | None,
        clock: Callable[[], datetime],
        login: Login = "changes",
        bearer: Callable[[str], bool] | None = None,
        metrics_token: str | None = None,
    ) -> None:
        """`bearer`: whether the value of an Authorization header lets a program in; without it none does.

        `metrics_token`: what Prometheus sends for the metrics alone.
        """
        self._app = app
        self._accounts = accounts
        self._clock = clock
        self._login = login
        self._bearer = bearer
        self._metrics = "" if metrics_token is None else f"Bearer {metrics_token}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        visitor = await run_in_threadpool(self._visitor, request)
        scope.setdefault("state", {})["visitor"] = visitor
        if visitor.user is None and self._login == "everything" and not request.url.path.startswith(_OPEN):
            refusal = await run_in_threadpool(self._refusal, request)
            if refusal is not None:
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _visitor(self, request: Request) -> Visitor:
        secret = request.cookies.get(COOKIE)
        if self._accounts is None or not secret or request.url.path.startswith("/static/"):
            return Visitor()
        user = self._accounts.session(secret, now=self._clock())
        return Visitor() if user is None else Visitor(user=user, csrf=csrf_of(secret))

    def _refusal(self, request: Request) -> Response | None:
        if not request.url.path.startswith(_PROGRAMS):
            asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse("/login?" + urlencode({"next": asked}), status_code=303)
        header = request.headers.get("authorization", "")
        known = self._metrics and hmac.compare_digest(header.encode(), self._metrics.encode())
        if request.url.path == "/metrics" and known:
            return None
        if header and self._bearer is not None and self._bearer(header):
            return None
        return problem(401, "Sign in, or send a token.", headers={"www-authenticate": "Bearer"})


def csrf_of(secret: str) -> str:
    """What the forms of a session carry: it follows from the session's secret, and does not give it away."""
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()


def visitor_of(request: Request) -> Visitor:
    """Who asks."""
    found: Visitor = request.scope.get("state", {}).get("visitor") or Visitor()
    return found


def needed(request: Request, what: str) -> User:
    """The person who asks, where their role allows it.

    Raises:
        HTTPException: 401 where nobody is signed in, 403 where the role does not allow it.
    """
    visitor = visitor_of(request)
    if visitor.user is None:
        raise HTTPException(401, "Sign in first.")
    if not visitor.may(what):
        raise HTTPException(403, f"The role {visitor.user.role} does not allow this: ask an admin.")
    return visitor.user


Fields = Mapping[str, str]


def form(
    handle: Callable[[Request, Fields], Response], *, signed_in: bool = True
) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint for a form of our own pages: `handle` gets its fields, in a thread.

    Raises:
        HTTPException: 403 where the form comes from elsewhere, 413 where it is too long.
    """

    async def endpoint(request: Request) -> Response:
        _check_origin(request)
        fields = await _fields(request)
        csrf = visitor_of(request).csrf
        if signed_in and not (csrf and hmac.compare_digest(csrf.encode(), fields.get("csrf", "").encode())):
            raise HTTPException(403, "This form is no longer good: load the page again.")
        return await run_in_threadpool(handle, request, fields)

    return endpoint


def _check_origin(request: Request) -> None:
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    host = request.headers.get("host", "")
    foreign = origin is not None and urlsplit(origin).netloc.lower() != host.lower()
    if foreign or site not in (None, "same-origin", "none"):
        raise HTTPException(403, "This form was not sent from our own page.")


async def _fields(request: Request) -> Fields:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_FORM:
            raise HTTPException(413, "The form is too long.")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100))
    except ValueError as exc:
        raise HTTPException(400, "The form cannot be read.") from exc


def address_of(request: Request) -> str:
    """Where the request came from, as far as the server knows."""
    return "" if request.client is None else request.client.host


def safe_next(raw: str) -> str:
    """Where to go after signing in: a path of our own, else the first page."""
    ours = raw.startswith("/") and not raw.startswith(("//", "/\\")) and raw.isprintable() and "\\" not in raw
    return raw if ours else "/"
