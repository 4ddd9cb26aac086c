"""What each incident counted as and when, what was told anew of a calm, and ends of tasks that were taken back: figures of past
periods stand"""

from alembic import op

revision = "figures_stand"
down_revision = "drill_tries"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        create table kpi_periods (
          incident_id uuid not null,
          starts_at timestamptz not null,
          ends_at timestamptz,
          product text,
          constraint pk_kpi_periods primary key (incident_id, starts_at),
          constraint ck_kpi_periods_span check (ends_at >= starts_at),
          constraint fk_kpi_periods_incident_id foreign key(incident_id) references incidents (id)
        )""")
    periods()
    op.execute("alter table kpi_calms add column told_at timestamptz")
    op.execute("alter table kpi_calms add column retold_at timestamptz")
    op.execute("update kpi_calms set told_at = calmed_at")
    # One row a calm: the scan is over before anybody waits.
    for name in ("pk_kpi_calms", "ck_kpi_calms_taken_back"):
        op.execute(f"-- squawk-ignore ban-drop-constraint\nalter table kpi_calms drop constraint {name}")
    op.execute("alter table kpi_calms add constraint pk_kpi_calms primary key (incident_id, told_at)")
    for name in ("taken_back", "retold"):
        op.execute(
            "-- squawk-ignore constraint-missing-not-valid\n"
            f"alter table kpi_calms add constraint ck_kpi_calms_{name} check ({name}_at >= told_at)"
        )
    op.execute("""
        create table task_reopenings (
          task_id uuid not null,
          reopened_at timestamptz not null,
          ended_at timestamptz not null,
          constraint pk_task_reopenings primary key (task_id, reopened_at),
          constraint ck_task_reopenings_span check (reopened_at >= ended_at),
          constraint fk_task_reopenings_task_id foreign key(task_id) references tasks (id)
        )""")
    reopenings()


def periods() -> None:
    """As far as events tell: when it counted, and of which product it was at first and since it was last changed. Products
    between the two are not known, and stand as the first."""
    op.execute("""
        insert into kpi_periods (incident_id, starts_at, ends_at, product)
        with told as (
          select id, 0::bigint as place, opened_at as at, true as counts, null::boolean as renamed from incidents
          where not is_drill
          union all
          select incident_id, id, at, data->>'to' not in ('merged', 'dismissed'), null from events
          where type = 'incident.status_changed' and not is_drill
          union all
          select incident_id, max(id), max(at), null, true from events
          where type = 'incident.changed' and not is_drill and data->'fields' ? 'business_unit' group by incident_id
          union all
          select id, 9e18::bigint, ended_at, false, null from incidents
          where not is_drill and status in ('merged', 'dismissed') and ended_at is not null),
        stood as (
          select id, place, at, coalesce(bool_or(renamed) over so_far, false) as renamed,
            (array_agg(counts) filter (where counts is not null) over so_far)[count(counts) over so_far] as counts
          from told window so_far as (partition by id order by at, place rows unbounded preceding)),
        last as (select distinct on (id, at) * from stood order by id, at, place desc),
        turns as (
          select *, row(counts, renamed) is distinct from lag(row(counts, renamed)) over (partition by id order by at) as turns
          from last),
        spans as (select *, lead(at) over (partition by id order by at) as until from turns where turns)
        select s.id, s.at, s.until, case when s.renamed or o.data is null then i.business_unit else o.data->>'business_unit' end
        from spans s join incidents i on i.id = s.id
        left join lateral (select data from events e where e.incident_id = s.id and e.type = 'incident.opened' limit 1) o on true
        where s.counts""")


def reopenings() -> None:
    """Of tasks that were ended one by one, as their events tell; of those that were ended many at once they don't."""
    op.execute("""
        insert into task_reopenings (task_id, reopened_at, ended_at)
        with told as (
          select (data->>'task_id')::uuid as id, at, type = 'task.changed' as reopened, lag(type) over task as type_before,
            lag(at) over task as at_before
          from events
          where type in ('task.done', 'task.waived') or (type = 'task.changed' and data->>'action' = 'reopen')
          window task as (partition by data->>'task_id' order by id))
        select t.id, told.at, told.at_before from told join tasks t using (id)
        where told.reopened and told.type_before <> 'task.changed'
        on conflict do nothing""")


def downgrade() -> None:
    op.execute("drop table task_reopenings")
    op.execute("delete from kpi_calms where retold_at is not null")
    op.execute("""
        alter table kpi_calms drop constraint pk_kpi_calms, drop constraint ck_kpi_calms_retold,
          drop constraint ck_kpi_calms_taken_back, drop column told_at, drop column retold_at,
          add constraint pk_kpi_calms primary key (incident_id, calmed_at),
          add constraint ck_kpi_calms_taken_back check (taken_back_at >= calmed_at)""")
    op.execute("drop table kpi_periods")
