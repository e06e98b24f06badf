"""Tokens of the API: what they look like, what they allow, and how one is known again.

A token is `marsad_`, a number and a secret of 256 random bits; of the secret only the SHA-256 is kept, which needs no
salt at that length. It must not know where tokens are kept.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal, get_args

import msgspec

Scope = Literal["read", "subscriptions", "operate"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
_FORM = re.compile(r"marsad_([1-9]\d{0,17})_([A-Za-z0-9_-]{43})", re.ASCII)
_NOBODY = "0" * 64  # what a secret is compared with where there is no such token: it takes as long


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token without its secret. `scopes`: `operate` allows everything, on everybody's subscriptions."""

    id: int
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None = None
    used_at: datetime | None = None
    revoked_at: datetime | None = None

    def may(self, scope: Scope) -> bool:
        """Whether it allows this."""
        return scope in self.scopes or "operate" in self.scopes


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A token as it is kept."""

    token: Token
    sha256: str


def new_secret() -> str:
    """What makes a token."""
    return secrets.token_urlsafe(32)


def written(number: int, secret: str) -> str:
    """The token as its owner sends it."""
    return f"marsad_{number}_{secret}"


def digest(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def recognised(header: str, look_up: Callable[[int], Kept | None], now: datetime) -> Token | None:
    """The token of an Authorization header; None for whatever is no token, or good no more."""
    scheme, _, raw = header.partition(" ")
    found = _FORM.fullmatch(raw.strip()) if scheme.lower() == "bearer" else None
    kept = None if found is None else look_up(int(found[1]))
    same = hmac.compare_digest(digest("" if found is None else found[2]), _NOBODY if kept is None else kept.sha256)
    if kept is None or not same or kept.token.revoked_at is not None:
        return None
    return kept.token if kept.token.expires_at is None or now < kept.token.expires_at else None


def scopes(given: Sequence[str]) -> tuple[Scope, ...]:
    """Scopes in their order, each once."""
    return tuple(scope for scope in SCOPES if scope in given)
