"""What the parts of the store share: JSON columns, upserts, and the rows of work that a result brings with it.

It must not know what the work is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import (
    ARRAY,
    Boolean,
    Connection,
    Float,
    FromClause,
    Integer,
    Table,
    Text,
    column,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from domain.errors import Conflict
from workers.ports import Lease
from workers.store import schema as t
from workers.store.engine import Database, driver_cursor

_POSTGRES_TYPES = {
    Text: "text",
    Integer: "int4",
    type(t.Big): "int8",
    Float: "float8",
    Boolean: "bool",
    t.Utc: "timestamptz",
}
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


def keyed(connection: Connection, rows: Sequence[tuple[str, ...]], *names: str) -> FromClause:
    """Rows of text as a table to join with, however many: `names` are its columns."""
    if connection.dialect.name == "sqlite":
        each = func.json_each(literal(msgspec.json.encode(rows).decode())).table_valued("value")
        said = (func.json_extract(each.c.value, f"$[{i}]", type_=Text).label(name) for i, name in enumerate(names))
        return select(*said).subquery("k")
    arrays = (literal([row[i] for row in rows], ARRAY(Text)) for i in range(len(names)))
    return func.unnest(*arrays).table_valued(*(column(name, Text) for name in names)).render_derived(name="k")


def put(
    connection: Connection, table: Table, rows: Sequence[Sequence[Any]], *, over: Mapping[str, str] | None = None
) -> None:
    """Insert whole rows by the driver, their values in the order of the table's columns.

    `over`: what to set where a row of the same primary key is there, in SQL.
    """
    if not rows:
        return
    names = ", ".join(c.name for c in table.c)
    sets = ", ".join(f"{name} = {value}" for name, value in (over or {}).items())
    key = ", ".join(c.name for c in table.primary_key)
    conflict = f" ON CONFLICT ({key}) DO UPDATE SET {sets}" if over else ""
    if connection.dialect.name == "sqlite":
        times = [i for i, c in enumerate(table.c) if isinstance(c.type, t.Utc)]
        said = [tuple(row) for row in rows] if not times else [_sqlite_row(row, times) for row in rows]
        marks = ", ".join("?" for _ in table.c)
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({marks}){conflict}", said)
        return
    types = [_POSTGRES_TYPES[type(c.type)] for c in table.c]
    if over is None:
        with (
            driver_cursor(connection) as cursor,
            cursor.copy(f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)") as copy,
        ):
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)
        return
    arrays = ", ".join(f"%s::{name}[]" for name in types)
    statement = f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({arrays}){conflict}"
    connection.exec_driver_sql(statement, tuple(list(values) for values in zip(*rows, strict=True)))


def _sqlite_row(row: Sequence[Any], times: Iterable[int]) -> tuple[Any, ...]:
    said = list(row)
    for i in times:
        if said[i] is not None:
            said[i] = sqlite_time(said[i])
    return tuple(said)


@lru_cache(maxsize=128)  # rows that are written together have one time
def sqlite_time(moment: datetime) -> str:
    """A time as SQLAlchemy writes it into SQLite."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


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
