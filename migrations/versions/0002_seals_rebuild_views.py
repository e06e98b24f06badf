"""Seals over the log, room for a rebuild beside the live projection, and the views that others read.

Revision: 0002, after: 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from workers.store import reporting

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)

SQLITE_TRIGGERS = (
    """CREATE TRIGGER log_seals_no_update BEFORE UPDATE ON log_seals
BEGIN SELECT RAISE(ABORT, 'the seals are append-only: nothing is updated'); END""",
    """CREATE TRIGGER log_seals_no_delete BEFORE DELETE ON log_seals
BEGIN SELECT RAISE(ABORT, 'the seals are append-only: nothing is deleted'); END""",
    """CREATE TRIGGER log_seals_in_order BEFORE INSERT ON log_seals
WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM log_seals)
BEGIN SELECT RAISE(ABORT, 'the seals are append-only: that is not the next number'); END""",
)

POSTGRES_TRIGGERS = (
    """CREATE TRIGGER log_seals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_seals
FOR EACH STATEMENT EXECUTE FUNCTION log_is_append_only()""",
    """CREATE FUNCTION log_head_only_advances() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the log is append-only: its head only advances'
   USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    """CREATE TRIGGER log_head_advances BEFORE UPDATE ON log_head FOR EACH ROW
WHEN (NEW.sequence < OLD.sequence) EXECUTE FUNCTION log_head_only_advances()""",
)


def upgrade() -> None:
    """Go forward."""
    dialect = op.get_context().dialect.name
    _seals()
    _rebuild()
    retraction = sa.text("type = 'retraction'")
    op.create_index(
        "ix_events_retracted", "events", ["causation_id"], postgresql_where=retraction, sqlite_where=retraction
    )
    for trigger in SQLITE_TRIGGERS if dialect == "sqlite" else POSTGRES_TRIGGERS:
        op.execute(trigger)
    for statement in reporting.create(dialect):
        op.execute(sa.text(statement.replace(":", r"\:")))


def downgrade() -> None:
    """Go back: the seals are lost."""
    dialect = op.get_context().dialect.name
    for statement in reporting.drop(dialect):
        op.execute(statement)
    op.drop_index("ix_events_retracted", "events")
    if dialect != "sqlite":
        op.execute("DROP TRIGGER log_head_advances ON log_head")
        op.execute("DROP FUNCTION log_head_only_advances()")
    for table in ("position_keys", "rebuild_changes", "rebuild_positions", "rebuild_facts", "log_seals"):
        op.drop_table(table)


def _seals() -> None:
    op.create_table(
        "log_seals",
        sa.Column("number", BIG, autoincrement=False, nullable=False),
        sa.Column("first_sequence", BIG, nullable=False),
        sa.Column("last_sequence", BIG, nullable=False),
        sa.Column("leaves", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("sealed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_log_seals"),
    )


def _rebuild() -> None:
    op.create_table(
        "rebuild_facts",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("sequence", BIG, nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("issue", sa.Text(), nullable=False),
        sa.Column("occurred_on", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("retracted_sequence", BIG, nullable=True),
        sa.Column("retracted_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("event_id", name="pk_rebuild_facts"),
    )
    op.create_index("ix_rebuild_facts_actor_issue_occurred_on", "rebuild_facts", ["actor", "issue", "occurred_on"])
    op.create_table(
        "rebuild_positions",
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("issue", sa.Text(), nullable=False),
        sa.Column("stance", sa.Text(), nullable=False),
        sa.Column("speaker", sa.Text(), nullable=True),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("last_confirmed", sa.Text(), nullable=False),
        sa.Column("sources", sa.Integer(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("contested", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("unconfirmed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("log_sequence", BIG, nullable=False),
        sa.PrimaryKeyConstraint("actor", "issue", name="pk_rebuild_positions"),
    )
    op.create_table(
        "rebuild_changes",
        sa.Column("sequence", BIG, autoincrement=False, nullable=False),
        sa.Column("change_key", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("issue", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("before_stance", sa.Text(), nullable=True),
        sa.Column("after_stance", sa.Text(), nullable=True),
        sa.Column("on_day", sa.Text(), nullable=False),
        sa.Column("speaker", sa.Text(), nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("log_sequence", BIG, nullable=False),
        sa.Column("withdrawn_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("sequence", name="pk_rebuild_changes"),
        sa.UniqueConstraint("change_key", name="uq_rebuild_changes_change_key"),
    )
    op.create_index("ix_rebuild_changes_actor_issue_on_day", "rebuild_changes", ["actor", "issue", "on_day"])
    op.create_table(
        "position_keys",
        sa.Column("projection", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("issue", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("projection", "actor", "issue", name="pk_position_keys"),
    )
