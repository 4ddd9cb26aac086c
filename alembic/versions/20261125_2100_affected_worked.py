"""Tasks are for affected users of their own incident (R50b)"""

from alembic import op

revision = "affected_worked"
down_revision = "tasks"
branch_labels = None
depends_on = None


def swap(index: str, create: str) -> None:
    # Not concurrently: that ends the transaction, and with it the lock that keeps a second migration out. The tables are
    # as new as this.
    op.execute(f"-- squawk-ignore require-concurrent-index-deletion\ndrop index {index}")
    op.execute(f"-- squawk-ignore require-concurrent-index-creation\ncreate {create}")


def upgrade() -> None:
    swap("ix_affected_users_incident",
         "unique index uq_affected_users_incident on affected_users (incident_id, id)")
    swap("ix_tasks_affected_user",
         "index ix_tasks_for_user on tasks (affected_user_id, kind, id) where affected_user_id is not null")
    # Nobody looked before whether they are anybody's.
    op.execute("""
        update tasks t set affected_user_id = null where affected_user_id is not null and not exists (
          select from affected_users u where u.incident_id = t.incident_id and u.id = t.affected_user_id)""")
    op.execute("""
        alter table tasks add constraint fk_tasks_affected_user foreign key (incident_id, affected_user_id)
          references affected_users (incident_id, id) deferrable initially immediate not valid""")


def downgrade() -> None:
    op.execute("alter table tasks drop constraint fk_tasks_affected_user")
    swap("ix_tasks_for_user",
         "index ix_tasks_affected_user on tasks (affected_user_id) where affected_user_id is not null")
    swap("uq_affected_users_incident",
         "index ix_affected_users_incident on affected_users (incident_id, id)")
