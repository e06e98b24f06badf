"""A web of made-up outlets for measurements: any number of feeds and articles, no two articles alike.

Each outlet is an address of the loopback of its own, as each is asked by one worker at a time. Pages are drawn after
the templates that outlets use, and made as heavy as those are. It runs in a process of its own, so that it takes
nothing from what is measured. It must not know who reads it.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cached_property
from typing import Any

import msgspec
import uvicorn
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tests.pages.drawing import TEMPLATES, Drawn, draw
from workers.demo.corpus import shipped
from workers.fetch.opml import write_opml
from workers.ports import FeedSpec

_PARAGRAPHS = 6
_START = datetime(2025, 3, 1, tzinfo=UTC)
_SECTIONS, _CARDS, _DATA = 60, 150, 200


class Outlets(msgspec.Struct, frozen=True, kw_only=True):
    """How many `feeds` of how many `articles` each; 0: all feeds list the same one.

    `heavy`: with the menus, lists and scripts of real pages.
    """

    feeds: int
    articles: int
    heavy: bool = True
    addresses: int = 40

    def host(self, feed: int) -> str:
        """The outlet's address on the loopback."""
        return f"127.0.1.{feed % self.addresses + 1}"

    def listed(self, port: int) -> str:
        """The list of feeds."""
        return write_opml(
            FeedSpec(url=f"http://{self.host(n)}:{port}/feed/{n}", outlet=f"outlet-{n}", country="QAT",
                     time_zone="Asia/Riyadh")
            for n in range(self.feeds)
        )  # fmt: skip


class Press:
    """Draws the pages and feeds of some outlets."""

    def __init__(self, outlets: Outlets) -> None:
        self.outlets = outlets
        self._environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
        self._templates = sorted(path.name for path in TEMPLATES.glob("*.html"))
        self._corpus = [a for a in shipped()[1] if a.published is not None and len(a.body) >= 4]

    def page(self, number: int) -> Drawn:
        """The page of an article; the same number gives the same page."""
        rng = random.Random(number)  # noqa: S311 -- the same pages in every run
        body = tuple(rng.choice(a.body) for a in rng.sample(self._corpus, _PARAGRAPHS))
        model = self._corpus[number % len(self._corpus)]
        article = msgspec.structs.replace(model, id=f"a{number}", body=body, title=f"{model.title} {number}")
        others = rng.sample(self._corpus, 20)
        drawn = draw(self._environment, self._templates[number % len(self._templates)], article, others, number % 3)
        if not self.outlets.heavy:
            return drawn
        encoding = "windows-1256" if b"charset=windows-1256" in drawn.body else "utf-8"
        return msgspec.structs.replace(drawn, body=self._weighed(drawn.body, encoding))

    def feed(self, number: int, port: int) -> bytes:
        """An outlet's feed of all its articles."""
        first = number * self.outlets.articles
        host = self.outlets.host(number if self.outlets.articles else 0)
        items = "".join(
            f"<item><title>خبر {n}</title><link>http://{host}:{port}/a/{n}</link>"
            f"<pubDate>{format_datetime(_START + timedelta(minutes=n))}</pubDate></item>"
            for n in range(first, first + max(1, self.outlets.articles))
        )
        return f'<rss version="2.0"><channel><title>{number}</title>{items}</channel></rss>'.encode()

    def _weighed(self, page: bytes, encoding: str) -> bytes:
        script, menus, cards = (part.encode(encoding) for part in self._clutter)
        head, found, rest = page.partition(b"</head>")
        page = head + script + found + rest if found else page
        before, found, after = page.rpartition(b"</body>")
        return before + menus + cards + found + after if found else page + menus + cards

    @cached_property
    def _clutter(self) -> tuple[str, str, str]:
        data = ",".join('{"kind":"card","path":"/news/' + "x" * 180 + '"}' for _ in range(_DATA))
        menus = "".join(f'<li><a href="/s/{n}">قسم {n}</a><ul><li><a href="/s/{n}/a">فرع</a></li></ul></li>'
                        for n in range(_SECTIONS))  # fmt: skip
        cards = "".join(
            f'<div class="card-item"><a href="/news/{n}"><img src="/{n}.jpg" alt="صورة"><h4>{a.title}</h4></a>'
            f'<span class="time">قبل {n} ساعات</span></div>'
            for n, a in enumerate(self._corpus[i % len(self._corpus)] for i in range(_CARDS))
        )
        return (
            f"<script>window.__STATE__=[{data}];</script>",
            f'<nav class="footer-menu"><ul>{menus}</ul></nav>',
            f'<div class="more-news-list">{cards}</div>',
        )


@contextmanager
def serving(outlets: Outlets) -> Iterator[int]:
    """The port on which the outlets answer, from a process of their own."""
    sockets = _listening(outlets)
    context = multiprocessing.get_context("fork")
    process = context.Process(target=_serve, args=(outlets, sockets), daemon=True)
    process.start()
    port = int(sockets[0].getsockname()[1])
    for one in sockets:
        one.close()
    try:
        yield port
    finally:
        process.terminate()
        process.join()


def _listening(outlets: Outlets) -> list[socket.socket]:
    first = socket.create_server((outlets.host(0), 0), backlog=256)
    port = first.getsockname()[1]
    rest = range(1, min(outlets.feeds, outlets.addresses))
    return [first, *(socket.create_server((outlets.host(n), port), backlog=256) for n in rest)]


def _serve(outlets: Outlets, sockets: list[socket.socket]) -> None:
    press, port = Press(outlets), int(sockets[0].getsockname()[1])

    async def answer(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        _, kind, number = [*scope["path"].split("/"), "", ""][:3]
        tag = b'"1"'
        headers = dict(scope["headers"])
        if kind == "feed":
            status, body, said = 200, press.feed(int(number), port), b"application/rss+xml"
            if headers.get(b"if-none-match") == tag:
                status, body = 304, b""
        elif kind == "a":
            drawn = press.page(int(number))
            status, body, said = 200, drawn.body, drawn.content_type.encode()
        else:
            status, body, said = 404, b"", b"text/plain"
        sent = [(b"content-type", said), (b"etag", tag), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": body})

    config = uvicorn.Config(answer, log_config=None, access_log=False, lifespan="off")
    asyncio.run(uvicorn.Server(config).serve(sockets=sockets))
