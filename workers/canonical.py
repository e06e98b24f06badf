"""One address for one article: AMP and mobile copies fold into the address that the page itself calls canonical.

A page's word is taken only where it cannot mislead: the same site, and either the same page but for what marks a copy,
or a copy by its own address. Else a template that names one address on all its pages would fold them all into one. It
must not know the network.
"""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

_HEAD = 200_000  # characters in which the link is looked for
_LINK = re.compile(r"<link\b[^>]{0,2000}>", re.IGNORECASE)
_CANONICAL = re.compile(r"\brel\s*=\s*[\"']?canonical\b", re.IGNORECASE)
_ADDRESS = re.compile(r"\bhref\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_COPY_HOSTS = frozenset({"m", "mobile", "amp", "mob", "wap"})
_COPY_PARTS = frozenset({"amp", "amp.html"})
_COPY_QUERIES = frozenset({"amp", "outputtype", "output", "mobile", "m"})


def canonical_url(page: str, url: str) -> str | None:
    """The address under which the article of a page is to be known; None where `url` is as good as any.

    `url`: where the page came from.
    """
    named = _named(page, url)
    if named is None or named == url:
        return None
    try:
        here, there = urlsplit(url), urlsplit(named)
    except ValueError:
        return None
    if there.scheme not in ("http", "https") or not there.hostname or _site(here.hostname) != _site(there.hostname):
        return None
    if here.port != there.port and here.scheme == there.scheme:
        return None
    if _bare(url) == _bare(named):
        return named
    return named if is_copy(url) and not is_copy(named) and there.path.strip("/") else None


def is_copy(url: str) -> bool:
    """Whether an address is marked as that of an AMP or mobile copy."""
    parts = urlsplit(url)
    labels = (parts.hostname or "").split(".")
    if len(labels) > 2 and labels[0] in _COPY_HOSTS:
        return True
    if _COPY_PARTS & set(parts.path.lower().split("/")) or parts.path.lower().endswith((".amp", ".amp.html")):
        return True
    asked = dict(parse_qsl(parts.query.lower(), keep_blank_values=True))
    return "amp" in asked or asked.get("outputtype") == "amp" or asked.get("output") == "amp"


def _named(page: str, url: str) -> str | None:
    """The absolute address of the page's canonical link; None where there is none."""
    for link in _LINK.findall(page[:_HEAD]):
        if _CANONICAL.search(link):
            found = _ADDRESS.search(link)
            if found is None:
                return None
            raw = unescape(found[1] or found[2] or found[3] or "").strip()
            try:
                return urljoin(url, raw).partition("#")[0] if raw else None
            except ValueError:
                return None
    return None


def _site(host: str | None) -> str:
    """A host without the labels that mark a copy."""
    labels = (host or "").lower().split(".")
    while len(labels) > 2 and (labels[0] == "www" or labels[0] in _COPY_HOSTS):
        labels = labels[1:]
    return ".".join(labels)


def _bare(url: str) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """What is left of an address without the marks of a copy, however it is written."""
    parts = urlsplit(url)
    words = [unquote(word) for word in parts.path.split("/") if word and word.lower() not in _COPY_PARTS]
    path = re.sub(r"\.amp(?:\.html)?$", "", "/".join(words), flags=re.IGNORECASE)
    asked = tuple(sorted(pair for pair in parse_qsl(parts.query) if pair[0].lower() not in _COPY_QUERIES))
    return _site(parts.hostname), path, asked
