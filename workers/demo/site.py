"""The corpus as a real web site on the loopback: feeds, pages and robots.txt, and a receiver of alerts beside them.

It listens on a port that the system chooses, in a thread, until closed. It must not know who reads it, nor the store.
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from standardwebhooks import Webhook, WebhookVerificationError

from workers.demo.corpus import Article, Outlet
from workers.demo.render import feed, feed_path, page, page_path

ALERTS = "/marsad-demo/alerts"
_ROBOTS = b"User-agent: *\nDisallow: /marsad-demo/\nAllow: /\n"
_LARGEST_ALERT = 1_000_000
Resource = tuple[bytes, str]
Resources = dict[str, Resource]


class Inbox:
    """Alerts as they came in; a message counts once, however often it is sent. Safe to use from many threads."""

    def __init__(self) -> None:
        self.secrets: tuple[str, ...] = ()
        self.refused = 0
        self._alerts: dict[str, dict[str, Any]] = {}
        self._guard = threading.Lock()

    def take(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Keep an alert whose signature holds under one of the secrets; False where none does."""
        alert = self._verified(body, headers)
        with self._guard:
            if alert is None:
                self.refused += 1
                return False
            self._alerts.setdefault({k.lower(): v for k, v in headers.items()}["webhook-id"], alert)
            return True

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """The verified alerts, in the order in which they first came."""
        with self._guard:
            return list(self._alerts.values())

    @property
    def keys(self) -> set[str]:
        """The ids under which verified alerts came."""
        with self._guard:
            return set(self._alerts)

    def forget(self) -> None:
        """As if nothing had come."""
        with self._guard:
            self._alerts.clear()

    def _verified(self, body: bytes, headers: Mapping[str, str]) -> dict[str, Any] | None:
        for secret in self.secrets:
            try:
                Webhook(secret).verify(body, dict(headers), json_parse=False)
                alert = json.loads(body)
            except (WebhookVerificationError, ValueError):
                continue
            return alert if isinstance(alert, dict) else None
        return None


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is nobody's fault."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Site:
    """A server of fixed resources and of an inbox, from construction until `close`."""

    def __init__(self, make: Callable[[str], Resources]) -> None:
        """`make`: the resources by path, given the site's address without a final slash."""
        self.inbox = Inbox()
        self._served: Resources = {}
        handler = type("Handler", (_Handler,), {"inbox": self.inbox, "resources": self._served})
        self._server = _Server(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.serve(make(self.url))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="demo-site", daemon=True)
        self._thread.start()

    def serve(self, found: Resources) -> None:
        """Serve these too from now on, or in place of those of the same paths."""
        self._served.update(found)

    def close(self) -> None:
        """Answer what is being asked, then stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def resources(outlets: Mapping[str, Outlet], articles: Iterable[Article], url: str) -> Resources:
    """Everything that the site serves, by path."""
    listed = list(articles)
    found: Resources = {"/robots.txt": (_ROBOTS, "text/plain; charset=utf-8"), "/": _index(outlets.values())}
    for outlet in outlets.values():
        kind = "application/rss+xml" if outlet.feed == "rss" else "application/atom+xml"
        found[feed_path(outlet)] = (feed(outlet, listed, url), f"{kind}; charset={outlet.encoding}")
    for article in listed:
        outlet = outlets[article.outlet]
        found[page_path(article, outlet)] = (page(article, outlet), f"text/html; charset={outlet.encoding}")
    return found


def _index(outlets: Iterable[Outlet]) -> Resource:
    items = "".join(f'<li><a href="{feed_path(o)}">{escape(o.name)}</a></li>' for o in outlets)
    html = f'<!doctype html><html lang="ar" dir="rtl"><meta charset="utf-8"><title>مرصد</title><ul>{items}</ul></html>'
    return html.encode(), "text/html; charset=utf-8"


class _Handler(BaseHTTPRequestHandler):
    inbox: ClassVar[Inbox]
    resources: ClassVar[Resources]
    protocol_version = "HTTP/1.1"
    timeout = 30  # a client that falls silent holds its thread no longer

    def do_GET(self) -> None:
        self._serve(with_body=True)

    def do_HEAD(self) -> None:
        self._serve(with_body=False)

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        if self.path != ALERTS or length > _LARGEST_ALERT:
            self.close_connection = True
            self._answer(HTTPStatus.NOT_FOUND if self.path != ALERTS else HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        taken = self.inbox.take(self.rfile.read(length), dict(self.headers.items()))
        self._answer(HTTPStatus.NO_CONTENT if taken else HTTPStatus.UNAUTHORIZED)

    def _serve(self, *, with_body: bool) -> None:
        found = self.resources.get(self.path)
        if found is None:
            self._answer(HTTPStatus.NOT_FOUND)
            return
        body, kind = found
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if self.headers.get("if-none-match") == tag:
            self._answer(HTTPStatus.NOT_MODIFIED, etag=tag)
            return
        self._answer(HTTPStatus.OK, body=body, kind=kind, etag=tag, with_body=with_body)

    def _answer(
        self, status: HTTPStatus, *, body: bytes = b"", kind: str = "", etag: str = "", with_body: bool = True
    ) -> None:
        self.send_response(status)
        for name, value in (("content-type", kind), ("etag", etag)):
            if value:
                self.send_header(name, value)
        if status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the standard library's name
        """The service's own log tells what was fetched."""
