"""Whose turn it is, across the fleet: expiring leases on names, judged by the database's own clock.

A role that only one process may play, a host that takes one request at a time. A holder that dies keeps nothing: its
lease runs out. PostgreSQL only: the embedded default is one process, and keeps turns in its memory. It must not know
what the names stand for.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Table, Text, text

from workers.store.rows import Part
from workers.store.schema import Utc, metadata

turns = Table(
    "turns",
    metadata,
    Column("name", Text, primary_key=True),
    Column("token", Text, nullable=True),
    Column("held_until", Utc, nullable=True),
    Column("free_at", Utc, nullable=False),  # nobody's turn before that
    Column("promised", Utc, nullable=False),  # the last moment that somebody was told to come back at
)

_NOW = "clock_timestamp()"
_TAKE = text(f"""
    INSERT INTO turns AS t (name, token, held_until, free_at, promised)
    VALUES (:name, :token, {_NOW} + make_interval(secs => :seconds), {_NOW}, {_NOW})
    ON CONFLICT (name) DO UPDATE SET token = :token, held_until = excluded.held_until
    WHERE t.token = :token OR ((t.token IS NULL OR t.held_until <= {_NOW}) AND t.free_at <= {_NOW})
    RETURNING name
""")
_RELEASE = text(f"""
    UPDATE turns SET token = NULL, held_until = NULL,
        free_at = greatest(free_at, {_NOW} + make_interval(secs => :pause))
    WHERE name = :name AND token = :token
""")
_PUT_OFF = text(f"""
    INSERT INTO turns AS t (name, free_at, promised)
    VALUES (:name, {_NOW} + make_interval(secs => :seconds), {_NOW})
    ON CONFLICT (name) DO UPDATE SET free_at = greatest(t.free_at, excluded.free_at)
""")
_PROMISE = text(f"""
    INSERT INTO turns AS t (name, free_at, promised) VALUES (:name, {_NOW}, {_NOW} + make_interval(secs => :step))
    ON CONFLICT (name) DO UPDATE SET promised = greatest(t.promised, t.free_at, {_NOW}) + make_interval(secs => :step)
    RETURNING extract(epoch FROM promised - {_NOW})
""")
_HOLDERS = text(f"SELECT name, token FROM turns WHERE held_until > {_NOW} ORDER BY name")


class Turns(Part):
    """Each call is one statement and a transaction of its own. Raises StoreAway where the database is."""

    def take(self, name: str, token: str, *, seconds: float) -> bool:
        """Take a turn, or hold on to the one that the token has; False while it is somebody else's, or nobody's yet."""
        with self._db.at_once() as connection:
            said = {"name": name, "token": token, "seconds": seconds}
            return connection.execute(_TAKE, said).one_or_none() is not None

    def release(self, name: str, token: str, *, pause: float = 0.0) -> None:
        """Give a turn back; the next one begins after the pause. Nothing happens where it was lost."""
        with self._db.at_once() as connection:
            connection.execute(_RELEASE, {"name": name, "token": token, "pause": pause})

    def put_off(self, name: str, *, seconds: float) -> None:
        """Nobody's turn for so long from now, whoever holds it at the moment."""
        with self._db.at_once() as connection:
            connection.execute(_PUT_OFF, {"name": name, "seconds": seconds})

    def promise(self, name: str, *, step: float) -> float:
        """Seconds until a moment that nobody else was promised, `step` after the one before."""
        with self._db.at_once() as connection:
            return max(0.0, float(connection.execute(_PROMISE, {"name": name, "step": step}).scalar_one()))

    def holders(self) -> dict[str, str]:
        """Tokens by the names whose turn somebody has now."""
        with self._db.read() as connection:
            return {row.name: row.token for row in connection.execute(_HOLDERS)}

    def now(self) -> datetime:
        """The database's clock."""
        with self._db.read() as connection:
            found: datetime = connection.execute(text(f"SELECT {_NOW}")).scalar_one()
            return found
