"""Feeds, entries and articles: what is fetched and cleaned, as rows with a status.

It must not know how anything is fetched, or what is read out of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, Text, and_, cast, exists, select

from workers.ports import Article, CleanArticle, Entry, Feed, FeedEntry, FeedSpec, Lease, PollOutcome
from workers.store import schema as t
from workers.store.rows import Part, chunks, finish, insert, ring

FIRST_INTERVAL = 900.0  # seconds


def article_id(url: str) -> str:
    """The identity of an article: 32 hexadecimal digits of its cleaned address."""
    return hashlib.sha256(url.encode()).hexdigest()[:32]


class SourceRows(Part):
    """The `SourceStore` of `workers.ports`."""

    def load_feeds(self, feeds: Sequence[FeedSpec], *, now: datetime) -> int:
        """Make the list of feeds the present one; new ones are due at once. Returns how many are new."""
        with self._db.write() as connection:
            connection.execute(t.feeds.update().values(listed=False))
            return sum(_load(connection, spec, now) for spec in {f.url: f for f in feeds}.values())

    def feeds(self) -> list[Feed]:
        """Every feed of the present list, by outlet."""
        query = select(t.feeds).where(t.feeds.c.listed).order_by(t.feeds.c.outlet, t.feeds.c.id)
        with self._db.read() as connection:
            return [feed(row) for row in connection.execute(query)]

    def feed(self, feed_id: int) -> Feed | None:
        """One feed, listed or not."""
        with self._db.read() as connection:
            return _feed(connection, feed_id)

    def entry(self, entry_id: int) -> Entry | None:
        """One entry with its feed."""
        with self._db.read() as connection:
            row = connection.execute(select(t.entries).where(t.entries.c.id == entry_id)).one_or_none()
            of = None if row is None else _feed(connection, row.feed_id)
        if row is None or of is None:
            return None
        return Entry(id=row.id, url=row.url, title=row.title, published_at=row.published_at, feed=of)

    def article(self, article_id: str, *, version: int | None = None) -> Article | None:
        """A stored version; the newest by default. The text of an erased one is empty."""
        query = articles().where(t.articles.c.id == article_id)
        if version is not None:
            query = query.where(t.article_versions.c.version == version)
        with self._db.read() as connection:
            row = connection.execute(query.order_by(t.article_versions.c.version.desc()).limit(1)).one_or_none()
        return None if row is None else article(row)

    def enqueue_due_polls(self, now: datetime) -> int:
        """Make a `poll` row for every feed that is due and has none open. Returns how many."""
        subject = t.work.c.subject == cast(t.feeds.c.id, Text)
        open_ = exists().where(t.work.c.kind == "poll", subject, t.work.c.status != "done")
        query = select(t.feeds.c.id).where(t.feeds.c.listed, t.feeds.c.next_poll_at <= now, ~open_)
        with self._db.write() as connection:
            due = [str(i) for i in connection.execute(query.order_by(t.feeds.c.next_poll_at)).scalars()]
            ring(connection, "poll", due, now=now)
        return len(due)

    def save_poll(self, lease: Lease, outcome: PollOutcome, *, now: datetime) -> int:
        """Finish a poll: the feed's state, the unseen entries and a `fetch` row for each. Returns how many are new.

        Raises:
            Conflict: the lease was lost; nothing was saved.
        """
        feed_id = int(lease.subject)
        with self._db.write() as connection:
            finish(connection, lease, now=now, note=outcome.error)
            new = _add_entries(connection, feed_id, outcome.entries, now)
            ring(connection, "fetch", [str(i) for i in new], now=now)
            connection.execute(
                t.feeds.update().where(t.feeds.c.id == feed_id).values(_after_poll(outcome, bool(new), now))
            )
        return len(new)

    def save_article(self, lease: Lease, article: CleanArticle, *, now: datetime) -> Article | None:
        """Finish a fetch: a new version with a `read` row, or None where the text is unchanged.

        Raises:
            Conflict: the lease was lost; nothing was saved.
        """
        with self._db.write() as connection:
            finish(connection, lease, now=now)
            stored = add_version(connection, article, now=now)
            identity = article_id(article.url)
            if stored is not None:
                ring(connection, "read", [identity], now=now)
            outcome = "unchanged" if stored is None else "stored"
            connection.execute(
                t.entries.update()
                .where(t.entries.c.id == int(lease.subject))
                .values(outcome=outcome, article_id=identity, why=None)
            )
        return stored

    def skip_entry(self, lease: Lease, why: str, *, now: datetime) -> None:
        """Finish a fetch that yields no article for good (404, another language), with the reason.

        Raises:
            Conflict: the lease was lost.
        """
        with self._db.write() as connection:
            finish(connection, lease, now=now, note=why)
            connection.execute(
                t.entries.update().where(t.entries.c.id == int(lease.subject)).values(outcome="skipped", why=why)
            )


def add_version(connection: Connection, article: CleanArticle, *, now: datetime) -> Article | None:
    """Store the text as the next version of its article; None where the newest version says the same."""
    identity, digest = article_id(article.url), hashlib.sha256(article.text.encode()).hexdigest()
    connection.execute(
        insert(connection, t.articles)
        .values(id=identity, url=article.url, outlet=article.outlet)
        .on_conflict_do_nothing(index_elements=["id"])
    )
    # the article's row is the lock under which versions are numbered
    connection.execute(select(t.articles.c.id).where(t.articles.c.id == identity).with_for_update())
    newest = connection.execute(
        select(t.article_versions.c.version, t.article_versions.c.text_sha256)
        .where(t.article_versions.c.article_id == identity)
        .order_by(t.article_versions.c.version.desc())
        .limit(1)
    ).one_or_none()
    if newest is not None and newest.text_sha256 == digest:
        return None
    stored = Article(
        id=identity,
        version=1 if newest is None else newest.version + 1,
        url=article.url,
        outlet=article.outlet,
        title=article.title,
        text=article.text,
        text_sha256=digest,
        published=article.published,
        fetched_at=now,
    )
    connection.execute(
        t.article_versions.insert().values(
            article_id=identity,
            version=stored.version,
            title=stored.title,
            text=stored.text,
            text_sha256=digest,
            published=stored.published,
            language=article.language,
            fetched_at=now,
        )
    )
    return stored


def articles() -> Select[Any]:
    """Every stored version with its article."""
    return select(
        t.articles.c.id,
        t.articles.c.url,
        t.articles.c.outlet,
        t.article_versions.c.version,
        t.article_versions.c.title,
        t.article_versions.c.text,
        t.article_versions.c.text_sha256,
        t.article_versions.c.published,
        t.article_versions.c.fetched_at,
    ).join(t.article_versions, t.article_versions.c.article_id == t.articles.c.id)


def article(row: Row[Any]) -> Article:
    """A row of `articles()` as a stored version."""
    return Article(
        id=row.id,
        version=row.version,
        url=row.url,
        outlet=row.outlet,
        title=row.title,
        text=row.text or "",
        text_sha256=row.text_sha256,
        published=row.published,
        fetched_at=row.fetched_at,
    )


def feed(row: Row[Any]) -> Feed:
    """A row of `feeds` as a feed."""
    return Feed(
        id=row.id,
        url=row.url,
        listed_url=row.listed_url,
        outlet=row.outlet,
        title=row.title,
        country=row.country,
        time_zone=row.time_zone,
        etag=row.etag,
        last_modified=row.last_modified,
        interval=row.interval_seconds,
        next_poll_at=row.next_poll_at,
        failures=row.failures,
        last_error=row.last_error,
        last_polled_at=row.last_polled_at,
        last_new_at=row.last_new_at,
    )


def _feed(connection: Connection, feed_id: int) -> Feed | None:
    row = connection.execute(select(t.feeds).where(t.feeds.c.id == feed_id)).one_or_none()
    return None if row is None else feed(row)


def _load(connection: Connection, spec: FeedSpec, now: datetime) -> bool:
    """Bring one listed feed up to date; True where it is new."""
    said = {
        "listed_url": spec.url,
        "outlet": spec.outlet,
        "title": spec.title,
        "country": spec.country,
        "time_zone": spec.time_zone,
        "listed": True,
    }
    # a feed that moved may be listed under its new address now: it is the same feed, with its state
    for same in (t.feeds.c.listed_url == spec.url, and_(t.feeds.c.url == spec.url, ~t.feeds.c.listed)):
        known = connection.execute(select(t.feeds.c.id).where(same).limit(1)).scalar()
        if known is not None:
            connection.execute(t.feeds.update().where(t.feeds.c.id == known).values(said))
            return False
    connection.execute(t.feeds.insert().values(**said, url=spec.url, interval_seconds=FIRST_INTERVAL, next_poll_at=now))
    return True


def _add_entries(connection: Connection, feed_id: int, found: Sequence[FeedEntry], now: datetime) -> list[int]:
    """Ids of the entries that no feed brought before."""
    rows = [
        {
            "url": e.url,
            "feed_id": feed_id,
            "title": e.title,
            "summary": e.summary,
            "published_at": e.published_at,
            "seen_at": now,
        }
        # in one order for all, so that two polls that bring the same entries cannot lock each other out
        for e in sorted({e.url: e for e in reversed(found)}.values(), key=lambda e: e.url)
    ]
    new: list[int] = []
    for chunk in chunks(rows):
        statement = insert(connection, t.entries).values(list(chunk)).on_conflict_do_nothing(index_elements=["url"])
        new += connection.execute(statement.returning(t.entries.c.id)).scalars()
    return sorted(new)


def _after_poll(outcome: PollOutcome, brought_new: bool, now: datetime) -> dict[str, Any]:
    state: dict[str, Any] = {
        "last_polled_at": now,
        "next_poll_at": outcome.next_poll_at,
        "interval_seconds": outcome.interval,
        "last_error": outcome.error,
    }
    if outcome.status == "failed":
        state["failures"] = t.feeds.c.failures + 1
    else:
        state |= {"failures": 0, "etag": outcome.etag, "last_modified": outcome.last_modified}
    if outcome.moved_to is not None:
        state["url"] = outcome.moved_to
    if brought_new:
        state["last_new_at"] = now
    return state
