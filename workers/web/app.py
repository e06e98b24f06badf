"""The web application: pages, API and health over the queries, behind the guard.

It must not know the store, only its queries, nor who runs it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from domain.errors import MarsadError
from domain.reading.registry import Registry
from workers.asking import Asking
from workers.store.queries import Queries
from workers.titles import Titles
from workers.web.api import Api, Clock
from workers.web.guard import HEADERS, Guard
from workers.web.health import Health
from workers.web.operations import Operations
from workers.web.pages import Pages
from workers.web.problems import problem, status_of
from workers.web.render import Renderer
from workers.web.streams import Streams
from workers.web.unsubscribe import routes as unsubscribing
from workers.web.websub import Pushed
from workers.web.websub import routes as hub_calls

_STATIC = Path(__file__).parent / "static"


def utc_now() -> datetime:
    """The clock of production."""
    return datetime.now(UTC)


def make_app(
    queries: Queries,
    *,
    registry: Registry,
    titles: Titles | None = None,
    hosts: Iterable[str] = (),
    clock: Clock = utc_now,
    unsubscribe: Callable[[str], object] | None = None,
    pushing: Pushed | None = None,
) -> Starlette:
    """The application. `hosts`: names besides localhost and addresses under which it answers.

    Who serves it sets `state.closing` before the end, so that no endless answer holds it up.
    `unsubscribe`: ends the subscription that a letter's link names. `pushing`: whom hubs of feeds call.
    """
    asking = Asking(registry)
    names = titles or Titles(registry)
    renderer = Renderer(names, clock)
    pages = Pages(queries, registry, asking, renderer)
    operations = Operations(queries, renderer).routes()
    closing = threading.Event()
    streams = Streams(queries, asking, names, closing=closing).routes()
    links = [] if unsubscribe is None else unsubscribing(unsubscribe)
    links += [] if pushing is None else hub_calls(pushing)
    api = Api(queries, asking, clock)
    health = Health(queries, clock).routes()
    static = Mount("/static", StaticFiles(directory=_STATIC))

    def failed(request: Request, exc: Exception) -> Response:
        status, detail = status_of(exc)
        # a bug's answer is sent from outside the guard, so it carries the headers itself
        headers = HEADERS | dict(getattr(exc, "headers", None) or {})
        if request.url.path.startswith(("/api/", "/healthz", "/readyz")):
            return problem(status, detail, headers=headers)
        answer = renderer.error(request, status, detail)
        answer.headers.update(headers)
        return answer

    app = Starlette(
        routes=[*pages.routes(), *operations, *streams, *links, *api.routes(), *health, static],
        middleware=[Middleware(Guard, hosts=tuple(hosts))],
        exception_handlers={HTTPException: failed, MarsadError: failed, Exception: failed},
    )
    app.state.closing = closing
    return app
