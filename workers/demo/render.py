"""Draws the corpus as a web site: an article as a page of its outlet's kind, an outlet as a feed.

Pure functions from values to bytes. It must not know where the bytes go, nor how pages are cleaned.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from workers.demo.corpus import Article, Outlet, published_at

_TEMPLATES = Path(__file__).parent / "templates"
_LEVANTINE = (
    "كانون الثاني", "شباط", "آذار", "نيسان", "أيار", "حزيران",
    "تموز", "آب", "أيلول", "تشرين الأول", "تشرين الثاني", "كانون الأول",
)  # fmt: skip
_WEEKDAYS = ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد")


def page(article: Article, outlet: Outlet) -> bytes:
    """The article's page, in the outlet's encoding."""
    moment = published_at(article, outlet)
    values = {
        "article": article, "outlet": outlet, "moment": moment, "blocks": list(_blocks(article)),
        "linked_data": _linked_data(article, outlet, moment), "day": _day(article),
    }  # fmt: skip
    return _render(f"{outlet.kind}.html", outlet, values)


def feed(outlet: Outlet, articles: Iterable[Article], base_url: str) -> bytes:
    """The outlet's feed, newest entry first; of the articles only the outlet's own are taken.

    `base_url`: the site's address without a final slash; entries link to `page_path` below it.
    """
    own = [a for a in articles if a.outlet == outlet.id]
    own.sort(key=lambda a: (a.published or "", a.time or "", a.id), reverse=True)
    entries = [_entry(article, outlet, base_url) for article in own]
    moments = [m for m in (published_at(a, outlet) for a in own) if m is not None]
    values = {
        "outlet": outlet, "entries": entries, "home": f"{base_url}/{outlet.path}/",
        "address": f"{base_url}{feed_path(outlet)}", "updated": max(moments, default=None),
    }  # fmt: skip
    return _render(f"{outlet.feed}.xml", outlet, values)


def page_path(article: Article, outlet: Outlet) -> str:
    """Where the site serves the article: a path with its leading slash."""
    return f"/{outlet.path}/{article.id}.html"


def feed_path(outlet: Outlet) -> str:
    """Where the site serves the outlet's feed: a path with its leading slash."""
    return f"/{outlet.path}/{'feed.xml' if outlet.feed == 'rss' else 'atom.xml'}"


def _entry(article: Article, outlet: Outlet, base_url: str) -> dict[str, Any]:
    return {
        "title": article.title,
        "summary": article.standfirst or "",
        "link": base_url + page_path(article, outlet),
        "moment": published_at(article, outlet) if outlet.dated_feed else None,
    }


def _blocks(article: Article) -> Iterator[tuple[str, str, str]]:
    """Paragraphs and what stands between them, as (kind, text, author) in the page's order."""
    extras = article.extras
    between = (("caption", extras.captions), ("post", extras.posts), ("see-also", extras.see_also))
    for count in range(len(article.body) + 1):
        if count:
            yield "paragraph", article.body[count - 1], ""
        for kind, asides in between:
            yield from ((kind, aside.text, aside.author) for aside in asides if aside.after == count)


def _linked_data(article: Article, outlet: Outlet, moment: datetime | None) -> Markup:
    """The page's schema.org record; Arabic stays readable, and no `<` can end the script."""
    record = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article.title,
        "inLanguage": "ar",
        "datePublished": None if moment is None else moment.isoformat(),
        "author": {"@type": "Organization", "name": outlet.name},
        "publisher": {"@type": "NewsMediaOrganization", "name": outlet.name},
    }
    text = json.dumps({k: v for k, v in record.items() if v is not None}, ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 (no tag can start once `<` is escaped)


def _day(article: Article) -> dict[str, str]:
    """The publication day as Arabic pages write it; empty strings where there is none."""
    if article.published is None:
        return {"levantine": "", "numbers": "", "weekday": ""}
    day = date.fromisoformat(article.published)
    return {
        "levantine": f"{day.day} {_LEVANTINE[day.month - 1]} {day.year}",
        "numbers": f"{day.day:02}/{day.month:02}/{day.year}",
        "weekday": _WEEKDAYS[day.weekday()],
    }


def _render(template: str, outlet: Outlet, values: dict[str, Any]) -> bytes:
    text = _environment().get_template(template).render(values)
    return text.encode(outlet.encoding, errors="xmlcharrefreplace")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters["rfc822"] = format_datetime
    return environment
