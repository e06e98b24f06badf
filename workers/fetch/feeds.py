"""From the bytes of a feed to entries: RSS 0.9 to 2.0, Atom, JSON Feed, news sitemaps; the only file with feedparser.

Titles and summaries come out as plain text on one line. It must not know who fetched the bytes.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import feedparser
import msgspec
from courlan import clean_url
from lxml import etree

from domain.errors import InputError
from workers.fetch.charset import decode
from workers.moments import feed_moment, plausible
from workers.ports import FeedEntry

MOST_ENTRIES = 1000
_LONGEST_TITLE = 500
_LONGEST_SUMMARY = 2000
_LONGEST_URL = 2000
_SITEMAPS = 3  # of an index, looked at in one poll
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>\s*")
_ROOT = re.compile(
    r"^(?:\s|<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>)*<([\w:.-]+)", re.DOTALL | re.IGNORECASE
)
_MARKUP = re.compile(r"<!--.*?-->|</?[a-zA-Z][^>]*>", re.DOTALL)
_CODE = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|$)", re.DOTALL | re.IGNORECASE)
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060-\u2069\ufeff]+")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_OFFERED = re.compile(
    r"<link\b[^>]*type\s*=\s*[\"']application/(?:rss\+xml|atom\+xml|feed\+json)[\"'][^>]*>", re.IGNORECASE
)
_HREF = re.compile(r"href\s*=\s*[\"']([^\"']+)[\"']", re.IGNORECASE)


class ParsedFeed(msgspec.Struct, frozen=True, kw_only=True):
    """A feed's title and its entries, in the feed's order, each address once; there may be none.

    `more`: of an index of sitemaps, those of its site that may hold news; the index has no entries of its own.
    `hub`: who would push it (WebSub), under the name `topic`; None where it names nobody.
    """

    title: str = ""
    hub: str | None = None
    topic: str | None = None
    entries: tuple[FeedEntry, ...] = ()
    more: tuple[str, ...] = ()


def parse_feed(body: bytes, *, content_type: str | None, url: str) -> ParsedFeed:
    """The entries of a feed; those without an address are left out.

    `url`: where the bytes came from; relative addresses are taken from there.

    Raises:
        InputError: it is no feed; the message names `url` and what it is instead.
    """
    text = _NOT_IN_XML.sub("", decode(body, content_type)).lstrip("\ufeff")
    if not text.strip():
        raise InputError(f"{url} is empty: a feed was expected")
    if text.lstrip()[:1] == "{":
        return _json_feed(text, url)
    root = _ROOT.match(text[:20_000])
    kind = "" if root is None else root[1].lower().rpartition(":")[2]
    if kind == "html":
        raise InputError(f"{url} is an HTML page, not a feed{_offer(text, url)}")
    if kind in ("urlset", "sitemapindex"):
        return _sitemap(text, url)
    return _xml_feed(text, url)


def plain(text: str, longest: int) -> str:
    """Markup and entities resolved into one line of text, without controls that turn its direction around."""
    bare = html.unescape(_MARKUP.sub(" ", _CODE.sub(" ", text[: longest * 20])))
    if "<" in bare:  # markup that was escaped a second time
        bare = html.unescape(_MARKUP.sub(" ", _CODE.sub(" ", bare)))
    line = " ".join(_INVISIBLE.sub(" ", bare).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def entry_url(link: str, base: str) -> str | None:
    """The cleaned, absolute address of an entry, or None where it is no http(s) address of a host.

    A fragment is a place in a page, not another page; the feed itself is no entry.
    """
    try:
        whole = urldefrag(urljoin(base, link.strip())).url
        if whole == urldefrag(base).url:
            return None
        cleaned: str | None = clean_url(whole)
        parts = urlsplit(cleaned or "")
    except ValueError:
        return None
    if cleaned is None or parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return None
    return cleaned if len(cleaned) <= _LONGEST_URL else None


def _xml_feed(text: str, url: str) -> ParsedFeed:
    data = ('<?xml version="1.0" encoding="utf-8"?>\n' + _DECLARATION.sub("", text)).encode("utf-8", "replace")
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    try:
        parsed = feedparser.parse(
            io.BytesIO(data), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as exc:  # feedparser promises to swallow broken feeds, and now and then does not
        raise InputError(f"{url} is a feed too broken to read: {type(exc).__name__}") from exc
    if not parsed.entries and not parsed.version:
        raise InputError(f"{url} is no feed: no RSS, Atom or JSON Feed was found in it")
    found = (_entry(entry, url) for entry in parsed.entries[:MOST_ENTRIES])
    links = {str(link.get("rel")): str(link.get("href") or "") for link in reversed(parsed.feed.get("links") or [])}
    return ParsedFeed(
        title=plain(parsed.feed.get("title") or "", _LONGEST_TITLE), entries=_once(found),
        hub=web_address(links.get("hub"), url), topic=web_address(links.get("self"), url),
    )  # fmt: skip


def web_address(link: str | None, base: str) -> str | None:
    """An absolute http(s) address as it is written, or None."""
    try:
        whole = urljoin(base, (link or "").strip())
        parts = urlsplit(whole)
    except ValueError:
        return None
    usable = link and parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    return whole if usable and len(whole) <= _LONGEST_URL else None


def _entry(entry: Any, base: str) -> FeedEntry | None:
    address = entry_url(_link(entry), base)
    if address is None:
        return None
    return FeedEntry(
        url=address,
        title=plain(entry.get("title") or "", _LONGEST_TITLE),
        summary=plain(entry.get("summary") or "", _LONGEST_SUMMARY),
        published_at=_moment(entry, "published", "created", "updated"),
        updated_at=_moment(entry, "updated"),
    )


def _link(entry: Any) -> str:
    """The address of the article: what FeedBurner hid, the alternate link, or an id that is an address."""
    for candidate in (entry.get("feedburner_origlink"), entry.get("link"), entry.get("id")):
        if candidate and (candidate is not entry.get("id") or candidate.startswith(("http://", "https://"))):
            return str(candidate)
    return ""


def _moment(entry: Any, *fields: str) -> datetime | None:
    """The first of these dates of the entry that can be read."""
    for field in fields:
        if field not in entry:
            continue
        parsed = entry.get(f"{field}_parsed")
        moment = _from_struct(parsed) if parsed is not None else feed_moment(str(entry.get(field) or ""))
        if moment is not None:
            return moment
    return None


def _from_struct(parsed: Sequence[int]) -> datetime | None:
    year, month, day, hour, minute, second = parsed[:6]
    try:
        return plausible(datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


class _JsonItem(msgspec.Struct, frozen=True):
    """An item of JSON Feed 1.0 or 1.1; fields of other types count as absent."""

    url: Any = None
    external_url: Any = None
    id: Any = None
    title: Any = None
    summary: Any = None
    date_published: Any = None
    date_modified: Any = None


class _JsonFeed(msgspec.Struct, frozen=True):
    version: str
    items: list[_JsonItem]
    title: Any = None
    feed_url: Any = None
    hubs: Any = None


def _json_feed(text: str, url: str) -> ParsedFeed:
    try:
        feed = msgspec.json.decode(text, type=_JsonFeed)
    except (msgspec.ValidationError, msgspec.DecodeError) as exc:
        raise InputError(f"{url} is JSON, but no JSON Feed: {exc}") from exc
    if "jsonfeed.org" not in feed.version:
        raise InputError(f"{url} is JSON, but no JSON Feed: its version is {feed.version[:60]!r}")
    found = (_json_entry(item, url) for item in feed.items[:MOST_ENTRIES])
    hubs = feed.hubs if isinstance(feed.hubs, list) else []
    named = [h.get("url") for h in hubs if isinstance(h, dict) and _text(h.get("type")).lower() == "websub"]
    return ParsedFeed(
        title=plain(_text(feed.title), _LONGEST_TITLE), entries=_once(found),
        hub=web_address(_text(named[0]), url) if named else None, topic=web_address(_text(feed.feed_url), url),
    )  # fmt: skip


def _json_entry(item: _JsonItem, base: str) -> FeedEntry | None:
    link = _text(item.url) or _text(item.external_url)
    if not link and _text(item.id).startswith(("http://", "https://")):
        link = _text(item.id)
    address = entry_url(link, base) if link else None
    if address is None:
        return None
    return FeedEntry(
        url=address,
        title=plain(_text(item.title), _LONGEST_TITLE),
        summary=plain(_text(item.summary), _LONGEST_SUMMARY),
        published_at=feed_moment(_text(item.date_published) or _text(item.date_modified)),
        updated_at=feed_moment(_text(item.date_modified)),
    )


def _sitemap(text: str, url: str) -> ParsedFeed:
    """A news sitemap: addresses with title and publication date; a plain sitemap has no news to tell."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, encoding="utf-8")
    root = etree.fromstring(_DECLARATION.sub("", text).encode("utf-8", "replace"), parser)
    if root is not None and etree.QName(root).localname == "sitemapindex":
        return ParsedFeed(more=_newest_sitemaps(root, url))
    if root is None or etree.QName(root).localname != "urlset":
        raise InputError(f"{url} is no sitemap that can be read")
    found: list[FeedEntry] = []
    for node in root.iterfind("{*}url"):
        news = node.find("{*}news")
        if news is None or len(found) == MOST_ENTRIES:
            continue
        address = entry_url(node.findtext("{*}loc") or "", url)
        if address is not None:
            found.append(
                FeedEntry(
                    url=address,
                    title=plain(news.findtext("{*}title") or "", _LONGEST_TITLE),
                    published_at=feed_moment(news.findtext("{*}publication_date") or ""),
                    updated_at=feed_moment(node.findtext("{*}lastmod") or ""),
                )
            )
    if not found:
        raise InputError(f"{url} is a sitemap without news entries, not a feed")
    return ParsedFeed(entries=_once(found))


def _newest_sitemaps(root: Any, url: str) -> tuple[str, ...]:
    """Of an index the sitemaps of the same host: those that call themselves news, else those that changed last."""
    host = urlsplit(url).hostname
    listed: list[tuple[bool, str, str]] = []
    for node in root.iterfind("{*}sitemap"):
        address = web_address(node.findtext("{*}loc"), url)
        if address is not None and urlsplit(address).hostname == host:
            listed.append(("news" in address.lower(), (node.findtext("{*}lastmod") or "").strip(), address))
    if not listed:
        raise InputError(f"{url} is an index of sitemaps that lists none of its own site")
    news = [item for item in listed if item[0]]
    return tuple(
        address for _, _, address in sorted(news or listed, key=lambda item: item[1], reverse=True)[:_SITEMAPS]
    )


def _once(entries: Iterable[FeedEntry | None]) -> tuple[FeedEntry, ...]:
    """Entries with an address, each address once."""

    def kept() -> Iterator[FeedEntry]:
        seen: set[str] = set()
        for entry in entries:
            if entry is not None and entry.url not in seen:
                seen.add(entry.url)
                yield entry

    return tuple(kept())


def offered(text: str, url: str) -> tuple[str, ...]:
    """The feeds that a page of HTML names itself, each once; there may be none."""
    hrefs = (_HREF.search(tag) for tag in _OFFERED.findall(text[:200_000]))
    addresses = (entry_url(html.unescape(href[1]), url) for href in hrefs if href is not None)
    return tuple(dict.fromkeys(address for address in addresses if address is not None))


def _offer(text: str, url: str) -> str:
    """What to do about a page given for a feed: the feed that it names itself, where it does."""
    named = offered(text, url)
    return f"; it offers {named[0]}" if named else f"; marsad feeds find {url} looks for its feed or news sitemap"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
