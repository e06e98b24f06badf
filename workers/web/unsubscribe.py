"""The link at the foot of a letter: a page that asks, and the one click of a mail program (RFC 8058).

Looking at the page ends nothing, since mail programs look at links by themselves. It must not know the store.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_PAGE = """<!doctype html>
<html lang="ar" dir="rtl"><head><meta charset="utf-8"><meta name="robots" content="noindex"><title>Marsad</title></head>
<body>{body}</body></html>
"""
_ASK = '<form method="post" action="/unsubscribe/{token}"><button>إلغاء الاشتراك · Unsubscribe</button></form>'
_DONE = "<p>أُلغي الاشتراك. · The subscription has ended.</p>"
_LONGEST = 100
_HEADERS = {"cache-control": "no-store"}


def routes(end: Callable[[str], object]) -> list[Route]:
    """Where it answers. `end`: ends the subscription that a token names; one that names none changes nothing."""

    def ask(request: Request) -> Response:
        token = request.path_params["token"][:_LONGEST]
        return _answer(_ASK.format(token=escape(token)))

    def done(request: Request) -> Response:
        end(request.path_params["token"][:_LONGEST])
        return _answer(_DONE)  # whether there was such a subscription is nobody's business

    return [Route("/unsubscribe/{token}", ask), Route("/unsubscribe/{token}", done, methods=["POST"])]


def _answer(body: str) -> Response:
    return Response(_PAGE.format(body=body), media_type="text/html", headers=_HEADERS)
