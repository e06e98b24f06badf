"""Hubs of feeds: who was asked to push, with which secret, and until when it does. It must not know what a hub says."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select

from workers.ports import Hub
from workers.store import schema as t
from workers.store.rows import Part, insert

_RENEW_BEFORE = timedelta(days=2)
_ASK_AGAIN = timedelta(hours=6)
_BETWEEN_POLLS = timedelta(seconds=60)


class HubRows(Part):
    """The `HubStore` of `workers.pushing`."""

    def ask_due(self, feed_id: int, hub: str, topic: str, *, now: datetime) -> Hub | None:
        """The row to ask the hub with, where that is due; it counts as asked from now on."""
        with self._db.write() as connection:
            old = connection.execute(select(t.hubs).where(t.hubs.c.feed_id == feed_id).with_for_update()).one_or_none()
            same = old is not None and (old.hub, old.topic) == (hub, topic)
            if old is not None and same and not _is_due(old, now):
                return None
            values: dict[str, Any] = {"hub": hub, "topic": topic, "asked_at": now}
            if not same:
                # another hub must not learn what the old one was told
                values |= {
                    "token": secrets.token_urlsafe(24), "secret": secrets.token_urlsafe(32), "active_until": None,
                    "error": None,
                }  # fmt: skip
            statement = insert(connection, t.hubs).values(
                feed_id=feed_id, **({"token": "", "secret": ""} if old is None else _kept(old)) | values
            )
            statement = statement.on_conflict_do_update(index_elements=["feed_id"], set_=values)
            return _hub(connection.execute(statement.returning(t.hubs)).one())

    def hub(self, token: str) -> Hub | None:
        """The hub that knows a callback by this token."""
        with self._db.read() as connection:
            row = connection.execute(select(t.hubs).where(t.hubs.c.token == token)).one_or_none()
        return None if row is None else _hub(row)

    def hub_answered(self, feed_id: int, *, until: datetime | None, error: str | None) -> None:
        """The hub pushes until then, or does not, and why."""
        with self._db.write() as connection:
            connection.execute(
                t.hubs.update().where(t.hubs.c.feed_id == feed_id).values(active_until=until, error=error)
            )

    def ring_feed(self, feed_id: int, *, now: datetime) -> bool:
        """Make a feed due at once, or in a moment where it was polled just now. False where nothing changes."""
        with self._db.write() as connection:
            row = connection.execute(
                select(t.feeds.c.last_polled_at, t.feeds.c.next_poll_at)
                .where(t.feeds.c.id == feed_id)
                .with_for_update()
            ).one_or_none()
            connection.execute(t.hubs.update().where(t.hubs.c.feed_id == feed_id).values(pinged_at=now))
            if row is None:
                return False
            due = now if row.last_polled_at is None else max(now, row.last_polled_at + _BETWEEN_POLLS)
            if row.next_poll_at <= due:
                return False
            connection.execute(t.feeds.update().where(t.feeds.c.id == feed_id).values(next_poll_at=due))
            return True


def _kept(row: Row[Any]) -> dict[str, Any]:
    return {"token": row.token, "secret": row.secret}


def _is_due(row: Row[Any], now: datetime) -> bool:
    """Whether to ask again: before the lease ends, or after a while without an answer."""
    if row.active_until is not None and row.active_until > now + _RENEW_BEFORE:
        return False
    return bool(row.asked_at <= now - _ASK_AGAIN)


def _hub(row: Row[Any]) -> Hub:
    return Hub(
        feed_id=row.feed_id, hub=row.hub, topic=row.topic, token=row.token, secret=row.secret,
        active_until=row.active_until, error=row.error,
    )  # fmt: skip
