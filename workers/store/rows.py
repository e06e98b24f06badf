"""What the parts of the store share: JSON columns, upserts, and the rows of work that a result brings with it.

It must not know what the work is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from domain.errors import Conflict
from workers.ports import Lease
from workers.store import schema as t
from workers.store.engine import Database

_CHUNK = 500  # rows a statement: SQLite takes 32,766 values at most


class Part:
    """A part of the store: it holds the database and nothing else."""

    def __init__(self, database: Database) -> None:
        self._db = database


def to_json(value: object) -> str:
    """Canonical JSON text for a column."""
    return msgspec.json.encode(value, order="sorted").decode()


def strings(text: str) -> tuple[str, ...]:
    """A JSON column that holds a list of strings."""
    return msgspec.json.decode(text, type=tuple[str, ...])


def insert(connection: Connection, table: Table) -> Any:
    """The dialect's own INSERT, for ON CONFLICT; both dialects word it alike."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def chunks(rows: Sequence[dict[str, Any]]) -> Iterable[Sequence[dict[str, Any]]]:
    """Rows in portions that fit one statement."""
    return (rows[i : i + _CHUNK] for i in range(0, len(rows), _CHUNK))


def ring(connection: Connection, kind: str, subjects: Iterable[str], *, now: datetime) -> None:
    """Make work due now, afresh: a row that is there starts over, and whoever holds its lease loses it."""
    rows = [
        {"kind": kind, "subject": s, "status": "waiting", "attempts": 0, "next_attempt_at": now, "changed_at": now}
        for s in subjects
    ]
    for chunk in chunks(rows):
        statement = insert(connection, t.work).values(list(chunk))
        over = statement.excluded
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["kind", "subject"],
                set_={
                    "status": over.status,
                    "attempts": 0,
                    "lease_token": None,
                    "lease_until": None,
                    "next_attempt_at": over.next_attempt_at,
                    "changed_at": over.changed_at,
                    "error": None,
                },
            )
        )


def finish(connection: Connection, lease: Lease, *, now: datetime, note: str | None = None) -> None:
    """Mark work done, fenced by its lease; `note` is kept beside it.

    Raises:
        Conflict: the lease ran out and somebody else took the work: nothing of the transaction may stand.
    """
    done = connection.execute(
        t.work.update()
        .where(t.work.c.id == lease.work_id, t.work.c.lease_token == lease.token, t.work.c.status == "leased")
        .values(status="done", lease_token=None, lease_until=None, error=note, changed_at=now)
    )
    if done.rowcount != 1:
        raise Conflict(f"the lease on {lease.kind} {lease.subject} was lost: its result is dropped")
