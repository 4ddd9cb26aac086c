"""A drill that can't be played: how often it was tried in vain, why, and its end as failed"""

from alembic import op

revision = "drill_tries"
down_revision = "review_dues"
branch_labels = None
depends_on = None

STATES = "'planned', 'running', 'paused', 'stopped', 'finished'"
ENDED = "'stopped', 'finished'"


def upgrade() -> None:
    op.execute("alter table drills add column tries int default 0 not null, add column problem text")
    op.execute("alter table drills add constraint ck_drills_problem check ((tries = 0) = (problem is null))")
    _say(f"{STATES}, 'failed'", f"{ENDED}, 'failed'")


def downgrade() -> None:
    # Somebody could have stopped it as well.
    op.execute("update drills set state = 'stopped' where state = 'failed'")
    _say(STATES, ENDED)
    op.execute("alter table drills drop constraint ck_drills_problem, drop column tries, drop column problem")


def _say(states: str, ended: str) -> None:
    op.execute(
        "-- squawk-ignore ban-drop-constraint\n"
        "alter table drills drop constraint ck_drills_state, drop constraint ck_drills_ended"
    )
    op.execute(f"alter table drills add constraint ck_drills_state check (state in ({states}))")
    op.execute(f"alter table drills add constraint ck_drills_ended check ((state in ({ended})) = (ended_at is not null))")
