"""Courses with the rules that held when, sessions and series of them, who was there, what was reached (R07, R16, R67)"""

from alembic import op

revision = "trainings"
down_revision = "scenarios"
branch_labels = None
depends_on = None

TABLES = (
    "coverage_watches", "training_settings", "training_completions", "training_enrolments", "training_sessions",
    "training_series", "training_versions", "trainings",
)  # fmt: skip


def upgrade() -> None:
    courses()
    sessions()
    results()
    op.execute("""
        create function training_versions_stay() returns trigger language plpgsql as $$
        begin
          raise exception 'versions of trainings that have ended are never changed' using errcode = 'restrict_violation';
        end $$""")
    op.execute("""
        create trigger training_versions_stay before update or delete on training_versions
        for each row when (old.ends_at is not null) execute function training_versions_stay()""")
    # 方案 一: 95%. It held from the beginning.
    op.execute("""
        insert into training_settings (id, version, starts_at, target_percent, remind_days_before, by)
        values (gen_random_uuid(), 1, '1970-01-01T00:00:00Z', 95, 30, 'system:fenghuo')""")


def courses() -> None:
    op.execute("""
        create table trainings (
          id uuid not null,
          title text not null,
          description text default '' not null,
          department_ids uuid[],
          mandatory boolean not null,
          validity_months integer,
          validity_days integer,
          pass_mark double precision,
          retired boolean default false not null,
          created_at timestamptz not null,
          created_by text not null,
          updated_at timestamptz not null,
          version bigint default 1 not null,
          constraint pk_trainings primary key (id),
          constraint ck_trainings_department_ids check (cardinality(department_ids) > 0),
          constraint ck_trainings_validity check (num_nonnulls(validity_months, validity_days) < 2)
        )""")
    op.execute("""
        create table training_versions (
          id uuid not null,
          training_id uuid not null,
          number bigint not null,
          starts_at timestamptz not null,
          ends_at timestamptz,
          department_ids uuid[],
          mandatory boolean not null,
          validity_months integer,
          validity_days integer,
          pass_mark double precision,
          retired boolean not null,
          fields text[] default '{}' not null,
          by text not null,
          person_id uuid,
          constraint pk_training_versions primary key (id),
          constraint uq_training_versions_training_id_number unique (training_id, number),
          constraint ck_training_versions_span check (ends_at > starts_at),
          constraint ck_training_versions_department_ids check (cardinality(department_ids) > 0),
          constraint ck_training_versions_validity_months check (validity_months between 1 and 1200),
          constraint ck_training_versions_validity_days check (validity_days between 1 and 36600),
          constraint ck_training_versions_validity check (num_nonnulls(validity_months, validity_days) < 2),
          constraint ck_training_versions_pass_mark check (pass_mark between 0 and 100),
          constraint fk_training_versions_training_id foreign key(training_id) references trainings (id),
          constraint fk_training_versions_person_id foreign key(person_id) references people (id)
        )""")
    op.execute("create unique index uq_training_versions_open on training_versions (training_id) where ends_at is null")


def sessions() -> None:
    op.execute("""
        create table training_series (
          id uuid not null,
          training_id uuid not null,
          first_starts_at timestamptz not null,
          minutes integer not null,
          every integer not null,
          unit text not null,
          until date,
          count integer,
          place text,
          url text,
          trainer_id uuid,
          trainer_name text,
          capacity integer,
          made integer default 0 not null,
          next_at timestamptz,
          stopped_at timestamptz,
          created_at timestamptz not null,
          created_by text not null,
          updated_at timestamptz not null,
          version bigint default 1 not null,
          constraint pk_training_series primary key (id),
          constraint ck_training_series_unit check (unit in ('week', 'month')),
          constraint ck_training_series_every check (every between 1 and 52),
          constraint ck_training_series_end check (num_nonnulls(until, count) < 2),
          constraint ck_training_series_stopped check (num_nonnulls(next_at, stopped_at) < 2),
          constraint ck_training_series_minutes check (minutes between 5 and 1440),
          constraint ck_training_series_capacity check (capacity > 0),
          constraint ck_training_series_trainer check (num_nonnulls(trainer_id, trainer_name) < 2),
          constraint fk_training_series_training_id foreign key(training_id) references trainings (id),
          constraint fk_training_series_trainer_id foreign key(trainer_id) references people (id)
        )""")
    op.execute("create index ix_training_series_due on training_series (next_at) where next_at is not null")
    op.execute("create index ix_training_series_training on training_series (training_id, id)")
    op.execute("""
        create table training_sessions (
          id uuid not null,
          training_id uuid not null,
          series_id uuid,
          occurrence integer,
          starts_at timestamptz not null,
          ends_at timestamptz not null,
          place text,
          url text,
          trainer_id uuid,
          trainer_name text,
          capacity integer,
          cancelled_at timestamptz,
          cancel_reason text,
          created_at timestamptz not null,
          created_by text not null,
          updated_at timestamptz not null,
          version bigint default 1 not null,
          constraint pk_training_sessions primary key (id),
          constraint uq_training_sessions_series_id_occurrence unique (series_id, occurrence),
          constraint ck_training_sessions_span check (ends_at > starts_at),
          constraint ck_training_sessions_occurrence check ((series_id is null) = (occurrence is null)),
          constraint ck_training_sessions_capacity check (capacity > 0),
          constraint ck_training_sessions_trainer check (num_nonnulls(trainer_id, trainer_name) < 2),
          constraint ck_training_sessions_cancelled check (num_nulls(cancelled_at, cancel_reason) in (0, 2)),
          constraint fk_training_sessions_training_id foreign key(training_id) references trainings (id),
          constraint fk_training_sessions_series_id foreign key(series_id) references training_series (id),
          constraint fk_training_sessions_trainer_id foreign key(trainer_id) references people (id)
        )""")
    op.execute("create index ix_training_sessions_list on training_sessions (starts_at, id)")
    op.execute("create index ix_training_sessions_training on training_sessions (training_id, starts_at, id)")


def results() -> None:
    op.execute("""
        create table training_enrolments (
          session_id uuid not null,
          person_id uuid not null,
          state text not null,
          enrolled_at timestamptz not null,
          enrolled_by text not null,
          updated_at timestamptz not null,
          constraint pk_training_enrolments primary key (session_id, person_id),
          constraint ck_training_enrolments_state check (state in ('enrolled', 'attended', 'absent')),
          constraint fk_training_enrolments_session_id foreign key(session_id) references training_sessions (id),
          constraint fk_training_enrolments_person_id foreign key(person_id) references people (id)
        )""")
    op.execute("create index ix_training_enrolments_person on training_enrolments (person_id, session_id)")
    op.execute("""
        create table training_completions (
          id uuid not null,
          training_id uuid not null,
          person_id uuid not null,
          session_id uuid,
          completed_on date not null,
          score double precision,
          passed boolean,
          recorded_at timestamptz not null,
          recorded_by text not null,
          updated_at timestamptz not null,
          withdrawn_at timestamptz,
          told_at timestamptz,
          constraint pk_training_completions primary key (id),
          constraint ck_training_completions_score check (score between 0 and 100),
          constraint fk_training_completions_training_id foreign key(training_id) references trainings (id),
          constraint fk_training_completions_person_id foreign key(person_id) references people (id),
          constraint fk_training_completions_session_id foreign key(session_id) references training_sessions (id)
        )""")
    op.execute("create index ix_training_completions_person on training_completions (person_id, id)")
    op.execute(
        "create index ix_training_completions_session on training_completions (session_id) "
        "where session_id is not null"
    )
    op.execute(
        "create unique index uq_training_completions_day on training_completions (training_id, person_id, completed_on) "
        "where withdrawn_at is null"
    )
    op.execute("""
        create table training_settings (
          id uuid not null,
          version bigint not null,
          starts_at timestamptz not null,
          target_percent double precision not null,
          remind_days_before integer not null,
          by text not null,
          constraint pk_training_settings primary key (id),
          constraint uq_training_settings_version unique (version),
          constraint ck_training_settings_target_percent check (target_percent between 0 and 100),
          constraint ck_training_settings_remind_days_before check (remind_days_before between 1 and 366)
        )""")
    op.execute("""
        create table coverage_watches (
          id uuid not null,
          department_id uuid,
          below boolean not null,
          looked_at timestamptz not null,
          constraint pk_coverage_watches primary key (id),
          constraint uq_coverage_watches_department_id unique (department_id),
          constraint fk_coverage_watches_department_id foreign key(department_id) references departments (id)
        )""")
    op.execute(
        "create unique index uq_coverage_watches_company on coverage_watches ((department_id is null)) "
        "where department_id is null"
    )


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"drop table {table}")
    op.execute("drop function training_versions_stay()")
