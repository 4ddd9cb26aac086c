"""Versions of what people change, and the answers kept for requests that are sent again."""

import sqlalchemy as sa
from alembic import op

revision = "conditional_idempotent"
down_revision = "people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mention_states", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("media_outlets", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.create_table(
        "idempotency_keys",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("caller", "name", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])


def downgrade() -> None:
    op.drop_table("idempotency_keys")
    op.drop_column("media_outlets", "version")
    op.drop_column("mention_states", "version")
