"""From the bytes of a feed to entries."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.errors import InputError
from workers.fetch.feeds import MOST_ENTRIES, ParsedFeed, entry_url, parse_feed, plain

URL = "https://a.example/rss/feed.xml"
WHEN = datetime(2025, 9, 4, 11, 30, tzinfo=UTC)


def _feed(body: str | bytes, content_type: str | None = None) -> ParsedFeed:
    return parse_feed(body if isinstance(body, bytes) else body.encode(), content_type=content_type, url=URL)


def _rss(*items: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> str:
    inside = "".join(f"<item>{item}</item>" for item in items)
    return f'{head}<rss version="2.0"><channel><title>منارة</title>{inside}</channel></rss>'


def _date(text: str) -> datetime | None:
    return (
        _feed(_rss(f"<title>خبر</title><link>https://a.example/1</link><pubDate>{text}</pubDate>"))
        .entries[0]
        .published_at
    )


def test_rss_2() -> None:
    feed = _feed(
        _rss(
            "<title>بوتين: لا</title><link>https://a.example/1?utm_source=rss</link><description>موجز</description>"
            "<pubDate>Thu, 04 Sep 2025 14:30:00 +0300</pubDate>",
            "<title>ثان</title><guid isPermaLink='true'>https://a.example/2</guid>",
        )
    )
    assert feed.title == "منارة"
    assert [(e.url, e.title, e.summary, e.published_at) for e in feed.entries] == [
        ("https://a.example/1", "بوتين: لا", "موجز", WHEN),
        ("https://a.example/2", "ثان", "", None),
    ]


@pytest.mark.parametrize(
    "body",
    [
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>t</title></channel><item><title>خبر</title>'
        "<link>https://a.example/1</link><dc:date>2025-09-04T14:30:00+03:00</dc:date></item></rdf:RDF>",
        '<rss version="0.91"><channel><item><title>خبر</title><link>https://a.example/1</link>'
        "<pubDate>Thu, 04 Sep 2025 11:30:00 GMT</pubDate></item></channel></rss>",
        '<rss version="0.92"><channel><title>t</title><item><title>خبر</title><link>https://a.example/1</link>'
        "<pubDate>Thu, 04 Sep 2025 11:30:00 GMT</pubDate></item></channel></rss>",
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>خبر</title><id>tag:a</id>'
        '<link rel="enclosure" href="https://a.example/x.mp3"/><link href="/1"/>'
        "<published>2025-09-04T11:30:00Z</published><updated>2025-09-05T00:00:00Z</updated></entry></feed>",
        '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title>خبر</title><link rel="alternate" '
        'type="text/html" href="https://a.example/1"/><issued>2025-09-04T11:30:00Z</issued></entry></feed>',
        json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "title": "t",
                "items": [
                    {"id": "1", "url": "/1", "title": "خبر", "date_published": "2025-09-04T14:30:00+03:00"},
                    {"id": 2, "title": 7},
                ],
            }
        ),
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://a.example/1</loc><n:news>'
        "<n:publication_date>2025-09-04T14:30:00+03:00</n:publication_date><n:title>خبر</n:title></n:news></url>"
        "<url><loc>https://a.example/about</loc></url></urlset>",
    ],
    ids=["rdf", "0.91", "0.92", "atom", "atom 0.3", "json", "sitemap"],
)
def test_every_kind_of_feed_gives_the_same_entry(body: str) -> None:
    assert [(e.url, e.title, e.published_at) for e in _feed(body).entries] == [("https://a.example/1", "خبر", WHEN)]


@pytest.mark.parametrize(
    "body",
    [
        _rss("<title>خبر & خبر</title><link>https://a.example/1</link>"),
        _rss("<title>خبر</title><link>https://a.example/1</link>").replace("</channel></rss>", ""),
        _rss("<title>خبر&nbsp;</title><link>https://a.example/1</link>"),
        "\n\n  " + _rss("<title>خبر\x0b</title><link>https://a.example/1</link>"),
        _rss("<title>خبر\x00</title><link>https://a.example/1</link>"),
        _rss(
            "<title>خبر</title><link>\n https://a.example/1 \n</link>", head='<?xml version="1.0" encoding="utf-16"?>'
        ),
    ],
)
def test_broken_feeds_are_read(body: str) -> None:
    assert [e.url for e in _feed(body).entries] == ["https://a.example/1"]
    assert _feed(body).entries[0].title.startswith("خبر")


@pytest.mark.parametrize("header", [None, "text/xml; charset=iso-8859-1", "application/rss+xml; charset=utf-8"])
@pytest.mark.parametrize(
    "head", ["", '<?xml version="1.0" encoding="windows-1256"?>', '<?xml version="1.0" encoding="utf-8"?>']
)
def test_a_feed_in_windows_1256_is_read_whatever_it_declares(head: str, header: str | None) -> None:
    body = _rss("<title>قال الرئيس الروسي إن بلاده لن تقبل</title><link>https://a.example/1</link>", head=head)
    assert _feed(body.encode("cp1256"), header).entries[0].title == "قال الرئيس الروسي إن بلاده لن تقبل"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Thu, 04 Sep 2025 14:30:00 +0300", WHEN),
        ("2025-09-04T14:30:00+03:00", WHEN),
        ("الخميس، 04 سبتمبر 2025 14:30:00 +0300", WHEN),
        ("الخميس ٤ أيلول ٢٠٢٥ ١١:٣٠", WHEN),
        ("4 شتنبر 2025 - 11:30 ص", WHEN),
        ("04/09/2025 11:30", WHEN),
        ("4 سبتمبر/أيلول 2025", datetime(2025, 9, 4, 12, tzinfo=UTC)),
        ("Thu, 31 Dec 9999 23:59:59 GMT", None),
        ("Mon, 01 Jan 0001 00:00:00 GMT", None),
        ("غدا", None),
        ("32 سبتمبر 2025", None),
        ("yesterday", None),
        ("", None),
        ("x" * 5000, None),
    ],
)
def test_dates_are_resolved_or_none(text: str, moment: datetime | None) -> None:
    assert _date(text) == moment


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "is empty"),
        (b"  \n ", "is empty"),
        (b"\0" * 100, "is empty"),
        (b"<!DOCTYPE html><html><body>hello</body></html>", "HTML page, not a feed; marsad feeds find"),
        (
            b"<!-- x --><HTML><link rel='alternate' type='application/rss+xml' href='/rss?a=1&amp;b=2'></HTML>",
            "it offers https://a.example/rss?a=1&b=2",
        ),
        (b"just words", "no feed"),
        (b"<?xml version='1.0'?><data/>", "no feed"),
        (b'{"a": 1}', "no JSON Feed"),
        (b'{"version": "2", "items": []}', "no JSON Feed"),
        (b"{", "no JSON Feed"),
        (b"<sitemapindex/>", "index of sitemaps that lists none"),
        (
            b"<sitemapindex><sitemap><loc>https://b.example/s.xml</loc></sitemap></sitemapindex>",
            "index of sitemaps that lists none",
        ),
        (b"<urlset><url><loc>https://a.example/</loc></url></urlset>", "without news"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "no feed"),
    ],
)
def test_what_is_no_feed_is_refused_in_one_line(body: bytes, says: str) -> None:
    with pytest.raises(InputError) as caught:
        _feed(body)
    assert says in str(caught.value)
    assert str(caught.value).startswith(URL)
    assert "\n" not in str(caught.value)


def test_an_empty_feed_is_a_feed() -> None:
    assert _feed(_rss()).entries == ()


def test_entries_without_a_usable_address_are_left_out_and_each_address_counts_once() -> None:
    links = (
        "", "javascript:alert(1)", "file:///etc/passwd", "http://u:p@a.example/", "ftp://a.example/", "http://", "#top",
        "https://a.example/1", "https://a.example/1?utm_medium=x#frag", "../2", "https://a.example/" + "a" * 3000,
    )  # fmt: skip
    feed = _feed(_rss(*(f"<title>t</title><link>{link}</link>" for link in links)))
    assert [e.url for e in feed.entries] == ["https://a.example/1", "https://a.example/2"]


def test_titles_are_plain_lines() -> None:
    assert plain("<b>بوتين</b>&nbsp;يرفض<script>alert(1)</script>\n\u202eقوات", 100) == "بوتين يرفض قوات"
    assert plain("&lt;img src=x onerror=alert(1)&gt; خبر", 100) == "خبر"
    assert plain("أ" * 50, 10) == "أ" * 9 + "…"
    assert plain("5 < 6 و7 > 3", 100) == "5 < 6 و7 > 3"


def test_entities_neither_explode_nor_read_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    bomb = "".join(f'<!ENTITY x{n} "{f"&x{n - 1};" * 10}">' for n in range(1, 9))
    doctype = f'<!DOCTYPE rss [<!ENTITY x0 "ha"><!ENTITY f SYSTEM "file://{secret}">{bomb}]>'
    feed = _feed(_rss("<title>&x8;&f;خبر</title><link>https://a.example/1</link>").replace("<rss", doctype + "<rss", 1))
    assert "hidden" not in str(feed)
    assert len(str(feed)) < 5000


def test_a_feed_of_very_many_entries_is_cut() -> None:
    items = [f"<title>t</title><link>https://a.example/{n}</link>" for n in range(MOST_ENTRIES + 50)]
    assert len(_feed(_rss(*items)).entries) == MOST_ENTRIES


def test_arabic_addresses_and_relative_ones_are_made_whole() -> None:
    assert entry_url("/سياسة/خبر-1", URL) in (
        "https://a.example/سياسة/خبر-1",
        "https://a.example/%D8%B3%D9%8A%D8%A7%D8%B3%D8%A9/%D8%AE%D8%A8%D8%B1-1",
    )
    assert entry_url("//b.example/1", URL) == "https://b.example/1"
    assert entry_url("http://[broken", URL) is None


def test_an_index_of_sitemaps_names_those_that_may_hold_news() -> None:
    def index(*names: str) -> tuple[str, ...]:
        inside = "".join(
            f"<sitemap><loc>https://a.example/{name}.xml</loc><lastmod>2025-09-0{n}</lastmod></sitemap>"
            for n, name in enumerate(names, start=1)
        )
        return _feed(f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inside}</sitemapindex>').more

    assert index("pages", "news-1", "Google-News") == (
        "https://a.example/Google-News.xml",
        "https://a.example/news-1.xml",
    )
    assert index("a", "b", "c", "d") == tuple(f"https://a.example/{name}.xml" for name in "dcb")
