"""What has happened to feed readers and page watchers, each against a hostile site of our own on the loopback.

Redirects, look-ups and packed bombs at the level of one request stand in `test_fetch_hostile`; here is the whole way:
a hostile feed or page, polled and read by the service, and what is left in the store and on the page.
"""

from __future__ import annotations

import gzip
import json
import struct
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

import brotli
import httpx
import pytest

from tests.contract.test_fetch_way import FILLER, SAID, World, world
from tests.support.pages import Answer, page
from tests.support.site import serving
from workers.gather import FEED_BYTES, read_feed
from workers.web.app import make_app

TEXT = f"{SAID} {FILLER}"


def _rss(url: str, *items: str, doctype: str = "") -> Answer:
    inside = "".join(f"<item>{item.replace('{url}', url)}</item>" for item in items)
    body = f"<?xml version='1.0' encoding='utf-8'?>{doctype}<rss version='2.0'><channel><title>x</title>{inside}"
    return Answer(body=f"{body}</channel></rss>".encode("utf-8", "surrogatepass"), kind="application/rss+xml")


@contextmanager
def hostile(folder: Path, *items: str, doctype: str = "", html: bytes | None = None) -> Iterator[World]:
    """A site whose feed has these items, and whose `/1` is an article, or that page."""

    def fill(url: str) -> dict[str, Answer]:
        feed = _rss(url, *items, doctype=doctype)
        return {"/feed": feed, "/1": Answer(body=html if html is not None else page(TEXT))}

    with world(folder, fill) as it:
        yield it


def _stored(it: World) -> str:
    """Everything that came to be stored of a site, as text."""
    app = it.app
    entries = [app.store.entry(n) for n in range(1, 30)]
    articles = [app.store.article(a.id) for a in app.store.queries.articles()]
    return repr([entries, articles, app.store.feeds(), app.store.queries.articles()])


PRIVATE = (
    "http://10.0.0.1/secret",
    "http://192.168.1.1/",
    "http://172.16.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://100.64.0.1/",
    "http://100.127.255.254/",
    "http://[::ffff:10.0.0.1]/",
    "http://[64:ff9b::a00:1]/",
    "http://[2002:a00:1::]/",
    "http://0.0.0.0/",
    "http://[::]/",
    "http://[fe80::1]/",
    "http://0x0a000001/",
    "http://10.1/",
)


def test_an_entry_at_a_private_address_is_never_asked(tmp_path: Path) -> None:
    with hostile(tmp_path, *(f"<title>خبر</title><link>{link}</link>" for link in PRIVATE)) as it:
        done = it.passes()
    assert done.after.articles == 0
    assert len(done.failures) >= len(PRIVATE) - 3  # some are no address even to the feed's reader
    assert all("may not be fetched" in f.error for f in done.failures), done.failures


@pytest.mark.parametrize(
    ("status", "target"),
    [(301, "http://10.0.0.1/"), (302, "http://100.64.0.1/"), (308, "http://[::ffff:10.0.0.1]/")],
)
def test_a_feed_or_page_that_redirects_to_a_private_address_fails_visibly(
    tmp_path: Path, status: int, target: str
) -> None:
    with hostile(tmp_path, "<title>خبر</title><link>{url}/1</link>") as it:
        it.answers["/1"] = Answer(to=target, status=status)
        assert ["may not be fetched" in f.error for f in it.passes().failures] == [True]
        it.answers["/feed"] = Answer(to=target, status=status)
        feed = it.passes(25).feeds[0]
        assert "may not be fetched" in str(feed.last_error)
        assert feed.url == f"{it.url}/feed"


OTHER_KINDS = (
    "file:///etc/passwd", "gopher://127.0.0.1:70/", "ftp://127.0.0.1/x", "dict://127.0.0.1/", "data:text/html,x",
    "javascript:alert(1)", "http://user:secret@127.0.0.1/1", "//user:secret@127.0.0.1/1",
)  # fmt: skip


def test_addresses_of_other_kinds_or_with_credentials_are_no_entries(tmp_path: Path) -> None:
    items = [f"<title>خبر</title><{tag}>{link}</{tag}>" for link in OTHER_KINDS for tag in ("link", "guid")]
    with hostile(tmp_path, *items) as it:
        done = it.passes()
        assert "secret" not in _stored(it)
        assert (done.after.entries, done.failures, done.feeds[0].failures) == ({}, (), 0)


def test_pages_that_lead_to_addresses_of_other_kinds_are_given_up(tmp_path: Path) -> None:
    kinds = [link for link in OTHER_KINDS if not link.startswith("//")]
    with hostile(tmp_path, *(f"<title>خبر</title><link>{{url}}/{n}</link>" for n in range(len(kinds)))) as it:
        it.answers |= {f"/{n}": Answer(to=link, status=302) for n, link in enumerate(kinds)}
        done = it.passes()
        assert "secret@" not in repr(done.failures)
    assert (done.after.articles, len(done.failures)) == (0, len(kinds))


def test_external_entities_read_no_file_and_ask_nobody(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    asked: list[str] = []
    doctype = (
        f"<!DOCTYPE rss [<!ENTITY a SYSTEM 'file://{secret}'><!ENTITY % p SYSTEM '{{url}}/dtd'> %p;"
        "<!ENTITY b SYSTEM '{url}/xxe'>]>"
    )

    def fill(url: str) -> dict[str, Answer]:
        items = f"<title>خبر &a;&b;</title><link>{url}/1</link><description>&a;</description>"
        probe = Answer(body=b"pwned", before=lambda: asked.append("xxe"))
        return {
            "/feed": _rss(url, items, doctype=doctype.replace("{url}", url)), "/1": Answer(body=page(TEXT)),
            "/xxe": probe, "/dtd": probe,
        }  # fmt: skip

    with world(tmp_path, fill) as it:
        it.passes()
        stored = _stored(it)
    assert asked == []
    assert "s3cret" not in stored
    assert "pwned" not in stored


@pytest.mark.parametrize("kind", ["laughs", "quadratic", "sitemap", "opml-like"])
def test_entities_that_grow_cost_no_memory(tmp_path: Path, kind: str) -> None:
    laughs = "<!ENTITY x0 'ha'>" + "".join(f"<!ENTITY x{n} '{f'&x{n - 1};' * 10}'>" for n in range(1, 12))
    rss = "<rss version='2.0'><channel><item><title>TITLE</title></item></channel></rss>"
    bodies = {
        "laughs": f"<!DOCTYPE rss [{laughs}]>{rss.replace('TITLE', '&x11;')}",
        "quadratic": f"<!DOCTYPE rss [<!ENTITY q '{'q' * 100_000}'>]>{rss.replace('TITLE', '&q;' * 2000)}",
        "sitemap": f"<!DOCTYPE urlset [{laughs}]><urlset><url><loc>&x11;</loc></url></urlset>",
        "opml-like": f"<!DOCTYPE opml [{laughs}]><opml><body>&x11;</body></opml>",
    }

    def fill(url: str) -> dict[str, Answer]:
        return {"/feed": Answer(body=bodies[kind].encode(), kind="application/xml")}

    with world(tmp_path, fill) as it:
        it.app.stages  # noqa: B018 -- what is imported for it is not the feed's cost
        tracemalloc.start()
        done = it.passes()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(_stored(it)) < 20_000
    assert peak < 60_000_000
    assert (done.polled, done.after.articles) == (1, 0)


def _zstd_bomb(blocks: int) -> bytes:
    """A frame of run-length blocks (RFC 8878): 128 kB of zeros in four bytes each."""
    block = struct.pack("<I", (131_072 << 3) | (1 << 1))[:3] + b"\0"
    last = struct.pack("<I", (131_072 << 3) | (1 << 1) | 1)[:3] + b"\0"
    return b"\x28\xb5\x2f\xfd\x00\x58" + block * (blocks - 1) + last


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(bytes(200_000_000), 9)),
        ("gzip, gzip", gzip.compress(gzip.compress(bytes(200_000_000), 9))),
        ("br", brotli.compress(bytes(200_000_000), quality=3)),
        ("zstd", _zstd_bomb(1600)),
        ("gzip, gzip, gzip, gzip", b"x"),
    ],
    ids=["gzip", "gzip-twice", "brotli", "zstd", "many-layers"],
)
def test_packed_bombs_cost_no_more_than_the_limit(tmp_path: Path, encoding: str, body: bytes) -> None:
    with hostile(tmp_path, "<title>خبر</title><link>{url}/1</link>") as it:
        it.answers["/feed"] = Answer(body=body, kind="application/rss+xml", headers={"content-encoding": encoding})
        it.app.stages  # noqa: B018 -- as above
        tracemalloc.start()
        done = it.passes()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 6 * FEED_BYTES
    assert done.feeds[0].last_error is not None
    assert done.after.articles == 0


@pytest.mark.parametrize("name", ["../../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "/etc/passwd", "C:\\x", "a\0b"])
def test_names_in_enclosures_and_ids_lead_to_no_file(tmp_path: Path, name: str) -> None:
    before = {path for path in tmp_path.parent.rglob("*") if path.is_file()}
    item = (
        f"<title>خبر</title><guid isPermaLink='false'>{escape(name)}</guid><link>{{url}}/1</link>"
        f"<enclosure url='{{url}}/{escape(name)}' type='audio/mpeg' length='1'/>"
    )
    with hostile(tmp_path, item) as it:
        assert it.passes().after.articles == 1
        made = {path for path in tmp_path.parent.rglob("*") if path.is_file()} - before
        assert {path.name.partition("-")[0] for path in made} <= {"marsad.db", "feeds.opml"}
        assert len(it.app.store.queries.articles()[0].id) == 32


EVIL = (
    "<script>alert(1)</script><img src=x onerror=alert(2)><a href='javascript:alert(3)'>خبر</a>\u202eمقلوب\u202c\u2066"
)


def test_code_in_titles_and_bodies_stays_out_of_the_store_and_the_page(tmp_path: Path) -> None:
    html = (
        f"<html><head><title>عنوان {EVIL}</title><meta property='og:title' content='{escape(EVIL)}'></head><body>"
        f"<article><h1>عنوان {EVIL}</h1><p onclick='alert(4)'>{SAID}{EVIL}</p><p>{FILLER}</p>"
        f"<iframe src='javascript:alert(5)'></iframe><svg onload=alert(6)></svg></article></body></html>"
    )
    title = f"<title>{escape(escape(EVIL))}</title>"
    with hostile(tmp_path, f"{title}<link>{{url}}/1</link><description><![CDATA[{EVIL}]]></description>",
                 html=html.encode()) as it:  # fmt: skip
        it.passes()
        (article,) = it.app.store.queries.articles()
        stored = it.app.store.article(article.id)
        entry = it.app.store.entry(1)
        assert stored is not None
        assert entry is not None
        for text in (article.title, stored.text, entry.title):
            assert not any(mark in text for mark in ("<script", "onerror", "javascript:", "\u202e", "\u2066", "\0"))
        app = it.app
        web = make_app(app.store.queries, registry=app.registry, titles=app.titles)
        with serving(web) as address:
            for path in ("/", "/changes", "/feeds", "/api/v1/events", "/changes.atom"):
                shown = httpx.get(address + path).text
                assert "alert(" not in shown
                assert "\u202e" not in shown


def test_null_bytes_and_direction_overrides_in_titles_are_gone(tmp_path: Path) -> None:
    title = "خبر\0\u202e عاجل\u2067\u200b\x1b[31m"
    feed = json.dumps({"version": "https://jsonfeed.org/version/1", "items": [{"url": "URL/1", "title": title}]})
    with hostile(tmp_path) as it:
        it.answers["/feed"] = Answer(body=feed.replace("URL", it.url).encode(), kind="application/json")
        assert it.passes().after.articles == 1
        entry = it.app.store.entry(1)
        assert entry is not None
        assert entry.title == "خبر عاجل [31m"


@pytest.mark.parametrize("etag", ['"a"\r\n X-Injected: yes', '"a\x0bX-Injected: yes"', '"خبر"', '"' + "a" * 7000 + '"'])
def test_an_etag_injects_no_header(tmp_path: Path, etag: str) -> None:
    seen: list[dict[str, str]] = []
    with hostile(tmp_path, "<title>خبر</title><link>{url}/1</link>") as it:
        it.answers["/feed"] = Answer(
            body=it.answers["/feed"].body, kind="application/rss+xml", headers={"etag": etag}, saw=seen.append
        )
        it.passes()
        it.passes(0.5)
    assert len(seen) == 2
    assert all("x-injected" not in headers for headers in seen)


def test_a_feed_of_a_million_entries_is_cut_or_refused_within_its_limits(tmp_path: Path) -> None:
    with hostile(tmp_path) as it:
        small = b"<item><link>/%d</link></item>"
        whole = b"<rss version='2.0'><channel>" + b"".join(small % n for n in range(1_000_000)) + b"</channel></rss>"
        it.answers["/feed"] = Answer(body=whole, kind="application/rss+xml")
        assert "larger than 5 MB" in str(it.passes().feeds[0].last_error)
        it.answers["/feed"] = Answer(
            body=gzip.compress(whole), kind="application/rss+xml", headers={"content-encoding": "gzip"}
        )
        assert "larger than 5 MB" in str(it.passes(25).feeds[0].last_error)
        cut = whole[: FEED_BYTES // 4].rpartition(b"<item>")[0] + b"</channel></rss>"
        client = it.app.client
        it.answers["/cut"] = Answer(body=cut, kind="application/rss+xml")
        assert len(read_feed(client.get(f"{it.url}/cut")).entries) == 1000


@pytest.mark.parametrize(
    "date", ["Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "9999-12-31T23:59:59Z", "0001-01-01",
             "Thu, 01 Jan 99999 00:00:00 GMT", "-1", "9" * 400],
)  # fmt: skip
def test_dates_at_the_ends_of_time_are_unknown(tmp_path: Path, date: str) -> None:
    html = page(TEXT).replace(b"<title>", f'<meta property="article:published_time" content="{date}"><title>'.encode())
    with hostile(tmp_path, f"<title>خبر</title><link>{{url}}/1</link><pubDate>{date}</pubDate>", html=html) as it:
        assert it.passes().after.articles == 1
        (article,) = it.app.store.queries.articles()
        assert (article.published, article.published_at) == (None, None)
        it.passes(3)
        feed = it.app.store.feeds()[0]
        assert feed.next_poll_at <= it.now + timedelta(hours=6)


def test_a_link_that_changes_at_every_poll_makes_copies_not_stories(tmp_path: Path) -> None:
    with hostile(tmp_path) as it:
        for n in range(4):
            it.answers["/feed"] = _rss(it.url, f"<title>خبر</title><link>{it.url}/{n}</link>")
            it.answers[f"/{n}"] = Answer(body=page(TEXT))
            it.passes(2)
        summary = it.app.store.queries.summary()
        assert (summary.articles, summary.copies) == (4, 3)


def test_tracking_parameters_fold_into_one_article(tmp_path: Path) -> None:
    marks = ("utm_source=rss&amp;utm_medium=x", "fbclid=1", "gclid=2", "utm_campaign=y#top", "")
    with hostile(tmp_path, *(f"<title>خبر</title><link>{{url}}/1?{mark}</link>" for mark in marks)) as it:
        it.answers |= {f"/1{q}": it.answers["/1"] for q in ("?fbclid=1", "?gclid=2", "?")}
        done = it.passes()
    assert (done.after.articles, sum(done.after.entries.values())) == (1, 1)


def test_our_clock_is_not_theirs(tmp_path: Path) -> None:
    """A page from tomorrow's zone counts, one from next year does not."""
    moments = {"/1": "2025-09-06T02:00:00+03:00", "/2": "2026-09-05T09:00:00Z"}

    def fill(url: str) -> dict[str, Answer]:
        pages = {
            path: Answer(body=page(TEXT, path).replace(
                b"<title>", f'<meta property="article:published_time" content="{moment}"><title>'.encode()
            ))
            for path, moment in moments.items()
        }  # fmt: skip
        return pages | {"/feed": _rss(url, *(f"<title>x</title><link>{url}{path}</link>" for path in moments))}

    with world(tmp_path, fill) as it:
        it.passes()
        found = {a.url.removeprefix(it.url): a.published_at for a in it.app.store.queries.articles()}
    assert found == {"/1": datetime(2025, 9, 5, 23, tzinfo=UTC), "/2": None}
