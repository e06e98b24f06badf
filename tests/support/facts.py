"""Made-up facts for tests of the store: events, articles, feeds. It must not know a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.events import Read, Record, Source, Statement, event_identity
from domain.log import NewEvent
from workers.ports import CleanArticle, FeedEntry, FeedSpec, PollOutcome

T0 = datetime(2025, 9, 5, 12, 0, tzinfo=UTC)
TEXT = "قال الناطق إن بلاده ترفض نشر القوات. ثم تحدث عن الطقس. وأضاف أن الموقف لن يتغير."
FIRST = (0, TEXT.index(".") + 1)
LAST = (TEXT.index("وأضاف"), len(TEXT))


def at(minutes: float) -> datetime:
    """The time so many minutes after the tests' zero."""
    return T0 + timedelta(minutes=minutes)


def feed(name: str = "one") -> FeedSpec:
    """A feed as the list names it."""
    return FeedSpec(url=f"https://{name}.example/rss", outlet=f"outlet {name}", country="QAT", time_zone="Asia/Qatar")


def polled(*urls: str, minutes: float = 15, **more: Any) -> PollOutcome:
    """A poll that brought entries of these addresses."""
    entries = tuple(FeedEntry(url=url, title=f"عنوان {url}") for url in urls)
    status = "new" if urls else "unchanged"
    defaults: dict[str, Any] = {"status": status, "entries": entries, "next_poll_at": at(minutes), "interval": 900.0}
    return PollOutcome(**(defaults | more))


def page(url: str = "https://one.example/a", text: str = TEXT) -> CleanArticle:
    """A cleaned page."""
    return CleanArticle(url=url, outlet="outlet one", title="عنوان", text=text, published="2025-09-05")


def read(
    article: str = "a",
    *,
    actor: str = "RUS",
    issue: str = "ukraine.foreign-troops",
    stance: Any = "opposes",
    day: str | None = "2025-09-05",
    source: Source | None = None,
    **more: Any,
) -> Read:
    """A statement read out of an article, its evidence the first and the last sentence of `TEXT`."""
    defaults: dict[str, Any] = {
        "speaker": "putin",
        "seniority": "head",
        "evidence": (FIRST, LAST),
        "precision": "day",
        "confidence": 0.9,
    }
    event = Statement(actor=actor, issue=issue, stance=stance, occurred_on=day, **(defaults | more))
    made = Source(
        article=article,
        version=1,
        url=f"https://one.example/{article}",
        outlet="outlet one",
        title="عنوان",
        published=day,
        sketches=((hash_of(article), hash_of(article) + 1),) * 2,
    )
    return Read(event=event, source=source or made)


def hash_of(name: str) -> int:
    """A number that is the same in every process, apart for different names."""
    return int.from_bytes(name.encode()[-3:], "big") * 2


def new(stream: str, record: Record) -> NewEvent:
    """The record as an event to append."""
    return NewEvent(event_id=event_identity(stream, record), record=record)


def statements(stream: str, count: int) -> list[NewEvent]:
    """Different facts of one stream."""
    return [new(stream, read(stream, issue=f"issue.{i}")) for i in range(count)]
