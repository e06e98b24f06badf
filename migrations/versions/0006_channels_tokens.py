"""Several channels for a subscription, a delivery for each; who made what; tokens of the API.

Revision: 0006, after: 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
_REMADE = ("delivery_attempts", "deliveries", "subscriptions", "channels")  # children first
_CHANNEL = "id, kind, target, secrets, secrets_until, disabled, failing_since, created_at"
_SUBSCRIPTION = "id, actors, issues, changes, terms, created_at, removed_at"
_DELIVERY = (
    "id, subscription_id, change_key, turn, group_key, carried_by, sealed_at, told, idempotency_key, body, status, "
    "attempts, error, created_at, delivered_at"
)
_FIRST = "(SELECT min(channel_id) FROM {links} l WHERE l.subscription_id = {of})"


def upgrade() -> None:
    """Go forward: each subscription keeps its channel, each delivery goes where it went."""
    op.create_table(
        "api_tokens",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), server_default="[]", nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=True),
        sa.Column("used_at", TIME, nullable=True),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sqlite_autoincrement=True,
    )
    if op.get_bind().dialect.name == "sqlite":
        _remake(new=True)
    else:
        _alter_forward()
    op.create_index("ix_subscriptions_owner", "subscriptions", ["owner"])
    op.create_index("ix_subscription_channels_channel_id", "subscription_channels", ["channel_id"])


def downgrade() -> None:
    """Go back: of several channels the first stays, and what belongs to a token belongs to all."""
    # what went by another channel than a subscription's first has no place in the old form
    other = f"(SELECT id FROM deliveries d WHERE channel_id <> {_first('d.subscription_id')})"
    op.execute(f"UPDATE deliveries SET carried_by = NULL WHERE carried_by IN {other}")
    op.execute(f"DELETE FROM delivery_attempts WHERE delivery_id IN {other}")
    op.execute(f"DELETE FROM deliveries WHERE id IN {other}")
    same = "SELECT min(s.id) FROM channels s WHERE s.kind = channels.kind AND s.target = channels.target"
    op.execute(
        f"UPDATE subscription_channels SET channel_id = (SELECT ({same}) FROM channels WHERE id = channel_id) "
        "WHERE channel_id = " + _first("subscription_channels.subscription_id")
    )
    op.drop_index("ix_subscriptions_owner", "subscriptions")
    if op.get_bind().dialect.name == "sqlite":
        _remake(new=False)
    else:
        _alter_back(same)
    op.create_index("ix_subscriptions_channel_id", "subscriptions", ["channel_id"])
    op.drop_table("api_tokens")


def _first(of: str, links: str = "subscription_channels") -> str:
    return _FIRST.format(of=of, links=links)


def _alter_forward() -> None:
    _links()
    op.execute("INSERT INTO subscription_channels SELECT id, channel_id FROM subscriptions")
    op.add_column("deliveries", sa.Column("channel_id", BIG, nullable=True))
    op.execute("UPDATE deliveries SET channel_id = " + _first("deliveries.subscription_id"))
    op.alter_column("deliveries", "channel_id", nullable=False)
    op.create_foreign_key("fk_deliveries_channel_id", "deliveries", "channels", ["channel_id"], ["id"])
    _unique("deliveries", ("subscription_id", "change_key", "turn"), _PER_CHANNEL)
    op.drop_index("ix_subscriptions_channel_id", "subscriptions")
    op.drop_constraint("fk_subscriptions_channel_id", "subscriptions")
    op.drop_column("subscriptions", "channel_id")
    for table in ("subscriptions", "channels"):
        op.add_column(table, sa.Column("owner", BIG, server_default="0", nullable=False))
    _unique("channels", ("kind", "target"), ("kind", "target", "owner"))


def _alter_back(same: str) -> None:
    op.add_column("subscriptions", sa.Column("channel_id", BIG, nullable=True))
    op.execute("UPDATE subscriptions SET channel_id = " + _first("subscriptions.id"))
    op.alter_column("subscriptions", "channel_id", nullable=False)
    op.create_foreign_key("fk_subscriptions_channel_id", "subscriptions", "channels", ["channel_id"], ["id"])
    _unique("deliveries", _PER_CHANNEL, ("subscription_id", "change_key", "turn"))
    op.drop_constraint("fk_deliveries_channel_id", "deliveries")
    op.drop_column("deliveries", "channel_id")
    op.drop_table("subscription_channels")
    op.execute(f"DELETE FROM channels WHERE id <> ({same})")
    _unique("channels", ("kind", "target", "owner"), ("kind", "target"))
    for table in ("subscriptions", "channels"):
        op.drop_column(table, "owner")


_PER_CHANNEL = ("subscription_id", "channel_id", "change_key", "turn")


def _unique(table: str, old: tuple[str, ...], new: tuple[str, ...]) -> None:
    op.drop_constraint(f"uq_{table}_" + "_".join(old), table)
    op.create_unique_constraint(f"uq_{table}_" + "_".join(new), table, list(new))


def _remake(*, new: bool) -> None:
    """SQLite changes no constraint: the tables are made anew, and what they held is put back."""
    links = () if new else ("subscription_channels",)
    for table in (*links, *_REMADE):
        op.execute(f"CREATE TEMPORARY TABLE kept_{table} AS SELECT * FROM {table}")
    for table in (*links, *_REMADE):
        op.drop_table(table)
    _channels(new=new)
    _subscriptions(new=new)
    if new:
        _links()
    _deliveries(new=new)
    _attempts()
    first = _first("k.id", "temp.kept_subscription_channels")
    put = {
        "channels": (_CHANNEL, _CHANNEL),
        "subscriptions": (_SUBSCRIPTION, _SUBSCRIPTION) if new else (f"{_SUBSCRIPTION}, channel_id",) * 2,
        "deliveries": (f"{_DELIVERY}, channel_id",) * 2 if new else (_DELIVERY, _DELIVERY),
    }
    where = {"channels": "" if new else "WHERE id IN (SELECT min(id) FROM temp.kept_channels GROUP BY kind, target)"}
    computed = {
        ("subscriptions", False): first,
        ("deliveries", True): "(SELECT s.channel_id FROM temp.kept_subscriptions s WHERE s.id = k.subscription_id)",
    }
    for table, (into, columns) in put.items():
        source = columns.replace("channel_id", computed.get((table, new), "channel_id"))
        op.execute(
            f"INSERT INTO {table} ({into}) SELECT {source} FROM temp.kept_{table} k {where.get(table, '')} ORDER BY id"
        )
    if new:
        op.execute("INSERT INTO subscription_channels SELECT id, channel_id FROM temp.kept_subscriptions")
    op.execute("INSERT INTO delivery_attempts SELECT * FROM temp.kept_delivery_attempts ORDER BY id")
    for table in (*links, *_REMADE):
        op.execute(f"DROP TABLE temp.kept_{table}")


def _links() -> None:
    op.create_table(
        "subscription_channels",
        sa.Column("subscription_id", BIG, nullable=False),
        sa.Column("channel_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name="fk_subscription_channels_channel_id"),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name="fk_subscription_channels_subscription_id"
        ),
        sa.PrimaryKeyConstraint("subscription_id", "channel_id", name="pk_subscription_channels"),
    )


def _owner(*, new: bool) -> list[sa.Column[int]]:
    return [sa.Column("owner", BIG, server_default="0", nullable=False)] if new else []


def _channels(*, new: bool) -> None:
    of = ("kind", "target", "owner") if new else ("kind", "target")
    op.create_table(
        "channels",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("secrets", sa.Text(), server_default="[]", nullable=False),
        sa.Column("disabled", sa.Text(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("secrets_until", TIME, nullable=True),
        sa.Column("failing_since", TIME, nullable=True),
        *_owner(new=new),
        sa.PrimaryKeyConstraint("id", name="pk_channels"),
        sa.UniqueConstraint(*of, name="uq_channels_" + "_".join(of)),
        sqlite_autoincrement=True,
    )


def _subscriptions(*, new: bool) -> None:
    channel: list[sa.schema.SchemaItem] = [] if new else [
        sa.Column("channel_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name="fk_subscriptions_channel_id"),
    ]  # fmt: skip
    op.create_table(
        "subscriptions",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        *channel,
        sa.Column("actors", sa.Text(), server_default="[]", nullable=False),
        sa.Column("issues", sa.Text(), server_default="[]", nullable=False),
        sa.Column("changes", sa.Text(), server_default="[]", nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("removed_at", TIME, nullable=True),
        sa.Column("terms", sa.Text(), server_default="{}", nullable=False),
        *_owner(new=new),
        sa.PrimaryKeyConstraint("id", name="pk_subscriptions"),
        sqlite_autoincrement=True,
    )


def _deliveries(*, new: bool) -> None:
    of = _PER_CHANNEL if new else ("subscription_id", "change_key", "turn")
    channel: list[sa.schema.SchemaItem] = [] if not new else [
        sa.Column("channel_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name="fk_deliveries_channel_id"),
    ]  # fmt: skip
    op.create_table(
        "deliveries",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("subscription_id", BIG, nullable=False),
        *channel,
        sa.Column("change_key", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), server_default="0", nullable=False),
        sa.Column("group_key", sa.Text(), server_default="", nullable=False),
        sa.Column("carried_by", BIG, nullable=True),
        sa.Column("sealed_at", TIME, nullable=True),
        sa.Column("told", sa.Text(), nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("delivered_at", TIME, nullable=True),
        sa.CheckConstraint("status IN ('waiting', 'delivered', 'dead', 'dropped')", name=op.f("ck_deliveries_status")),
        sa.ForeignKeyConstraint(["change_key"], ["changes.change_key"], name="fk_deliveries_change_key"),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"], name="fk_deliveries_subscription_id"),
        sa.ForeignKeyConstraint(["carried_by"], ["deliveries.id"], name="fk_deliveries_carried_by"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("idempotency_key", name="uq_deliveries_idempotency_key"),
        sa.UniqueConstraint(*of, name="uq_deliveries_" + "_".join(of)),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_deliveries_change_key", "deliveries", ["change_key"])
    op.create_index("ix_deliveries_carried_by", "deliveries", ["carried_by"])
    where = sa.text("sealed_at IS NULL")
    op.create_index("ix_deliveries_open", "deliveries", ["subscription_id"], sqlite_where=where)


def _attempts() -> None:
    op.create_table(
        "delivery_attempts",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("delivery_id", BIG, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name="fk_delivery_attempts_delivery_id"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery_attempts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_delivery_attempts_delivery_id", "delivery_attempts", ["delivery_id"])
