"""What a page says of itself: its title and the time of its publication, out of a parsed tree.

Never invents a date: only what JSON-LD, meta and time elements, a date line near the title or the address name. It must
not know how the body is found, nor who fetched the page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec
from lxml.html import HtmlElement

from workers.moments import iso_moment, written_day

_ARTICLE_TYPES = ("article", "posting", "report", "newsarticle")
_META_DATES = (
    "article:published_time", "datepublished", "og:article:published_time", "og:published_time", "published_time",
    "date.published", "publishdate", "publish-date", "publish_date", "pubdate", "article:published", "parsely-pub-date",
    "sailthru.date", "dc.date.issued", "dcterms.created", "dcterms.issued", "cxenseparse:recs:publishtime",
)  # fmt: skip
_META_AUTHORS = ("author", "article:author", "dc.creator", "dcterms.creator", "parsely-author", "sailthru.author")
_LONGEST_NAME = 80
_BYLINE = re.compile(
    r"(?:^|[\s_-])(?:byline|author(?:-name|__name|_name)?|writer|entry-author|username|yazar|type-author|field--name-uid)"
    r"(?:$|\s)",
    re.IGNORECASE,
)
_BY = re.compile(
    r"^(?:كتب(?:ت)?(?: بواسطة)?|مرسلة بواسطة|بواسطة|بقلم|إعداد|تحرير|by|author)\s*[:/،,-]?\s*", re.IGNORECASE
)
_META_TITLES = ("headline", "og:title", "twitter:title")
_TITLE_MARKS = (" | ", " - ", " – ", " — ", " :: ", ": ")
_SHORTEST_TITLE, _LONGEST_TITLE = 12, 300
_WATCHED = ("title", "meta", "script", "time", "h1")
_LOOSE_HEADLINE = re.compile(r'"headline"\s*:\s*"((?:[^"\\]|\\.)*)"')
_LOOSE_DATE = re.compile(r'"datePublished"\s*:\s*"([^"]{8,40})"')
_YEAR = re.compile(r"(?:19|20|14)\d\d|[١٢][٠٩٤]\d\d")
_DATE_NAMES = re.compile(r"date|time|publish|posted|meta|tarikh", re.IGNORECASE)
_URL_DAY = re.compile(r"(?<!\d)(20\d\d)([/-])(0?[1-9]|1[0-2])\2(0?[1-9]|[12]\d|3[01])(?!\d)")
_URL_PACKED = re.compile(r"(?<![\d.])(20[0-4]\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?!\d)")
_LONGEST_LINE = 90
_DEEPEST = 8
_UNSEEN = ("script", "style", "noscript", "template", "option", "a")

Day = Callable[[str], str | None]


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """`published_at`: aware, UTC. `published`: an ISO day as the page writes it. Either may be None.

    `author`, `outlet`: as the page names them, else empty.
    """

    title: str = ""
    author: str = ""
    outlet: str = ""
    published_at: datetime | None = None
    published: str | None = None


class _Found(msgspec.Struct):
    """What the head of a page holds, before it is weighed."""

    titles: dict[str, str]
    dates: dict[str, str]
    names: dict[str, str]
    h1: list[str]
    times: list[str]
    shown: set[str]


def signature(tree: HtmlElement) -> str:
    """The name in the first line that calls itself the author's, or nothing; to be asked before such lines are cut."""
    for element in tree.xpath("//*[@class or @rel]"):
        if element.get("rel") == "author" or _BYLINE.search(element.get("class", "")):
            name = _BY.sub("", _plain(element.text_content()))
            if _is_name(name):
                return name
    return ""


def read_metadata(tree: HtmlElement, url: str, arabic_day: Day, signed: str = "") -> Metadata:
    """The title and the publication; `arabic_day`: the ISO day that an Arabic date line names, or None.

    `signed`: the page's `signature`.
    """
    found = _collect(tree)
    moment, day = _weigh(found)
    if moment is None and day is None:
        day = visible_day(tree, arabic_day) or url_day(url)
    return Metadata(
        title=_title(found), author=_author(found, signed), outlet=_outlet(found), published_at=moment, published=day
    )


def url_day(url: str) -> str | None:
    """The day in an address such as /2025/09/04/ or -20250904, ISO."""
    path = urlsplit(url).path
    match = _URL_DAY.search(path)
    if match is not None:
        return written_day(f"{match[1]}-{match[3]}-{match[4]}")
    packed = _URL_PACKED.search(path)
    return None if packed is None else written_day("-".join(packed.groups()))


def visible_day(tree: HtmlElement, arabic_day: Day) -> str | None:
    """The day of the first date line after the title, else of the last one before it (a masthead's)."""
    before = None
    past_title = False
    for element in tree.iter("h1", "h2", "div", "span", "p", "td", "font", "li", "small", "time", "b", "strong", "em"):
        if element.tag == "h1":
            past_title = True
            continue
        line = _line(element)
        if line is None:
            continue
        day = written_day(line) or arabic_day(line)
        if day is None:
            continue
        if past_title:
            return day
        before = day
    return before


def _line(element: HtmlElement) -> str | None:
    """The element's own short text with a year in it, or None. A paragraph counts only where its name says date."""
    pieces = [element.text or "", *(child.tail or "" for child in element)]
    line = " ".join(" ".join(pieces).split())
    if not 6 <= len(line) <= _LONGEST_LINE or _YEAR.search(line) is None:
        return None
    named = _DATE_NAMES.search(f"{element.get('class', '')} {element.get('id', '')}") is not None
    words = len([w for w in line.split() if w.isalpha()])
    if any(a.tag in _UNSEEN for a in element.iterancestors()) or (element.tag == "p" and not named):
        return None
    return line if named or words <= 8 else None


def _collect(tree: HtmlElement) -> _Found:
    found = _Found(titles={}, dates={}, names={}, h1=[], times=[], shown=set())
    for element in tree.iter(*_WATCHED):
        if element.tag == "meta":
            _meta(element, found)
        elif element.tag == "script":
            if "ld+json" in (element.get("type") or "").lower():
                _linked_data(element.text or "", found)
        elif element.tag == "time":
            stamp = element.get("datetime") or ""
            key = "datepublished" if (element.get("itemprop") or "").lower() == "datepublished" else ""
            if key:
                found.dates.setdefault(key, stamp)
            elif stamp and not any(a.tag in ("aside", "footer", "nav", "li") for a in element.iterancestors()):
                found.times.append(stamp)
        elif element.tag == "title":
            found.titles.setdefault("title", _plain(element.text_content()))
        else:
            found.h1.append(_plain(element.text_content()))
    for element in tree.iterfind(".//*[@itemprop]"):
        _property(element, found)
    for element in tree.iter("h1", "h2", "h3", "h4", "b", "strong", "font", "div", "td", "span"):
        line = _plain(element.text or "")
        if _SHORTEST_TITLE <= len(line) <= _LONGEST_TITLE:
            found.shown.add(line)
    return found


def _meta(element: HtmlElement, found: _Found) -> None:
    name = (element.get("property") or element.get("name") or element.get("itemprop") or "").lower()
    content = element.get("content") or ""
    if name in _META_DATES:
        found.dates.setdefault(name, content)
    elif name in _META_TITLES or name == "og:site_name":
        found.titles.setdefault(name, _plain(content))
    elif name in _META_AUTHORS:
        found.names.setdefault("author", _plain(content))


def _property(element: HtmlElement, found: _Found) -> None:
    """Microdata outside meta elements."""
    name = element.get("itemprop").lower()
    if name == "datepublished":
        found.dates.setdefault(name, element.get("content") or element.get("datetime") or element.text_content())
    elif name == "headline" and element.tag != "meta":
        found.titles.setdefault(name, _plain(element.text_content()))
    elif name in ("author", "publisher") and element.tag not in ("meta", "link"):
        inner = element.find(".//*[@itemprop='name']")
        named = element if inner is None else inner
        found.names.setdefault(f"property-{name}", _plain(named.get("content") or named.text_content()))


def _linked_data(text: str, found: _Found) -> None:
    """The headline and date of the first article in a JSON-LD record; broken records are read by pattern."""
    try:
        record = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        for key, pattern, into in (
            ("ld", _LOOSE_DATE, found.dates),
            ("ld", _LOOSE_HEADLINE, found.titles),
        ):
            match = pattern.search(text)
            if match is not None:
                into.setdefault(key, match[1])
        return
    for node in _nodes(record, 0):
        kinds = node.get("@type")
        kind = " ".join(map(str, kinds)) if isinstance(kinds, list) else str(kinds)
        key = "ld" if kind.lower().endswith(_ARTICLE_TYPES) else "ld-other"
        for field, into in (("datePublished", found.dates), ("headline", found.titles)):
            value = node.get(field)
            if isinstance(value, str) and value:
                into.setdefault(key, value if into is found.dates else _plain(value))
        if key == "ld":
            found.names.setdefault("ld-author", ", ".join(_names(node.get("author"))))
            found.names.setdefault("ld-publisher", ", ".join(_names(node.get("publisher"))))


def _names(value: Any) -> list[str]:
    """The names of persons or organisations, as JSON-LD writes one, several, or a bare text."""
    found = []
    for item in value if isinstance(value, list) else [value]:
        name = item.get("name") if isinstance(item, dict) else item
        if isinstance(name, str) and _is_name(_plain(name)):
            found.append(_plain(name))
    return list(dict.fromkeys(found))


def _author(found: _Found, signed: str) -> str:
    """Who signs: JSON-LD, microdata, meta, then a line of the page; an address or the outlet's name is nobody."""
    outlet = _outlet(found)
    named = [found.names.get(key, "") for key in ("ld-author", "property-author", "author")]
    return next((name for name in (*named, signed) if _is_name(name) and name != outlet), "")


def _outlet(found: _Found) -> str:
    named = (found.titles.get("og:site_name"), found.names.get("ld-publisher"), found.names.get("property-publisher"))
    return next((name for name in named if name), "")


def _is_name(text: str) -> bool:
    return 2 <= len(text) <= _LONGEST_NAME and "://" not in text and any(map(str.isalpha, text))


def _nodes(record: Any, depth: int) -> Iterator[dict[str, Any]]:
    """Objects from the outside in; lists of other pages' articles are passed over."""
    if depth > _DEEPEST:
        return
    if isinstance(record, list):
        for item in record:
            yield from _nodes(item, depth + 1)
    elif isinstance(record, dict):
        yield record
        for key in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _nodes(record.get(key), depth + 1)


def _weigh(found: _Found) -> tuple[datetime | None, str | None]:
    """The first moment and the first day among the page's own statements, the surest first."""
    named = [found.dates[key] for key in ("ld", *_META_DATES, "ld-other") if key in found.dates]
    moment: datetime | None = None
    day: str | None = None
    for text in (*named, *found.times):
        said = iso_moment(text) or written_day(text)
        if isinstance(said, datetime):
            moment = moment or said
        else:
            day = day or said
    return moment, day


def _title(found: _Found) -> str:
    titles = found.titles
    for key in ("ld", "headline"):
        if titles.get(key):
            return titles[key]
    h1 = [text for text in found.h1 if text]
    whole = titles.get("og:title") or titles.get("twitter:title") or titles.get("title", "")
    for text in h1:
        if text in whole:
            return text
    if len(h1) == 1 and not whole:
        return h1[0]
    return _without_site(whole, titles.get("og:site_name", ""), found.shown)


def _without_site(title: str, site: str, shown: Container[str]) -> str:
    """A page title without the outlet's name behind (or before) a dash, a bar or a colon.

    `shown`: lines of the page; the part that stands there alone is the title.
    """
    for mark in _TITLE_MARKS:
        if site and title.endswith(mark + site):
            return title[: -len(mark + site)]
        if site and title.startswith(site + mark):
            return title[len(site + mark) :]
    for mark in _TITLE_MARKS:
        for part in (title.rpartition(mark)[0], title.partition(mark)[2]):
            if len(part) >= _SHORTEST_TITLE and part in shown:
                return part
    head, mark, tail = title.rpartition(" | ")
    return head if mark and len(head) > len(tail) else title


def _plain(text: str) -> str:
    return " ".join(text.split())
