"""How the plan's three mechanisms 三项长效机制 stand, or stood (R08): facts of rows that no longer change, judged by the domain."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from app.core.db import Tx
from app.domain.mechanisms import LOOKED_AT, MONITORED, REPORTED, Found, Standing, standings
from app.domain.vocabulary.quality import MechanismCheck
from app.domain.worktime import SHANGHAI, day_of
from app.metrics.trials import is_trial

_CORE: Final = """
select p.platform, exists(select from source_beats b where b.platform = p.platform
  and b.at > $1::timestamptz - $2::interval and b.at <= $1) as heard
from core_platform_periods p where p.starts_at <= $1 and (p.ends_at is null or p.ends_at > $1) order by p.platform"""
# Those whose time was up within the span.
_PATROLS: Final = """
select slot_at, happened_at is null or happened_at > due_by as late from patrols
where due_by > $1::timestamptz - $2::interval and due_by <= $1 order by slot_at"""
_ALERTS: Final = """
select count(*) as checked,
  (array_agg(mention_id order by due_at desc) filter (where met_at is null or met_at > due_at))[1:1000] as amiss
from deadlines
where kind = 'alert' and not is_drill and due_at > $1::timestamptz - $2::interval and due_at <= $1"""
# At the instant: begun, not done by then and not called off by then. A breached one is under way until it is done, until it
# burns again (then there is nothing to look back on), and while its incident is not part of another and is one of ours.
_UNDER_WAY: Final = """
select i.number, d.due_at < $1 as late from deadlines d join incidents i on i.id = d.incident_id
where d.kind = 'review' and not d.is_drill and d.started_at <= $1 and (d.met_at is null or d.met_at > $1)
  and not (d.state = 'cancelled' and d.ended_at <= $1)
  and exists(select from kpi_periods p where p.incident_id = d.incident_id
    and p.starts_at <= $1 and (p.ends_at is null or p.ends_at > $1))
  and not exists(select from kpi_calms c where c.incident_id = d.incident_id
    and c.calmed_at <= d.started_at and c.taken_back_at > d.started_at and c.taken_back_at <= $1)
order by d.due_at, d.id"""
_REPORTS: Final = """
select i.number, d.met_at is null or d.met_at > d.due_at as late
from deadlines d join incidents i on i.id = d.incident_id
where d.kind = 'review' and not d.is_drill and d.due_at > $1::timestamptz - $2::interval and d.due_at <= $1
  and not (d.state = 'cancelled' and d.ended_at <= $1)
order by d.due_at, d.id"""
# As it was due then: a relapse puts a review off from then on.
_DECISIONS: Final = """
select i.number, v.due_at < $1 as late from reviews r join incidents i on i.id = r.born_of
cross join lateral (
  select due_at from review_dues v where v.review_id = r.id and v.since <= $1 order by v.since desc limit 1) v
where not r.is_drill and v.due_at is not null and (r.completed_at is null or r.completed_at > $1)
order by v.due_at, r.id"""
_RISKS: Final = """
select r.number, (v.content ->> 'next_review_on')::date < $2::date as late
from risks r cross join lateral (
  select content from risk_versions v where v.risk_id = r.id and v.at <= $1 order by v.number desc limit 1) v
where v.content ->> 'status' = 'open' order by r.number"""
# What shows that somebody looked: a change, a decision of a real review (that nothing changes too), a replay.
_LOOKED: Final = """
with decided as (
  select d.kind, d.decided_at from review_decisions d join reviews r on r.id = d.review_id
  where d.decided_at <= $1 and not r.is_drill)
select 'watch_rules' as what, greatest(
  (select max(created_at) from watch_rules where created_at <= $1),
  (select max(e.at) from unnest(array['watch_rule.updated', 'watch_rule.deleted']) as t(type) cross join lateral (
    select at from events where type = t.type and at <= $1 order by id desc limit 1) e),
  (select max(decided_at) from decided where kind = 'scope'),
  (select max(created_at) from replays where kind = 'rule' and created_at <= $1)) as at
union all select 'grading_policies', greatest(
  (select max(created_at) from grading_policies where created_at <= $1),
  (select at from events where type = 'grading_policy.activated' and at <= $1 order by id desc limit 1),
  (select max(decided_at) from decided where kind = 'process'),
  (select max(created_at) from replays where kind = 'policy' and created_at <= $1))
union all select 'sla_policies', greatest(
  (select max(created_at) from sla_policies where created_at <= $1),
  (select at from events where type = 'sla_policy.activated' and at <= $1 order by id desc limit 1),
  (select max(decided_at) from decided where kind = 'process'))"""


async def mechanisms_at(tx: Tx, at: datetime) -> tuple[Standing, ...]:
    """The three mechanisms as they stood at ``at``: what came later is not looked at."""
    return standings(await _facts(tx, at))


async def show(tx: Tx, at: datetime) -> dict[str, Any]:
    """The same as the API answers it."""
    found = await mechanisms_at(tx, at)
    return {"at": at, "is_trial": await is_trial(tx, at), "mechanisms": [_shown(each) for each in found]}


async def late_reviews(tx: Tx, at: datetime) -> int:
    """How many reviews were late at ``at``."""
    return len((await _late(tx, _UNDER_WAY, at)).amiss)


async def late_risks(tx: Tx, at: datetime) -> int:
    """How many open risks nobody had looked at again in time, at ``at``."""
    return len((await _late(tx, _RISKS, at, day_of(at))).amiss)


def _shown(standing: Standing) -> dict[str, Any]:
    checks = [
        {"check": each.check, "light": each.light, "checked": each.checked, "amiss": each.amiss, "why": each.why,
         "items": list(each.items)}
        for each in standing.checks
    ]  # fmt: skip
    return {"mechanism": standing.mechanism, "light": standing.light, "checks": checks}


async def _facts(tx: Tx, at: datetime) -> Mapping[MechanismCheck, Found]:
    platforms = await _core(tx, at)
    looked = await (await tx.driver()).fetch(_LOOKED, at)
    old = tuple(row["what"] for row in looked if row["at"] is None or row["at"] <= at - LOOKED_AT)
    return {
        MechanismCheck.CORE_PLATFORMS_ALIVE: platforms,
        MechanismCheck.PATROLS_DONE: await _patrols(tx, at),
        MechanismCheck.ALERTS_PUSHED: await _alerts(tx, at),
        MechanismCheck.REVIEWS_NOT_LATE: await _late(tx, _UNDER_WAY, at),
        MechanismCheck.REPORTS_IN_TIME: await _late(tx, _REPORTS, at, REPORTED),
        MechanismCheck.DECISIONS_APPLIED: await _late(tx, _DECISIONS, at),
        MechanismCheck.RISKS_REVIEWED: await _late(tx, _RISKS, at, day_of(at)),
        MechanismCheck.RULES_LOOKED_AT: Found(len(looked), old),
    }


async def _core(tx: Tx, at: datetime) -> Found:
    rows = await (await tx.driver()).fetch(_CORE, at, MONITORED)
    return Found(len(rows), tuple(row["platform"] for row in rows if not row["heard"]))


async def _alerts(tx: Tx, at: datetime) -> Found:
    row = await (await tx.driver()).fetchrow(_ALERTS, at, MONITORED)
    return Found(row["checked"], tuple(map(str, row["amiss"] or ())))


async def _patrols(tx: Tx, at: datetime) -> Found:
    rows = await (await tx.driver()).fetch(_PATROLS, at, MONITORED)
    return Found(
        len(rows), tuple(f"{row['slot_at'].astimezone(SHANGHAI):%Y-%m-%d %H:%M}" for row in rows if row["late"])
    )


async def _late(tx: Tx, query: str, at: datetime, *args: timedelta | object) -> Found:
    rows = await (await tx.driver()).fetch(query, at, *args)
    return Found(len(rows), tuple(row["number"] for row in rows if row["late"]))
