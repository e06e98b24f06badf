"""Copies of one story, who wrote an article and when, entries that changed, other languages, hubs that push.

Revision: 0007, after: 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go forward: articles of before have no sketch, and are copies of nothing."""
    for table, column in _columns():
        op.add_column(table, column)
    op.create_index("ix_articles_origin", "articles", ["origin"])
    op.create_table(
        "story_sketches",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.Column("moment", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_story_sketches"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_story_sketches_article_id"),
        sa.UniqueConstraint("article_id", name="uq_story_sketches_article_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_story_sketches_seen_at", "story_sketches", ["seen_at"])
    op.create_table(
        "story_keys",
        sa.Column("hash", BIG, autoincrement=False, nullable=False),
        sa.Column("sketch", BIG, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("hash", "sketch", name="pk_story_keys"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "hubs",
        sa.Column("feed_id", BIG, autoincrement=False, nullable=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("active_until", TIME, nullable=True),
        sa.Column("pinged_at", TIME, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("feed_id", name="pk_hubs"),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_hubs_feed_id"),
        sa.UniqueConstraint("token", name="uq_hubs_token"),
    )


def downgrade() -> None:
    """Go back."""
    for table in ("hubs", "story_keys", "story_sketches"):
        op.drop_table(table)
    op.drop_index("ix_articles_origin", "articles")
    for table, column in reversed(_columns()):
        op.drop_column(table, column.name)


def _columns() -> list[tuple[str, sa.Column[object]]]:
    return [
        ("entries", sa.Column("updated_at", TIME, nullable=True)),
        ("entries", sa.Column("fetches", sa.Integer(), server_default="0", nullable=False)),
        ("entries", sa.Column("fetched_at", TIME, nullable=True)),
        ("entries", sa.Column("language", sa.Text(), server_default="", nullable=False)),
        ("articles", sa.Column("origin", sa.Text(), nullable=True)),
        ("article_versions", sa.Column("author", sa.Text(), server_default="", nullable=False)),
        ("article_versions", sa.Column("published_at", TIME, nullable=True)),
    ]
