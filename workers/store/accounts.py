"""People who sign in: users and roles, one-time links, sessions, failed tries, and the trail of who did what.

Secrets are stored as their hashes alone. It must not know HTTP, nor how a password is hashed.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

import msgspec
from sqlalchemy import func, or_, select

from domain.errors import InputError
from workers.store import schema as t
from workers.store.rows import Part

Role = Literal["reader", "analyst", "operator", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
_IDLE = timedelta(hours=12)
_SEEN_AGAIN = timedelta(minutes=5)
_LONGEST_NAME = 64


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person. `password`: the hash, None until one was chosen."""

    id: int
    name: str
    role: Role
    password: str | None
    disabled: bool


class Audited(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody did something. `what`: a constant word; `subject`: to which thing; `detail`: in their words."""

    at: datetime
    who: str
    what: str
    subject: str
    detail: str
    address: str


class AccountRows(Part):
    """What signing in asks of the store."""

    def add_user(self, name: str, role: str, *, now: datetime) -> User:
        """A new person, without a password.

        Raises:
            InputError: the name is taken or cannot be one, or there is no such role.
        """
        name = name.strip()
        if not name or len(name) > _LONGEST_NAME or not name.isprintable():
            raise InputError(f"a user's name has 1 to {_LONGEST_NAME} printable characters")
        if role not in ROLES:
            raise InputError(f"there is no role {role!r}: known are {', '.join(ROLES)}")
        if self.user(name) is not None:
            raise InputError(f"there is a user {name} already: marsad users lists them")
        with self._db.write() as connection:
            connection.execute(t.users.insert().values(name=name, role=role, created_at=now))
        found = self.user(name)
        assert found is not None  # noqa: S101 -- it was just written
        return found

    def users(self) -> list[User]:
        """Everybody, by name."""
        with self._db.read() as connection:
            return [_user(row) for row in connection.execute(select(t.users).order_by(t.users.c.name))]

    def user(self, name: str) -> User | None:
        """The person of that name."""
        with self._db.read() as connection:
            row = connection.execute(select(t.users).where(t.users.c.name == name.strip())).one_or_none()
        return None if row is None else _user(row)

    def change_user(
        self, name: str, *, role: str | None = None, disabled: bool | None = None, password: str | None = None,
        now: datetime,
    ) -> None:  # fmt: skip
        """Another role, password or standing; whoever was signed in as that person no longer is.

        Raises:
            InputError: there is no such user or role, or nobody else could manage users.
        """
        user = self.user(name)
        if user is None:
            raise InputError(f"there is no user {name}: marsad users lists them")
        if role is not None and role not in ROLES:
            raise InputError(f"there is no role {role!r}: known are {', '.join(ROLES)}")
        values: dict[str, Any] = {}
        values |= {} if role is None else {"role": role}
        values |= {} if disabled is None else {"disabled_at": now if disabled else None}
        values |= {} if password is None else {"password": password}
        with self._db.write() as connection:
            connection.execute(t.users.update().where(t.users.c.id == user.id).values(values))
            for table in (t.sessions, t.entry_links):
                connection.execute(table.delete().where(table.c.user_id == user.id))

    def somebody_can_manage(self, now: datetime) -> bool:
        """Whether an admin can sign in, by a password or by a link that was not used yet."""
        linked = select(t.entry_links.c.user_id).where(t.entry_links.c.expires_at > now)
        can = or_(t.users.c.password.is_not(None), t.users.c.id.in_(linked))
        query = select(func.count()).where(t.users.c.role == "admin", t.users.c.disabled_at.is_(None), can)
        with self._db.read() as connection:
            return bool(connection.execute(query).scalar_one())

    def make_link(self, user: User, *, now: datetime, seconds: float) -> str:
        """The secret of a link that lets a person in once, to choose a password; earlier ones end."""
        secret = secrets.token_urlsafe(32)
        with self._db.write() as connection:
            connection.execute(t.entry_links.delete().where(t.entry_links.c.user_id == user.id))
            until = now + timedelta(seconds=seconds)
            connection.execute(
                t.entry_links.insert().values(sha256=hashed(secret), user_id=user.id, expires_at=until)
            )  # fmt: skip
        return secret

    def link(self, secret: str, *, now: datetime) -> User | None:
        """Whom a link lets in; it is not used up."""
        return self._of_secret(t.entry_links, secret, now)

    def use_link(self, secret: str, password: str, *, now: datetime) -> User | None:
        """Use a link up: the person's password is this hash from now on; None where it lets nobody in (any more)."""
        user = self.link(secret, now=now)
        if user is None:
            return None
        with self._db.write() as connection:
            used = connection.execute(t.entry_links.delete().where(t.entry_links.c.sha256 == hashed(secret)))
            if used.rowcount != 1:
                return None
            connection.execute(t.users.update().where(t.users.c.id == user.id).values(password=password))
            connection.execute(t.sessions.delete().where(t.sessions.c.user_id == user.id))
        return user

    def open_session(self, user: User, *, now: datetime, seconds: float) -> str:
        """The secret of a new session; sessions that ran out are cleared away."""
        secret = secrets.token_urlsafe(32)
        with self._db.write() as connection:
            connection.execute(t.sessions.delete().where(t.sessions.c.expires_at <= now))
            until = now + timedelta(seconds=seconds)
            connection.execute(
                t.sessions.insert().values(sha256=hashed(secret), user_id=user.id, expires_at=until, seen_at=now)
            )
        return secret

    def session(self, secret: str, *, now: datetime) -> User | None:
        """Who is signed in by a secret; None where it is unknown, ran out or lay idle for too long."""
        user = self._of_secret(t.sessions, secret, now)
        if user is None:
            return None
        mine = t.sessions.c.sha256 == hashed(secret)
        with self._db.read() as connection:
            seen = connection.execute(select(t.sessions.c.seen_at).where(mine)).scalar()
        if seen is None or now - seen > _IDLE:
            return None
        if now - seen > _SEEN_AGAIN:
            with self._db.write() as connection:
                connection.execute(t.sessions.update().where(mine).values(seen_at=now))
        return user

    def close_session(self, secret: str) -> None:
        """End a session."""
        with self._db.write() as connection:
            connection.execute(t.sessions.delete().where(t.sessions.c.sha256 == hashed(secret)))

    def note_failure(self, name: str, address: str, *, now: datetime) -> None:
        """Remember a try to sign in that failed."""
        failures = t.sign_in_failures
        with self._db.write() as connection:
            connection.execute(failures.delete().where(failures.c.at < now - timedelta(days=1)))
            connection.execute(failures.insert().values(name=name[:_LONGEST_NAME], address=address, at=now))

    def failures(self, name: str, address: str, *, since: datetime) -> tuple[int, int]:
        """How many tries of late failed for that name from that address, and from that address for any name."""
        failures = t.sign_in_failures.c
        of_address = select(func.count()).where(failures.at >= since, failures.address == address)
        with self._db.read() as connection:
            both = connection.execute(of_address.where(failures.name == name[:_LONGEST_NAME])).scalar_one()
            return both, connection.execute(of_address).scalar_one()

    def note(
        self, who: str, what: str, *, subject: str = "", detail: str = "", address: str = "", now: datetime
    ) -> None:
        """Write down that somebody did something."""
        row = {"at": now, "who": who, "what": what, "subject": subject, "detail": detail, "address": address}
        with self._db.write() as connection:
            connection.execute(t.audit.insert().values(row))

    def audited(self, limit: int = 200) -> list[Audited]:
        """What was done, newest first."""
        query = select(t.audit).order_by(t.audit.c.id.desc()).limit(limit)
        with self._db.read() as connection:
            return [
                Audited(
                    at=row.at, who=row.who, what=row.what, subject=row.subject, detail=row.detail, address=row.address
                )
                for row in connection.execute(query)
            ]

    def _of_secret(self, table: Any, secret: str, now: datetime) -> User | None:
        query = select(t.users).join(table, table.c.user_id == t.users.c.id)
        query = query.where(table.c.sha256 == hashed(secret), table.c.expires_at > now, t.users.c.disabled_at.is_(None))
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _user(row)


def hashed(secret: str) -> str:
    """What is stored of a secret: it is random and long, so a plain hash cannot be turned back."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _user(row: Any) -> User:
    return User(id=row.id, name=row.name, role=row.role, password=row.password, disabled=row.disabled_at is not None)
