"""Exercises have numbers of their own, their events are told apart, and an endpoint says whether it hears of them"""

import sqlalchemy as sa
from alembic import op

revision = "drills_apart"
down_revision = "chat_robots"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("incident_numbers", sa.Column("last_drill", sa.Integer(), server_default="0", nullable=False))
    # A constant default is no rewrite of the table.
    op.add_column("events", sa.Column("is_drill", sa.Boolean(), server_default="false", nullable=False))
    # Nothing where no exercise was played yet; after going down and up again, those that were and their few events.
    op.execute("""
        update incident_numbers n set last_drill =
          (select count(*) from incidents where is_drill and number like 'D' || n.year || '-%')""")
    op.execute("alter table events disable trigger events_append_only")
    op.execute("update events set is_drill = true where incident_id in (select id from incidents where is_drill)")
    op.execute("alter table events enable trigger events_append_only")
    # Not concurrently: that ends the transaction, and with it the lock that keeps a second migration out. Next to
    # nothing is in the index, so it is built by one look at the table.
    op.execute(
        "-- squawk-ignore require-concurrent-index-creation\n"
        "create index ix_events_drills on events (type, id) where is_drill"
    )
    # With the column it constrains: there is nothing to look through then.
    op.execute(
        "alter table webhook_endpoints add column drills text not null default 'exclude' "
        "constraint ck_webhook_endpoints_drills check (drills in ('exclude', 'include', 'only'))"
    )


def downgrade() -> None:
    op.drop_column("webhook_endpoints", "drills")
    op.drop_index("ix_events_drills", table_name="events", postgresql_where=sa.text("is_drill"))
    op.drop_column("events", "is_drill")
    op.drop_column("incident_numbers", "last_drill")
