"""Changes of one actor, or on one issue, are found without reading all of them.

Revision: 0010, after: 0009.
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_INDEXES = [
    (f"ix_{table}_{column}_sequence", table, column)
    for table in ("changes", "rebuild_changes")
    for column in ("actor", "issue")
]


def upgrade() -> None:
    """Go forward."""
    for name, table, column in _INDEXES:
        op.create_index(name, table, [column, "sequence"])


def downgrade() -> None:
    """Go back."""
    for name, table, _ in _INDEXES:
        op.drop_index(name, table)
