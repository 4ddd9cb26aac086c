"""Drills 模拟演练 (方案 三): scenarios, their runs, what these play, and which run a mention or an incident is of"""

from alembic import op

revision = "drills"
down_revision = "before_the_fire"
branch_labels = None
depends_on = None

ACCEPTING = "status in ('watching', 'responding', 'handling', 'closing') and rule_id is not null"
STATES = ("running", "met", "met_recorded_late", "breached", "cancelled", "unpushed")


def listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def clocks_are(states: tuple[str, ...]) -> None:
    # It is there again at the end of the transaction.
    op.execute("-- squawk-ignore ban-drop-constraint\nalter table deadlines drop constraint ck_deadlines_state")
    # Nothing there breaks it: the list only grew, or what it loses was changed.
    op.execute(f"alter table deadlines add constraint ck_deadlines_state check (state in ({listed(states)})) not valid")


def accepting_is_unique(columns: str) -> None:
    # Of the incidents only those that are watched or handled are in it.
    op.execute("-- squawk-ignore require-concurrent-index-deletion\ndrop index uq_incidents_accepting")
    op.execute(
        "-- squawk-ignore require-concurrent-index-creation\n"
        f"create unique index uq_incidents_accepting on incidents {columns} where {ACCEPTING}"
    )


def upgrade() -> None:
    op.execute("""
        create table scenarios (
          id uuid not null,
          key text not null,
          name text not null,
          created_at timestamptz default now() not null,
          created_by text not null,
          updated_at timestamptz default now() not null,
          retired_at timestamptz,
          version bigint default 1 not null,
          constraint pk_scenarios primary key (id),
          constraint uq_scenarios_key unique (key)
        )""")
    op.execute("""
        create table scenario_versions (
          id uuid not null,
          scenario_id uuid not null,
          number int not null,
          content jsonb not null,
          note text default '' not null,
          created_at timestamptz default now() not null,
          created_by text not null,
          constraint pk_scenario_versions primary key (id),
          constraint uq_scenario_versions_scenario_id_number unique (scenario_id, number),
          constraint fk_scenario_versions_scenario_id foreign key(scenario_id) references scenarios (id)
        )""")
    op.execute("""
        create table drills (
          id uuid not null,
          serial bigint generated always as identity,
          name text not null,
          scenario_version_id uuid not null,
          scale int not null,
          duration_seconds int not null,
          rule_id uuid not null,
          own_rule boolean not null,
          brand text not null,
          word text not null,
          state text default 'planned' not null,
          started_at timestamptz,
          zero_at timestamptz,
          paused_ats timestamptz[] default '{}' not null,
          resumed_ats timestamptz[] default '{}' not null,
          next_at timestamptz,
          ended_at timestamptz,
          participants uuid[] default '{}' not null,
          created_at timestamptz default now() not null,
          created_by text not null,
          updated_at timestamptz default now() not null,
          version bigint default 1 not null,
          constraint pk_drills primary key (id),
          constraint uq_drills_serial unique (serial),
          constraint ck_drills_state check (state in ('planned', 'running', 'paused', 'stopped', 'finished')),
          constraint ck_drills_scale check (scale between 1 and 10000),
          constraint ck_drills_started check ((state = 'planned') = (started_at is null)),
          constraint ck_drills_zero check ((started_at is null) = (zero_at is null)),
          constraint ck_drills_ended check ((state in ('stopped', 'finished')) = (ended_at is not null)),
          constraint ck_drills_next check (state = 'running' or next_at is null),
          constraint ck_drills_pauses check (
            cardinality(paused_ats) = cardinality(resumed_ats) + (state = 'paused')::int),
          constraint fk_drills_scenario_version_id foreign key(scenario_version_id) references scenario_versions (id),
          constraint fk_drills_rule_id foreign key(rule_id) references watch_rules (id)
        )""")
    op.execute("create index ix_drills_next on drills (next_at) where next_at is not null")
    op.execute("create index ix_drills_version on drills (scenario_version_id)")
    op.execute("""
        create table drill_injects (
          id uuid not null,
          drill_id uuid not null,
          position int not null,
          at_seconds float(53) not null,
          source text not null,
          kind text not null,
          ref text not null,
          content jsonb not null,
          played_at timestamptz,
          late_by_seconds float(53),
          mention_id uuid,
          created_at timestamptz default now() not null,
          created_by text not null,
          constraint pk_drill_injects primary key (id),
          constraint uq_drill_injects_drill_id_position unique (drill_id, position),
          constraint ck_drill_injects_source check (source in ('scenario', 'hand')),
          constraint ck_drill_injects_at_seconds check (at_seconds >= 0),
          constraint ck_drill_injects_played check (num_nulls(played_at, mention_id, late_by_seconds) in (0, 3)),
          constraint fk_drill_injects_drill_id foreign key(drill_id) references drills (id)
        )""")
    op.execute("""
        create index ix_drill_injects_due on drill_injects (drill_id, at_seconds, position) where played_at is null""")
    op.execute("alter table mentions add column drill_id uuid")
    op.execute("alter table mention_states add column drill_id uuid")
    op.execute(
        "-- squawk-ignore require-concurrent-index-creation\n"
        "create index ix_mentions_drill on mentions (drill_id, id) where drill_id is not null"
    )
    op.execute("""
        alter table incidents
          -- squawk-ignore adding-foreign-key-constraint
          add column drill_id uuid constraint fk_incidents_drill_id references drills(id),
          -- squawk-ignore constraint-missing-not-valid
          add constraint ck_incidents_drill check (drill_id is null or is_drill)""")
    op.execute(
        "-- squawk-ignore require-concurrent-index-creation\n"
        "create index ix_incidents_drill on incidents (drill_id, id) where drill_id is not null"
    )
    accepting_is_unique("(rule_id, story, drill_id) nulls not distinct")
    clocks_are((*STATES, "not_reached"))


def downgrade() -> None:
    op.execute("update deadlines set state = 'cancelled' where state = 'not_reached'")
    clocks_are(STATES)
    op.execute("drop index ix_incidents_drill")
    # Of those that came of drills but one may stay open.
    op.execute("""
        update incidents set status = 'dismissed', ended_at = now()
        where drill_id is not null and status in ('watching', 'responding', 'handling', 'closing')""")
    accepting_is_unique("(rule_id, story)")
    op.execute("alter table incidents drop column drill_id")
    op.execute("drop index ix_mentions_drill")
    op.execute("alter table mention_states drop column drill_id")
    op.execute("alter table mentions drop column drill_id")
    op.execute("drop table drill_injects")
    op.execute("drop table drills")
    op.execute("drop table scenario_versions")
    op.execute("drop table scenarios")
