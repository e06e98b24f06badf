"""Rows of work: leases, attempts, back-off, quarantine.

The row of a projection is never rung: it is due whenever the log is ahead of the checkpoint, so that no event waits
for a lost bell. It must not know what the work is.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select, true

from workers.ports import Lease, WorkItem, WorkKind
from workers.store import schema as t
from workers.store.rows import Part, finish

_COLUMNS = (
    t.work.c.id,
    t.work.c.kind,
    t.work.c.subject,
    t.work.c.status,
    t.work.c.attempts,
    t.work.c.next_attempt_at,
    t.work.c.error,
)


class WorkRows(Part):
    """The `WorkStore` of `workers.ports`."""

    def due(self, now: datetime, *, limit: int = 100, kinds: Collection[WorkKind] = ()) -> list[WorkItem]:
        """Work that is waiting and due, or whose lease ran out, oldest first; of these kinds, of all where none is."""
        query = (
            select(*_COLUMNS)
            .where(or_(_takeable(now), _behind(now)), _of(kinds))
            .order_by(t.work.c.next_attempt_at, t.work.c.id)
            .limit(limit)
        )
        with self._db.read() as connection:
            return [item(row) for row in connection.execute(query)]

    def take(self, kind: WorkKind, subject: str, *, now: datetime, seconds: float) -> Lease | None:
        """The lease on a piece of work, its attempt counted and committed; None where it is not due or somebody's."""
        token = secrets.token_hex(16)
        until = now + timedelta(seconds=seconds)
        # a projection's row that was done starts counting afresh: its attempts are those since the last success
        attempts = case((t.work.c.status == "done", 1), else_=t.work.c.attempts + 1)
        statement = (
            t.work.update()
            .where(t.work.c.kind == kind, t.work.c.subject == subject, or_(_takeable(now), _behind(now)))
            .values(status="leased", attempts=attempts, lease_token=token, lease_until=until, changed_at=now)
            .returning(t.work.c.id, t.work.c.attempts)
        )
        with self._db.write() as connection:
            row = connection.execute(statement).one_or_none()
        if row is None:
            return None
        return Lease(work_id=row.id, kind=kind, subject=subject, token=token, attempts=row.attempts, lease_until=until)

    def extend(self, lease: Lease, *, now: datetime, seconds: float) -> bool:
        """Hold on to work that takes longer; False where the lease was lost."""
        with self._db.write() as connection:
            held = connection.execute(
                t.work.update().where(_held(lease)).values(lease_until=now + timedelta(seconds=seconds))
            )
            return held.rowcount == 1

    def finish(self, lease: Lease, *, now: datetime) -> None:
        """Mark work done that leaves no other row (a projection's).

        Raises:
            Conflict: the lease was lost.
        """
        with self._db.write() as connection:
            finish(connection, lease, now=now)

    def fail(self, lease: Lease, error: str, *, now: datetime, retry_at: datetime | None) -> None:
        """Give the work back, to be tried at `retry_at`; None quarantines it. Nothing happens if the lease was lost."""
        with self._db.write() as connection:
            fail(connection, lease, error, now=now, retry_at=retry_at)

    def postpone(self, lease: Lease, *, until: datetime, now: datetime) -> None:
        """Give work back that was not tried: the attempt does not count. Nothing happens if the lease was lost."""
        with self._db.write() as connection:
            connection.execute(
                t.work.update()
                .where(_held(lease))
                .values(
                    status="waiting",
                    attempts=t.work.c.attempts - 1,
                    next_attempt_at=until,
                    lease_token=None,
                    lease_until=None,
                    changed_at=now,
                )
            )

    def next_due(self, kinds: Collection[WorkKind] = ()) -> datetime | None:
        """When the next waiting work falls due, or the next lease runs out; None where nothing waits."""
        due = case((t.work.c.status == "leased", t.work.c.lease_until), else_=t.work.c.next_attempt_at)
        open_ = or_(t.work.c.status.in_(("waiting", "leased")), and_(t.work.c.status == "done", _log_is_ahead()))
        with self._db.read() as connection:
            return connection.execute(
                select(due.label("due")).where(open_, _of(kinds)).order_by("due").limit(1)
            ).scalar()

    def quarantined(self) -> list[WorkItem]:
        """What was given up, newest first."""
        query = (
            select(*_COLUMNS)
            .where(t.work.c.status == "quarantined")
            .order_by(t.work.c.changed_at.desc(), t.work.c.id.desc())
        )
        with self._db.read() as connection:
            return [item(row) for row in connection.execute(query)]

    def drop(self, work_id: int, *, now: datetime) -> bool:
        """Give quarantined work up for good, its error kept; False where there is none of that id."""
        with self._db.write() as connection:
            return _drop(connection, work_id, now)

    def retry(self, work_id: int, *, now: datetime) -> bool:
        """Put quarantined work back; False where there is none of that id."""
        with self._db.write() as connection:
            row = connection.execute(
                t.work.update()
                .where(t.work.c.id == work_id, t.work.c.status == "quarantined")
                .values(status="waiting", attempts=0, next_attempt_at=now, error=None, changed_at=now)
                .returning(t.work.c.kind, t.work.c.subject)
            ).one_or_none()
            if row is not None and row.kind == "deliver":
                connection.execute(
                    t.deliveries.update()
                    .where(t.deliveries.c.id == int(row.subject), t.deliveries.c.status == "dead")
                    .values(status="waiting", attempts=0, error=None)
                )
            return row is not None


def _drop(connection: Connection, work_id: int, now: datetime) -> bool:
    dropped = connection.execute(
        t.work.update()
        .where(t.work.c.id == work_id, t.work.c.status == "quarantined")
        .values(status="done", changed_at=now)
    )
    return dropped.rowcount == 1


def fail(connection: Connection, lease: Lease, error: str, *, now: datetime, retry_at: datetime | None) -> bool:
    """Give work back within a transaction; False where the lease was lost."""
    given_back = connection.execute(
        t.work.update()
        .where(_held(lease))
        .values(
            status="quarantined" if retry_at is None else "waiting",
            next_attempt_at=now if retry_at is None else retry_at,
            lease_token=None,
            lease_until=None,
            error=error,
            changed_at=now,
        )
    )
    return given_back.rowcount == 1


def _held(lease: Lease) -> ColumnElement[bool]:
    return and_(t.work.c.id == lease.work_id, t.work.c.lease_token == lease.token, t.work.c.status == "leased")


def _of(kinds: Collection[WorkKind]) -> ColumnElement[bool]:
    return t.work.c.kind.in_(sorted(kinds)) if kinds else true()


def _takeable(now: datetime) -> ColumnElement[bool]:
    return or_(
        and_(t.work.c.status == "waiting", t.work.c.next_attempt_at <= now),
        and_(t.work.c.status == "leased", t.work.c.lease_until <= now),
    )


def _log_is_ahead() -> ColumnElement[bool]:
    head = select(func.coalesce(func.max(t.log_head.c.sequence), 0)).scalar_subquery()
    seen = select(t.checkpoints.c.seq).where(t.checkpoints.c.projection == t.work.c.subject).scalar_subquery()
    of_subject = t.position_keys.c.projection == t.work.c.subject
    waiting = select(t.position_keys.c.actor).where(of_subject, t.position_keys.c.stale.is_not(None)).exists()
    return and_(t.work.c.kind == "project", or_(head > func.coalesce(seen, 0), waiting))


def _behind(now: datetime) -> ColumnElement[bool]:
    return and_(t.work.c.status == "done", t.work.c.next_attempt_at <= now, _log_is_ahead())


def item(row: Any) -> WorkItem:
    """A row as a piece of work."""
    return WorkItem(
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        status=row.status,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        error=row.error,
    )


def counts(connection: Connection) -> Sequence[tuple[str, str, int]]:
    """How many rows of each kind and status."""
    query = select(t.work.c.kind, t.work.c.status, func.count()).group_by(t.work.c.kind, t.work.c.status)
    return [(kind, status, n) for kind, status, n in connection.execute(query)]
