"""Sources, their signs of life and silences; when platforms were core (方案 二(一)2: R04, R21, R23)"""

from alembic import op

revision = "sources"
down_revision = "patrols"
branch_labels = None
depends_on = None

PLATFORMS = (
    "wechat_official", "wechat_channels", "weibo", "douyin", "xiaohongshu", "zhihu", "bilibili", "forum", "news",
    "other",
)  # fmt: skip
WORDS = ", ".join(f"'{platform}'" for platform in PLATFORMS)
# What is known of the list before today: it was always as it is.
EVER = "timestamptz '1970-01-01 00:00:00+00'"


def upgrade() -> None:
    sources()
    beats()
    silences()
    core_platforms()


def sources() -> None:
    op.execute(f"""
        create table sources (
          id uuid not null,
          name text not null,
          kind text not null,
          key_id text,
          platforms text[] default '{{}}' not null,
          rhythm_seconds integer not null,
          enabled boolean default true not null,
          retired_at timestamptz,
          version bigint default 1 not null,
          created_at timestamptz default now() not null,
          created_by text not null,
          updated_at timestamptz default now() not null,
          constraint pk_sources primary key (id),
          constraint ck_sources_kind check (kind in ('tool', 'crawler', 'patrol', 'person', 'other')),
          constraint ck_sources_platforms check (platforms <> '{{}}' and platforms <@ array[{WORDS}]),
          constraint ck_sources_rhythm
            check (rhythm_seconds between 60 and 2678400 and rhythm_seconds % 60 = 0),
          constraint ck_sources_retired check (retired_at is null or not enabled),
          constraint fk_sources_key_id foreign key(key_id) references api_keys (id)
        )""")
    op.execute("create unique index uq_sources_key on sources (key_id) where retired_at is null")
    op.execute("""
        create table source_watches (
          source_id uuid not null,
          since timestamptz not null,
          heard_at timestamptz,
          constraint pk_source_watches primary key (source_id),
          constraint fk_source_watches_source_id foreign key(source_id) references sources (id)
        ) with (fillfactor = 70)""")


def beats() -> None:
    op.execute(f"""
        create table source_beats (
          channel text not null,
          at timestamptz not null,
          platform text not null,
          constraint pk_source_beats primary key (channel, at, platform),
          constraint ck_source_beats_platform check (platform in ({WORDS}))
        )""")
    op.execute("create index ix_source_beats_platform on source_beats (platform, at)")
    # What came lately, so that no look at calm takes the new table for silence.
    op.execute("""
        insert into source_beats(channel, at, platform)
        select o.key_id, date_trunc('minute', o.received_at), m.platform
        from observations o join mentions m on m.id = o.mention_id
        where o.received_at > now() - interval '1 day' and not o.historical
        on conflict do nothing""")
    op.execute("""
        create table listening_spans (
          started_at timestamptz not null,
          seen_at timestamptz not null,
          constraint pk_listening_spans primary key (started_at)
        )""")
    # One row, that every worker wrote each minute and nobody else reads.
    op.execute("-- squawk-ignore ban-drop-table\ndrop table last_heard")


def silences() -> None:
    op.execute("""
        create table source_silences (
          id uuid not null,
          source_id uuid not null,
          platforms text[] default '{}' not null,
          starts_at timestamptz not null,
          heard_before boolean not null,
          due_at timestamptz not null,
          told_at timestamptz not null,
          late_by_seconds double precision not null,
          ends_at timestamptz,
          ended_by text,
          constraint pk_source_silences primary key (id),
          constraint ck_source_silences_ended_by check (ended_by in ('heard', 'changed', 'disabled', 'retired')),
          constraint ck_source_silences_due check (due_at > starts_at),
          constraint ck_source_silences_span check (ends_at >= starts_at),
          constraint ck_source_silences_ended check ((ends_at is null) = (ended_by is null)),
          constraint fk_source_silences_source_id foreign key(source_id) references sources (id)
        )""")
    op.execute("create unique index uq_source_silences_due on source_silences (source_id, due_at)")
    op.execute("create unique index uq_source_silences_open on source_silences (source_id) where ends_at is null")
    op.execute("create index ix_source_silences_ends on source_silences (ends_at, starts_at)")


def core_platforms() -> None:
    op.execute(f"""
        create table core_platform_periods (
          platform text not null,
          starts_at timestamptz not null,
          ends_at timestamptz,
          constraint pk_core_platform_periods primary key (platform, starts_at),
          constraint ck_core_platform_periods_platform check (platform in ({WORDS})),
          constraint ck_core_platform_periods_span check (ends_at > starts_at)
        )""")
    op.execute(
        "create unique index uq_core_platform_periods_open on core_platform_periods (platform) where ends_at is null"
    )
    op.execute(f"""
        insert into core_platform_periods(platform, starts_at)
        select platform, {EVER} from platform_rules where core""")
    # A change within the same transaction as the last leaves no span of no length behind.
    op.execute("""
        create function platform_rules_core() returns trigger language plpgsql as $$
        begin
          delete from core_platform_periods
          where platform = new.platform and ends_at is null and starts_at >= new.updated_at;
          update core_platform_periods set ends_at = new.updated_at
          where platform = new.platform and ends_at is null;
          if new.core then
            insert into core_platform_periods(platform, starts_at) values (new.platform, new.updated_at)
            on conflict (platform, starts_at) do update set ends_at = null;
          end if;
          return null;
        end $$""")
    op.execute("""
        create trigger platform_rules_core_changed after update of core on platform_rules
        for each row when (old.core is distinct from new.core) execute function platform_rules_core()""")


def downgrade() -> None:
    op.execute("drop trigger platform_rules_core_changed on platform_rules")
    op.execute("drop function platform_rules_core()")
    op.execute("""
        create table last_heard (
          name text not null,
          seq bigint not null,
          looked_at timestamptz not null,
          heard_at timestamptz,
          constraint pk_last_heard primary key (name)
        )""")
    for table in (
        "core_platform_periods", "source_silences", "listening_spans", "source_beats", "source_watches", "sources",
    ):  # fmt: skip
        op.execute(f"drop table {table}")
