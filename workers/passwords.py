"""Passwords: hashed with argon2id (RFC 9106), checked at the same cost for people who exist and who do not.

It must not know who has one.
"""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from domain.errors import InputError

SHORTEST, LONGEST = 12, 256


def hash_password(password: str) -> str:
    """What is stored of a password.

    Raises:
        InputError: it is too short, or too long.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(f"a password has {SHORTEST} to {LONGEST} characters")
    return _hasher().hash(password)


def fits(password: str, hashed: str | None) -> bool:
    """Whether a password is the one that was hashed; False, after the same work, where there is none."""
    try:
        return _hasher().verify(_nobody() if hashed is None else hashed, password[:LONGEST]) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    return _hasher().hash("nobody has this one")
