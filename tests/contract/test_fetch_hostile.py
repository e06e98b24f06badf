"""The client, the gatherer and everything that may come over the wire: a real server on loopback that misbehaves."""

from __future__ import annotations

import gzip
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import Any

import brotli
import pytest

from domain.errors import PermanentFailure, TemporaryFailure
from workers.fetch.addresses import Resolve, resolve
from workers.fetch.client import HttpClient
from workers.fetch.robots import Robots
from workers.gather import Gatherer, HostGate, is_full_poll
from workers.pace import Pace
from workers.ports import Entry, Feed

LOOPBACK = (ip_network("127.0.0.0/8"),)
ZEROS = 50_000_000
NOW = datetime(2025, 9, 4, 12, tzinfo=UTC)
BODY = (
    "قال وزير الخارجية الروسي سيرغي لافروف إن موسكو ترفض نشر قوات أجنبية في أوكرانيا، وأضاف أن بلاده لن تقبل بأي وجود. "
)
RSS = (
    '<rss version="2.0"><channel><title>منارة</title><item><title>خبر</title><link>{base}/article</link>'
    "<pubDate>Thu, 04 Sep 2025 01:30:00 +0300</pubDate></item></channel></rss>"
)
Reply = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers by path, from the table below; counts what it was asked."""

    protocol_version = "HTTP/1.1"
    replies: dict[str, Reply] = {}  # noqa: RUF012 -- one table for one test server
    asked: list[tuple[str, str, dict[str, str], bytes]] = []  # noqa: RUF012

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("content-length", "0"))))

    def _answer(self, body: bytes) -> None:
        self.asked.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        reply = self.replies.get(self.path.split("?")[0], give(b"not here", status=404))
        with suppress(OSError):
            reply(self)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the name is the library's
        pass

    @property
    def base(self) -> str:
        return f"http://{self.headers['host']}"


def give(body: bytes | str, status: int = 200, **headers: str) -> Reply:
    """A complete answer; `{base}` in texts becomes the server's address, underscores in names become dashes."""

    def reply(handler: Handler) -> None:
        data = body.replace("{base}", handler.base).encode() if isinstance(body, str) else body
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value.replace("{base}", handler.base))
        handler.send_header("content-length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return reply


def to(where: str, status: int = 302) -> Reply:
    return give(b"", status, location=where)


def zeros(encoding: str, packed: Iterator[bytes]) -> Reply:
    """An endless-looking body without a declared length."""

    def reply(handler: Handler) -> None:
        handler.send_response(200)
        if encoding:
            handler.send_header("content-encoding", encoding)
        handler.send_header("connection", "close")
        handler.end_headers()
        for piece in packed:
            handler.wfile.write(piece)

    return reply


def drip(handler: Handler) -> None:
    """A byte now and then, for ever."""
    handler.send_response(200)
    handler.send_header("connection", "close")
    handler.end_headers()
    while not STOP.wait(0.05):
        handler.wfile.write(b"<")


def drip_headers(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not STOP.wait(0.05):
        handler.wfile.write(b"x")


def silent(handler: Handler) -> None:
    STOP.wait(30)


def garbage(handler: Handler) -> None:
    handler.wfile.write(b"\x00\xff not http at all\r\n\r\n")
    handler.close_connection = True


def cut_short(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("content-length", "1000")
    handler.end_headers()
    handler.wfile.write(b"half")
    handler.close_connection = True


def huge_headers(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"x-a: " + b"a" * 2_000_000 + b"\r\n\r\n")
    handler.close_connection = True


def conditional(handler: Handler) -> None:
    if handler.headers.get("if-none-match") == '"v1"':
        give(b"", 304, etag='"v1"')(handler)
    else:
        give(RSS, etag='"v1"', last_modified="Thu, 04 Sep 2025 10:00:00 GMT", content_type="application/rss+xml")(
            handler
        )


def _page(body: str = BODY * 3, head: str = "") -> str:
    return f"<html><head><title>خبر</title>{head}</head><body><article><p>{body}</p></article></body></html>"


STOP = threading.Event()
DATED = format_datetime(datetime(2099, 1, 1, tzinfo=UTC), usegmt=True)
REPLIES: dict[str, Reply] = {
    "/ok": give("مرحبا", content_type="text/html; charset=utf-8"),
    "/loop": to("/loop2"),
    "/loop2": to("/loop"),
    "/self": to("/self"),
    "/far": to("/far1"),
    **{f"/far{n}": to(f"/far{n + 1}") for n in range(1, 30)},
    "/moved": to("{base}/moved2", 301),
    "/moved2": to("ok", 308),
    "/moved-then-found": to("/found", 301),
    "/found": to("/moved2", 302),
    "/nowhere": give(b"", 302),
    "/to-private": to("http://10.0.0.1/secret"),
    "/to-metadata": to("http://169.254.169.254/latest/meta-data/"),
    "/to-localhost6": to("http://[::1]:1/"),
    "/to-mapped": to("http://[::ffff:10.0.0.1]/"),
    "/to-decimal": to("http://167772161/"),
    "/to-file": to("file:///etc/passwd"),
    "/to-gopher": to("gopher://127.0.0.1/"),
    "/to-password": to("http://user:secret@127.0.0.1/"),
    "/to-broken": to("http://[::1"),
    "/zeros": zeros("", (bytes(100_000) for _ in range(ZEROS // 100_000))),
    "/zeros-declared": give(bytes(6_000_000)),
    "/zeros-gzip": give(gzip.compress(bytes(ZEROS)), content_encoding="gzip"),
    "/zeros-gzip-twice": give(gzip.compress(gzip.compress(bytes(ZEROS))), content_encoding="gzip, gzip"),
    "/zeros-deflate": give(zlib.compress(bytes(ZEROS)), content_encoding="deflate"),
    "/zeros-br": give(brotli.compress(bytes(ZEROS), quality=4), content_encoding="br"),
    "/gzip": give(gzip.compress("مرحبا".encode()), content_encoding="gzip"),
    "/br": give(brotli.compress("مرحبا".encode()), content_encoding="br"),
    "/gzip-broken": give(b"no gzip", content_encoding="gzip"),
    "/gzip-cut": give(gzip.compress(b"x" * 5000)[:20], content_encoding="gzip"),
    "/zstd": give(b"x", content_encoding="zstd"),
    "/drip": drip,
    "/drip-headers": drip_headers,
    "/silent": silent,
    "/garbage": garbage,
    "/cut-short": cut_short,
    "/huge-headers": huge_headers,
    "/gone": give(b"", 410),
    "/forbidden": give(b"", 403),
    "/busy": give(b"", 429, retry_after="77"),
    "/busy-dated": give(b"", 503, retry_after=DATED),
    "/error": give(b"", 500),
    "/304": give(b"", 304),
    "/cookie": give(b"", set_cookie="session=1; Path=/"),
    "/hook": give(b"", 204),
    "/feed": conditional,
    "/feed-1256": give(
        RSS.replace("خبر", BODY.strip()).encode("cp1256").replace(b"{base}", b"http://127.0.0.1:1"),
        content_type="text/xml; charset=utf-8",
    ),
    "/feed-moved": to("/feed", 301),
    "/html-for-feed": give(
        _page(head='<link type="application/rss+xml" href="/feed">'), content_type="application/xml"
    ),
    "/empty": give(b""),
    "/article": give(_page(), content_type="text/html; charset=utf-8"),
    "/article-1256": give(_page().encode("cp1256"), content_type="text/html; charset=utf-8"),
    "/article-utf8-called-latin": give(_page(), content_type="text/html; charset=iso-8859-1"),
    "/article/amp": give(_page(head='<link rel="canonical" href="/article">'), content_type="text/html"),
    "/short": to("/article"),
    "/liar": give(_page(head='<link rel="canonical" href="/">'), content_type="text/html"),
    "/picture": give(b"\x89PNG", content_type="image/png"),
    "/english": give(_page("The minister said that his country will not accept this. " * 5)),
    "/private/article": give(_page()),
    "/robots.txt": give("User-agent: *\nDisallow: /private/\n"),
}


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    Handler.replies = REPLIES
    STOP.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    STOP.set()
    server.shutdown()
    server.server_close()
    thread.join()


def _client(timeout: float = 10.0, resolver: Resolve = resolve, allowed: tuple[Any, ...] = LOOPBACK) -> HttpClient:
    return HttpClient(allow_networks=allowed, user_agent="Marsad/test", timeout=timeout, resolver=resolver)


@pytest.fixture(scope="module")
def client() -> Iterator[HttpClient]:
    made = _client()
    yield made
    made.close()


@pytest.mark.parametrize("path", ["/ok", "/gzip", "/br"])
def test_a_body_comes_unpacked(client: HttpClient, base: str, path: str) -> None:
    answer = client.get(base + path)
    assert (answer.status, answer.body.decode(), answer.url) == (200, "مرحبا", base + path)


def test_headers_have_lower_case_names(client: HttpClient, base: str) -> None:
    assert client.get(f"{base}/ok").headers["content-type"] == "text/html; charset=utf-8"


def test_permanent_moves_are_told_and_temporary_ones_are_not(client: HttpClient, base: str) -> None:
    moved = client.get(f"{base}/moved")
    assert (moved.url, moved.moved_permanently_to) == (f"{base}/ok", f"{base}/ok")
    mixed = client.get(f"{base}/moved-then-found")
    assert (mixed.url, mixed.moved_permanently_to) == (f"{base}/ok", f"{base}/found")
    assert client.get(f"{base}/found").moved_permanently_to is None


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/loop", "redirects in a circle"),
        ("/self", "redirects in a circle"),
        ("/far", "redirects more than 8 times"),
        ("/nowhere", "names no new address"),
        ("/to-private", ": 10.0.0.1 is not public and may not be fetched"),
        ("/to-metadata", "169.254.169.254 is not public and may not be fetched"),
        ("/to-localhost6", "::1 is not public and may not be fetched"),
        ("/to-mapped", "may not be fetched"),
        ("/to-decimal", "167772161 is at 10.0.0.1, which is not public and may not be fetched"),
        ("/to-file", "only http and https"),
        ("/to-gopher", "only http and https"),
        ("/to-password", "user name or password"),
        ("/zeros", "larger than 5 MB"),
        ("/zeros-declared", "larger than 5 MB"),
        ("/zeros-gzip", "larger than 5 MB"),
        ("/zeros-gzip-twice", "larger than 5 MB"),
        ("/zeros-deflate", "larger than 5 MB"),
        ("/zeros-br", "larger than 5 MB"),
        ("/missing", "answered 404"),
        ("/gone", "answered 410"),
        ("/forbidden", "answered 403"),
    ],
)
def test_what_cannot_be_had_is_refused_in_one_line(client: HttpClient, base: str, path: str, says: str) -> None:
    with pytest.raises(PermanentFailure) as caught:
        client.get(base + path, limit_bytes=5_000_000)
    message = str(caught.value)
    assert says in message
    assert message.startswith(base)
    assert "secret@" not in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/error", "answered 500"),
        ("/busy", "answered 429"),
        ("/to-broken", "cannot be reached: Invalid URL in location"),
        ("/garbage", "cannot be reached"),
        ("/cut-short", "cannot be reached"),
        ("/huge-headers", "cannot be reached"),
        ("/gzip-broken", "cannot be unpacked"),
        ("/gzip-cut", "too early"),
        ("/zstd", "'zstd' was not asked for"),
        ("/304", "answered 304"),
    ],
)
def test_what_may_be_had_later_is_a_temporary_failure(client: HttpClient, base: str, path: str, says: str) -> None:
    with pytest.raises(TemporaryFailure, match=says):
        client.get(base + path)


@pytest.mark.parametrize("path", ["/drip", "/drip-headers", "/silent"])
def test_a_server_that_drips_is_cut_off(base: str, path: str) -> None:
    hasty = _client(timeout=0.4)
    with pytest.raises(TemporaryFailure, match=r"no full answer within 0\.4 seconds"):
        hasty.get(base + path)
    hasty.close()


def test_retry_after_is_told(client: HttpClient, base: str) -> None:
    with pytest.raises(TemporaryFailure) as seconds:
        client.get(f"{base}/busy")
    assert seconds.value.retry_after == 77
    with pytest.raises(TemporaryFailure) as dated:
        client.get(f"{base}/busy-dated")
    assert dated.value.retry_after is not None
    assert dated.value.retry_after > 1e9


def test_a_status_is_told(client: HttpClient, base: str) -> None:
    with pytest.raises(PermanentFailure) as caught:
        client.get(f"{base}/gone")
    assert caught.value.status == 410


def test_validators_are_sent_and_unsendable_ones_forgotten(client: HttpClient, base: str) -> None:
    assert client.get(f"{base}/feed", etag='"v1"').status == 304
    for etag in ('"a"\r\nX-Injected: 1', '"خبر"', "x" * 10_000):
        Handler.asked.clear()
        assert client.get(f"{base}/feed", etag=etag, last_modified="Thu, 04 Sep 2025 10:00:00 GMT").status == 200
        sent = Handler.asked[0][2]
        assert "if-none-match" not in sent
        assert "x-injected" not in sent
        assert sent["if-modified-since"] == "Thu, 04 Sep 2025 10:00:00 GMT"


def test_no_cookie_is_kept(client: HttpClient, base: str) -> None:
    client.get(f"{base}/cookie")
    Handler.asked.clear()
    client.get(f"{base}/ok")
    assert "cookie" not in Handler.asked[0][2]
    assert Handler.asked[0][2]["user-agent"] == "Marsad/test"


def test_nothing_private_is_reached_without_a_setting(base: str) -> None:
    strict = _client(allowed=())
    Handler.asked.clear()
    for address in (base, base.replace("127.0.0.1", "localhost"), base.replace("127.0.0.1", "2130706433")):
        with pytest.raises(PermanentFailure, match="MARSAD_FETCH_ALLOW_NETWORKS"):
            strict.get(f"{address}/ok")
        with pytest.raises(PermanentFailure, match="MARSAD_FETCH_ALLOW_NETWORKS"):
            strict.post(f"{address}/hook", b"{}", {})
    assert Handler.asked == []
    strict.close()


def test_the_address_that_was_checked_is_the_one_connected(base: str) -> None:
    """A name that changes between two look-ups: there is only one look-up a connection."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    asked: list[str] = []

    def changing(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    client = _client(resolver=changing)
    port = base.rpartition(":")[2]
    assert client.get(f"http://a.example:{port}/ok").status == 200
    assert asked == ["a.example"]
    with pytest.raises(PermanentFailure, match=r"b\.example is at 10\.0\.0\.1"):
        client.get(f"http://b.example:{port}/ok")
    client.close()


def test_of_several_addresses_only_permitted_ones_are_tried_until_one_answers(base: str) -> None:
    client = _client(resolver=lambda host, port: ["10.0.0.1", "127.0.0.9", "127.0.0.1"])
    assert client.get(f"http://a.example:{base.rpartition(':')[2]}/ok").status == 200
    client.close()


def test_a_name_without_address_and_a_closed_port_may_work_later() -> None:
    def nobody(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    client = _client(resolver=nobody)
    with pytest.raises(TemporaryFailure, match=r"a\.example/ cannot be reached: the name a\.example has no address"):
        client.get("http://a.example/")
    client.close()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    client = _client()
    with pytest.raises(TemporaryFailure, match="cannot be reached"):
        client.get(f"http://127.0.0.1:{port}/")
    client.close()


def test_a_post_arrives_and_follows_no_redirect(client: HttpClient, base: str) -> None:
    Handler.asked.clear()
    assert client.post(f"{base}/hook", b'{"a": 1}', {"webhook-id": "7"}).status == 204
    method, path, headers, body = Handler.asked[0]
    assert (method, path, headers["webhook-id"], body) == ("POST", "/hook", "7", b'{"a": 1}')
    with pytest.raises(PermanentFailure, match="name the final address") as moved:
        client.post(f"{base}/moved", b"{}", {})
    assert moved.value.status == 301
    with pytest.raises(PermanentFailure) as gone:
        client.post(f"{base}/gone", b"{}", {})
    assert gone.value.status == 410
    with pytest.raises(TemporaryFailure) as busy:
        client.post(f"{base}/busy", b"{}", {})
    assert busy.value.retry_after == 77


@pytest.fixture
def gatherer(client: HttpClient) -> Gatherer:
    return Gatherer(
        client, Robots(client, "Marsad/test"), HostGate(0.0, LOOPBACK), clock=lambda: NOW, pace=Pace(),
        arabic_day=lambda line: None,
    )  # fmt: skip


def _feed(url: str, etag: str | None = None, polled: datetime | None = None) -> Feed:
    return Feed(
        id=1, url=url, outlet="منارة", title="منارة", country="QAT", time_zone="Asia/Qatar", etag=etag,
        next_poll_at=NOW, last_polled_at=polled,
    )  # fmt: skip


def _entry(url: str) -> Entry:
    moment = datetime(2025, 9, 3, 22, 30, tzinfo=UTC)
    return Entry(id=1, url=url, title="خبر", published_at=moment, feed=_feed("http://127.0.0.1/feed"))


def test_a_feed_is_polled(gatherer: Gatherer, base: str) -> None:
    outcome = gatherer.poll(_feed(f"{base}/feed"))
    assert (outcome.status, outcome.error, outcome.etag) == ("new", None, '"v1"')
    assert [e.url for e in outcome.entries] == [f"{base}/article"]
    again = gatherer.poll(_feed(f"{base}/feed", etag='"v1"', polled=NOW))
    assert (again.status, again.etag) == ("unchanged", '"v1"')
    assert again.interval > outcome.interval
    assert outcome.quiet is not None
    assert outcome.quiet[1] == again.interval
    assert gatherer.poll(_feed(f"{base}/feed-moved")).moved_to == f"{base}/feed"
    moved_unchanged = gatherer.poll(_feed(f"{base}/feed-moved", etag='"v1"', polled=NOW))
    assert (moved_unchanged.status, moved_unchanged.moved_to) == ("unchanged", f"{base}/feed")


def test_once_a_day_the_whole_feed_is_asked_for_whatever_its_validators_say(gatherer: Gatherer, base: str) -> None:
    hours = [NOW - timedelta(hours=n) for n in range(49)]
    statuses = [gatherer.poll(_feed(f"{base}/feed", etag='"v1"', polled=polled)).status for polled in hours]
    assert statuses[0] == "unchanged"
    assert statuses == sorted(statuses, reverse=True)  # conditional up to one hour of the day, full beyond it
    assert 1 <= statuses.count("unchanged") <= 24
    assert is_full_poll(_feed(base), NOW)


def test_an_amp_copy_is_known_by_the_address_of_its_page(gatherer: Gatherer, base: str) -> None:
    assert gatherer.article(_entry(f"{base}/article/amp")).url == f"{base}/article"
    assert gatherer.article(_entry(f"{base}/short")).url == f"{base}/short"
    assert gatherer.article(_entry(f"{base}/liar")).url == f"{base}/liar"


def test_a_feed_with_a_wrong_charset_header_is_read(gatherer: Gatherer, base: str) -> None:
    assert gatherer.poll(_feed(f"{base}/feed-1256")).entries[0].title == BODY.strip()


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/html-for-feed", "is an HTML page, not a feed; it offers http"),
        ("/empty", "is empty"),
        ("/missing", "answered 404"),
        ("/loop", "redirects in a circle"),
        ("/zeros", "larger than 5 MB"),
        ("/zeros-gzip", "larger than 5 MB"),
        ("/busy", "answered 429"),
        ("/picture", "is no feed"),
    ],
)
def test_a_feed_that_fails_is_an_outcome_to_be_seen(gatherer: Gatherer, base: str, path: str, says: str) -> None:
    outcome = gatherer.poll(_feed(base + path))
    assert outcome.status == "failed"
    assert outcome.error is not None
    assert says in outcome.error
    assert base in outcome.error
    assert outcome.next_poll_at > NOW


@pytest.mark.parametrize("path", ["/article", "/article-1256", "/article-utf8-called-latin"])
def test_an_article_is_cleaned(gatherer: Gatherer, base: str, path: str) -> None:
    article = gatherer.article(_entry(base + path))
    assert article.text == " ".join((BODY * 3).split())
    assert (article.published, article.outlet, article.title) == ("2025-09-04", "منارة", "خبر")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/private/article", "robots.txt asks not to fetch it"),
        ("/missing", "answered 404"),
        ("/empty", "is an empty page"),
        ("/picture", "image/png is no page of text"),
        ("/english", "is not in Arabic"),
        ("/to-private", "may not be fetched"),
    ],
)
def test_what_holds_no_article_is_given_up(gatherer: Gatherer, base: str, path: str, says: str) -> None:
    with pytest.raises(PermanentFailure, match=says):
        gatherer.article(_entry(base + path))
