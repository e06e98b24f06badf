"""What stands before the API: bounds on what is sent, who asks, and how often.

A request without a token, or with a wrong one, learns nothing but that one is needed. It must not know what is asked.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Asgi

from workers.tokens import Kept, Scope, Token, recognised
from workers.web.access import address_of, visitor_of
from workers.web.problems import problem

LONGEST_BODY = 64 * 1024
LONGEST_HEADERS = 16 * 1024
LONGEST_ADDRESS = 8 * 1024
MOST_HEADERS = 100
_BODY_SECONDS = 10.0
_MOST_CALLERS = 10_000
_NOTE_SECONDS = 60.0
_NEEDED = "Send a good token: Authorization: Bearer marsad_… (marsad tokens add makes one)."


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks; `token` is None where reading needs none."""

    token: Token | None = None

    @property
    def owner(self) -> int | None:
        """Whose subscriptions they see; None: everybody's."""
        return None if self.token is None or self.token.may("operate") else self.token.id


class Tokens(Protocol):
    """Where tokens are kept; see `workers.store.tokens`."""

    def kept(self, number: int) -> Kept | None: ...

    def note_use(self, number: int, *, now: datetime) -> None: ...


class Rates:
    """How often each caller may ask: so many a minute, and as many at once; 0: as often as they like."""

    def __init__(self, a_minute: int) -> None:
        self._most = float(a_minute)
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, who: str) -> float:
        """Seconds until they may ask again; 0 for now, which is then counted."""
        if not self._most:
            return 0.0
        now = time.monotonic()
        left, at = self._left.pop(who, (self._most, now))
        left = min(left + (now - at) * self._most / 60, self._most)
        allowed = left >= 1
        self._left[who] = (left - allowed, now)
        while len(self._left) > _MOST_CALLERS:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) * 60 / self._most


class Gate:
    """Lets requests under /api/ through, with their caller; refuses the others as problem+json.

    `is_open`: reading needs no token. `a_minute`: requests of one caller.
    """

    def __init__(
        self, app: ASGIApp, *, tokens: Tokens | None, clock: Callable[[], datetime], is_open: bool, a_minute: int
    ) -> None:
        self._app = app
        self._tokens = tokens
        self._clock = clock
        self._is_open = is_open
        self._rates = Rates(a_minute)
        self._noted: dict[int, float] = {}

    async def __call__(self, scope: Asgi, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        refusal = _bounds(request) or await self._admit(request)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        try:
            body = await asyncio.wait_for(_whole(receive), _BODY_SECONDS) if _has_body(request) else b""
        except TimeoutError:
            await problem(408, "The body did not come in time: send it at once.")(scope, receive, send)
            return
        if body is None:
            too_long = problem(413, f"The body is longer than {LONGEST_BODY} bytes.", headers={"connection": "close"})
            await too_long(scope, receive, send)
            return
        await self._app(scope, _again(body, receive), send)

    async def _admit(self, request: Request) -> Response | None:
        header = request.headers.get("authorization")
        if self._tokens is None:
            return None  # nothing is kept here that a token could open
        token = None
        if header is not None:
            token = await run_in_threadpool(recognised, header[:200], self._tokens.kept, self._clock())
        wait = self._rates.wait(f"token {token.id}" if token is not None else f"from {address_of(request)}")
        if wait > 0:
            seconds = str(int(wait) + 1)
            return problem(429, f"Too many requests: ask again in {seconds} s.", headers={"retry-after": seconds})
        reads = request.method in ("GET", "HEAD") and (self._is_open or visitor_of(request).user is not None)
        if token is None and (header is not None or not reads):
            return problem(401, _NEEDED, headers={"www-authenticate": "Bearer"})
        if token is not None:
            await run_in_threadpool(self._note, token)
        request.scope.setdefault("state", {})["caller"] = Caller(token=token)
        return None

    def _note(self, token: Token) -> None:
        now = time.monotonic()
        if self._tokens is not None and now - self._noted.get(token.id, -_NOTE_SECONDS) >= _NOTE_SECONDS:
            self._noted[token.id] = now
            self._tokens.note_use(token.id, now=self._clock())


def caller_of(request: Request, scope: Scope) -> Caller:
    """Who asks, where they may do this.

    Raises:
        HTTPException: 401 where it needs a token, 403 where the token does not allow it.
    """
    caller: Caller = request.scope.get("state", {}).get("caller") or Caller()
    if caller.token is None and scope != "read":
        raise HTTPException(401, _NEEDED, headers={"www-authenticate": "Bearer"})
    if caller.token is not None and not caller.token.may(scope):
        raise HTTPException(403, f"This token does not allow that: it takes one with --scope {scope}.")
    return caller


def _bounds(request: Request) -> Response | None:
    headers = request.scope["headers"]
    if len(request.url.path) + len(request.url.query) > LONGEST_ADDRESS:
        return problem(414, f"The address is longer than {LONGEST_ADDRESS} characters: ask for less at once.")
    if len(headers) > MOST_HEADERS or sum(len(name) + len(value) for name, value in headers) > LONGEST_HEADERS:
        return problem(431, f"More than {MOST_HEADERS} headers, or {LONGEST_HEADERS} bytes of them: send fewer.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        return problem(415, "Send the body as it is, without content-encoding.")
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length[:12]) > LONGEST_BODY:
        return problem(413, f"The body is longer than {LONGEST_BODY} bytes.", headers={"connection": "close"})
    return None


def _has_body(request: Request) -> bool:
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"


async def _whole(receive: Receive) -> bytes | None:
    """The body; None where it is too long."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LONGEST_BODY:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """What was read already, then whatever comes."""
    parts: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    def again() -> Awaitable[Message]:
        return _given(parts.pop()) if parts else receive()

    return again


async def _given(message: Message) -> Message:
    return message
