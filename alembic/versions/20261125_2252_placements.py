"""Where statements are published, and how long we may say nothing (方案 二(二)2, R46, R47)"""

from alembic import op

revision = "placements"
down_revision = "templates"
branch_labels = None
depends_on = None

PLATFORMS = "wechat_official wechat_channels weibo douyin xiaohongshu zhihu bilibili forum news other".split()
WORDS = ", ".join(f"'{platform}'" for platform in PLATFORMS)
STOPS = "ungraded watching no_cadence no_statement calm closing ended".split()
# Code points of text and title. Where a platform says nothing firm there is no limit; all of it is data (PUT
# /v1/platform-rules/...).
# - wechat_official: content under 20,000 characters, title up to 32
#   (developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_add).
# - weibo: long text up to 2,000 (open.weibo.com/wiki, statuses/upload_url_text/biz, is_longtext).
# - douyin: 作品描述 up to 1,000, 标题 up to 30; xiaohongshu: 正文 up to 1,000, 标题 up to 20; wechat_channels: 描述 up to
#   1,000: as their editors count (creator.douyin.com, creator.xiaohongshu.com, channels.weixin.qq.com).
CORE = ("wechat_official", "weibo", "douyin")
LIMITS = {
    "wechat_official": (19_999, 32),
    "wechat_channels": (1_000, None),
    "weibo": (2_000, None),
    "douyin": (1_000, 30),
    "xiaohongshu": (1_000, 20),
}


def silence() -> None:
    op.execute("""
        alter table sla_policies
          add column silence jsonb default '{"major": 7200, "serious": 14400, "general": 28800}' not null,
          add column origin_grace_seconds integer default 1800 not null,
          -- There are as many rows as policies.
          -- squawk-ignore constraint-missing-not-valid
          add constraint ck_sla_policies_origin_grace check (origin_grace_seconds between 0 and 86400)""")
    stops = ", ".join(f"'{stop}'" for stop in STOPS)
    op.execute(f"""
        create table silences (
          incident_id uuid not null,
          level integer not null,
          started_at timestamptz not null,
          since timestamptz not null,
          due_at timestamptz not null,
          set_at timestamptz not null,
          rung_at timestamptz,
          stopped_by text,
          stopped_at timestamptz,
          constraint pk_silences primary key (incident_id),
          constraint ck_silences_stopped_by check (stopped_by in ({stops})),
          constraint ck_silences_level check (level between 1 and 3),
          constraint ck_silences_due check (due_at > since),
          constraint fk_silences_incident_id foreign key(incident_id) references incidents (id)
        ) with (fillfactor = 80)""")
    op.execute("""create index ix_silences_due on silences (level, due_at) where stopped_by is null""")
    op.execute("""
        create table silence_rings (
          incident_id uuid not null,
          due_at timestamptz not null,
          since timestamptz not null,
          at timestamptz not null,
          late_by_seconds double precision not null,
          constraint pk_silence_rings primary key (incident_id, due_at),
          constraint fk_silence_rings_incident_id foreign key(incident_id) references incidents (id)
        )""")
    # What burns already is counted from now on.
    op.execute("""
        insert into silences (incident_id, level, started_at, since, due_at, set_at)
        select i.id, l.level, now(), now(), now() + l.cadence, now()
        from incidents i
        join (values ('major', 1, interval '2 hours'), ('serious', 2, interval '4 hours'),
          ('general', 3, interval '8 hours')) l (grade, level, cadence) on l.grade = i.grade
        where i.status in ('responding', 'handling') and i.calmed_at is null and not exists (
          select from decisions d where d.incident_id = i.id and d.kind = 'no_statement'
            and not exists (select from decisions c where c.corrects = d.id))""")


def rules() -> None:
    op.execute(f"""
        create table platform_rules (
          platform text not null,
          core boolean not null,
          max_chars integer,
          max_title integer,
          updated_at timestamptz default now() not null,
          version bigint default 1 not null,
          constraint pk_platform_rules primary key (platform),
          constraint ck_platform_rules_platform check (platform in ({WORDS})),
          constraint ck_platform_rules_max_chars check (max_chars > 0),
          constraint ck_platform_rules_max_title check (max_title > 0)
        )""")
    for platform in PLATFORMS:
        chars, title = (str(most or "null") for most in LIMITS.get(platform, (None, None)))
        op.execute(
            "insert into platform_rules (platform, core, max_chars, max_title) "
            f"values ('{platform}', {str(platform in CORE).lower()}, {chars}, {title})"
        )


def placements() -> None:
    op.execute(f"""
        create table placements (
          statement_id uuid not null,
          platform text not null,
          planned_at timestamptz,
          not_applicable boolean default false not null,
          reason text default '' not null,
          substitute_platform text,
          decision_id uuid,
          updated_at timestamptz default now() not null,
          version bigint default 1 not null,
          constraint pk_placements primary key (statement_id, platform),
          constraint ck_placements_platform check (platform in ({WORDS})),
          constraint ck_placements_substitute_platform check (substitute_platform in ({WORDS})),
          constraint ck_placements_reason
            check (not not_applicable or reason <> '' or substitute_platform is not null),
          constraint ck_placements_not_applicable
            check (not_applicable or num_nonnulls(substitute_platform, decision_id) = 0),
          constraint ck_placements_substitute check (substitute_platform <> platform),
          constraint fk_placements_statement_id foreign key(statement_id) references statements (id),
          constraint fk_placements_decision_id foreign key(decision_id) references decisions (id)
        )""")
    op.execute("""
        create table origin_watches (
          statement_id uuid not null,
          due_at timestamptz,
          set_at timestamptz not null,
          missed_at timestamptz,
          constraint pk_origin_watches primary key (statement_id),
          constraint ck_origin_watches_missed check (missed_at is null or due_at is null),
          constraint fk_origin_watches_statement_id foreign key(statement_id) references statements (id)
        )""")
    op.execute("""create index ix_origin_watches_due on origin_watches (due_at) where due_at is not null""")
    op.execute(f"""
        create table publication_reports (
          id uuid not null,
          statement_id uuid not null,
          platform text not null,
          url text,
          external_id text,
          publication_id uuid not null,
          reported_by text not null,
          reported_at timestamptz not null,
          constraint pk_publication_reports primary key (id),
          constraint ck_publication_reports_platform check (platform in ({WORDS})),
          constraint ck_publication_reports_named check (num_nonnulls(url, external_id) > 0),
          constraint fk_publication_reports_statement_id foreign key(statement_id) references statements (id),
          constraint fk_publication_reports_publication_id foreign key(publication_id) references publications (id)
        )""")
    op.execute("""
        create unique index uq_publication_reports_url on publication_reports (statement_id, platform, url)
        where url is not null""")
    op.execute("""
        create unique index uq_publication_reports_external on publication_reports (statement_id, platform, external_id)
        where external_id is not null""")
    op.execute("""create index ix_publication_reports_publication on publication_reports (publication_id)""")


def upgrade() -> None:
    silence()
    rules()
    placements()


def downgrade() -> None:
    for table in ("publication_reports", "origin_watches", "placements", "platform_rules", "silence_rings", "silences"):
        op.execute(f"drop table {table}")
    op.execute("""
        alter table sla_policies drop constraint ck_sla_policies_origin_grace, drop column origin_grace_seconds,
          drop column silence""")
