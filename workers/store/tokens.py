"""Tokens of the API as they are kept: their names, what they allow, and the hashes of their secrets.

It must not know what a token looks like.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, select

from workers.store import schema as t
from workers.store.rows import Part, to_json
from workers.tokens import Kept, Scope, Token

_SCOPES = msgspec.json.Decoder(tuple[Scope, ...])


class TokenRows(Part):
    """Making, finding and revoking tokens."""

    def add(
        self, name: str, scopes: Sequence[Scope], *, sha256: str, expires_at: datetime | None, now: datetime
    ) -> Token:
        """A new token."""
        values = {"name": name, "scopes": to_json(tuple(scopes)), "sha256": sha256, "created_at": now}
        insert = t.api_tokens.insert().values(**values, expires_at=expires_at).returning(t.api_tokens)
        with self._db.write() as connection:
            return _token(connection.execute(insert).one())

    def all(self) -> list[Token]:
        """Every token, oldest first, revoked ones too."""
        with self._db.read() as connection:
            return [_token(row) for row in connection.execute(select(t.api_tokens).order_by(t.api_tokens.c.id))]

    def kept(self, number: int) -> Kept | None:
        """One token with the hash of its secret."""
        with self._db.read() as connection:
            row = connection.execute(select(t.api_tokens).where(t.api_tokens.c.id == number)).one_or_none()
        return None if row is None else Kept(token=_token(row), sha256=row.sha256)

    def revoke(self, number: int, *, now: datetime) -> bool:
        """End a token at once; False where there is none that is good."""
        c = t.api_tokens.c
        with self._db.write() as connection:
            ended = t.api_tokens.update().where(c.id == number, c.revoked_at.is_(None)).values(revoked_at=now)
            return connection.execute(ended).rowcount == 1

    def note_use(self, number: int, *, now: datetime) -> None:
        """Remember when a token was last used."""
        with self._db.write() as connection:
            connection.execute(t.api_tokens.update().where(t.api_tokens.c.id == number).values(used_at=now))


def _token(row: Row[Any]) -> Token:
    return Token(
        id=row.id, name=row.name, scopes=_SCOPES.decode(row.scopes), created_at=row.created_at,
        expires_at=row.expires_at, used_at=row.used_at, revoked_at=row.revoked_at,
    )  # fmt: skip
