"""What the commands, the pages and the API read: positions, history, events, changes, feeds, counts.

Every answer is a frozen struct that msgspec writes as JSON. Reading only. It must not know who asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from domain.events import Event, Read, Retraction, Span, Summit
from domain.log import RecordedEvent
from domain.positions import Change, Fact, Position
from workers.ports import Feed
from workers.store import schema as t
from workers.store import work
from workers.store.clocks import changes_at, positions_at
from workers.store.dossiers import Dossiers
from workers.store.engine import Database
from workers.store.log import recorded
from workers.store.meetings import Meetings
from workers.store.operating import Operating
from workers.store.reporting import VIEWS, view_name
from workers.store.sources import feed
from workers.store.stories import copies_of
from workers.store.texts import Texts

_POSITION = msgspec.json.Decoder(Position)
_CHANGE = msgspec.json.Decoder(Change)
_FACT = msgspec.json.Decoder(Fact)
_PORTION = 500  # events read at once


class EvidenceView(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of evidence in words. `text`: the sentences at `spans`, empty once the text was erased."""

    text: str
    url: str
    outlet: str
    title: str
    spans: tuple[Span, ...]
    event_id: str
    article: str
    occurred_on: str | None
    speaker: str | None


class PositionView(msgspec.Struct, frozen=True, kw_only=True):
    """What an actor holds on an issue. `since`, `last_confirmed`: ISO days; `sources`: independent ones."""

    actor: str
    issue: str
    stance: str
    speaker: str | None
    established_by: str | None
    since: str
    last_confirmed: str
    sources: int
    articles: int
    confidence: float
    contested: bool
    unconfirmed: bool
    previous: str | None
    evidence: tuple[EvidenceView, ...]


class ChangeView(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a position. `sequence`: 1, 2, 3 … over all changes; 0 for one that an as-of question makes up.

    `sources`: independent ones that carried it; `contested`: equal voices contradicted each other.
    """

    sequence: int
    key: str
    actor: str
    issue: str
    kind: str
    before: str | None
    after: str | None
    on: str
    speaker: str | None
    sources: int
    confidence: float
    contested: bool
    recorded_at: datetime | None
    evidence: tuple[EvidenceView, ...]


class EventView(msgspec.Struct, frozen=True, kw_only=True):
    """An event of the log with its article. `retracted`: why it no longer stands, else None."""

    sequence: int
    event_id: str
    recorded_at: datetime
    article: str
    url: str
    outlet: str
    title: str
    published: str | None
    event: Event
    evidence: tuple[str, ...]
    retracted: str | None = None


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of everything. `entries`: by outcome; `events`: by type; `changes`: by kind; `deliveries`: by status.

    `foreign`: entries set aside, by language; `copies`: articles that are copies of another one.
    """

    feeds: int
    feeds_failing: int
    entries: dict[str, int]
    foreign: dict[str, int]
    articles: int
    copies: int
    versions: int
    events: dict[str, int]
    positions: int
    changes: dict[str, int]
    deliveries: dict[str, int]


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """An article that could not be had, or not be read. `again`: it will be tried again by itself."""

    url: str
    error: str
    again: bool


class ArticleView(msgspec.Struct, frozen=True, kw_only=True):
    """A stored article. `versions`: how often its text was found changed, and one; `origin`: what it is a copy of."""

    id: str
    url: str
    outlet: str
    title: str
    author: str
    published: str | None
    published_at: datetime | None
    fetched_at: datetime
    versions: int
    origin: str | None
    copies: int


class Lag(msgspec.Struct, frozen=True, kw_only=True):
    """How far the positions lag behind the log. `since`: when the oldest event not yet seen was recorded."""

    events: int
    since: datetime | None


class Queries:
    """Questions to the store.

    `operating`: those about the service itself; `dossiers`: about a position's events; `meetings`: about meetings.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self.operating = Operating(database)
        self.dossiers = Dossiers(database)
        self.meetings = Meetings(database)

    def positions(
        self,
        actor: str | None = None,
        issue: str | None = None,
        as_of: str | None = None,
        known_at: datetime | None = None,
        *,
        stance: str | None = None,
        after: tuple[str, str] = ("", ""),
        limit: int | None = None,
    ) -> list[PositionView]:
        """Positions by actor and issue; `as_of`: held on that ISO day, `known_at`: as known at that aware time.

        `after`: only those that stand behind this actor and issue.
        """
        with self._db.read() as connection:
            if as_of is None and known_at is None:
                found = _stored_positions(connection, actor, issue, stance=stance, after=after, limit=limit)
            else:
                found = positions_at(connection, actor, issue, as_of=as_of, known_at=known_at)
                found = [p for p in found if stance in (None, p.stance) and (p.actor, p.issue) > after][:limit]
            texts = Texts(connection)
            texts.load(ref.article for position in found for ref in position.evidence)
            return [_position(position, texts) for position in found]

    def history(
        self,
        actor: str,
        issue: str,
        *,
        as_of: str | None = None,
        known_at: datetime | None = None,
        skip: int = 0,
        limit: int | None = None,
    ) -> list[ChangeView]:
        """The changes of one position that stand, oldest first, with their evidence; so many after `skip`."""
        if as_of is None and known_at is None:
            query = _standing_changes().where(t.changes.c.actor == actor, t.changes.c.issue == issue)
            with self._db.read() as connection:
                query = query.order_by(t.changes.c.on_day, t.changes.c.sequence).limit(limit).offset(skip)
                rows = connection.execute(query).all()
                return _changes(connection, [(row.sequence, row.recorded_at, _CHANGE.decode(row.data)) for row in rows])
        with self._db.read() as connection:
            found = changes_at(connection, actor, issue, as_of=as_of, known_at=known_at)
            found = found[skip:][:limit]
            return _changes(connection, [(0, None, change) for change in found])

    def changes(
        self,
        actor: str | None = None,
        issue: str | None = None,
        kind: str | None = None,
        *,
        after: int | None = None,
        before: int | None = None,
        stance: str | None = None,
        limit: int = 100,
    ) -> list[ChangeView]:
        """Changes that stand, newest first; with `after`, those of a greater sequence, oldest first.

        `before`: only those of a smaller sequence; `stance`: the one that is then held.
        """
        query, c = _standing_changes().limit(limit), t.changes.c
        for column, wanted in ((c.actor, actor), (c.issue, issue), (c.kind, kind), (c.after_stance, stance)):
            if wanted is not None:
                query = query.where(column == wanted)
        query = query if before is None else query.where(c.sequence < before)
        if after is None:
            query = query.order_by(t.changes.c.sequence.desc())
        else:
            query = query.where(t.changes.c.sequence > after).order_by(t.changes.c.sequence)
        with self._db.read() as connection:
            rows = connection.execute(query).all()
            return _changes(connection, [(row.sequence, row.recorded_at, _CHANGE.decode(row.data)) for row in rows])

    def events(
        self,
        actor: str | None = None,
        issue: str | None = None,
        type: str | None = None,  # noqa: A002 -- the log's own word
        article: str | None = None,
        *,
        since: str | None = None,
        limit: int = 100,
        retracted: bool = False,
        below: int | None = None,
    ) -> list[EventView]:
        """Events, newest in the log first; `since`: happened (else published) on that ISO day or later.

        `below`: only those of a smaller sequence. Those taken back are left out unless `retracted`. A summit counts for
        each of its participants.
        """
        with self._db.read() as connection:
            reasons: dict[str, str] = {}
            found: list[RecordedEvent] = []
            for event in _newest_first(connection, type, article, reasons, below):
                record = event.record
                if not isinstance(record, Read) or (event.event_id in reasons and not retracted):
                    continue
                if _asked_for(record, actor, issue, since):
                    found.append(event)
                    if len(found) == limit:
                        break
            texts = Texts(connection)
            texts.load(e.record.source.article for e in found if isinstance(e.record, Read))
            return [_event(e, e.record, texts, reasons) for e in found if isinstance(e.record, Read)]

    def feeds(self) -> list[Feed]:
        """Every listed feed with its state, by outlet."""
        query = (
            select(t.feeds, t.hubs.c.active_until)
            .outerjoin(t.hubs, t.hubs.c.feed_id == t.feeds.c.id)
            .where(t.feeds.c.listed)
            .order_by(t.feeds.c.outlet, t.feeds.c.id)
        )
        with self._db.read() as connection:
            rows = connection.execute(query).all()
        return [msgspec.structs.replace(feed(row), pushed_until=row.active_until) for row in rows]

    def summary(self) -> Summary:
        """Counts of everything."""
        with self._db.read() as connection:
            listed = select(func.count()).where(t.feeds.c.listed)
            return Summary(
                feeds=_number(connection, listed),
                feeds_failing=_number(connection, listed.where(t.feeds.c.failures > 0)),
                entries=_counts(connection, t.entries.c.outcome),
                foreign=_counts(connection, t.entries.c.language, t.entries.c.outcome == "foreign"),
                articles=_number(connection, select(func.count()).select_from(t.articles)),
                copies=_number(connection, select(func.count()).where(t.articles.c.origin.is_not(None))),
                versions=_number(connection, select(func.count()).select_from(t.article_versions)),
                events=_counts(connection, t.events.c.type),
                positions=_number(connection, select(func.count()).select_from(t.positions)),
                changes=_counts(connection, t.changes.c.kind, t.changes.c.withdrawn_at.is_(None)),
                deliveries=_counts(connection, t.deliveries.c.status),
            )

    def failures(self, since: datetime, *, limit: int = 100) -> list[Failure]:
        """Articles whose fetching or reading failed at that moment or later, oldest first."""
        query = (
            select(t.work.c.kind, t.work.c.subject, t.work.c.status, t.work.c.error)
            .where(t.work.c.kind.in_(("fetch", "read")), t.work.c.error.is_not(None), t.work.c.changed_at >= since)
            .order_by(t.work.c.changed_at, t.work.c.id)
            .limit(limit)
        )
        with self._db.read() as connection:
            rows = connection.execute(query).all()
            entries = [int(row.subject) for row in rows if row.kind == "fetch"]
            articles = [row.subject for row in rows if row.kind == "read"]
            fetched = select(t.entries.c.id, t.entries.c.url).where(t.entries.c.id.in_(entries))
            read = select(t.articles.c.id, t.articles.c.url).where(t.articles.c.id.in_(articles))
            where = {("fetch", str(id_)): url for id_, url in connection.execute(fetched)}
            where |= {("read", id_): url for id_, url in connection.execute(read)}
        return [
            Failure(
                url=where.get((r.kind, r.subject), r.subject), error=r.error, again=r.status in ("waiting", "leased")
            )
            for r in rows
        ]

    def articles(
        self,
        *,
        story: str | None = None,
        outlet: str | None = None,
        before: tuple[datetime, str] | None = None,
        limit: int = 100,
    ) -> list[ArticleView]:
        """Stored articles, newest version first; `story`: only that article, what it is a copy of, and other copies.

        `before`: only those that stand behind one fetched at this time, of this id.
        """
        newest = (
            select(t.article_versions.c.article_id, func.max(t.article_versions.c.version).label("version"))
            .group_by(t.article_versions.c.article_id)
            .subquery()
        )
        query = (
            select(t.articles, t.article_versions)
            .join(newest, newest.c.article_id == t.articles.c.id)
            .join(
                t.article_versions,
                (t.article_versions.c.article_id == t.articles.c.id)
                & (t.article_versions.c.version == newest.c.version),
            )
            .order_by(t.article_versions.c.fetched_at.desc(), t.articles.c.id)
            .limit(limit)
        )
        if outlet is not None:
            query = query.where(t.articles.c.outlet == outlet)
        if before is not None:
            at, fetched = before[0], t.article_versions.c.fetched_at
            query = query.where(or_(fetched < at, and_(fetched == at, t.articles.c.id > before[1])))
        if story is not None:
            origin = select(t.articles.c.origin).where(t.articles.c.id == story).scalar_subquery()
            first = func.coalesce(origin, story)
            query = query.where((t.articles.c.id == first) | (t.articles.c.origin == first))
        with self._db.read() as connection:
            rows = connection.execute(query).all()
            copies = copies_of(connection, [row.id for row in rows])
        return [
            ArticleView(
                id=row.id, url=row.url, outlet=row.outlet, title=row.title, author=row.author, published=row.published,
                published_at=row.published_at, fetched_at=row.fetched_at, versions=row.version, origin=row.origin,
                copies=copies.get(row.id, 0),
            )
            for row in rows
        ]  # fmt: skip

    def lag(self) -> Lag:
        """How far the positions lag behind the log."""
        with self._db.read() as connection:
            where = t.checkpoints.c.projection == "positions"
            seen = connection.execute(select(t.checkpoints.c.seq).where(where)).scalar() or 0
            query = select(func.count(), func.min(t.events.c.recorded_at)).where(t.events.c.sequence > seen)
            events, since = connection.execute(query).one()
            return Lag(events=events, since=since)

    def report(self, name: str) -> tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]:
        """The columns and the rows of a view of `reporting_v1`, by its first columns, in bounded memory."""
        view = next(view for view in VIEWS if view.name == name)
        columns = tuple(column for column, _, _ in view.columns)
        return columns, self._rows(f"SELECT * FROM {view_name(view, self._db.engine.dialect.name)} ORDER BY 1, 2")

    def _rows(self, statement: str) -> Iterator[tuple[Any, ...]]:
        with self._db.read() as connection:
            found = connection.execution_options(yield_per=_PORTION).exec_driver_sql(statement)
            yield from map(tuple, found)

    def work(self) -> dict[str, dict[str, int]]:
        """How many rows of work, by kind and status."""
        found: dict[str, dict[str, int]] = {}
        with self._db.read() as connection:
            for kind, status, n in work.counts(connection):
                found.setdefault(kind, {})[status] = n
        return found


def _stored_positions(
    connection: Connection,
    actor: str | None,
    issue: str | None,
    *,
    stance: str | None,
    after: tuple[str, str],
    limit: int | None,
) -> list[Position]:
    p = t.positions.c
    query = select(p.data).order_by(p.actor, p.issue).limit(limit)
    for column, wanted in ((p.actor, actor), (p.issue, issue), (p.stance, stance)):
        if wanted is not None:
            query = query.where(column == wanted)
    if after != ("", ""):
        query = query.where(or_(p.actor > after[0], and_(p.actor == after[0], p.issue > after[1])))
    return [_POSITION.decode(data) for data in connection.execute(query).scalars()]


def _position(position: Position, texts: Texts) -> PositionView:
    return PositionView(
        actor=position.actor,
        issue=position.issue,
        stance=position.stance,
        speaker=position.speaker,
        established_by=position.established_by,
        since=position.since,
        last_confirmed=position.last_confirmed,
        sources=position.sources,
        articles=position.articles,
        confidence=position.confidence,
        contested=position.contested,
        unconfirmed=position.unconfirmed,
        previous=position.previous,
        evidence=tuple(
            EvidenceView(
                text=texts.words(ref.article, ref.spans, version=ref.version),
                url=ref.url,
                outlet=ref.outlet,
                title=ref.title,
                spans=ref.spans,
                event_id=ref.event_id,
                article=ref.article,
                occurred_on=ref.occurred_on,
                speaker=ref.speaker,
            )
            for ref in position.evidence
        ),
    )


def _standing_changes() -> Select[Any]:
    return select(t.changes.c.sequence, t.changes.c.recorded_at, t.changes.c.data).where(
        t.changes.c.withdrawn_at.is_(None)
    )


def _changes(connection: Connection, rows: Sequence[tuple[int, datetime | None, Change]]) -> list[ChangeView]:
    """Changes with the words of the facts that made them."""
    ids = sorted({event_id for _, _, change in rows for event_id in change.event_ids})
    known: dict[str, Fact] = {}
    for i in range(0, len(ids), 500):
        query = select(t.position_facts.c.data).where(t.position_facts.c.event_id.in_(ids[i : i + 500]))
        known |= {fact.event_id: fact for fact in map(_FACT.decode, connection.execute(query).scalars())}
    texts = Texts(connection)
    texts.load(fact.article for fact in known.values())
    return [
        ChangeView(
            sequence=sequence,
            key=change.key,
            actor=change.actor,
            issue=change.issue,
            kind=change.kind,
            before=change.before,
            after=change.after,
            on=change.on,
            speaker=change.speaker,
            sources=change.sources,
            confidence=change.confidence,
            contested=change.contested,
            recorded_at=recorded_at,
            evidence=tuple(_fact(known[event_id], texts) for event_id in change.event_ids if event_id in known),
        )
        for sequence, recorded_at, change in rows
    ]


def _fact(fact: Fact, texts: Texts) -> EvidenceView:
    return EvidenceView(
        text=texts.words(fact.article, fact.evidence, sha256=fact.text_sha256),
        url=fact.url,
        outlet=fact.outlet,
        title=fact.title,
        spans=fact.evidence,
        event_id=fact.event_id,
        article=fact.article,
        occurred_on=fact.occurred_on,
        speaker=fact.speaker,
    )


def _newest_first(
    connection: Connection, type_: str | None, article: str | None, reasons: dict[str, str], below: int | None = None
) -> Iterable[RecordedEvent]:
    """Events of the log in bounded memory, the newest first; `reasons` learns why some of them no longer stand."""
    while True:
        query = select(t.events).order_by(t.events.c.sequence.desc()).limit(_PORTION)
        query = query.where(t.events.c.type == type_) if type_ is not None else query
        query = query.where(t.events.c.stream == article) if article is not None else query
        query = query.where(t.events.c.sequence < below) if below is not None else query
        rows: Sequence[Row[Any]] = connection.execute(query).all()
        reasons |= _retractions(connection, [row.event_id for row in rows])
        yield from map(recorded, rows)
        if len(rows) < _PORTION:
            return
        below = rows[-1].sequence


def _retractions(connection: Connection, event_ids: Sequence[str]) -> dict[str, str]:
    """Why each of these events that was taken back no longer stands."""
    query = select(t.events).where(t.events.c.type == "retraction", t.events.c.causation_id.in_(event_ids))
    records = map(recorded, connection.execute(query))
    return {r.record.event_id: r.record.why for r in records if isinstance(r.record, Retraction)}


def _asked_for(record: Read, actor: str | None, issue: str | None, since: str | None) -> bool:
    event = record.event
    actors = event.participants if isinstance(event, Summit) else (event.actor,)
    day = event.occurred_on or record.source.published or ""
    return (
        (actor is None or actor in actors)
        and (issue is None or event.issue == issue)
        and (since is None or day >= since)
    )


def _event(event: RecordedEvent, record: Read, texts: Texts, reasons: dict[str, str]) -> EventView:
    source = record.source
    return EventView(
        sequence=event.sequence,
        event_id=event.event_id,
        recorded_at=event.recorded_at,
        article=source.article,
        url=source.url,
        outlet=source.outlet,
        title=source.title,
        published=source.published,
        event=record.event,
        evidence=tuple(
            texts.words(source.article, [span], version=source.version, sha256=source.text_sha256)
            for span in record.event.evidence
        ),
        retracted=reasons.get(event.event_id),
    )


def _counts(connection: Connection, column: ColumnElement[Any], *where: ColumnElement[bool]) -> dict[str, int]:
    query = select(column, func.count()).group_by(column).order_by(column)
    rows = connection.execute(query.where(*where) if where else query)
    return {row[0]: row[1] for row in rows}


def _number(connection: Connection, query: Select[Any]) -> int:
    found: int = connection.execute(query).scalar_one()
    return found
