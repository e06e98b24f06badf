"""What an outlet offers to be polled: feeds that its page names, else news sitemaps that its robots.txt names.

It must not know how it is fetched, nor what is done with what is found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urljoin

import msgspec

from domain.errors import InputError, MarsadError
from workers.fetch.charset import decode
from workers.fetch.client import Answer
from workers.fetch.feeds import ParsedFeed, offered, web_address
from workers.gather import read_feed

Get = Callable[[str], Answer]
_SITEMAP_LINE = re.compile(r"^\s*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_USUAL = ("/news-sitemap.xml", "/sitemap-news.xml", "/sitemap_index.xml", "/sitemap.xml")
_MOST = 12  # addresses looked at


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """Something that can be polled. `entries`: how many it holds now."""

    url: str
    title: str
    entries: int


def discover(get: Get, url: str) -> list[Offer]:
    """What can be polled at an address or at the site of a page, the page's own feeds first; there may be nothing.

    Raises:
        MarsadError: the address itself cannot be had.
    """
    answer = get(url)
    try:
        found = read_feed(answer)
    except InputError:
        page = decode(answer.body, answer.headers.get("content-type"))
        named = offered(page, answer.url)
        return _offers(get, named) or _offers(get, _sitemaps(get, answer.url))
    return [_offer(answer.url, found)] if found.entries else _offers(get, found.more)


def _offers(get: Get, addresses: tuple[str, ...]) -> list[Offer]:
    """Those of the addresses that are feeds; an index of sitemaps counts if one of its sitemaps has news."""
    offers: list[Offer] = []
    for address in addresses[:_MOST]:
        found = _read(get, address)
        if found is None:
            continue
        if found.more:
            inside = [news for more in found.more if (news := _read(get, more)) is not None]
            found = ParsedFeed(entries=tuple(entry for news in inside for entry in news.entries))
            if not found.entries:
                continue
        offers.append(_offer(address, found))
    return offers


def _offer(url: str, found: ParsedFeed) -> Offer:
    return Offer(url=url, title=found.title, entries=len(found.entries))


def _read(get: Get, url: str) -> ParsedFeed | None:
    try:
        return read_feed(get(url))
    except MarsadError:
        return None  # of many addresses that may hold something most do not


def _sitemaps(get: Get, url: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_named_sitemaps(get, url)))


def _named_sitemaps(get: Get, url: str) -> Iterator[str]:
    """What robots.txt names, else where sitemaps usually lie."""
    try:
        answer = get(urljoin(url, "/robots.txt"))
        lines = _SITEMAP_LINE.findall(decode(answer.body, answer.headers.get("content-type")))
    except MarsadError:
        lines = []
    for line in lines or _USUAL:
        address = web_address(line, url)
        if address is not None:
            yield address
