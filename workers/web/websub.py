"""Where hubs of feeds call: they ask whether we want a feed, and push it. It must not know what follows from a push."""

from __future__ import annotations

from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

_LONGEST_PUSH = 5_000_000
_LONGEST_TOKEN = 100


class Pushed(Protocol):
    """See `workers.pushing`."""

    def confirm(self, token: str, *, mode: str, topic: str, lease: str, reason: str) -> bool: ...

    def pushed(self, token: str, signature: str, body: bytes) -> bool: ...


def routes(pushing: Pushed) -> list[Route]:
    """The callback's two answers."""

    def confirm(request: Request) -> Response:
        said = request.query_params
        wanted = pushing.confirm(
            request.path_params["token"][:_LONGEST_TOKEN], mode=said.get("hub.mode", ""),
            topic=said.get("hub.topic", ""), lease=said.get("hub.lease_seconds", ""), reason=said.get("hub.reason", ""),
        )  # fmt: skip
        challenge = said.get("hub.challenge", "")[:2000]
        return PlainTextResponse(challenge) if wanted else PlainTextResponse("not asked for", 404)

    async def pushed(request: Request) -> Response:
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > _LONGEST_PUSH:
                return PlainTextResponse("too large", 413)
        signature = request.headers.get("x-hub-signature", "")
        token = request.path_params["token"][:_LONGEST_TOKEN]
        known = await run_in_threadpool(pushing.pushed, token, signature, bytes(body))
        # whether the signature held is not told (WebSub, 8)
        return Response(status_code=202) if known else PlainTextResponse("not asked for", 410)

    return [Route("/websub/{token}", confirm, methods=["GET"]), Route("/websub/{token}", pushed, methods=["POST"])]
