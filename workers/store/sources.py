"""Feeds, entries and articles: what is fetched and cleaned, as rows with a status.

It must not know how anything is fetched, or what is read out of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, Text, and_, cast, exists, select

from workers.ports import Article, CleanArticle, Entry, Feed, FeedEntry, FeedSpec, Lease, PollOutcome
from workers.store import schema as t
from workers.store.rows import Part, chunks, finish, insert, ring
from workers.store.stories import keep_sketch

FIRST_INTERVAL = 900.0  # seconds
_CHUNK = 500
_EDITED_WITHIN = timedelta(days=31)
_MOST_FETCHES = 8
_EDIT_PAUSE = timedelta(minutes=5)


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
        # a poll that was given up (its outcome could not even be kept) comes back after a day: no feed stops for good
        given_up = and_(t.work.c.status == "quarantined", t.work.c.changed_at <= now - timedelta(days=1))
        open_ = exists().where(t.work.c.kind == "poll", subject, t.work.c.status != "done", ~given_up)
        query = select(t.feeds.c.id).where(t.feeds.c.listed, t.feeds.c.next_poll_at <= now, ~open_)
        with self._db.write() as connection:
            due = [str(i) for i in connection.execute(query.order_by(t.feeds.c.next_poll_at)).scalars()]
            ring(connection, "poll", due, now=now)
        return len(due)

    def save_poll(self, lease: Lease, outcome: PollOutcome, *, now: datetime) -> int:
        """Finish a poll: the feed's state, and a `fetch` row for each entry that is unseen or was edited.

        Returns how many are new.

        Raises:
            Conflict: the lease was lost; nothing was saved.
        """
        feed_id = int(lease.subject)
        with self._db.write() as connection:
            finish(connection, lease, now=now, note=outcome.error)
            edited = _edit_entries(connection, feed_id, outcome.entries, now)
            new = _add_entries(connection, feed_id, outcome.entries, now)
            ring(connection, "fetch", [str(i) for i in (*new, *edited)], now=now)
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
                .values(outcome=outcome, article_id=identity, why=None, language=article.language, **_fetched(now))
            )
        return stored

    def skip_entry(self, lease: Lease, why: str, *, language: str | None = None, now: datetime) -> None:
        """Finish a fetch that yields no article for good (404, a page without text), with the reason.

        `language`: of an article that is set aside since it is not in Arabic.

        Raises:
            Conflict: the lease was lost.
        """
        outcome = "skipped" if language is None else "foreign"
        with self._db.write() as connection:
            # what is set aside is no failure: it leaves no error
            finish(connection, lease, now=now, note=why if language is None else None)
            connection.execute(
                t.entries.update()
                .where(t.entries.c.id == int(lease.subject))
                .values(outcome=outcome, why=why, language=language or "", **_fetched(now))
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
            author=article.author,
            published_at=article.published_at,
        )
    )
    moment = article.published_at or _end_of_day(article.published) or now
    keep_sketch(connection, identity, article.text, moment=min(moment, now), now=now)
    return stored


def _end_of_day(day: str | None) -> datetime | None:
    """Of two copies the one that names its hour goes before one that names the day alone."""
    return None if day is None else datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=1)


def _fetched(now: datetime) -> dict[str, Any]:
    return {"fetched_at": now, "fetches": t.entries.c.fetches + 1}


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
            "updated_at": e.updated_at,
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


def _edit_entries(connection: Connection, feed_id: int, found: Sequence[FeedEntry], now: datetime) -> list[int]:
    """Ids of the entries that this feed says were edited since they were fetched; few times each, and not for ever."""
    by_url = {e.url: e for e in reversed(found)}
    edited: list[int] = []
    for start in range(0, len(by_url), _CHUNK):
        query = select(t.entries).where(
            t.entries.c.url.in_(list(by_url)[start : start + _CHUNK]),
            t.entries.c.feed_id == feed_id,
            t.entries.c.outcome.in_(("stored", "unchanged")),
            t.entries.c.seen_at >= now - _EDITED_WITHIN,
            t.entries.c.fetches < _MOST_FETCHES,
        )
        for row in connection.execute(query.order_by(t.entries.c.url)):
            entry = by_url[row.url]
            if _says(entry) != _says(row) and _may_fetch_again(row, now):
                connection.execute(t.entries.update().where(t.entries.c.id == row.id).values(_said(entry)))
                edited.append(row.id)
    return edited


def _says(entry: FeedEntry | Row[Any]) -> tuple[object, ...]:
    return entry.title, entry.summary, entry.updated_at


def _said(entry: FeedEntry) -> dict[str, Any]:
    return {"title": entry.title, "summary": entry.summary, "updated_at": entry.updated_at}


def _may_fetch_again(row: Row[Any], now: datetime) -> bool:
    """A pause that doubles, so that a feed whose entries change at every poll makes few requests."""
    return row.fetched_at is None or now - row.fetched_at >= _EDIT_PAUSE * 2 ** max(0, row.fetches - 1)


def _after_poll(outcome: PollOutcome, brought_new: bool, now: datetime) -> dict[str, Any]:
    paced = (outcome.next_poll_at, outcome.interval)
    due, interval = paced if brought_new or outcome.quiet is None else outcome.quiet
    state: dict[str, Any] = {
        "last_polled_at": now,
        "next_poll_at": due,
        "interval_seconds": interval,
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
