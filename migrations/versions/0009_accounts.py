"""People who sign in, what they did, events that they confirmed; meetings found without reading the log through.

Revision: 0009, after: 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
_SUMMITS = sa.text("type = 'summit'")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "users",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("disabled_at", TIME, nullable=True),
        sa.CheckConstraint("role IN ('reader', 'analyst', 'operator', 'admin')", name="ck_users_role"),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
        sqlite_autoincrement=True,
    )
    for name, more in (("entry_links", []), ("sessions", [sa.Column("seen_at", TIME, nullable=False)])):
        op.create_table(
            name,
            sa.Column("sha256", sa.Text(), nullable=False),
            sa.Column("user_id", BIG, nullable=False),
            sa.Column("expires_at", TIME, nullable=False),
            *more,
            sa.PrimaryKeyConstraint("sha256", name=f"pk_{name}"),
            sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=f"fk_{name}_user_id"),
        )
        op.create_index(f"ix_{name}_user_id", name, ["user_id"])
    op.create_table(
        "sign_in_failures",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_failures"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sign_in_failures_at", "sign_in_failures", ["at"])
    op.create_table(
        "audit",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "confirmations",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_confirmations"),
    )
    op.create_index("ix_events_summits", "events", ["sequence"], postgresql_where=_SUMMITS, sqlite_where=_SUMMITS)


def downgrade() -> None:
    """Go back: who there was and what they did is forgotten."""
    op.drop_index("ix_events_summits", "events")
    for name in ("confirmations", "audit", "sign_in_failures", "sessions", "entry_links", "users"):
        op.drop_table(name)
