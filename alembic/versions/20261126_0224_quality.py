"""Whether it all works: digests, replays, labels of employees' accounts, the roll-out and its trial (方案 一, 三: R01, R15, R70-R72)"""

from alembic import op

revision = "quality"
down_revision = "sources"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table employee_labels (
          mention_id uuid not null,
          violation text,
          labelled_at timestamptz not null,
          labelled_by text not null,
          person_id uuid,
          constraint pk_employee_labels primary key (mention_id),
          constraint ck_employee_labels_violation check (violation in ('leak', 'improper_speech', 'other')),
          constraint fk_employee_labels_mention_id foreign key(mention_id) references mentions (id),
          constraint fk_employee_labels_person_id foreign key(person_id) references people (id)
        )""")
    op.execute("""
        create table replays (
          id uuid not null,
          kind text not null,
          asked jsonb not null,
          starts_at timestamptz not null,
          ends_at timestamptz not null,
          state text default 'queued' not null,
          progress integer default '0' not null,
          token uuid,
          lease_until timestamptz,
          tries integer default '0' not null,
          asked_by text not null,
          created_at timestamptz not null,
          finished_at timestamptz,
          failure text,
          detail text default '' not null,
          result jsonb,
          constraint pk_replays primary key (id),
          constraint ck_replays_kind check (kind in ('rule', 'policy')),
          constraint ck_replays_state check (state in ('queued', 'running', 'done', 'failed')),
          constraint ck_replays_progress check (progress between 0 and 100),
          constraint ck_replays_period check (ends_at > starts_at),
          constraint ck_replays_token check ((state = 'running') = (token is not null)),
          constraint ck_replays_lease check ((state = 'running') = (lease_until is not null)),
          constraint ck_replays_finished check ((state in ('done', 'failed')) = (finished_at is not null)),
          constraint ck_replays_result check ((state = 'done') = (result is not null)),
          constraint ck_replays_failure check ((state = 'failed') = (failure is not null))
        )""")
    op.execute("create index ix_replays_waiting on replays (id) where state in ('queued', 'running')")
    op.execute("""
        create table digests (
          id uuid not null,
          kind text not null,
          starts_at timestamptz not null,
          ends_at timestamptz not null,
          due_at timestamptz not null,
          issued_at timestamptz not null,
          late_by_seconds bigint not null,
          is_trial boolean not null,
          figures jsonb not null,
          before jsonb not null,
          constraint pk_digests primary key (id),
          constraint ck_digests_kind check (kind in ('daily', 'weekly')),
          constraint ck_digests_period check (ends_at > starts_at),
          constraint ck_digests_issued check (issued_at >= due_at),
          constraint uq_digests_kind_starts_at unique (kind, starts_at)
        )""")
    op.execute("""
        create table digest_settings (
          id bigint not null,
          daily_enabled boolean default true not null,
          daily_at time default '09:00' not null,
          weekly_enabled boolean default true not null,
          weekly_at time default '09:00' not null,
          daily_since timestamptz not null,
          weekly_since timestamptz not null,
          updated_at timestamptz default now() not null,
          version bigint default '1' not null,
          constraint pk_digest_settings primary key (id),
          constraint ck_digest_settings_one check (id = 1)
        )""")
    op.execute("insert into digest_settings(id, daily_since, weekly_since) values (1, now(), now())")
    op.execute("""
        create table programmes (
          id bigint not null,
          started_on date,
          grading_policy_id uuid,
          sla_policy_id uuid,
          confirmed_at timestamptz,
          confirmed_by text,
          updated_at timestamptz default now() not null,
          version bigint default '1' not null,
          constraint pk_programmes primary key (id),
          constraint ck_programmes_one check (id = 1),
          constraint ck_programmes_confirmed
            check (num_nulls(grading_policy_id, sla_policy_id, confirmed_at, confirmed_by) in (0, 4)),
          constraint fk_programmes_grading_policy_id foreign key(grading_policy_id) references grading_policies (id),
          constraint fk_programmes_sla_policy_id foreign key(sla_policy_id) references sla_policies (id)
        )""")
    op.execute("insert into programmes(id) values (1)")
    op.execute("""
        create table trial_periods (
          id uuid not null,
          starts_at timestamptz not null,
          ends_at timestamptz,
          reason text not null,
          end_reason text default '' not null,
          started_by text not null,
          ended_by text,
          constraint pk_trial_periods primary key (id),
          constraint ck_trial_periods_span check (ends_at >= starts_at),
          constraint ck_trial_periods_ended check ((ends_at is null) = (ended_by is null))
        )""")
    op.execute("create unique index uq_trial_periods_open on trial_periods ((ends_at is null)) where ends_at is null")


def downgrade() -> None:
    for table in ("trial_periods", "programmes", "digest_settings", "digests", "replays", "employee_labels"):
        op.execute(f"drop table {table}")
