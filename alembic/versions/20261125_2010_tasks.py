"""Tasks (方案 二(二)2, 二(三)): what is to be done about incidents, and the clock of each remediation"""

from alembic import op

revision = "tasks"
down_revision = "affected_users"
branch_labels = None
depends_on = None

KINDS = (
    "meeting", "fact_check", "media_clarification", "kol_clarification", "press_inquiry", "unified_wording",
    "pause_ads", "regulator_report", "internal_notice", "progress_note", "remediation", "takedown_report",
    "comment_guidance", "follow_up", "other",
)
STATES = ("open", "draft", "legal_review", "approved", "rejected", "done", "waived")
CLOCKS_BEFORE = (
    "alert", "first_response", "emergency_meeting", "fact_check", "first_word", "first_statement", "closing", "review",
)
CLOCKS = (*CLOCKS_BEFORE[:6], "remediation", *CLOCKS_BEFORE[6:])
# 方案 二(二)2: what every remediation has had, whatever the policy. A test holds this equal to app.domain.deadlines.PLAN.
REMEDIATION = {"kind": "remediation", "grades": [], "seconds": 86_400, "working_days": None}
RUNNING = "where state = 'running' and incident_id is not null and kind <> 'alert'"


def listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def clocks_are(kinds: tuple[str, ...]) -> None:
    # It is there again at the end of the transaction.
    op.execute("-- squawk-ignore ban-drop-constraint\nalter table deadlines drop constraint ck_deadlines_kind")
    # Nothing there breaks it: the list only grew, or what it loses was deleted.
    op.execute(f"alter table deadlines add constraint ck_deadlines_kind check (kind in ({listed(kinds)})) not valid")


def upgrade() -> None:
    op.execute(f"""
        create table tasks (
          id uuid constraint pk_tasks primary key,
          incident_id uuid not null constraint fk_tasks_incident_id references incidents(id),
          is_drill boolean not null default false,
          kind text not null constraint ck_tasks_kind check (kind in ({listed(KINDS)})),
          title text not null,
          details text not null default '',
          state text not null constraint ck_tasks_state check (state in ({listed(STATES)})),
          owner_id uuid constraint fk_tasks_owner_id references people(id),
          due_at timestamptz,
          affected_user_id uuid,
          happened_at timestamptz,
          outcome text not null default '',
          result jsonb,
          act_id uuid,
          reason text,
          stated_by uuid[] not null default array[]::uuid[],
          approved_by uuid constraint fk_tasks_approved_by references people(id),
          approved_at timestamptz,
          created_by text not null,
          creator_id uuid constraint fk_tasks_creator_id references people(id),
          created_at timestamptz not null default now(),
          updated_at timestamptz not null default now(),
          ended_at timestamptz,
          ended_by text,
          version bigint not null default 1,
          constraint ck_tasks_way
            check (state in ('done', 'waived') or (kind = 'takedown_report') = (state <> 'open')),
          constraint ck_tasks_happened check (state <> 'done' or happened_at is not null),
          constraint ck_tasks_approved check (state <> 'approved' or approved_at is not null),
          constraint ck_tasks_approval check ((approved_by is null) = (approved_at is null)),
          constraint ck_tasks_ended check ((state in ('done', 'waived')) = (ended_at is not null)),
          constraint ck_tasks_result check (result is null or result ->> 'kind' = kind))""")
    op.execute("create index ix_tasks_incident on tasks (incident_id, due_at, id)")
    op.execute("create index ix_tasks_due on tasks (due_at, id)")
    op.execute("create index ix_tasks_unfinished on tasks (due_at, id) where not (state in ('done', 'waived'))")
    op.execute("create index ix_tasks_owner on tasks (owner_id, due_at, id) where owner_id is not null")
    op.execute("create index ix_tasks_affected_user on tasks (affected_user_id) where affected_user_id is not null")
    op.execute("""
        alter table sla_policies add column follow_ups_percent integer not null default 90
          -- There are as many rows as versions of policies.
          -- squawk-ignore constraint-missing-not-valid
          constraint ck_sla_policies_follow_ups_percent check (follow_ups_percent between 0 and 100)""")
    # A policy that does not state it means the plan's own time: now each says so.
    op.execute("""
        update sla_policies set clocks = clocks ||
          '[{"kind": "remediation", "grades": [], "seconds": 86400, "working_days": null}]'::jsonb
        where not clocks @> '[{"kind": "remediation"}]'""")
    op.execute("alter table deadlines add column task_id uuid")
    op.execute(
        "alter table deadlines add constraint fk_deadlines_task_id foreign key (task_id) references tasks(id) not valid"
    )
    op.execute(
        "alter table deadlines add constraint ck_deadlines_task "
        "check ((kind = 'remediation') = (task_id is not null)) not valid"
    )
    clocks_are(CLOCKS)
    # Not concurrently: that ends the transaction, and with it the lock that keeps a second migration out. Few rows run.
    op.execute("-- squawk-ignore require-concurrent-index-deletion\ndrop index uq_deadlines_running")
    op.execute(
        "-- squawk-ignore require-concurrent-index-creation\n"
        "create unique index uq_deadlines_running on deadlines (incident_id, kind, task_id) nulls not distinct "
        + RUNNING
    )
    op.execute(
        "-- squawk-ignore require-concurrent-index-creation\n"
        "create index ix_deadlines_task on deadlines (task_id) where task_id is not null"
    )
    # What waits for somebody: as their own, and for legal's approval.
    op.execute(
        "create index ix_tasks_mine on tasks (owner_id, due_at, id) "
        "where owner_id is not null and not (state in ('done', 'waived'))"
    )
    op.execute("create index ix_tasks_review on tasks (due_at, id) where state = 'legal_review'")


def downgrade() -> None:
    op.execute("delete from deadline_firings where deadline_id in (select id from deadlines where kind = 'remediation')")
    op.execute("delete from deadlines where kind = 'remediation'")
    op.execute("drop index ix_deadlines_task")
    op.execute("drop index uq_deadlines_running")
    op.execute("alter table deadlines drop column task_id")
    op.execute(f"create unique index uq_deadlines_running on deadlines (incident_id, kind) {RUNNING}")
    clocks_are(CLOCKS_BEFORE)
    op.execute("alter table sla_policies drop column follow_ups_percent")
    op.execute("""
        update sla_policies set clocks = (
          select jsonb_agg(clock order by place) from jsonb_array_elements(clocks) with ordinality as c(clock, place)
          where clock ->> 'kind' <> 'remediation')""")
    op.execute("drop table tasks")
