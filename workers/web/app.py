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
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from domain.errors import MarsadError
from domain.reading.registry import Registry
from workers.asking import Asking
from workers.store.queries import Queries
from workers.store.store import Store
from workers.subscribing import Subscribing
from workers.titles import Titles
from workers.tokens import recognised
from workers.web.access import Access, Login
from workers.web.api import Api, Clock, described
from workers.web.gate import Gate
from workers.web.guard import HEADERS, Guard
from workers.web.health import Health
from workers.web.login import Login as SigningIn
from workers.web.manage import Manage
from workers.web.metrics import Metrics
from workers.web.openapi import document, routes
from workers.web.operations import Operations
from workers.web.pages import Pages
from workers.web.problems import problem, status_of
from workers.web.render import Renderer
from workers.web.review import Review
from workers.web.streams import Streams
from workers.web.subscriptions import Subscriptions
from workers.web.unsubscribe import routes as unsubscribing
from workers.web.websub import Pushed
from workers.web.websub import routes as hub_calls

VERSION = "0.1.0"
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
    store: Store | None = None,
    login: Login = "changes",
    secure: bool = False,
    metrics_token: str | None = None,
    subscribing: Subscribing | None = None,
    api_is_open: bool = True,
    api_rate: int = 0,
) -> Starlette:
    """The application. `hosts`: names besides localhost and addresses under which it answers.

    Who serves it sets `state.closing` before the end, so that no endless answer holds it up.
    `unsubscribe`: ends the subscription that a letter's link names. `pushing`: whom hubs of feeds call.
    `store`: where accounts are and what people change; without it pages are for reading alone. `login`: what needs
    somebody signed in. `secure`: cookies go by TLS alone. `metrics_token`: what Prometheus sends there.
    `subscribing`: what the API asks for subscribers; `api_is_open`: reading by it needs no token; `api_rate`: requests
    a minute of one caller, 0 for any number.
    """
    asking = Asking(registry)
    names = titles or Titles(registry)
    renderer = Renderer(names, clock, can_sign_in=store is not None)
    pages = Pages(queries, registry, asking, renderer)
    operations = Operations(queries, renderer, store).routes()
    people = [] if store is None else _people(store, renderer, clock, secure=secure)
    closing = threading.Event()
    streams = Streams(queries, asking, names, closing=closing).routes()
    links = [] if unsubscribe is None else unsubscribing(unsubscribe)
    links += [] if pushing is None else hub_calls(pushing)
    health = [*Health(queries, clock).routes(), *Metrics(queries, clock).routes()]
    operations_ = Api(queries, registry, asking, clock, store).operations()
    if store is not None and subscribing is not None:
        operations_ += Manage(store, subscribing, clock).operations()
        people += Subscriptions(store, subscribing, registry, renderer).routes()
    api = routes(described(operations_, document(operations_, version=VERSION)))
    static = Mount("/static", StaticFiles(directory=_STATIC))

    accounts, tokens = (None, None) if store is None else (store.accounts, store.tokens)

    def bearer(header: str) -> bool:
        return tokens is not None and recognised(header, tokens.kept, clock()) is not None

    def failed(request: Request, exc: Exception) -> Response:
        status, detail = status_of(exc)
        # a bug's answer is sent from outside the guard, so it carries the headers itself
        headers = HEADERS | dict(getattr(exc, "headers", None) or {})
        if request.url.path.startswith(("/api/", "/healthz", "/readyz", "/metrics")):
            return problem(status, detail, headers=headers)
        answer = renderer.error(request, status, detail)
        answer.headers.update(headers)
        return answer

    access = Middleware(
        Access, accounts=accounts, clock=clock, login=login, bearer=bearer, metrics_token=metrics_token,
    )  # fmt: skip
    app = Starlette(
        routes=[*pages.routes(), *operations, *people, *streams, *links, *api, *health, static],
        middleware=[
            Middleware(Guard, hosts=tuple(hosts)),
            access,
            Middleware(Gate, tokens=tokens, clock=clock, is_open=api_is_open, a_minute=api_rate),
        ],
        exception_handlers={HTTPException: failed, MarsadError: failed, Exception: failed},
    )
    app.state.closing = closing
    return app


def _people(store: Store, renderer: Renderer, clock: Clock, *, secure: bool) -> list[Route]:
    """The pages for people who sign in."""
    signing_in = SigningIn(store.accounts, renderer, clock, secure=secure).routes()
    return [*signing_in, *Review(store, renderer, clock).routes()]
