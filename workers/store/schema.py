"""The tables, as SQLAlchemy Core; `migrations/` makes them, `alembic check` proves that both agree.

Times are aware UTC, stored as timestamptz on PostgreSQL and as sortable text on SQLite. Columns that hold JSON are
text, written by msgspec, the same on both. It must not know who reads or writes them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    and_,
    false,
    true,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Big = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only where the type is INTEGER


class Utc(TypeDecorator[datetime]):
    """Aware UTC datetimes, on both sides."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone reached the store: {value.isoformat()}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return as_utc(value)


def as_utc(value: datetime | None) -> datetime | None:
    """A time of the database as an aware UTC one; SQLite's have no zone."""
    if value is None:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _id() -> Column[int]:
    return Column("id", Big, primary_key=True, autoincrement=True)


def _text(name: str, *args: Any, default: str | None = None, nullable: bool = False) -> Column[str]:
    return Column(name, Text, *args, nullable=nullable, server_default=default)


def _time(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, Utc, nullable=nullable)


_KEEP_NUMBERS: Any = {"sqlite_autoincrement": True}  # else SQLite gives the number of a deleted newest row away again

feeds = Table(
    "feeds",
    metadata,
    _id(),
    _text("listed_url"),  # the address in the list of feeds; `url` follows permanent redirects
    _text("url"),
    _text("outlet"),
    _text("title", default=""),
    _text("country", default=""),
    _text("time_zone", default="UTC"),
    Column("listed", Boolean, nullable=False, server_default=true()),
    _text("etag", nullable=True),
    _text("last_modified", nullable=True),
    Column("interval_seconds", Float, nullable=False),
    _time("next_poll_at"),
    Column("failures", Integer, nullable=False, server_default="0"),
    _text("last_error", nullable=True),
    _time("last_polled_at", nullable=True),
    _time("last_new_at", nullable=True),
    UniqueConstraint("listed_url"),
    **_KEEP_NUMBERS,
)

entries = Table(
    "entries",
    metadata,
    _id(),
    _text("url"),
    Column("feed_id", Big, ForeignKey("feeds.id"), nullable=False, index=True),
    _text("title", default=""),
    _text("summary", default=""),
    _time("published_at", nullable=True),
    _time("seen_at"),
    _text("outcome", default="waiting"),  # waiting · stored · unchanged · foreign (see `language`) · skipped
    _text("why", nullable=True),
    _text("article_id", nullable=True),
    _time("updated_at", nullable=True),  # what the feed says of its last change
    Column("fetches", Integer, nullable=False, server_default="0"),
    _time("fetched_at", nullable=True),
    _text("language", default=""),
    UniqueConstraint("url"),
    **_KEEP_NUMBERS,
)

articles = Table(
    "articles",
    metadata,
    Column("id", Text, primary_key=True),
    _text("url"),
    _text("outlet"),
    Column("origin", Text, index=True),  # the article of which this is a copy; null: it is nobody's
    UniqueConstraint("url"),
)

article_versions = Table(
    "article_versions",
    metadata,
    Column("article_id", Text, ForeignKey("articles.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    _text("title", default=""),
    _text("text", nullable=True),  # null once erased; its hash stays
    _text("text_sha256"),
    _text("published", nullable=True),
    _text("language", default="ar"),
    _time("fetched_at"),
    _text("author", default=""),
    _time("published_at", nullable=True),
)

story_sketches = Table(
    "story_sketches",
    metadata,
    _id(),
    Column("article_id", Text, ForeignKey("articles.id"), nullable=False),
    Column("hashes", LargeBinary, nullable=False),  # unsigned, four bytes each, ascending
    _time("moment"),  # published, else fetched: who was first
    Column("seen_at", Utc, nullable=False, index=True),
    UniqueConstraint("article_id"),
    **_KEEP_NUMBERS,
)

story_keys = Table(
    "story_keys",
    metadata,
    Column("hash", Big, primary_key=True, autoincrement=False),
    Column("sketch", Big, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

hubs = Table(
    "hubs",
    metadata,
    Column("feed_id", Big, ForeignKey("feeds.id"), primary_key=True, autoincrement=False),
    _text("hub"),
    _text("topic"),
    _text("token"),
    _text("secret"),
    _time("asked_at"),
    _time("active_until", nullable=True),
    _time("pinged_at", nullable=True),
    _text("error", nullable=True),
    UniqueConstraint("token"),
)

work = Table(
    "work",
    metadata,
    _id(),
    _text("kind"),
    _text("subject"),
    _text("status", default="waiting"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    _time("lease_until", nullable=True),
    _text("lease_token", nullable=True),
    _time("next_attempt_at"),
    _text("error", nullable=True),
    _time("changed_at"),
    UniqueConstraint("kind", "subject"),
    Index(None, "status", "next_attempt_at"),
    CheckConstraint("status IN ('waiting', 'leased', 'done', 'quarantined')", name="status"),
    **_KEEP_NUMBERS,
)

log_head = Table(
    "log_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", Big, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

events = Table(
    "events",
    metadata,
    Column("sequence", Big, primary_key=True, autoincrement=False),
    _text("event_id"),
    _text("type"),
    Column("schema_version", Integer, nullable=False),
    _text("stream"),
    Column("version", Integer, nullable=False),
    _text("data"),
    _time("recorded_at"),
    _text("correlation_id", default=""),
    _text("causation_id", default=""),
    UniqueConstraint("event_id"),
    UniqueConstraint("stream", "version"),
)
_RETRACTION = events.c.type == "retraction"
Index("ix_events_retracted", events.c.causation_id, postgresql_where=_RETRACTION, sqlite_where=_RETRACTION)
_SUMMIT = events.c.type == "summit"
Index("ix_events_summits", events.c.sequence, postgresql_where=_SUMMIT, sqlite_where=_SUMMIT)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("projection", Text, primary_key=True),
    Column("seq", Big, nullable=False),
    _time("moved_at", nullable=True),
)

log_seals = Table(
    "log_seals",
    metadata,
    Column("number", Big, primary_key=True, autoincrement=False),
    Column("first_sequence", Big, nullable=False),
    Column("last_sequence", Big, nullable=False),
    _text("leaves"),
    _text("previous_hash"),
    _text("hash"),
    _time("sealed_at"),
)


def _facts_table(name: str) -> Table:
    made = Table(
        name,
        metadata,
        Column("event_id", Text, primary_key=True),
        Column("sequence", Big, nullable=False),
        _time("recorded_at"),
        _text("actor"),
        _text("issue"),
        _text("occurred_on"),
        _text("newest", default=""),  # the newest day among the facts of its key up to this one in the log
        _text("data"),
        Column("retracted_sequence", Big),
        _time("retracted_at", nullable=True),
        Index(None, "actor", "issue", "occurred_on"),
        Index(None, "actor", "issue", "sequence"),
    )
    taken_back = made.c.retracted_sequence.is_not(None)
    columns = (made.c.actor, made.c.issue, made.c.retracted_sequence)
    Index(f"ix_{name}_retracted", *columns, postgresql_where=taken_back, sqlite_where=taken_back)
    return made


def _positions_table(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("actor", Text, primary_key=True),
        Column("issue", Text, primary_key=True),
        _text("stance"),
        _text("speaker", nullable=True),
        _text("since"),
        _text("last_confirmed"),
        Column("sources", Integer, nullable=False),
        Column("confidence", Float, nullable=False),
        Column("contested", Boolean, nullable=False, server_default=false()),
        Column("unconfirmed", Boolean, nullable=False, server_default=false()),
        _text("data"),
        Column("log_sequence", Big, nullable=False),
    )


def _changes_table(name: str) -> Table:
    made = Table(
        name,
        metadata,
        Column("sequence", Big, primary_key=True, autoincrement=False),
        _text("change_key"),
        _text("actor"),
        _text("issue"),
        _text("kind"),
        _text("before_stance", nullable=True),
        _text("after_stance", nullable=True),
        _text("on_day"),
        _text("speaker", nullable=True),
        _text("data"),
        _time("recorded_at"),
        Column("log_sequence", Big, nullable=False),
        _time("withdrawn_at", nullable=True),
        UniqueConstraint("change_key"),
        Index(None, "actor", "issue", "on_day"),
        Index(None, "actor", "sequence"),
        Index(None, "issue", "sequence"),
    )
    conditional = and_(made.c.after_stance == "conditional", made.c.withdrawn_at.is_(None))
    columns = (made.c.actor, made.c.issue, made.c.on_day)
    Index(f"ix_{name}_conditional", *columns, postgresql_where=conditional, sqlite_where=conditional)
    return made


def _days_table(name: str) -> Table:
    """What each day with facts left behind; `settled`: the last event that bears on the days up to it."""
    return Table(
        name,
        metadata,
        Column("actor", Text, primary_key=True),
        Column("issue", Text, primary_key=True),
        Column("day", Text, primary_key=True),
        Column("settled", Big, nullable=False),
        _text("data"),
        sqlite_with_rowid=False,
    )


position_facts = _facts_table("position_facts")
positions = _positions_table("positions")
changes = _changes_table("changes")
position_days = _days_table("position_days")

# where a rebuild works beside the live projection; empty at any other time
rebuild_facts = _facts_table("rebuild_facts")
rebuild_positions = _positions_table("rebuild_positions")
rebuild_changes = _changes_table("rebuild_changes")
rebuild_days = _days_table("rebuild_days")

position_keys = Table(  # every key that has facts
    "position_keys",
    metadata,
    Column("projection", Text, primary_key=True),
    Column("actor", Text, primary_key=True),
    Column("issue", Text, primary_key=True),
    _text("stale", nullable=True),  # facts are in and not folded yet: the first day that they bear on
    _text("newest", default=""),  # the newest day of all its facts
)
_STALE = position_keys.c.stale.is_not(None)
_WAITING = (position_keys.c.projection, position_keys.c.actor, position_keys.c.issue)
Index("ix_position_keys_stale", *_WAITING, postgresql_where=_STALE, sqlite_where=_STALE)

channels = Table(
    "channels",
    metadata,
    _id(),
    _text("kind"),
    _text("target"),
    _text("secrets", default="[]"),
    _time("secrets_until", nullable=True),  # until then all secrets sign, afterwards the first alone; null: all
    _text("disabled", nullable=True),
    _time("failing_since", nullable=True),
    _time("created_at"),
    Column("owner", Big, nullable=False, server_default="0"),  # the token that made it; 0: a command
    UniqueConstraint("kind", "target", "owner"),
    **_KEEP_NUMBERS,
)

subscriptions = Table(
    "subscriptions",
    metadata,
    _id(),
    _text("actors", default="[]"),
    _text("issues", default="[]"),
    _text("changes", default="[]"),
    _text("terms", default="{}"),
    _time("created_at"),
    _time("removed_at", nullable=True),
    Column("owner", Big, nullable=False, server_default="0", index=True),  # as of `channels`
    **_KEEP_NUMBERS,
)

subscription_channels = Table(
    "subscription_channels",
    metadata,
    Column("subscription_id", Big, ForeignKey("subscriptions.id"), primary_key=True),
    Column("channel_id", Big, ForeignKey("channels.id"), primary_key=True, index=True),
)

subscription_stamp = Table(  # moves with every change of a subscription or a channel, so that readers can keep both
    "subscription_stamp",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Big, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

deliveries = Table(
    "deliveries",
    metadata,
    _id(),
    Column("subscription_id", Big, ForeignKey("subscriptions.id"), nullable=False),
    Column("channel_id", Big, ForeignKey("channels.id"), nullable=False),
    Column("change_key", Text, ForeignKey("changes.change_key"), nullable=False, index=True),
    Column("turn", Integer, nullable=False, server_default="0"),  # 0: the change; then corrections
    _text("group_key", default=""),
    Column("carried_by", Big, ForeignKey("deliveries.id"), index=True),  # the delivery whose message tells this one too
    _time("sealed_at", nullable=True),  # when the message got its words
    _text("told", nullable=True),
    _text("idempotency_key"),
    _text("body"),
    _text("status", default="waiting"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    _text("error", nullable=True),
    _time("created_at"),
    _time("delivered_at", nullable=True),
    UniqueConstraint("subscription_id", "channel_id", "change_key", "turn"),
    UniqueConstraint("idempotency_key"),
    CheckConstraint("status IN ('waiting', 'delivered', 'dead', 'dropped')", name="status"),
    **_KEEP_NUMBERS,
)
_OPEN = deliveries.c.sealed_at.is_(None)
Index("ix_deliveries_open", deliveries.c.subscription_id, postgresql_where=_OPEN, sqlite_where=_OPEN)

delivery_attempts = Table(
    "delivery_attempts",
    metadata,
    _id(),
    Column("delivery_id", Big, ForeignKey("deliveries.id"), nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    _time("at"),
    _text("status"),
    Column("http_status", Integer),
    _text("error", nullable=True),
    **_KEEP_NUMBERS,
)

api_tokens = Table(
    "api_tokens",
    metadata,
    _id(),
    _text("name"),
    _text("scopes", default="[]"),
    _text("sha256"),  # of the secret, which nobody keeps
    _time("created_at"),
    _time("expires_at", nullable=True),
    _time("used_at", nullable=True),
    _time("revoked_at", nullable=True),
    **_KEEP_NUMBERS,
)

users = Table(
    "users",
    metadata,
    _id(),
    _text("name"),
    _text("role"),
    _text("password", nullable=True),  # its argon2 hash; null until somebody chose one
    _time("created_at"),
    _time("disabled_at", nullable=True),
    UniqueConstraint("name"),
    CheckConstraint("role IN ('reader', 'analyst', 'operator', 'admin')", name="role"),
    **_KEEP_NUMBERS,
)


def _secrets_table(name: str, *more: Column[Any]) -> Table:
    """Secrets that let a person in, known by their hashes alone."""
    return Table(
        name,
        metadata,
        Column("sha256", Text, primary_key=True),
        Column("user_id", Big, ForeignKey("users.id"), nullable=False, index=True),
        _time("expires_at"),
        *more,
    )


entry_links = _secrets_table("entry_links")
sessions = _secrets_table("sessions", _time("seen_at"))

sign_in_failures = Table(
    "sign_in_failures", metadata, _id(), _text("name"), _text("address"), _time("at"), Index(None, "at"),
    **_KEEP_NUMBERS,
)  # fmt: skip

audit = Table(
    "audit", metadata, _id(), _time("at"), _text("who"), _text("what"), _text("subject", default=""),
    _text("detail", default=""), _text("address", default=""), **_KEEP_NUMBERS,
)  # fmt: skip

confirmations = Table(
    "confirmations", metadata, Column("event_id", Text, primary_key=True), _text("who"), _text("why", default=""),
    _time("at"),
)  # fmt: skip
