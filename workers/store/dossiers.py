"""Every event that bears on a position: its words in their context, where they stand, and who copied them.

Newest day first, in portions, on both clocks. It must not know how an event is shown, nor how a position follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, select

from domain.copies import groups
from domain.events import Retraction, Span
from domain.positions import Fact
from workers.store import schema as t
from workers.store.clocks import changes_at, sequence_at
from workers.store.engine import Database
from workers.store.log import recorded
from workers.store.texts import Texts

_FACT = msgspec.json.Decoder(Fact)
_AROUND = 260  # characters of the article shown before and after its words
_BETWEEN = 320  # longer text between two sentences is left out


class Piece(msgspec.Struct, frozen=True):
    """A piece of an article. `said`: it is evidence; else what surrounds it."""

    text: str
    said: bool


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """Another article with the same words."""

    event_id: str
    outlet: str
    title: str
    url: str


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """That an event was taken back, by whom and why."""

    who: str
    why: str
    at: datetime


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a position, as its first article has it. `context`: empty once the text was erased.

    `copies`: the other articles of the portion that carry the same words; they count as the same source.
    """

    fact: Fact
    context: tuple[Piece, ...]
    copies: tuple[Copy, ...]
    taken: Taken | None = None


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """A portion of the events of a position. `count`: of all; `taken`: those taken back, in the same portion."""

    told: tuple[Telling, ...]
    taken: tuple[Telling, ...]
    count: int


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What one day did to a position, without its evidence."""

    on: str
    kind: str
    before: str | None
    after: str
    speaker: str | None


class Dossiers:
    """Questions about the events of positions."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def of(
        self,
        actor: str,
        issue: str,
        *,
        as_of: str | None = None,
        known_at: datetime | None = None,
        skip: int = 0,
        limit: int = 60,
    ) -> Dossier:
        """The events of one actor on one issue up to a day, as known at a time; copies folded into one."""
        with self._db.read() as connection:
            where = _asked(connection, actor, issue, as_of, known_at)
            count = connection.execute(select(func.count()).where(where)).scalar_one()
            f = t.position_facts.c
            query = select(f.data, f.retracted_sequence).where(where).order_by(f.occurred_on.desc(), f.sequence.desc())
            rows = connection.execute(query.offset(skip).limit(limit)).all()
            return _dossier(connection, rows, count, sequence_at(connection, known_at))

    def course(
        self, actor: str, issue: str, *, as_of: str | None = None, known_at: datetime | None = None
    ) -> list[Turn]:
        """Every turn of a position that stands, oldest first, on both clocks."""
        with self._db.read() as connection:
            if as_of is None and known_at is None:
                c = t.changes.c
                query = select(c.on_day, c.kind, c.before_stance, c.after_stance, c.speaker)
                query = query.where(c.actor == actor, c.issue == issue, c.withdrawn_at.is_(None))
                rows = connection.execute(query.order_by(c.on_day, c.sequence))
                return [Turn(on=r[0], kind=r[1], before=r[2], after=r[3], speaker=r[4]) for r in rows]
            found = changes_at(connection, actor, issue, as_of=as_of, known_at=known_at)
        return [Turn(on=c.on, kind=c.kind, before=c.before, after=c.after, speaker=c.speaker) for c in found]

    def known_since(self, actor: str, issue: str) -> datetime | None:
        """When the first event of a position was recorded."""
        f = t.position_facts.c
        query = select(f.recorded_at).where(f.actor == actor, f.issue == issue).order_by(f.sequence).limit(1)
        with self._db.read() as connection:
            return connection.execute(query).scalar()

    def one(self, event_id: str) -> Telling | None:
        """One event with its words; None where it bears on no position."""
        f = t.position_facts.c
        query = select(f.data, f.retracted_sequence).where(f.event_id == event_id)
        with self._db.read() as connection:
            found = _dossier(connection, connection.execute(query).all(), 1, None)
        return next(iter(found.told + found.taken), None)


def _asked(
    connection: Connection, actor: str, issue: str, as_of: str | None, known_at: datetime | None
) -> ColumnElement[bool]:
    f = t.position_facts.c
    where = and_(f.actor == actor, f.issue == issue)
    if as_of is not None:
        where = and_(where, f.occurred_on <= as_of)
    at = sequence_at(connection, known_at)
    return where if at is None else and_(where, f.sequence <= at)


def _dossier(connection: Connection, rows: Sequence[Any], count: int, at: int | None) -> Dossier:
    standing: list[Fact] = []
    gone: list[Fact] = []
    for data, retracted in rows:
        taken = retracted is not None and (at is None or retracted <= at)
        (gone if taken else standing).append(_FACT.decode(data))
    texts = Texts(connection)
    texts.load(fact.article for fact in (*standing, *gone))
    why = _retractions(connection, [fact.event_id for fact in gone])
    return Dossier(
        told=tuple(_telling(of, texts) for of in _copied(standing)),
        taken=tuple(_telling([fact], texts, taken=why.get(fact.event_id)) for fact in gone),
        count=count,
    )


def _copied(found: Sequence[Fact]) -> list[list[Fact]]:
    """Events that tell the same in articles that copy each other, first recorded first; in the order of the first."""
    source = {name: names[0] for names in groups((f.article, f.sketches) for f in found) for name in names}
    same: dict[tuple[object, ...], list[Fact]] = {}
    for fact in found:
        key = (source[fact.article], fact.occurred_on, fact.type, fact.stance, fact.speaker)
        same.setdefault(key, []).append(fact)
    return [sorted(facts, key=lambda f: f.sequence) for facts in same.values()]


def _telling(facts: Sequence[Fact], texts: Texts, *, taken: Taken | None = None) -> Telling:
    first = facts[0]
    text = texts.whole(first.article, version=first.version, sha256=first.text_sha256)
    others = {f.article: f for f in facts[1:] if f.article != first.article}
    return Telling(
        fact=first,
        context=context(text, first.evidence),
        copies=tuple(Copy(event_id=f.event_id, outlet=f.outlet, title=f.title, url=f.url) for f in others.values()),
        taken=taken,
    )


def context(text: str, spans: Sequence[Span], *, around: int = _AROUND) -> tuple[Piece, ...]:
    """The words at these spans amid what surrounds them, whole words only; empty without a text."""
    spans = [(start, end) for start, end in spans if 0 <= start < end <= len(text)]
    if not spans:
        return ()
    start = _word_after(text, spans[0][0] - around)
    end = _word_before(text, spans[-1][1] + around)
    pieces = [Piece(("… " if start > 0 else "") + text[start : spans[0][0]], said=False)]
    for (first, last), following in zip(spans, [*spans[1:], None], strict=True):
        pieces.append(Piece(text[first:last], said=True))
        if following is None:
            pieces.append(Piece(text[last:end] + (" …" if end < len(text) else ""), said=False))
        else:
            between = text[last : following[0]]
            pieces.append(Piece(between if len(between) <= _BETWEEN else " … ", said=False))
    return tuple(piece for piece in pieces if piece.text)


def _word_after(text: str, at: int) -> int:
    if at <= 0:
        return 0
    gap = text.find(" ", at)
    return at if gap < 0 or gap > at + 40 else gap + 1


def _word_before(text: str, at: int) -> int:
    if at >= len(text):
        return len(text)
    gap = text.rfind(" ", 0, at)
    return at if gap < at - 40 else gap


def _retractions(connection: Connection, event_ids: Sequence[str]) -> dict[str, Taken]:
    query = select(t.events).where(t.events.c.type == "retraction", t.events.c.causation_id.in_(event_ids))
    found = [recorded(row) for row in connection.execute(query)] if event_ids else []
    return {
        e.record.event_id: Taken(who=e.record.who, why=e.record.why, at=e.recorded_at)
        for e in found
        if isinstance(e.record, Retraction)
    }
