"""Every table of the first release, and the triggers that keep the log append-only.

Revision: 0001, after: nothing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
TABLES = (
    *("delivery_attempts", "deliveries", "subscriptions", "channels"),
    *("changes", "positions", "position_facts"),
    *("checkpoints", "events", "log_head", "work"),
    *("article_versions", "articles", "entries", "feeds"),
)

SQLITE_TRIGGERS = """
CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the log is append-only: nothing is updated'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the log is append-only: nothing is deleted'); END;
CREATE TRIGGER events_in_order BEFORE INSERT ON events
WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM events)
BEGIN SELECT RAISE(ABORT, 'the log is gapless: that is not the next sequence'); END;
CREATE TRIGGER events_no_replace BEFORE INSERT ON events
WHEN EXISTS (SELECT 1 FROM events WHERE event_id = NEW.event_id)
  OR EXISTS (SELECT 1 FROM events WHERE stream = NEW.stream AND version = NEW.version)
BEGIN SELECT RAISE(ABORT, 'the log is append-only: nothing is replaced'); END;
CREATE TRIGGER log_head_stays BEFORE DELETE ON log_head
BEGIN SELECT RAISE(ABORT, 'the head of the log stays'); END;
CREATE TRIGGER log_head_advances BEFORE UPDATE ON log_head WHEN NEW.sequence < OLD.sequence
BEGIN SELECT RAISE(ABORT, 'the head of the log only advances'); END;
"""

POSTGRES_TRIGGERS = """
CREATE FUNCTION log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the log is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
   USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events
FOR EACH STATEMENT EXECUTE FUNCTION log_is_append_only();
CREATE TRIGGER log_head_stays BEFORE DELETE OR TRUNCATE ON log_head
FOR EACH STATEMENT EXECUTE FUNCTION log_is_append_only();
"""


def upgrade() -> None:
    """Go forward."""
    _sources()
    _work()
    _log()
    _positions()
    _alerts()
    if op.get_context().dialect.name == "sqlite":
        for trigger in SQLITE_TRIGGERS.strip().removesuffix(";").split("END;\n"):
            op.execute(trigger.removesuffix("END") + "END")
    else:
        op.execute(POSTGRES_TRIGGERS)


def downgrade() -> None:
    """Go back: everything is lost."""
    for table in TABLES:
        op.drop_table(table)
    if op.get_context().dialect.name != "sqlite":
        op.execute("DROP FUNCTION log_is_append_only()")


def _sources() -> None:
    """Feeds, entries, articles and their versions."""
    op.create_table(
        "feeds",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("listed_url", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("country", sa.Text(), server_default="", nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column("listed", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("interval_seconds", sa.Float(), nullable=False),
        sa.Column("next_poll_at", TIME, nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_polled_at", TIME, nullable=True),
        sa.Column("last_new_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_feeds"),
        sa.UniqueConstraint("listed_url", name="uq_feeds_listed_url"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "entries",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("feed_id", BIG, nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column("published_at", TIME, nullable=True),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("outcome", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("article_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_entries_feed_id"),
        sa.PrimaryKeyConstraint("id", name="pk_entries"),
        sa.UniqueConstraint("url", name="uq_entries_url"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_entries_feed_id", "entries", ["feed_id"], unique=False)
    op.create_table(
        "articles",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_articles"),
        sa.UniqueConstraint("url", name="uq_articles_url"),
    )
    op.create_table(
        "article_versions",
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("text_sha256", sa.Text(), nullable=False),
        sa.Column("published", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), server_default="ar", nullable=False),
        sa.Column("fetched_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_article_versions_article_id"),
        sa.PrimaryKeyConstraint("article_id", "version", name="pk_article_versions"),
    )


def _work() -> None:
    """Rows of work; a projection's is there from the start."""
    op.create_table(
        "work",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_until", TIME, nullable=True),
        sa.Column("lease_token", sa.Text(), nullable=True),
        sa.Column("next_attempt_at", TIME, nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("changed_at", TIME, nullable=False),
        sa.CheckConstraint("status IN ('waiting', 'leased', 'done', 'quarantined')", name="ck_work_status"),
        sa.PrimaryKeyConstraint("id", name="pk_work"),
        sa.UniqueConstraint("kind", "subject", name="uq_work_kind_subject"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_work_status_next_attempt_at", "work", ["status", "next_attempt_at"], unique=False)
    op.execute(
        "INSERT INTO work (kind, subject, status, next_attempt_at, changed_at) "
        "VALUES ('project', 'positions', 'done', '1970-01-01 00:00:00.000000', '1970-01-01 00:00:00.000000')"
    )


def _log() -> None:
    """The log with its one-row head, and how far each projection has read."""
    op.create_table(
        "log_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", BIG, nullable=False),
        sa.CheckConstraint("id = 1", name="ck_log_head_one_row"),
        sa.PrimaryKeyConstraint("id", name="pk_log_head"),
    )
    op.create_table(
        "events",
        sa.Column("sequence", BIG, autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("correlation_id", sa.Text(), server_default="", nullable=False),
        sa.Column("causation_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_events"),
        sa.UniqueConstraint("event_id", name="uq_events_event_id"),
        sa.UniqueConstraint("stream", "version", name="uq_events_stream_version"),
    )
    op.create_table(
        "checkpoints",
        sa.Column("projection", sa.Text(), nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("moved_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("projection", name="pk_checkpoints"),
    )
    op.execute("INSERT INTO log_head (id, sequence) VALUES (1, 0)")
    op.execute("INSERT INTO checkpoints (projection, seq) VALUES ('positions', 0)")


def _positions() -> None:
    """The projection `positions`."""
    op.create_table(
        "position_facts",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("sequence", BIG, nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("issue", sa.Text(), nullable=False),
        sa.Column("occurred_on", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("retracted_sequence", BIG, nullable=True),
        sa.Column("retracted_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("event_id", name="pk_position_facts"),
    )
    op.create_index(
        "ix_position_facts_actor_issue_occurred_on", "position_facts", ["actor", "issue", "occurred_on"], unique=False
    )
    op.create_table(
        "positions",
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
        sa.PrimaryKeyConstraint("actor", "issue", name="pk_positions"),
    )
    op.create_table(
        "changes",
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
        sa.PrimaryKeyConstraint("sequence", name="pk_changes"),
        sa.UniqueConstraint("change_key", name="uq_changes_change_key"),
    )
    op.create_index("ix_changes_actor_issue_on_day", "changes", ["actor", "issue", "on_day"], unique=False)


def _alerts() -> None:
    """Channels, subscriptions, deliveries and attempts."""
    op.create_table(
        "channels",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("secrets", sa.Text(), server_default="[]", nullable=False),
        sa.Column("disabled", sa.Text(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_channels"),
        sa.UniqueConstraint("kind", "target", name="uq_channels_kind_target"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("channel_id", BIG, nullable=False),
        sa.Column("actors", sa.Text(), server_default="[]", nullable=False),
        sa.Column("issues", sa.Text(), server_default="[]", nullable=False),
        sa.Column("changes", sa.Text(), server_default="[]", nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("removed_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name="fk_subscriptions_channel_id"),
        sa.PrimaryKeyConstraint("id", name="pk_subscriptions"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_subscriptions_channel_id", "subscriptions", ["channel_id"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("subscription_id", BIG, nullable=False),
        sa.Column("change_key", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("delivered_at", TIME, nullable=True),
        sa.CheckConstraint("status IN ('waiting', 'delivered', 'dead')", name="ck_deliveries_status"),
        sa.ForeignKeyConstraint(["change_key"], ["changes.change_key"], name="fk_deliveries_change_key"),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"], name="fk_deliveries_subscription_id"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("idempotency_key", name="uq_deliveries_idempotency_key"),
        sa.UniqueConstraint("subscription_id", "change_key", name="uq_deliveries_subscription_id_change_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_deliveries_change_key", "deliveries", ["change_key"], unique=False)
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
