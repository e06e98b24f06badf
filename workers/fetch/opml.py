"""The list of feeds as OPML: outlines with `outlet`, `country` and `timeZone` beside the usual attributes.

Lists of other readers are taken too: the outline's title is then the outlet. It must not open files nor addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from lxml import etree

from domain.errors import InputError
from workers.ports import FeedSpec

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_COUNTRY = re.compile(r"[A-Z]{2,3}")


def read_opml(text: str) -> list[FeedSpec]:
    """The feeds of a list, in its order, each address once; there may be none.

    Raises:
        InputError: it is no OPML, or an outline is wrong; the message names the line and the feed.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, encoding="utf-8", remove_comments=True)
    # the declaration's line stays, so that the lines of the messages are those of the file
    data = _DECLARATION.sub(lambda m: "\n" * m[0].count("\n"), text.lstrip("\ufeff"))
    try:
        root = etree.fromstring(data.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as exc:
        raise InputError(f"the list of feeds is no valid XML: {exc.msg}") from exc
    if root.tag.lower() != "opml":
        raise InputError(f"the list of feeds is no OPML: its outermost element is <{root.tag}>")
    feeds: dict[str, FeedSpec] = {}
    for outline in root.iter("outline"):
        spec = _spec(outline)
        if spec is not None:
            feeds.setdefault(spec.url, spec)
    return list(feeds.values())


def write_opml(feeds: Iterable[FeedSpec], *, title: str = "Marsad") -> str:
    """The list as a file's text; `read_opml` gives the same feeds back."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = title
    body = etree.SubElement(root, "body")
    for feed in feeds:
        outline = etree.SubElement(body, "outline", type="rss", text=feed.title or feed.outlet)
        named = (("outlet", feed.outlet), ("country", feed.country), ("timeZone", feed.time_zone), ("xmlUrl", feed.url))
        for name, value in named:
            if value:
                outline.set(name, value)
    written: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)
    return written.decode("utf-8")


def _spec(outline: etree._Element) -> FeedSpec | None:
    """The feed of an outline; None for a folder."""
    values = {str(name).lower(): str(value).strip() for name, value in outline.attrib.items()}
    url = values.get("xmlurl", "")
    if not url:
        return None
    where = f"line {outline.sourceline}: {url}"
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        raise InputError(f"{where} is no address of a feed: write http:// or https://")
    title = values.get("text") or values.get("title") or ""
    zone = values.get("timezone") or values.get("time_zone") or values.get("tz") or "UTC"
    if not _is_zone(zone):
        raise InputError(f"{where}: {zone!r} is no time zone: write an IANA name such as Asia/Riyadh")
    country = values.get("country", "").upper()
    if country and _COUNTRY.fullmatch(country) is None:
        raise InputError(f"{where}: {country!r} is no country: write its letters (ISO 3166-1) such as SAU or SA")
    outlet = values.get("outlet") or title or (urlsplit(url).hostname or url)
    return FeedSpec(url=url, outlet=outlet, title=title or outlet, country=country, time_zone=zone)


@lru_cache(maxsize=512)
def _is_zone(name: str) -> bool:
    if name not in available_timezones():
        return False
    try:
        ZoneInfo(name)
    except (OSError, ValueError):
        return False
    return True
