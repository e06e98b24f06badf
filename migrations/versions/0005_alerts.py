"""Terms of subscriptions, rotating secrets, messages that tell several changes or take one back.

Revision: 0005, after: 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
_STATUS = "status IN ('waiting', 'delivered', 'dead'{more})"
_KEPT = "id, subscription_id, change_key, idempotency_key, body, status, attempts, error, created_at, delivered_at"
_KNOWN = '{"standing":true,"articles":[]}'


def upgrade() -> None:
    """Go forward: messages that were written down keep their words."""
    op.add_column("channels", sa.Column("secrets_until", TIME, nullable=True))
    op.add_column("channels", sa.Column("failing_since", TIME, nullable=True))
    op.add_column("subscriptions", sa.Column("terms", sa.Text(), server_default="{}", nullable=False))
    op.create_table(
        "subscription_stamp",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.CheckConstraint("id = 1", name="ck_subscription_stamp_one_row"),
        sa.PrimaryKeyConstraint("id", name="pk_subscription_stamp"),
    )
    op.execute("INSERT INTO subscription_stamp (id, number) VALUES (1, 1)")
    if op.get_bind().dialect.name == "sqlite":
        _again(new=True)
    else:
        for column in _more():
            op.add_column("deliveries", column)
        op.create_foreign_key("fk_deliveries_carried_by", "deliveries", "deliveries", ["carried_by"], ["id"])
        _constraints(("subscription_id", "change_key"), ("subscription_id", "change_key", "turn"), ", 'dropped'")
    op.create_index("ix_deliveries_carried_by", "deliveries", ["carried_by"])
    where = sa.text("sealed_at IS NULL")
    op.create_index("ix_deliveries_open", "deliveries", ["subscription_id"], postgresql_where=where, sqlite_where=where)
    op.execute("UPDATE deliveries SET sealed_at = created_at")
    op.execute(sa.text("UPDATE deliveries SET told = :known WHERE status = 'delivered'").bindparams(known=_KNOWN))


def downgrade() -> None:
    """Go back: what the old form cannot hold is dropped."""
    gone = "(SELECT id FROM deliveries WHERE turn > 0 OR status = 'dropped' OR carried_by IS NOT NULL OR body = '')"
    op.execute(f"DELETE FROM delivery_attempts WHERE delivery_id IN {gone}")
    op.execute("DELETE FROM deliveries WHERE carried_by IS NOT NULL")
    op.execute("DELETE FROM deliveries WHERE turn > 0 OR status = 'dropped' OR body = ''")
    op.drop_index("ix_deliveries_open", "deliveries")
    op.drop_index("ix_deliveries_carried_by", "deliveries")
    if op.get_bind().dialect.name == "sqlite":
        _again(new=False)
    else:
        _constraints(("subscription_id", "change_key", "turn"), ("subscription_id", "change_key"), "")
        op.drop_constraint("fk_deliveries_carried_by", "deliveries")
        for column in _more():
            op.drop_column("deliveries", column.name)
    op.drop_table("subscription_stamp")
    op.drop_column("subscriptions", "terms")
    op.drop_column("channels", "failing_since")
    op.drop_column("channels", "secrets_until")


def _more() -> list[sa.Column[object]]:
    return [
        sa.Column("turn", sa.Integer(), server_default="0", nullable=False),
        sa.Column("group_key", sa.Text(), server_default="", nullable=False),
        sa.Column("carried_by", BIG, nullable=True),
        sa.Column("sealed_at", TIME, nullable=True),
        sa.Column("told", sa.Text(), nullable=True),
    ]


def _constraints(old: tuple[str, ...], new: tuple[str, ...], statuses: str) -> None:
    op.drop_constraint("uq_deliveries_" + "_".join(old), "deliveries")
    op.create_unique_constraint("uq_deliveries_" + "_".join(new), "deliveries", list(new))
    for name in ("ck_deliveries_status", "ck_deliveries_ck_deliveries_status"):  # the first schema named it twice over
        op.execute(f"ALTER TABLE deliveries DROP CONSTRAINT IF EXISTS {name}")
    op.create_check_constraint(op.f("ck_deliveries_status"), "deliveries", _STATUS.format(more=statuses))


def _again(*, new: bool) -> None:
    """SQLite changes no constraint: both tables are made anew, and what they held is put back."""
    for table in ("deliveries", "delivery_attempts"):
        op.execute(f"CREATE TEMPORARY TABLE kept_{table} AS SELECT * FROM {table}")
    op.drop_table("delivery_attempts")
    op.drop_table("deliveries")
    _deliveries(new=new)
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
    op.create_index("ix_delivery_attempts_delivery_id", "delivery_attempts", ["delivery_id"], unique=False)
    op.execute(f"INSERT INTO deliveries ({_KEPT}) SELECT {_KEPT} FROM kept_deliveries ORDER BY id")
    op.execute("INSERT INTO delivery_attempts SELECT * FROM kept_delivery_attempts ORDER BY id")
    for table in ("deliveries", "delivery_attempts"):
        op.execute(f"DROP TABLE temp.kept_{table}")


def _deliveries(*, new: bool) -> None:
    of = ("subscription_id", "change_key", "turn") if new else ("subscription_id", "change_key")
    carried = sa.ForeignKeyConstraint(["carried_by"], ["deliveries.id"], name="fk_deliveries_carried_by")
    statuses = _STATUS.format(more=", 'dropped'" if new else "")
    op.create_table(
        "deliveries",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("subscription_id", BIG, nullable=False),
        sa.Column("change_key", sa.Text(), nullable=False),
        *(_more() if new else []),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("delivered_at", TIME, nullable=True),
        sa.CheckConstraint(statuses, name="ck_deliveries_status"),
        sa.ForeignKeyConstraint(["change_key"], ["changes.change_key"], name="fk_deliveries_change_key"),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"], name="fk_deliveries_subscription_id"),
        *([carried] if new else []),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("idempotency_key", name="uq_deliveries_idempotency_key"),
        sa.UniqueConstraint(*of, name="uq_deliveries_" + "_".join(of)),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_deliveries_change_key", "deliveries", ["change_key"], unique=False)
