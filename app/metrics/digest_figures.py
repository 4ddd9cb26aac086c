"""What a digest counts (R71): what happened in a period, and how things stood at its end. Exercises are left out."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from asyncpg import Record

from app.core.db import Tx
from app.domain.grades import Grade
from app.domain.lifecycle import ACCEPTING
from app.domain.vocabulary import DeadlineKind, IncidentStatus
from app.metrics.mechanisms import late_reviews, late_risks
from app.metrics.rule_quality import employee_posts
from app.trainings.coverage import coverage_at

_COUNTS: Final = """
select
  (select count(*) from mentions where drill_id is null and first_seen_at >= $1 and first_seen_at < $2) as mentions,
  (select count(*) from deadlines
    where kind = 'alert' and not is_drill and started_at >= $1 and started_at < $2) as hits,
  (select count(*) from deadlines where kind = 'alert' and not is_drill and due_at >= $1 and due_at < $2 and due_at <= $3
    and (met_at is null or met_at > due_at)) as alerts_late,
  (select count(distinct incident_id) from events
    where type = 'incident.calmed' and not is_drill and at >= $1 and at < $2) as incidents_calmed,
  (select count(distinct incident_id) from events where type = 'incident.status_changed' and not is_drill
    and data ->> 'to' = 'closed' and at >= $1 and at < $2) as incidents_closed,
  (select count(*) from publications p join incidents i on i.id = p.incident_id
    where not i.is_drill and p.happened_at >= $1 and p.happened_at < $2) as statements_published,
  (select count(*) from patrols where slot_at >= $1 and slot_at < $2 and happened_at <= due_by) as patrols_done,
  (select count(*) from patrols where slot_at >= $1 and slot_at < $2 and due_by <= $3
    and (happened_at is null or happened_at > due_by)) as patrols_missed,
  (select count(*) from source_silences where due_at < $2 and (ends_at is null or ends_at >= $2)) as sources_silent,
  (select count(*) from tasks t where not is_drill and created_at < $2 and due_at < $2
    and (ended_at is null or ended_at >= $2) and not exists(select from task_reopenings r
      where r.task_id = t.id and r.ended_at < $2 and r.reopened_at >= $2)) as tasks_overdue"""
# As they stood at the end: what came later is on their timelines, and not looked at.
_INCIDENTS: Final = """
select i.opened_at >= $1 as opened, coalesce(status.to, 'watching') as status, grade.to as grade
from incidents i
  left join lateral (select e.data ->> 'to' as to from events e where e.incident_id = i.id
    and e.type = 'incident.status_changed' and e.at < $2 order by e.seq desc limit 1) status on true
  left join lateral (select e.data ->> 'to' as to from events e where e.incident_id = i.id
    and e.type = 'incident.grade_changed' and e.at < $2 order by e.seq desc limit 1) grade on true
where not i.is_drill and i.opened_at < $2 and (i.ended_at is null or i.ended_at >= $1 or i.opened_at >= $1)"""
# Called off in time, it was not breached.
_CLOCKS: Final = """
select kind, count(*) as count from deadlines
where kind <> 'alert' and not is_drill and due_at >= $1 and due_at < $2 and due_at <= $3
  and (met_at is null or met_at > due_at) and not (state = 'cancelled' and ended_at <= due_at) group by kind"""


async def figures(tx: Tx, starts_at: datetime, ends_at: datetime, *, now: datetime) -> dict[str, Any]:
    """The figures of a period; of what goes on, until ``now``."""
    driver = await tx.driver()
    counts = await driver.fetchrow(_COUNTS, starts_at, ends_at, now)
    incidents = await driver.fetch(_INCIDENTS, starts_at, ends_at)
    clocks = {row["kind"]: row["count"] for row in await driver.fetch(_CLOCKS, starts_at, ends_at, now)}
    [coverage] = await coverage_at(tx, [ends_at])
    share = coverage.company
    employees = await employee_posts(tx, starts_at, ends_at)
    return dict(counts) | _incidents(incidents) | {
        "clocks_breached": sum(clocks.values()), "breached_by_clock": _listed("clock", clocks, DeadlineKind),
        "training_coverage": share.covered / share.roster if share.roster else None,
        "reviews_overdue": await late_reviews(tx, ends_at), "risks_overdue": await late_risks(tx, ends_at),
        "employee_posts": sum(row["count"] for row in employees), "employee_violations": employees,
    }  # fmt: skip


def _incidents(rows: Iterable[Record]) -> dict[str, Any]:
    opened: Counter[str | None] = Counter()
    statuses: Counter[str] = Counter()
    grades: Counter[str | None] = Counter()
    for row in rows:
        opened[row["grade"]] += row["opened"]
        if row["status"] in ACCEPTING:
            statuses[row["status"]] += 1
            grades[row["grade"]] += 1
    return {
        "incidents_opened": opened.total(), "opened_by_grade": _listed("grade", opened, (*Grade, None)),
        "incidents_open": statuses.total(), "open_by_status": _listed("status", statuses, IncidentStatus),
        "open_by_grade": _listed("grade", grades, (*Grade, None)),
    }  # fmt: skip


def _listed(name: str, counts: Mapping[Any, int], order: Iterable[Any]) -> list[dict[str, Any]]:
    return [{name: word, "count": counts[word]} for word in order if counts.get(word)]
