"""Patrols: the plan as versions, the slots it makes, what was found on them (R22)"""

from alembic import op

revision = "patrols"
down_revision = "documents"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table patrol_plans (
          id uuid not null,
          version bigint not null,
          effective_at timestamptz not null,
          slots jsonb not null,
          default_assignee_id uuid,
          platforms text[] default '{}' not null,
          grace_seconds integer not null,
          note text default '' not null,
          created_at timestamptz not null,
          created_by text not null,
          constraint pk_patrol_plans primary key (id),
          constraint uq_patrol_plans_version unique (version),
          constraint ck_patrol_plans_grace_seconds check (grace_seconds between 60 and 86400),
          constraint fk_patrol_plans_default_assignee_id foreign key(default_assignee_id) references people (id)
        )""")
    op.execute("""
        create function patrol_plans_stay() returns trigger language plpgsql as $$
        begin
          raise exception 'versions of the plan of patrols are never changed' using errcode = 'restrict_violation';
        end $$""")
    op.execute("""
        create trigger patrol_plans_stay before update or delete on patrol_plans
        for each row execute function patrol_plans_stay()""")
    op.execute("""
        create table patrols (
          id uuid not null,
          plan_id uuid not null,
          slot_at timestamptz not null,
          due_by timestamptz not null,
          platforms text[] default '{}' not null,
          assignee_id uuid,
          assigned_by_hand boolean default false not null,
          missed_at timestamptz,
          happened_at timestamptz,
          recorded_at timestamptz,
          walked_by uuid,
          looked_at text[] default '{}' not null,
          note text default '' not null,
          created_at timestamptz default now() not null,
          updated_at timestamptz default now() not null,
          version bigint default 1 not null,
          constraint pk_patrols primary key (id),
          constraint uq_patrols_slot_at unique (slot_at),
          constraint ck_patrols_due_by check (slot_at < due_by),
          constraint ck_patrols_walked check (num_nulls(happened_at, recorded_at, walked_by) in (0, 3)),
          constraint fk_patrols_plan_id foreign key(plan_id) references patrol_plans (id),
          constraint fk_patrols_assignee_id foreign key(assignee_id) references people (id),
          constraint fk_patrols_walked_by foreign key(walked_by) references people (id)
        )""")
    op.execute("create index ix_patrols_open on patrols (due_by) where missed_at is null and happened_at is null")
    op.execute("create index ix_patrols_assignee on patrols (assignee_id, slot_at) where assignee_id is not null")
    op.execute("""
        create table patrol_findings (
          patrol_id uuid not null,
          place integer not null,
          mention_id uuid not null,
          created boolean not null,
          constraint pk_patrol_findings primary key (patrol_id, place),
          constraint fk_patrol_findings_patrol_id foreign key(patrol_id) references patrols (id),
          constraint fk_patrol_findings_mention_id foreign key(mention_id) references mentions (id)
        )""")
    op.execute("create index ix_patrol_findings_mention on patrol_findings (mention_id)")
    # 方案 二(一)2: each day at 9:00, 14:00 and 20:00. A colon before a digit or a word would be a parameter.
    times = ("09:00", "14:00", "20:00")
    slots = ", ".join(
        f"jsonb_build_object('time', '{at[:2]}' || chr(58) || '{at[3:]}', 'assignee_ids', '[]'::jsonb, 'rotation', 'daily')"
        for at in times
    )
    op.execute(f"""
        insert into patrol_plans (id, version, effective_at, slots, platforms, grace_seconds, note, created_at, created_by)
        values (gen_random_uuid(), 1, now(), jsonb_build_array({slots}),
          array['wechat_official', 'weibo', 'douyin', 'xiaohongshu'], 3600, '方案 二(一)2', now(), 'system:fenghuo')""")


    # Where a past is made up, for demonstrations and tests, its transactions find this now() before the database's own.
    op.execute("create schema made_up")
    op.execute("""
        create function made_up.now() returns timestamptz language sql stable parallel safe
        return coalesce(nullif(current_setting('made_up.now', true), '')::timestamptz, pg_catalog.now())""")


def downgrade() -> None:
    op.execute("drop function made_up.now()")
    op.execute("drop schema made_up")
    op.execute("drop table patrol_findings")
    op.execute("drop table patrols")
    op.execute("drop table patrol_plans")
    op.execute("drop function patrol_plans_stay()")
