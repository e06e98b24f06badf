"""Stored articles read again with the present extractor: only what differs is appended, and positions follow.

It must not know a database or a terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from domain.errors import Conflict
from domain.events import Record, Retraction, record_type
from domain.log import Log, NewEvent, RecordedEvent
from domain.positions import Fact, Position, affected, facts, fold
from domain.reading.extractor import Extractor
from workers.ports import Article
from workers.stages import difference, published_day, stream_of

Key = tuple[str, str]
_ATTEMPTS = 5


class Stored(Protocol):
    """What a second reading asks of the store."""

    @property
    def log(self) -> Log: ...

    def stored_articles(self, *, since: str | None = None) -> Iterator[Article]: ...

    def renewed(self, events: Sequence[NewEvent]) -> list[NewEvent]: ...

    def reread(self, stream: str, events: Sequence[NewEvent], *, expected_version: int, now: datetime) -> int: ...

    def keys_of(self, event_ids: Sequence[str]) -> dict[str, Key]: ...

    def standing_facts(self, key: Key) -> list[Fact]: ...


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A position before and after; None where there is none."""

    actor: str
    issue: str
    before: Position | None
    after: Position | None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a second reading came to: articles read, events that are new and that were taken back, positions moved."""

    articles: int
    new: int
    taken_back: int
    moves: tuple[Move, ...]


def reread(
    store: Stored,
    extractor: Extractor,
    *,
    since: str | None,
    write: bool,
    now: datetime,
    progress: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """Read every stored article again, those published since an ISO day where one is named.

    Without `write`, nothing is: the moves tell what would follow. With it, `moves` say what follows once projected.
    """
    articles = 0
    news: list[tuple[str, NewEvent]] = []
    for article in store.stored_articles(since=since):
        stream = stream_of(article)
        news += [(stream, new) for new in _again(store, extractor, article, write=False, now=now)]
        articles += 1
        progress(articles)
    moves = preview(store, news, now=now)
    if write:
        touched = {stream for stream, _ in news}
        news = []
        for article in store.stored_articles(since=since):
            stream = stream_of(article)
            if stream in touched:
                news += [(stream, new) for new in _again(store, extractor, article, write=True, now=now)]
    back = sum(1 for _, new in news if isinstance(new.record, Retraction))
    return Outcome(articles=articles, new=len(news) - back, taken_back=back, moves=moves)


def preview(store: Stored, news: Iterable[tuple[str, NewEvent]], *, now: datetime) -> tuple[Move, ...]:
    """The positions that events would move, were they appended."""
    head = store.log.head()
    events = [_recorded(head + i, stream, new, now) for i, (stream, new) in enumerate(news, start=1)]
    taken_back = [e.record.event_id for e in events if isinstance(e.record, Retraction)]
    known = store.keys_of(taken_back)
    new = facts(events)
    moves = []
    for actor, issue in sorted(affected(events, known.get)):
        standing = store.standing_facts((actor, issue))
        before = fold(standing).position
        kept = [fact for fact in standing if fact.event_id not in known]
        after = fold([*kept, *(fact for fact in new if (fact.actor, fact.issue) == (actor, issue))]).position
        if before != after:
            moves.append(Move(actor=actor, issue=issue, before=before, after=after))
    return tuple(moves)


def _again(store: Stored, extractor: Extractor, article: Article, *, write: bool, now: datetime) -> list[NewEvent]:
    """What one article's second reading adds."""
    stream = stream_of(article)
    found = extractor.read(article.text, published=published_day(article))
    for _ in range(_ATTEMPTS):
        present = store.log.stream(stream)
        news = difference(stream, article, found, _standing(present), extractor.version)
        news = store.renewed(news)
        if not write or not news:
            return news
        try:
            store.reread(stream, news, expected_version=len(present), now=now)
        except Conflict:
            continue  # the service read it meanwhile: look again
        return news
    raise Conflict(f"the article {article.url} is being read all the time: try again")


def _standing(present: Sequence[RecordedEvent]) -> dict[str, Record]:
    taken_back = {e.record.event_id for e in present if isinstance(e.record, Retraction)}
    return {
        e.event_id: e.record for e in present if not isinstance(e.record, Retraction) and e.event_id not in taken_back
    }


def _recorded(sequence: int, stream: str, new: NewEvent, now: datetime) -> RecordedEvent:
    return RecordedEvent(
        sequence=sequence, event_id=new.event_id, type=record_type(new.record), schema_version=1, stream=stream,
        version=0, record=new.record, recorded_at=now,
    )  # fmt: skip
