"""WebSub: a real hub on the loopback that asks back, pushes, lies and denies."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event
from urllib.parse import parse_qs, urlencode

import httpx
import pytest
from starlette.applications import Starlette

from tests.support.pages import feed_list, page
from tests.support.site import serving
from workers.bootstrap import App
from workers.fetch.feeds import parse_feed
from workers.fetch.websub import header_links, signature_holds
from workers.service import Pass, run_once
from workers.settings import load_settings
from workers.web.app import make_app

NOW = datetime(2025, 9, 5, 12, tzinfo=UTC)
TEXT = "قال الوزير إن بلاده ترفض نشر القوات الأجنبية في المنطقة وتدعو إلى وقف القتال فورا دون شروط مسبقة. " * 3


class Outlet:
    """A feed with its hub. `refuses`: the hub answers so; `asked`: what it was asked for, newest last."""

    def __init__(self) -> None:
        self.url = ""
        self.paths = ["/1"]
        self.asked: list[dict[str, str]] = []
        self.refuses: int | None = None

    def feed(self) -> bytes:
        items = "".join(f"<item><title>خبر</title><link>{self.url}{path}</link></item>" for path in self.paths)
        return f'<rss version="2.0"><channel><title>x</title>{items}</channel></rss>'.encode()

    def verify(self, asked: dict[str, str], **more: str) -> httpx.Response:
        """The hub's question to the callback."""
        said = {"hub.mode": "subscribe", "hub.topic": asked["hub.topic"], "hub.challenge": "c<1>"}
        said |= {"hub.lease_seconds": "864000"} | {f"hub.{name}": value for name, value in more.items()}
        return httpx.get(f"{asked['hub.callback']}?{urlencode(said)}")

    def push(self, asked: dict[str, str], body: bytes = b"<rss/>", secret: str | None = None) -> httpx.Response:
        """The hub's push, signed."""
        key = (asked["hub.secret"] if secret is None else secret).encode()
        signed = f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}"
        return httpx.post(asked["hub.callback"], content=body, headers={"x-hub-signature": signed})


@contextmanager
def outlet() -> Iterator[Outlet]:
    """A site on a free port with feed, pages and hub."""
    made = Outlet()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = {"/feed": made.feed(), "/robots.txt": b""} | {path: page(TEXT) for path in made.paths}
            self.send_response(200 if self.path in found else 404)
            if self.path == "/feed":
                self.send_header("link", f'<{made.url}/hub>; rel="hub", <{made.url}/feed>; rel="self"')
            self.send_header("content-type", "application/rss+xml" if self.path == "/feed" else "text/html")
            self.end_headers()
            self.wfile.write(found.get(self.path, b""))

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            made.asked.append({name: values[0] for name, values in form.items()})
            self.send_response(made.refuses or 202)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Scene:
    """An outlet, and an application that reads it and answers its hub."""

    def __init__(self, folder: Path, found: Outlet, **settings: str) -> None:
        self.outlet, self.now = found, NOW
        (folder / "feeds.opml").write_text(feed_list(f"{found.url}/feed"), "utf-8")
        defaults = {
            "MARSAD_DATA": str(folder), "MARSAD_FEEDS": str(folder / "feeds.opml"),
            "MARSAD_FETCH_ALLOW_NETWORKS": "127.0.0.0/8",
        }  # fmt: skip
        self.app = App(load_settings(defaults | settings), clock=lambda: self.now)

    def passes(self, **later: float) -> Pass:
        """One pass, so much later."""
        self.now += timedelta(**later)
        return run_once(self.app, lambda line: None, Event())

    @property
    def pushed_until(self) -> datetime | None:
        return self.app.store.queries.feeds()[0].pushed_until


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """The application serves its callback; its address is the public one."""
    holder: list[Scene] = []

    async def later(scope: object, receive: object, send: object) -> None:
        app = holder[0].app
        web: Starlette = app.__dict__.setdefault(
            "web", make_app(app.store.queries, registry=app.registry, pushing=app.pushing)
        )
        await web(scope, receive, send)  # type: ignore[arg-type]

    front = Starlette()
    front.mount("/", later)
    front.state.closing = Event()
    with outlet() as found, serving(front) as public:
        holder.append(Scene(tmp_path, found, MARSAD_PUBLIC_URL=public))
        yield holder[0]
        holder[0].app.close()


def test_a_push_makes_its_feed_due_at_once(scene: Scene) -> None:
    scene.passes()
    (asked,) = scene.outlet.asked
    assert asked["hub.topic"] == f"{scene.outlet.url}/feed"
    assert asked["hub.mode"] == "subscribe"
    assert scene.pushed_until is None
    answer = scene.outlet.verify(asked)
    assert (answer.status_code, answer.text) == (200, "c<1>")
    assert answer.headers["content-type"].startswith("text/plain")
    assert scene.pushed_until == NOW + timedelta(seconds=864000)

    scene.outlet.paths.append("/2")
    assert scene.passes(minutes=2).polled == 0
    assert scene.outlet.push(asked).status_code == 202
    done = scene.passes()
    assert (done.polled, done.after.articles) == (1, 2)
    assert len(scene.outlet.asked) == 1


def test_a_storm_of_pushes_polls_once_a_minute(scene: Scene) -> None:
    scene.passes()
    asked = scene.outlet.asked[0]
    scene.outlet.verify(asked)
    polls = 0
    for _ in range(30):
        scene.outlet.push(asked)
        polls += scene.passes(seconds=6).polled
    assert polls == 3


def test_a_push_that_is_not_signed_by_the_hub_rings_nothing(scene: Scene) -> None:
    scene.passes()
    asked = scene.outlet.asked[0]
    scene.outlet.verify(asked)
    assert scene.outlet.push(asked, secret="guess").status_code == 202
    assert httpx.post(asked["hub.callback"], content=b"x").status_code == 202
    assert httpx.post(asked["hub.callback"] + "x", content=b"x").status_code == 410
    assert scene.passes(minutes=2).polled == 0
    assert httpx.post(asked["hub.callback"], content=bytes(6_000_000)).status_code == 413


def test_a_question_about_what_was_not_asked_for_is_refused(scene: Scene) -> None:
    scene.passes()
    asked = scene.outlet.asked[0]
    for wrong in ({"topic": "https://evil.example/feed"}, {"mode": "unsubscribe"}, {"mode": ""}):
        answer = scene.outlet.verify(asked, **wrong)
        assert (answer.status_code, "c<1>" in answer.text) == (404, False)
    assert scene.outlet.push(asked).status_code == 410
    assert scene.pushed_until is None


def test_a_denial_is_kept_and_the_hub_asked_again_later(scene: Scene) -> None:
    scene.passes()
    scene.outlet.verify(scene.outlet.asked[0])
    assert scene.outlet.verify(scene.outlet.asked[0], mode="denied", reason="nobody pays").status_code == 200
    assert scene.pushed_until is None
    hub = scene.app.store.hub(scene.outlet.asked[0]["hub.callback"].rpartition("/")[2])
    assert hub is not None
    assert hub.error == f"{scene.outlet.url}/hub denies: nobody pays"
    scene.passes(hours=7)
    assert len(scene.outlet.asked) == 2


def test_the_hub_is_asked_again_before_its_lease_ends(scene: Scene) -> None:
    scene.passes()
    scene.outlet.verify(scene.outlet.asked[0])
    for _ in range(8):
        scene.passes(days=1)
    assert len(scene.outlet.asked) == 2
    assert scene.outlet.asked[0]["hub.callback"] == scene.outlet.asked[1]["hub.callback"]


def test_a_hub_that_refuses_does_not_hurt_the_feed(scene: Scene) -> None:
    scene.outlet.refuses = 500
    done = scene.passes()
    assert (done.after.articles, done.feeds[0].failures, done.failures) == (1, 0, ())


def test_without_a_public_address_no_hub_is_asked(tmp_path: Path) -> None:
    with outlet() as found:
        scene = Scene(tmp_path, found)
        assert scene.passes().after.articles == 1
        assert found.asked == []
        scene.app.close()


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ('<https://hub.example/>; rel="hub", <https://a.example/f>; rel="self"', {"hub": "https://hub.example/"}),
        ("<https://hub.example/>; rel=hub", {"hub": "https://hub.example/"}),
        ('<https://a.example/>; title="a, <b>"; rel="next hub"', {"hub": "https://a.example/"}),
        ("<https://hub.example/>", {}),
        ("rel=hub", {}),
        ("", {}),
    ],
)
def test_link_headers_are_read(header: str, found: dict[str, str]) -> None:
    assert {k: v for k, v in header_links(header).items() if k == "hub"} == found


@pytest.mark.parametrize(
    "body",
    [
        '<feed xmlns="http://www.w3.org/2005/Atom"><link rel="hub" href="https://hub.example/"/>'
        '<link rel="self" href="https://a.example/f"/><title>x</title></feed>',
        '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>x</title>'
        '<atom:link rel="hub" href="https://hub.example/"/><atom:link rel="self" href="https://a.example/f"/>'
        "</channel></rss>",
        '{"version": "https://jsonfeed.org/version/1.1", "feed_url": "https://a.example/f", "items": [],'
        '"hubs": [{"type": "rssCloud", "url": "https://other.example/"}, {"type": "WebSub", "url": "https://hub.example/"}]}',
    ],
    ids=["atom", "rss", "json"],
)
def test_feeds_name_their_hubs(body: str) -> None:
    feed = parse_feed(body.encode(), content_type=None, url="https://a.example/f")
    assert (feed.hub, feed.topic) == ("https://hub.example/", "https://a.example/f")
    evil = parse_feed(body.replace("https://hub", "file://hub").encode(), content_type=None, url="https://a.example/f")
    assert evil.hub is None


def test_signatures_of_every_kind_hold_and_forged_ones_do_not() -> None:
    for method in ("sha1", "sha256", "sha384", "sha512"):
        digest = hmac.new(b"s", b"body", method).hexdigest()
        assert signature_holds(f"{method}={digest}", "s", b"body")
        assert not signature_holds(f"{method}={digest}", "t", b"body")
        assert not signature_holds(f"{method}={digest}", "s", b"bodY")
    assert not signature_holds("md5=0", "s", b"body")
    assert not signature_holds("", "s", b"body")
