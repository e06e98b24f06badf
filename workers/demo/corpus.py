"""The shipped corpus as typed values: outlets, articles, annotations; and the gold lines made of them.

It must not know how pages are drawn, nor how they are read.
"""

from __future__ import annotations

import hashlib
import tomllib
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from domain.errors import InputError

CORPUS = Path(__file__).resolve().parents[2] / "seeds" / "corpus"
Kind = Literal["json-ld", "microdata", "table", "undated", "minimal", "levantine"]
_NOON = "12:00"


class Outlet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One invented outlet; the fields are told at the head of `outlets.toml`."""

    id: str
    name: str
    country: str
    path: str
    feed: Literal["rss", "atom"]
    time_zone: str
    kind: Kind
    encoding: Literal["utf-8", "windows-1256"] = "utf-8"
    dated_feed: bool = True


class _Outlets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    outlet: tuple[Outlet, ...]


class Aside(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a page sets between paragraphs. `after`: the number of paragraphs that stand before it."""

    after: int
    text: str
    author: str = ""


class Extras(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a page carries besides its article; none of it belongs to the body."""

    byline: str = ""
    related: tuple[str, ...] = ()
    posts: tuple[Aside, ...] = ()
    captions: tuple[Aside, ...] = ()
    see_also: tuple[Aside, ...] = ()
    tags: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()


class Article(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One article of our own writing. `published`: ISO day in the outlet's zone, None where no reader could know it.

    `time`: local, HH:MM. `events`: annotations in the form of the gold file, evidence as offsets into `text`.
    """

    id: str
    outlet: str
    published: str | None
    time: str | None = None
    title: str
    standfirst: str | None = None
    body: tuple[str, ...]
    extras: Extras = Extras()
    events: tuple[dict[str, Any], ...] = ()

    @property
    def text(self) -> str:
        """The body as cleaning should give it: paragraphs joined by line ends."""
        return "\n".join(self.body)


def read_outlets(data: bytes) -> dict[str, Outlet]:
    """Outlets by id, in the order of the file.

    Raises:
        InputError: the file is not of the form its head tells.
    """
    try:
        listed = msgspec.convert(tomllib.loads(data.decode("utf-8")), _Outlets).outlet
    except (ValueError, msgspec.ValidationError) as exc:
        raise InputError(f"outlets.toml: {exc}") from exc
    return {outlet.id: outlet for outlet in listed}


def read_articles(data: bytes) -> list[Article]:
    """Articles of a JSON Lines file, in its order; blank lines are passed over.

    Raises:
        InputError: a line is no article; the message names the line.
    """
    articles = []
    for number, line in enumerate(data.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            articles.append(msgspec.json.decode(line, type=Article))
        except msgspec.MsgspecError as exc:
            raise InputError(f"articles.jsonl, line {number}: {exc}") from exc
    return articles


def shipped(folder: Path = CORPUS) -> tuple[dict[str, Outlet], list[Article]]:
    """The corpus that comes with the project.

    Raises:
        InputError: a file is not of its form.
    """
    return read_outlets((folder / "outlets.toml").read_bytes()), read_articles((folder / "articles.jsonl").read_bytes())


def published_at(article: Article, outlet: Outlet) -> datetime | None:
    """The moment of publication in the outlet's zone; noon where the article has no time, None where it has no day."""
    if article.published is None:
        return None
    day, clock = date.fromisoformat(article.published), time.fromisoformat(article.time or _NOON)
    return datetime.combine(day, clock, tzinfo=ZoneInfo(outlet.time_zone))


def gold_line(article: Article) -> bytes:
    """The annotation of one article as a line of `gold.jsonl`, without the line end."""
    text = article.text
    line = {
        "id": article.id,
        "outlet": article.outlet,
        "published": article.published,
        "sha256": hashlib.sha256(text.encode("utf-8")).hexdigest(),
        "chars": len(text),
        "events": article.events,
    }
    return msgspec.json.encode(line)
