"""The part of each bucket that was loaded from the past: it is counted, and no reason for a grade."""

import sqlalchemy as sa
from alembic import op

revision = "spread_of_the_past"
down_revision = "events_append_only"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("spread_buckets", sa.Column("historical", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("spread_buckets", "historical")
