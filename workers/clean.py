"""From a page of HTML to its article: title, body and publication; the only file that knows trafilatura.

What is not the article's own text (see-also lines, embedded posts, captions, comments) is cut out of the tree before
the body is looked for. It must not know the network, nor the database.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from configparser import ConfigParser
from datetime import datetime
from functools import lru_cache

import msgspec
from lxml.etree import LxmlError, SubElement
from lxml.html import HtmlElement, HTMLParser, document_fromstring
from trafilatura import bare_extraction
from trafilatura.settings import use_config

from domain.errors import InputError, OtherLanguage
from workers.clutter import SEE_ALSO, prune, reflow
from workers.language import NAMES, language_of
from workers.metadata import Metadata, read_metadata, signature
from workers.moments import written_day

logging.getLogger("trafilatura").addHandler(logging.NullHandler())

_SHORTEST = 80  # letters; below it stand error pages and stubs
_LONGEST_DATE_LINE = 60
_LONGEST_LABEL = 40
_SPEAKER = re.compile(r"[^\W\d][^:\d]*:\s*[^\W\d]")
_SOURCE = re.compile(
    r"^\W*(?:المصدر|المصادر|تحرير|إعداد)\s*[:：]|^\W*جميع الحقوق محفوظة|^//.*//$|^[\w./ ]{3,20}\([^)]{3,40}\)$"
)
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff]")
_MARKUP = re.compile(r"<(script|style)\b[^>]*>.*?</\1\s*>|</?[a-z!][^>]*>", re.IGNORECASE | re.DOTALL)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_IN_HEAD = frozenset({"meta", "title", "link", "script", "style", "base", "noscript", "template"})


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """An article as its page gives it.

    `text`: paragraphs joined by line ends. `published_at`: aware, UTC; `published`: an ISO day where the page names no
    moment. Both None where it names neither. `author`, `outlet`: as the page names them, else empty.
    """

    title: str
    text: str
    author: str = ""
    outlet: str = ""
    published_at: datetime | None = None
    published: str | None = None


def clean_page(html: str, *, url: str, arabic_day: Callable[[str], str | None]) -> Page:
    """The article of a page, given as decoded text.

    `arabic_day`: the ISO day that an Arabic date line names, or None.

    Raises:
        OtherLanguage: its article is not in Arabic.
        InputError: the page is empty, or holds no article.
    """
    tree = _parse(html, url)
    signed = signature(tree)
    prune(tree)
    reflow(tree)
    about = read_metadata(tree, url, arabic_day, signed)
    text = _body(tree, about)
    if sum(map(str.isalpha, text)) < _SHORTEST:
        raise InputError(f"{url} holds no article: less than {_SHORTEST} letters of running text were found")
    language = language_of(text)
    if language != "ar":
        raise OtherLanguage(f"{url} is not in Arabic: it reads as {NAMES[language]}", language=language)
    return Page(
        title=_bare(about.title), text=text, author=_bare(about.author), outlet=about.outlet,
        published_at=about.published_at, published=about.published,
    )  # fmt: skip


def _bare(line: str) -> str:
    """A line of the head without markup that was written into it, nor what turns its direction around."""
    return " ".join(_INVISIBLE.sub("", _MARKUP.sub(" ", line)).split())


def _parse(html: str, url: str) -> HtmlElement:
    body = _DECLARATION.sub("", _INVISIBLE.sub("", html))
    if not body.strip():
        raise InputError(f"{url} is an empty page")
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        tree = document_fromstring(body.encode("utf-8", "replace"), parser=parser)
    except (LxmlError, ValueError) as exc:
        raise InputError(f"{url} holds no article: it is no page of HTML") from exc
    _mend_head(tree)
    return tree


def _mend_head(tree: HtmlElement) -> None:
    """Where a page opens no body, the parser leaves main, header and article inside the head: move them out."""
    head = tree.find("head")
    strays = [] if head is None else [child for child in head if child.tag not in _IN_HEAD]
    if not strays:
        return
    body = tree.find("body")
    if body is None:
        body = SubElement(tree, "body")
    for place, stray in enumerate(strays):
        body.insert(place, stray)


def _body(tree: HtmlElement, about: Metadata) -> str:
    """The running text, without title, date line and see-also lines."""
    for heading in list(tree.iter("h1", "h2", "h3")):
        text = " ".join(heading.text_content().split())
        if heading.tag == "h1" or text == about.title:
            heading.drop_tree()
    found = bare_extraction(tree, fast=True, include_comments=False, with_metadata=False, config=_config())
    running: str = getattr(found, "text", None) or ""
    lines = [" ".join(line.split()) for line in running.split("\n")]
    kept = [line for line in lines if line and not SEE_ALSO.match(line) and line != about.title]
    return "\n".join(_without_ends(kept))


def _without_ends(lines: list[str]) -> list[str]:
    """What is left without the lines of dates, names, sources and buttons around the running text."""
    first, last = 0, len(lines)
    while first < last and (_is_label(lines[first]) or _is_date_line(lines[first])):
        first += 1
    while last > first and (_is_label(lines[last - 1]) or _SOURCE.match(lines[last - 1])):
        last -= 1
    return lines[first:last]


def _is_label(line: str) -> bool:
    """A short line that ends like no sentence and names no speaker."""
    return len(line) <= _LONGEST_LABEL and line[-1] not in '.؟!…"»”)' and not _SPEAKER.match(line)


def _is_date_line(line: str) -> bool:
    return len(line) <= _LONGEST_DATE_LINE and line[-1] not in ".؟!" and written_day(line) is not None


@lru_cache(maxsize=1)
def _config() -> ConfigParser:
    """trafilatura's settings, but short articles are taken for what they are: its rescue joins and adds lines."""
    config: ConfigParser = use_config()
    config.set("DEFAULT", "MIN_EXTRACTED_SIZE", str(_SHORTEST))
    return config
