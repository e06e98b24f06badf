"""What each day left behind takes the place of the states, and facts know how new their key was when they came.

Revision: 0008, after: 0007.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_STALE = sa.text("stale IS NOT NULL")
_CONDITIONAL = sa.text("after_stance = 'conditional' AND withdrawn_at IS NULL")


def upgrade() -> None:
    """Go forward: each key is folded once more, which leaves its days."""
    op.drop_table("position_states")
    for name in ("position_days", "rebuild_days"):
        op.create_table(
            name,
            sa.Column("actor", sa.Text(), nullable=False),
            sa.Column("issue", sa.Text(), nullable=False),
            sa.Column("day", sa.Text(), nullable=False),
            sa.Column("settled", BIG, nullable=False),
            sa.Column("data", sa.Text(), nullable=False),
            sa.PrimaryKeyConstraint("actor", "issue", "day", name=f"pk_{name}"),
            sqlite_with_rowid=False,
        )
    for name in ("changes", "rebuild_changes"):
        op.create_index(
            f"ix_{name}_conditional", name, ["actor", "issue", "on_day"],
            postgresql_where=_CONDITIONAL, sqlite_where=_CONDITIONAL,
        )  # fmt: skip
    _renew_facts()
    op.drop_table("position_keys")
    _keys(
        sa.Column("stale", sa.Text(), nullable=True),
        sa.Column("newest", sa.Text(), server_default="", nullable=False),
    )
    op.create_index(
        "ix_position_keys_stale", "position_keys", ["projection", "actor", "issue"],
        postgresql_where=_STALE, sqlite_where=_STALE,
    )  # fmt: skip
    op.execute(
        "INSERT INTO position_keys (projection, actor, issue, stale, newest) SELECT 'positions', actor, issue, '', "
        "max(occurred_on) FROM position_facts GROUP BY actor, issue"
    )


def downgrade() -> None:
    """Go back; each key is folded once more."""
    op.drop_index("ix_position_keys_stale", "position_keys")
    op.drop_table("position_keys")
    _keys(sa.Column("waiting", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.execute(
        "INSERT INTO position_keys (projection, actor, issue, waiting) "
        "SELECT DISTINCT 'positions', actor, issue, true FROM position_facts"
    )
    for name in ("position_facts", "rebuild_facts"):
        op.drop_column(name, "newest")
    for name in ("changes", "rebuild_changes"):
        op.drop_index(f"ix_{name}_conditional", name)
    for name in ("rebuild_days", "position_days"):
        op.drop_table(name)
    op.create_table(
        "position_states",
        sa.Column("projection", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("issue", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("sequence", BIG, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("projection", "actor", "issue", "day", name="pk_position_states"),
    )


def _keys(*more: sa.Column[object]) -> None:
    op.create_table(
        "position_keys",
        sa.Column("projection", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("issue", sa.Text(), nullable=False),
        *more,
        sa.PrimaryKeyConstraint("projection", "actor", "issue", name="pk_position_keys"),
    )


def _renew_facts() -> None:
    """Give each fact the newest day of its key up to it."""
    for name in ("position_facts", "rebuild_facts"):
        op.add_column(name, sa.Column("newest", sa.Text(), server_default="", nullable=False))
    op.execute(
        "UPDATE position_facts SET newest = n.newest FROM (SELECT event_id, max(occurred_on) OVER "
        "(PARTITION BY actor, issue ORDER BY sequence) AS newest FROM position_facts) AS n "
        "WHERE n.event_id = position_facts.event_id"
    )
