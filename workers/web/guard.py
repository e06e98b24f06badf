"""What surrounds every answer: the Host check, security headers and entity tags.

A page of a rebound name reaches a service on the loopback with its own name as Host; so names are accepted only where
settings list them, while addresses and localhost always are. It must not know what is asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from ipaddress import ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workers.web.problems import problem

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
    "img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # no-referrer would make browsers hide where our own forms come from
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """Refuses foreign Hosts, and adds headers and an entity tag to what the application answers."""

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str] = ()) -> None:
        self._app = app
        self._hosts = frozenset(h.lower().rstrip(".") for h in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        answer = _Answer(send, etags=scope["method"] in ("GET", "HEAD"), known=headers.get("if-none-match", ""))
        if self._allowed(headers.getlist("host")):
            await self._app(scope, receive, answer)
        else:
            refusal = problem(421, "This service does not answer under that name: list it in MARSAD_HOSTS.")
            await refusal(scope, receive, answer)

    def _allowed(self, sent: list[str]) -> bool:
        if len(sent) != 1:
            return False
        name = host_name(sent[0])
        return name in ("localhost", *self._hosts) or name.endswith(".localhost") or _is_address(name)


def host_name(sent: str) -> str:
    """The name or address of a Host header, without its port."""
    text = sent.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.rpartition(":")[0].rstrip(".") if text.count(":") == 1 else text.rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


class _Answer:
    """Holds an answer back until it is whole, to name it by its content (RFC 9110, 8.8.3)."""

    def __init__(self, send: Send, *, etags: bool, known: str) -> None:
        self._send = send
        self._etags = etags
        self._known = known
        self._start: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            endless = headers.get("content-type", "").startswith("text/event-stream")
            if not self._etags or message["status"] != 200 or "etag" in headers or endless:
                await self._send(message)
            else:
                self._start = message
            return
        if self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body", False):
            await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        tag = f'"{hashlib.sha256(self._body).hexdigest()[:32]}"'
        headers = MutableHeaders(raw=start["headers"])
        headers["etag"] = tag
        headers.setdefault("cache-control", "no-cache")
        if _matches(self._known, tag):
            start["status"] = 304
            del headers["content-length"]
            self._body.clear()
        await self._send(start)
        await self._send({"type": "http.response.body", "body": bytes(self._body)})


def _matches(known: str, tag: str) -> bool:
    return known.strip() == "*" or tag in [part.strip().removeprefix("W/") for part in known.split(",")]
