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
from workers.language import NAMES, language_of
from workers.metadata import Metadata, read_metadata, signature
from workers.moments import written_day

logging.getLogger("trafilatura").addHandler(logging.NullHandler())

_SHORTEST = 80  # letters; below it stand error pages and stubs
_LONGEST_DATE_LINE = 60
_LONGEST_ASIDE = 400  # text beside links up to which a block named "related" is taken for one
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff]")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_KEPT = frozenset({"html", "body", "main", "head", "h1", "article", "form"})
_IN_HEAD = frozenset({"meta", "title", "link", "script", "style", "base", "noscript", "template"})
_INLINE = frozenset({"strong", "b", "em", "i", "span", "u", "font"})

# Names of blocks, as whole words of a class or id. Embeds and captions go whatever they hold.
_ALWAYS = re.compile(
    r"(?:twitter-(?:tweet|video)|instagram-media|fb-(?:post|video)|tiktok-embed|telegram-post|reddit-embed|"
    r"(?:wp-)?caption(?:-text)?|image-caption|img-caption|photo-caption|media-caption|figcaption)"
)
_ASIDE = re.compile(
    r"(?:.*[-_])?(?:related|see-?also|also-?read|read-?(?:more|also|next)|more-?(?:news|stories|articles|about)|most-?"
    r"(?:read|viewed|popular)|recommend(?:ed|ations?)?|trending|popular|you-?may(?:-?like)?|suggested|comments?|"
    r"disqus(?:-thread)?|share(?:-?(?:bar|buttons?|links?))?|sharing|social|newsletter|subscribe|breadcrumbs?|tags?|"
    r"byline|embed|promo|advert(?:isement)?|standfirst|sub-?title|excerpt|deck)(?:[-_].*)?",
    re.IGNORECASE,
)
_NOT_ASIDE = re.compile(r"^(?:has|with|no|non|without|single|page|layout)[-_]", re.IGNORECASE)
_SEE_ALSO = re.compile(
    r"^\W*(?:[إا]قر[أا]\w*\s+(?:أيض|ايض|المزيد|كذلك|المزيد)|شاهد\s+(?:أيض|ايض)|(?:مواضيع|أخبار|اخبار|مقالات|موضوعات)\s+"
    r"(?:ذات\s+صلة|متعلقة|مرتبطة)|ذات\s+صلة|للمزيد|طالع\s+(?:أيض|ايض)|تابع\s+(?:أيض|ايض)|انظر\s+أيض)"
)
_POST_LINK = re.compile(
    r"(?:twitter|x)\.com/[^/]+/status/|instagram\.com/(?:p|reel)/|t\.me/|facebook\.com/[^/]+/posts/"
)


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
    about = read_metadata(tree, url, arabic_day, signed)
    text = _body(tree, about)
    if sum(map(str.isalpha, text)) < _SHORTEST:
        raise InputError(f"{url} holds no article: less than {_SHORTEST} letters of running text were found")
    language = language_of(text)
    if language != "ar":
        raise OtherLanguage(f"{url} is not in Arabic: it reads as {NAMES[language]}", language=language)
    return Page(
        title=_INVISIBLE.sub("", about.title), text=text, author=_INVISIBLE.sub("", about.author), outlet=about.outlet,
        published_at=about.published_at, published=about.published,
    )  # fmt: skip


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


def prune(tree: HtmlElement) -> None:
    """Cut out of the tree what surrounds or interrupts the article's own text."""
    for element in list(tree.iter("figure", "figcaption", "aside", "blockquote", "nav")):
        if element.tag != "blockquote" or _is_post(element):
            _drop(element)
    for element in tree.xpath("//*[@class or @id]"):
        verdict = _verdict(f"{element.get('class', '')} {element.get('id', '')}")
        if verdict == "always" or (verdict == "aside" and _beside_links(element) <= _LONGEST_ASIDE):
            _drop(element)
    for link in list(tree.iter("a")):
        _drop_linked_paragraph(link)


@lru_cache(maxsize=8192)
def _verdict(names: str) -> str:
    """What the names of an element say: `always` to be dropped, `aside` where it is short, or nothing."""
    for name in names.split():
        if _ALWAYS.fullmatch(name):
            return "always"
    for name in names.split():
        if _ASIDE.fullmatch(name) and not _NOT_ASIDE.match(name):
            return "aside"
    return ""


def _drop(element: HtmlElement) -> None:
    """Remove an element unless it holds the title or is the frame of the page."""
    if element.tag in _KEPT or element.getparent() is None or element.find(".//h1") is not None:
        return
    element.drop_tree()


def _is_post(quote: HtmlElement) -> bool:
    """Whether a quotation is a post of a social network."""
    return any(_POST_LINK.search(link.get("href") or "") for link in quote.iter("a"))


def _beside_links(element: HtmlElement) -> int:
    """How much text stands outside the element's links, in characters."""
    linked = sum(len(link.text_content()) for link in element.iter("a"))
    return len(" ".join(element.text_content().split())) - linked


def _drop_linked_paragraph(link: HtmlElement) -> None:
    """A paragraph that is nothing but one link, or that begins with "see also", is no sentence of the article."""
    holder = link.getparent()
    while holder is not None and holder.tag in _INLINE:
        holder = holder.getparent()
    if holder is None or holder.tag != "p" or holder.getparent() is None:
        return
    whole = " ".join(holder.text_content().split())
    if whole == " ".join(link.text_content().split()) or (len(whole) <= _LONGEST_ASIDE and _SEE_ALSO.match(whole)):
        holder.drop_tree()


def _body(tree: HtmlElement, about: Metadata) -> str:
    """The running text, without title, date line and see-also lines."""
    for heading in list(tree.iter("h1", "h2", "h3")):
        text = " ".join(heading.text_content().split())
        if heading.tag == "h1" or text == about.title:
            heading.drop_tree()
    found = bare_extraction(tree, fast=True, include_comments=False, with_metadata=False, config=_config())
    running: str = getattr(found, "text", None) or ""
    lines = [" ".join(line.split()) for line in running.split("\n")]
    kept = [line for line in lines if line and not _SEE_ALSO.match(line) and line != about.title]
    while kept and _is_date_line(kept[0]):
        del kept[0]
    return "\n".join(kept)


def _is_date_line(line: str) -> bool:
    return len(line) <= _LONGEST_DATE_LINE and line[-1] not in ".؟!" and written_day(line) is not None


@lru_cache(maxsize=1)
def _config() -> ConfigParser:
    """trafilatura's settings, but short articles are taken for what they are: its rescue joins and adds lines."""
    config: ConfigParser = use_config()
    config.set("DEFAULT", "MIN_EXTRACTED_SIZE", str(_SHORTEST))
    return config
