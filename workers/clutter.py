"""What surrounds or interrupts an article on its page, cut out of the tree; and old layouts turned into paragraphs.

Told by names of blocks, by links that make up a block, and by rows of alike cards. It must not know how the body is
then found.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache

from lxml.html import Element, HtmlElement

_LONGEST_ASIDE = 400  # text beside links up to which a block named "related" is taken for one
_KEPT = frozenset({"html", "body", "main", "head", "h1", "article", "form"})
_INLINE = frozenset({"strong", "b", "em", "i", "span", "u", "font"})

_LINE = 40  # characters of a bare block from which it is a paragraph
_LONG = 300
_CARDS = 3
_SHORTEST_HEADLINE = 15
_MENU_LINKS, _MENU_SHARE = 3, 0.8
_BLOCKS = frozenset({"ul", "ol", "dl", "div", "section", "table", "td", "tr", "p", "header", "footer"})

# Names of blocks, as whole words of a class or id. Embeds and captions go whatever they hold.
_ALWAYS = re.compile(
    r"(?:twitter-(?:tweet|video)|instagram-media|fb-(?:post|video)|tiktok-embed|telegram-post|reddit-embed|"
    r"(?:wp-|tr-)?caption(?:-text)?|image-caption|img-caption|photo-caption|media-caption|figcaption)"
)
_ASIDE = re.compile(
    r"(?:.*[-_])?(?:related|see-?also|also-?read|read-?(?:more|also|next)|more-?(?:news|stories|articles|about)|most-?"
    r"(?:read|viewed|popular)|recommend(?:ed|ations?)?|trending|popular|you-?may(?:-?like)?|suggested|comments?|"
    r"disqus(?:-thread)?|share(?:-?(?:bar|buttons?|links?))?|sharing|social|newsletter|subscribe|breadcrumbs?|tags?|"
    r"byline|embed|promo|advert(?:isement)?|photo-?desc(?:ription)?|(?:media|video|image|img|photo)[-_]{0,2}title|bio|about-?author|author-(?:box|bio|profile|details|info)|cookies?|standfirst|sub-?title|excerpt|deck)(?:[-_].*)?",
    re.IGNORECASE,
)
_NOT_ASIDE = re.compile(r"^(?:has|with|no|non|without|single|page|layout)[-_]", re.IGNORECASE)
SEE_ALSO = re.compile(
    r"^\W*(?:[إا]قر[أا]\w*\s+(?:أيض|ايض|المزيد|كذلك|المزيد)|شاهد\s+(?:أيض|ايض)|(?:مواضيع|أخبار|اخبار|مقالات|موضوعات)\s+"
    r"(?:ذات\s+صلة|متعلقة|مرتبطة)|ذات\s+صلة|للمزيد|طالع\s+(?:أيض|ايض)|تابع\s+(?:أيض|ايض)|انظر\s+أيض)"
)
_POST_LINK = re.compile(
    r"(?:twitter|x)\.com/[^/]+/status/|instagram\.com/(?:p|reel)/|t\.me/|facebook\.com/[^/]+/posts/"
)


def prune(tree: HtmlElement) -> None:
    """Cut out of the tree what surrounds or interrupts the article's own text."""
    for element in list(tree.iter("figure", "figcaption", "aside", "blockquote", "nav")):
        if element.tag != "blockquote" or _is_post(element):
            _drop(element)
    for element in tree.xpath("//*[@class or @id]"):
        verdict = _verdict(f"{element.get('class', '')} {element.get('id', '')}")
        if verdict == "always" or (verdict == "aside" and _beside_links(element) <= _LONGEST_ASIDE):
            _drop(element)
    for parent in list(tree.iter("div", "ul", "ol", "section", "article", "tbody", "table", "main", "body")):
        _drop_cards(parent)
    _drop_menus(tree)
    for link in list(tree.iter("a")):
        _drop_linked_block(link)


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


def _drop_linked_block(link: HtmlElement) -> None:
    """A block that is nothing but one link, or begins with "see also", is no sentence of the article."""
    holder = link.getparent()
    while holder is not None and holder.tag in _INLINE:
        holder = holder.getparent()
    if holder is None or holder.tag not in ("p", "div", "td", "li") or holder.getparent() is None:
        return
    if holder.find(".//h1") is not None:
        return
    whole = " ".join(holder.text_content().split())
    if len(whole) <= _LONGEST_ASIDE and (whole == " ".join(link.text_content().split()) or SEE_ALSO.match(whole)):
        holder.drop_tree()


def _drop_menus(tree: HtmlElement) -> None:
    """Blocks of several links and little else: menus, lists of headlines."""
    elements = list(tree.iter())
    lengths: dict[HtmlElement, int] = {}
    linked: dict[HtmlElement, tuple[int, int]] = {}  # characters inside links, and how many links
    for element in reversed(elements):  # children before parents: each text is counted once
        children = list(element)
        lengths[element] = _length(element.text) + sum(lengths[c] + _length(c.tail) for c in children)
        inside = [linked[c] for c in children]
        linked[element] = (sum(n for n, _ in inside), sum(n for _, n in inside))
        if element.tag == "a":
            linked[element] = (lengths[element], 1)
    for element in elements:
        characters, links = linked[element]
        if element.tag in _BLOCKS and links >= _MENU_LINKS and characters >= _MENU_SHARE * lengths[element]:
            _drop(element)


def _length(text: str | None) -> int:
    return len(" ".join(text.split())) if text else 0


def _drop_cards(parent: HtmlElement) -> None:
    """Several alike children that each begin with a link: other articles, with what is said of them."""
    alike: dict[tuple[str, str], list[HtmlElement]] = defaultdict(list)
    for child in parent:
        if child.tag in ("div", "li", "article", "section", "tr"):
            alike[str(child.tag), child.get("class", "")].append(child)
    for cards in alike.values():
        if len(cards) >= _CARDS and all(map(_begins_with_link, cards)):
            for card in cards:
                _drop(card)


def _begins_with_link(card: HtmlElement) -> bool:
    text = " ".join(card.text_content().split())
    titles = (" ".join(link.text_content().split()) for link in card.iter("a"))
    first = next((title for title in titles if title), "")
    return len(first) >= _SHORTEST_HEADLINE and text.startswith(first)


def reflow(tree: HtmlElement) -> None:
    """Turn tables that only lay out the page, lines between breaks, and bare blocks into paragraphs."""
    for table in list(tree.iter("table")):
        if table.find(".//table") is not None or any(_is_long(cell) for cell in table.iter("td")):
            for part in table.iter("table", "tbody", "thead", "tr", "td", "th", "font", "center"):
                part.tag = "div"
    for block in list(tree.iter("div", "td", "font", "center", "article", "section")):
        if sum(1 for child in block if child.tag == "br") >= 2 and _is_long(block):
            _split_at_breaks(block)
    for block in list(tree.iter("div")):
        if all(child.tag in _INLINE or child.tag in ("a", "br") for child in block) and _length(block.text) >= _LINE:
            block.tag = "p"


def _is_long(block: HtmlElement) -> bool:
    return len(block.text_content()) >= _LONG


def _split_at_breaks(block: HtmlElement) -> None:
    """Put what stands between breaks and blocks into paragraphs."""
    block.tag = "div" if block.tag in ("font", "center") else block.tag
    pieces = [Element("p")]
    pieces[0].text, block.text = block.text, None
    for child in list(block):
        tail, child.tail = child.tail, None
        block.remove(child)
        if child.tag in _INLINE or child.tag == "a":
            pieces[-1].append(child)
            child.tail = tail
            continue
        if child.tag != "br":
            pieces.append(child)
        pieces.append(Element("p"))
        pieces[-1].text = tail
    for piece in pieces:
        if len(piece) or (piece.text or "").strip():
            block.append(piece)
