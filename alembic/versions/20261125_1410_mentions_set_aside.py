"""Mentions whose readings can't be counted are set aside, so that they hold up nobody else's."""

import sqlalchemy as sa
from alembic import op

revision = "mentions_set_aside"
down_revision = "webhooks_complete"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mentions_set_aside",
        sa.Column("mention_id", sa.Uuid(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("mention_id", name=op.f("pk_mentions_set_aside")),
    )


def downgrade() -> None:
    op.drop_table("mentions_set_aside")
