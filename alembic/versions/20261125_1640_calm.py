"""When an incident was calm and on what evidence, and when anything was last received."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "calm"
down_revision = "alerts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("incidents", sa.Column("calmed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("incidents", sa.Column("calm_evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.create_table(
        "last_heard",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_last_heard")),
    )


def downgrade() -> None:
    op.drop_table("last_heard")
    op.drop_column("incidents", "calm_evidence")
    op.drop_column("incidents", "calmed_at")
