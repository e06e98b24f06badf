"""A web site on the loopback with answers that tests give it, slow ones among them. It must not know who asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What one path answers. `before`: called before the answer goes out, in the request's thread.

    `headers`: sent as they are, line ends and all; `saw`: given the headers of each request.
    """

    body: bytes = b""
    kind: str = "text/html; charset=utf-8"
    status: int = 200
    to: str | None = None
    before: Callable[[], object] | None = None
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    saw: Callable[[dict[str, str]], object] | None = None


@contextmanager
def site(answers: Mapping[str, Answer]) -> Iterator[str]:
    """The address of a site with these answers, 404 for every other path; answers may be added while it runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = answers.get(self.path, Answer(status=404))
            if answer.before is not None:
                answer.before()
            if answer.saw is not None:
                answer.saw({name.lower(): value for name, value in self.headers.items()})
            self.send_response(answer.status)
            self.send_header("content-type", answer.kind)
            if answer.to is not None:
                self.send_header("location", answer.to)
            self.flush_headers()
            for name, value in answer.headers.items():
                self.wfile.write(f"{name}: {value}\r\n".encode())  # send_header would refuse what is hostile
            self.end_headers()
            try:
                self.wfile.write(answer.body)
            except OSError:
                self.close_connection = True  # the other side has seen enough

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def feed(url: str, items: Mapping[str, str]) -> bytes:
    """An RSS feed of paths on a site, each with its pubDate as it is written."""
    entries = "".join(
        f"<item><title>{path}</title><link>{url}{path}</link><pubDate>{date}</pubDate></item>"
        for path, date in items.items()
    )
    return f'<rss version="2.0"><channel><title>x</title>{entries}</channel></rss>'.encode()


def feed_list(*urls: str) -> str:
    """An OPML list; each feed's outlet is the last part of its address."""
    outlines = "".join(
        f'<outline type="rss" text="{u.rpartition("/")[2]}" xmlUrl="{u}" country="QAT" timeZone="Asia/Qatar"/>'
        for u in urls
    )
    return f'<opml version="2.0"><body>{outlines}</body></opml>'


def page(*paragraphs: str, language: str = "ar") -> bytes:
    """A plain page of one article."""
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f'<!doctype html><html lang="{language}"><head><title>x</title></head>'
        f"<body><article>{body}</article></body></html>"
    ).encode()
