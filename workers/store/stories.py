"""Sketches of articles, kept for a month and found by their keys, and which article is a copy of which.

Linked when an article is read, after its sketch was committed: of two copies that arrive at once, at least one sees the
other. It must not know how texts are compared.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, union_all, update

from domain import stories
from domain.copies import Sketch
from domain.stories import Story
from workers.store import schema as t
from workers.store.rows import Part, insert

KEPT = timedelta(days=31)
_MOST_BY_KEY = 24  # newest sketches looked at under one key: phrases that many articles share lead nowhere
_MOST_COMPARED = 64  # of those, the ones with most keys in common
_PORTION = 500


class StoryRows(Part):
    """Which stored articles are copies."""

    def link_copies(self, article_id: str, *, now: datetime) -> str | None:
        """Find the copies of a stored article within a month; the article that it is a copy of, or None."""
        with self._db.read() as connection:
            mine = _stories(connection, [article_id])
            near = _copies(connection, mine[0], since=now - KEPT) if mine and mine[0].hashes else []
        if not near and (not mine or mine[0].origin is None):
            return None
        with self._db.write() as connection:
            return _link(connection, article_id, near)

    def forget_stories(self, now: datetime) -> int:
        """Drop sketches older than a month, some at a time; links stay. Returns how many."""
        with self._db.write() as connection:
            old = (
                select(t.story_sketches.c.id, t.story_sketches.c.hashes)
                .where(t.story_sketches.c.seen_at < now - KEPT)
                .order_by(t.story_sketches.c.id)
                .limit(_PORTION)
                .with_for_update(skip_locked=True)
            )
            rows = connection.execute(old).all()
            for row in rows:
                _drop_keys(connection, row.id, _unpacked(row.hashes))
            connection.execute(delete(t.story_sketches).where(t.story_sketches.c.id.in_([row.id for row in rows])))
            return len(rows)


def keep_sketch(connection: Connection, article_id: str, text: str, *, moment: datetime, now: datetime) -> None:
    """Keep the sketch of an article's newest text, in place of an older one. The first moment known of it stays."""
    old = connection.execute(
        select(t.story_sketches.c.id, t.story_sketches.c.hashes).where(t.story_sketches.c.article_id == article_id)
    ).one_or_none()
    hashes = stories.story_sketch(text)
    packed = _packed(hashes)
    if old is None:
        made = insert(connection, t.story_sketches).values(
            article_id=article_id, hashes=packed, moment=moment, seen_at=now
        )
        number = connection.execute(made.returning(t.story_sketches.c.id)).scalar_one()
    else:
        number = old.id
        _drop_keys(connection, number, _unpacked(old.hashes))
        connection.execute(
            update(t.story_sketches).where(t.story_sketches.c.id == number).values(hashes=packed, seen_at=now)
        )
    rows = [{"hash": key, "sketch": number} for key in stories.keys(hashes)]
    if rows:
        connection.execute(insert(connection, t.story_keys).values(rows))


def _stories(connection: Connection, articles: Iterable[str]) -> list[Story]:
    query = (
        select(t.story_sketches.c.article_id, t.story_sketches.c.moment, t.story_sketches.c.hashes, t.articles.c.origin)
        .join(t.articles, t.articles.c.id == t.story_sketches.c.article_id)
        .where(t.story_sketches.c.article_id.in_(list(articles)))
    )
    return [
        Story(article=row.article_id, moment=row.moment, hashes=_unpacked(row.hashes), origin=row.origin)
        for row in connection.execute(query)
    ]


def _copies(connection: Connection, story: Story, *, since: datetime) -> list[str]:
    """The articles that are copies of a story, or of one: those that share a key, and what they are copies of."""
    by_key = [
        select(
            select(t.story_keys.c.sketch)
            .where(t.story_keys.c.hash == key)
            .order_by(t.story_keys.c.sketch.desc())
            .limit(_MOST_BY_KEY)
            .subquery()
            .c.sketch
        )
        for key in stories.keys(story.hashes)
    ]
    shared = union_all(*by_key).subquery()
    query = (
        select(t.story_sketches.c.article_id)
        .join(shared, shared.c.sketch == t.story_sketches.c.id)
        .where(t.story_sketches.c.seen_at >= since)
        .group_by(t.story_sketches.c.id, t.story_sketches.c.article_id)
        .order_by(func.count().desc(), t.story_sketches.c.id)
        .limit(_MOST_COMPARED)
    )
    sharing = set(connection.execute(query).scalars()) - {story.article}
    found = _stories(connection, sharing)
    found += _stories(connection, {s.origin for s in found if s.origin is not None} - sharing - {story.article})
    return [s.article for s in found if stories.is_copy(story.hashes, s.hashes)]


def _link(connection: Connection, article_id: str, near: Sequence[str]) -> str | None:
    """Link an article and its copies to whichever was first; the article that it is a copy of, or None."""
    # origins are read under the lock: two who link the same articles at once come to one answer
    _lock(connection, [article_id, *near])
    known = {s.article: s for s in _stories(connection, [article_id, *near])}
    first = _stories(connection, {s.origin for s in known.values() if s.origin is not None} - known.keys())
    changed = stories.origins(known[article_id], [*known.values(), *first])
    for article, origin in sorted(changed.items()):
        connection.execute(update(t.articles).where(t.articles.c.id == article).values(origin=origin))
    return changed.get(article_id, known[article_id].origin)


def _lock(connection: Connection, articles: Iterable[str]) -> None:
    """Take the rows in one order, so that two who link the same articles wait for each other and no more."""
    rows = select(t.articles.c.id).where(t.articles.c.id.in_(sorted(articles))).order_by(t.articles.c.id)
    connection.execute(rows.with_for_update())


def _drop_keys(connection: Connection, number: int, hashes: Sketch) -> None:
    where = (t.story_keys.c.hash.in_(stories.keys(hashes)), t.story_keys.c.sketch == number)
    connection.execute(delete(t.story_keys).where(*where))


def _packed(hashes: Sketch) -> bytes:
    return struct.pack(f"<{len(hashes)}I", *hashes)


def _unpacked(packed: bytes) -> Sketch:
    return struct.unpack(f"<{len(packed) // 4}I", packed)


def copies_of(connection: Connection, articles: Sequence[str]) -> dict[str, int]:
    """How many copies each article has, those without one left out."""
    query = (
        select(t.articles.c.origin, func.count()).where(t.articles.c.origin.in_(articles)).group_by(t.articles.c.origin)
    )
    return {str(origin): int(n) for origin, n in connection.execute(query)}
