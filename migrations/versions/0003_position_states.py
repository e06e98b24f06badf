"""States from which the fold of a key goes on, and the indexes by which it is known that they hold.

Revision: 0003, after: 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forward: each key is folded once more, which leaves its states."""
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
    op.add_column("position_keys", sa.Column("waiting", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.execute(
        "INSERT INTO position_keys (projection, actor, issue, waiting) "
        "SELECT DISTINCT 'positions', actor, issue, true FROM position_facts WHERE NOT EXISTS (SELECT 1 FROM "
        "position_keys k WHERE k.projection = 'positions' AND k.actor = position_facts.actor "
        "AND k.issue = position_facts.issue)"
    )
    taken_back = sa.text("retracted_sequence IS NOT NULL")
    for table in ("position_facts", "rebuild_facts"):
        op.create_index(f"ix_{table}_actor_issue_sequence", table, ["actor", "issue", "sequence"])
        op.create_index(
            f"ix_{table}_retracted", table, ["actor", "issue", "retracted_sequence"],
            postgresql_where=taken_back, sqlite_where=taken_back,
        )  # fmt: skip


def downgrade() -> None:
    """Go back."""
    for table in ("position_facts", "rebuild_facts"):
        op.drop_index(f"ix_{table}_retracted", table)
        op.drop_index(f"ix_{table}_actor_issue_sequence", table)
    op.execute("DELETE FROM position_keys WHERE NOT waiting")
    op.drop_column("position_keys", "waiting")
    op.drop_table("position_states")
