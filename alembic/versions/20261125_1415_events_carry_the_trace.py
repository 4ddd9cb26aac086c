"""Events carry the trace of the request that caused them, so that webhooks go on with it."""

import sqlalchemy as sa
from alembic import op

revision = "events_carry_the_trace"
down_revision = "mentions_set_aside"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("trace", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("events", "trace")
