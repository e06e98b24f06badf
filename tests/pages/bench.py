"""`make bench-clean`: how much of each page's article is found, and how much of what is found is its article.

Words are counted as often as they stand. It must not know how pages are drawn.
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime

import msgspec

from domain.errors import InputError
from tests.pages.drawing import ZONE, Drawn, pages
from workers.bootstrap import App
from workers.clean import Page, clean_page
from workers.fetch.charset import decode
from workers.gather import published
from workers.settings import load_settings

_WORD = re.compile(r"\w+")
_NOW = datetime(2030, 1, 1, tzinfo=UTC)


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """Shares in [0, 1]: of the words that were found, of those that should be; of days, titles and authors."""

    pages: int
    precision: float
    recall: float
    day: float
    title: float
    author: float
    seconds: float


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One page as it was read; `page` None where it was refused."""

    drawn: Drawn
    page: Page | None
    day: str | None
    kept: int
    found: int
    wanted: int


def read_all() -> list[Found]:
    """Every page of the set, cleaned as a fetched one would be."""
    app = App(load_settings({}))
    return [_read(app, drawn) for drawn in pages()]


def score(found: list[Found], seconds: float = 0.0) -> Score:
    """What these pages come to; a page that was refused lost all its words."""
    count = len(found)
    return Score(
        pages=count,
        precision=sum(f.kept for f in found) / max(1, sum(f.found for f in found)),
        recall=sum(f.kept for f in found) / sum(f.wanted for f in found),
        day=sum(f.day == f.drawn.published for f in found) / count,
        title=sum(f.page is not None and f.page.title == f.drawn.title for f in found) / count,
        author=sum(f.page is not None and f.page.author == f.drawn.author for f in found) / count,
        seconds=seconds,
    )


def _read(app: App, drawn: Drawn) -> Found:
    try:
        page = clean_page(decode(drawn.body, drawn.content_type), url=drawn.url, arabic_day=app.arabic_day)
    except InputError:
        page = None
    wanted = Counter(_WORD.findall(drawn.text))
    got = Counter(_WORD.findall(page.text if page else ""))
    day = None if page is None else published(page, None, ZONE, _NOW)
    return Found(drawn=drawn, page=page, day=day, kept=(wanted & got).total(), found=got.total(), wanted=wanted.total())


def main() -> None:
    """Print a line a template, and one for all."""
    start = time.perf_counter()
    found = read_all()
    seconds = time.perf_counter() - start
    by_template: dict[str, list[Found]] = defaultdict(list)
    for one in found:
        by_template[one.drawn.template].append(one)
    lines = [(name, score(some)) for name, some in by_template.items()] + [("all", score(found, seconds))]
    sys.stdout.write(f"{'template':24} pages  precision  recall    day  title  author\n")
    for name, s in lines:
        shares = f"{s.precision:9.3f}  {s.recall:6.3f}  {s.day:5.2f}  {s.title:5.2f}  {s.author:6.2f}"
        sys.stdout.write(f"{name:24} {s.pages:5}  {shares}\n")
    sys.stdout.write(f"{len(found) / seconds:.0f} pages a second\n")


if __name__ == "__main__":
    main()
