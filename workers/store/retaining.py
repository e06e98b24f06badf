"""Texts that are kept no longer, and a copy of the whole database while it is in use.

The log holds the hash of each text, not the text, so it verifies as before. It must not know how long texts are kept.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, func, select

from domain.errors import InputError
from workers.store import schema as t
from workers.store.rows import Part

_PORTION = 500  # versions a transaction: readers and workers go on meanwhile


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule concerns: versions of articles, and the characters of their texts."""

    versions: int
    characters: int


class Retaining(Part):
    """What `marsad retain` and `marsad backup` ask of the store."""

    def texts_before(self, before: datetime, *, evidence: bool) -> Kept:
        """The texts fetched before a time; with `evidence` also those that events were read from."""
        v = t.article_versions.c
        query = select(func.count(), func.coalesce(func.sum(func.length(v.text)), 0)).where(_old(before, evidence))
        with self._db.read() as connection:
            versions, characters = connection.execute(query).one()
        return Kept(versions=versions, characters=characters)

    def erase_texts(self, before: datetime, *, evidence: bool) -> int:
        """Erase these texts; their hashes stay. Returns how many versions lost theirs."""
        table, done = t.article_versions, 0
        portion = select(table.c.article_id, table.c.version).where(_old(before, evidence)).limit(_PORTION)
        while True:
            with self._db.write() as connection:
                rows = connection.execute(portion).all()
                for row in rows:
                    mine = and_(table.c.article_id == row.article_id, table.c.version == row.version)
                    connection.execute(table.update().where(mine).values(text=None))
            done += len(rows)
            if len(rows) < _PORTION:
                return done

    def copy_to(self, target: Path) -> None:
        """A sound copy of an SQLite database, taken while others read and write it.

        Raises:
            InputError: the target is there already, or the database is a server's.
        """
        if not self._db.is_sqlite:
            raise InputError("marsad backup copies SQLite; on PostgreSQL: pg_dump -Fc --dbname=… --file=…")
        if target.exists():
            raise InputError(f"{target} is there already: name a new file")
        source = self._db.engine.raw_connection()
        try:
            with sqlite3.connect(target) as copy:
                driver: Any = source.driver_connection
                driver.backup(copy)
                (state,) = copy.execute("PRAGMA integrity_check").fetchone()
        except sqlite3.Error as exc:
            raise InputError(f"{target} cannot be written: {exc}") from exc
        finally:
            source.close()
        if state != "ok":
            raise InputError(f"the copy is not sound ({state}): look at the disk")


def _old(before: datetime, evidence: bool) -> ColumnElement[bool]:
    v = t.article_versions.c
    where = and_(v.fetched_at < before, v.text.is_not(None))
    read_from = select(t.events.c.sequence).where(t.events.c.stream == v.article_id).exists()
    return where if evidence else and_(where, ~read_from)
