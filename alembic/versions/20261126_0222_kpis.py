"""Where incidents began, their calms as they were recorded, and frozen baselines: what key figures are made of (方案 一)"""

from alembic import op

revision = "kpis"
down_revision = "quality"
branch_labels = None
depends_on = None

PLATFORMS = (
    "'wechat_official', 'wechat_channels', 'weibo', 'douyin', 'xiaohongshu', 'zhihu', 'bilibili', 'forum', 'news', 'other'"
)
GRADES = "'major', 'serious', 'general'"


def upgrade() -> None:
    op.execute(f"""
        create table kpi_origins (
          incident_id uuid not null,
          platform text,
          constraint pk_kpi_origins primary key (incident_id),
          constraint ck_kpi_origins_platform check (platform in ({PLATFORMS})),
          constraint fk_kpi_origins_incident_id foreign key(incident_id) references incidents (id)
        )""")
    op.execute(f"""
        create table kpi_calms (
          incident_id uuid not null,
          calmed_at timestamptz not null,
          began_at timestamptz not null,
          taken_back_at timestamptz,
          grade text,
          platform text,
          spread bigint not null,
          spread_by_platform jsonb not null,
          constraint pk_kpi_calms primary key (incident_id, calmed_at),
          constraint ck_kpi_calms_taken_back check (taken_back_at >= calmed_at),
          constraint ck_kpi_calms_began check (calmed_at >= began_at),
          constraint ck_kpi_calms_grade check (grade in ({GRADES})),
          constraint ck_kpi_calms_platform check (platform in ({PLATFORMS})),
          constraint fk_kpi_calms_incident_id foreign key(incident_id) references incidents (id)
        )""")
    op.execute("create index ix_kpi_calms_calmed on kpi_calms (calmed_at, incident_id)")
    baselines()
    known()


def baselines() -> None:
    """With what a later period is compared, and what that is made of."""
    op.execute("""
        create table kpi_baselines (
          id uuid not null,
          name text not null,
          first_on date not null,
          last_on date not null,
          applies_from date not null,
          incident_count integer not null,
          calm_seconds bigint not null,
          spread bigint not null,
          created_at timestamptz not null,
          created_by text not null,
          constraint pk_kpi_baselines primary key (id),
          constraint uq_kpi_baselines_name unique (name),
          constraint uq_kpi_baselines_applies_from unique (applies_from),
          constraint ck_kpi_baselines_span check (last_on >= first_on),
          constraint ck_kpi_baselines_figures check (incident_count >= 0 and calm_seconds >= 0 and spread >= 0)
        )""")
    op.execute("""
        create table kpi_baseline_incidents (
          baseline_id uuid not null,
          incident_id uuid not null,
          calmed_at timestamptz not null,
          calm_seconds bigint not null,
          spread bigint not null,
          constraint pk_kpi_baseline_incidents primary key (baseline_id, incident_id),
          constraint fk_kpi_baseline_incidents_baseline_id foreign key(baseline_id) references kpi_baselines (id),
          constraint fk_kpi_baseline_incidents_incident_id foreign key(incident_id) references incidents (id)
        )""")
    op.execute("""
        create function kpi_baselines_stay() returns trigger language plpgsql as $$
        begin
          raise exception 'baselines are never changed' using errcode = 'restrict_violation';
        end $$""")
    for table in ("kpi_baselines", "kpi_baseline_incidents"):
        op.execute(f"""
            create trigger {table}_stay before update or delete on {table}
            for each row execute function kpi_baselines_stay()""")


def known() -> None:
    """What the timelines of before tell; of where posts stood then they tell nothing, so that is as it is now."""
    op.execute("""
        insert into kpi_origins (incident_id, platform)
        select i.id, (
          select m.platform from mention_states s join mentions m on m.id = s.mention_id where s.incident_id = i.id
          order by coalesce(s.person_published_at, s.published_at, m.first_seen_at), m.id limit 1)
        from incidents i where not i.is_drill and exists (
          select from events e where e.incident_id = i.id and e.type = 'incident.grade_changed' and e.data->>'to' is not null)""")
    op.execute("""
        insert into kpi_calms (incident_id, calmed_at, began_at, taken_back_at, grade, platform, spread, spread_by_platform)
        select e.incident_id, c.calmed_at, least(c.calmed_at, coalesce((
            select min(b.at) from events b where b.incident_id = e.incident_id and b.type = 'incident.status_changed'
              and b.data->>'to' = 'responding'), c.calmed_at)), (
            select greatest(min(b.at), c.calmed_at) from events b where b.incident_id = e.incident_id and b.seq > e.seq
              and (b.type = 'incident.rebounded' or (b.type = 'incident.status_changed'
                and b.data->>'from' in ('closed', 'subsided', 'dismissed', 'merged')
                and b.data->>'to' in ('watching', 'responding', 'handling', 'closing')))), (
            select g.data->>'to' from events g where g.incident_id = e.incident_id and g.type = 'incident.grade_changed'
              and g.seq < e.seq order by g.seq desc limit 1),
          o.platform, (
            select coalesce(sum(s.reposts + s.comments + s.likes), 0)::bigint from spread_buckets s
            where s.incident_id = e.incident_id and s.minute <= extract(epoch from c.calmed_at) / 60), '{}'
        from events e cross join lateral (select (e.data->>'calmed_at')::timestamptz as calmed_at) c
        left join kpi_origins o on o.incident_id = e.incident_id
        where e.type = 'incident.calmed' and not e.is_drill
        on conflict do nothing""")


def downgrade() -> None:
    op.execute("drop table kpi_baseline_incidents")
    op.execute("drop table kpi_baselines")
    op.execute("drop function kpi_baselines_stay()")
    op.execute("drop table kpi_calms")
    op.execute("drop table kpi_origins")
