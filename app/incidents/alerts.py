"""The alert clock 预警时限 (方案 二(一)2): people hear of a hit within 10 minutes of our being told of it.

A row a hit, written with it, so that none is forgotten. It is met by the first push to an endpoint that people read;
what was pushed stands in the deliveries, and is looked up from here, so that delivering knows nothing of clocks.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from app.core.auth import SYSTEM
from app.core.db import Database, Tx
from app.core.once import is_first
from app.core.outbox import Stored, record
from app.domain.events import AlertBreached, AlertNoReceiver, MentionHit
from app.incidents.runs import NEVER
from app.models.base import new_id

# How long a push that is under way when its time is up is waited for: its answer may have come in time and not be
# recorded yet. Recording takes one statement, and no statement of a worker that delivers lasts longer than this.
GRACE_SECONDS = 3.0


def _first_push(alert: str) -> str:
    """The query for the first push of a hit that people read: when it was answered, and by which endpoint."""
    return f"""select d.finished_at, d.endpoint_id
    from deliveries d join webhook_endpoints e on e.id = d.endpoint_id
    where d.event_id = {alert}.event_id and d.state = 'delivered' and e.reaches_people
    order by d.finished_at limit 1"""


_START = """
with policy as materialized (
  select p.id, make_interval(secs => (clock->>'seconds')::float8) as span
  from sla_policies p cross join lateral jsonb_array_elements(p.clocks) as clock
  where p.active and clock->>'kind' = 'alert' limit 1),
 hit as materialized (
  select t.*, r.state = 'paused' as still, coalesce(r.scale, 1) as scale, exists (
    select from deliveries d join webhook_endpoints e on e.id = d.endpoint_id
    where d.event_id = t.event_id and e.reaches_people and e.disabled_at is null) as heard
  from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::uuid[])
    as t(id, event_id, mention_id, incident_id, received_at, drill_id)
    left join drills r on r.id = t.drill_id),
 started as (
  insert into deadlines(id, kind, incident_id, mention_id, event_id, level, is_drill, policy_id, state, started_at,
    due_at, set_at, next_at, ended_at)
  select h.id, 'alert', h.incident_id, h.mention_id, h.event_id,
    case i.grade when 'major' then 1 when 'serious' then 2 when 'general' then 3 else 4 end,
    h.drill_id is not null, p.id, case when h.heard then 'running' else 'unpushed' end, h.received_at,
    h.received_at + p.span / h.scale, case when h.still then $7 else now() end,
    case when h.heard and not coalesce(h.still, false) then h.received_at + p.span / h.scale end,
    case when not h.heard then now() end
  from hit h cross join policy p left join incidents i on i.id = h.incident_id
  returning event_id, state)
select min(event_id) from started where state = 'unpushed'"""

# The newest of the first $3 alerts behind the mark is the next mark; null where these were the last.
_NOTE = f"""
with looked as materialized (
  select id, event_id, due_at from deadlines
  where kind = 'alert' and next_at is not null and (due_at, id) > ($1, $2) order by due_at, id limit $3),
 pushed as materialized (
  select l.id, p.finished_at, p.endpoint_id from looked l cross join lateral (
    {_first_push("l")}) p
  where p.finished_at <= l.due_at),
 mine as materialized (
  select d.id from pushed p join deadlines d on d.id = p.id where d.state = 'running' for update of d skip locked),
 noted as (
  update deadlines d set state = 'met', next_at = null, met_at = p.finished_at, recorded_at = now(), ended_at = now(),
    met_by = 'webhook_endpoint:' || p.endpoint_id
  from mine join pushed p on p.id = mine.id where d.id = mine.id returning d.id)
select (select count(*) from noted) as noted, last.due_at, last.id
from (select count(*) as some from looked) l
left join lateral (select due_at, id from looked order by due_at desc, id desc limit 1) last on l.some = $3"""

# Level by level, so that what is grave comes first and nothing that is due later is looked at.
_BREACH = f"""
with due as materialized (
  select d.* from generate_series(1, 4) as l(level) cross join lateral (
    select d.id, d.level, d.event_id, d.mention_id, d.incident_id, d.is_drill, d.started_at, d.due_at, d.next_at
    from deadlines d
    where d.level = l.level and d.next_at <= now() and d.kind = 'alert'
      and (d.due_at <= now() - make_interval(secs => $2) or not exists (
        select from deliveries w join webhook_endpoints e on e.id = w.endpoint_id
        where w.event_id = d.event_id and w.token is not null and e.reaches_people))
    order by d.next_at limit $1 for update of d skip locked) d
  order by d.level, d.next_at limit $1),
 judged as materialized (
  select due.*, p.finished_at, p.endpoint_id, coalesce(p.finished_at <= due.due_at, false) as in_time
  from due left join lateral (
    {_first_push("due")}) p on true),
 ended as (
  update deadlines d set state = case when j.in_time then 'met' else 'breached' end, next_at = null, ended_at = now(),
    met_at = j.finished_at, recorded_at = case when j.finished_at is not null then now() end,
    met_by = 'webhook_endpoint:' || j.endpoint_id
  from judged j where d.id = j.id),
 fired as (
  insert into deadline_firings(deadline_id, threshold, at, late_by_seconds)
  select id, 100, now(), extract(epoch from now() - due_at) from judged where not in_time
  on conflict do nothing returning deadline_id, late_by_seconds)
select j.id as deadline_id, j.mention_id, j.incident_id, j.is_drill, j.started_at as received_at, j.due_at,
  f.late_by_seconds
from judged j left join fired f on f.deadline_id = j.id order by j.level, j.next_at, j.id"""

_RUNNING = "select exists(select from deadlines where kind = 'alert' and next_at is not null) as some"
# Bounded, because what is due later than that is nobody's business yet.
_NEXT = """
select extract(epoch from min(d.next_at) - clock_timestamp())::float8 as seconds
from generate_series(1, 4) as l(level) cross join lateral (
  select next_at from deadlines where level = l.level and kind = 'alert'
    and next_at <= now() + make_interval(secs => $1) order by next_at limit 1) d"""

# What was pushed late is told too: the clock stays breached, but people know.
_ALERTS_OF = f"""
select a.mention_id, a.state, a.started_at as received_at, a.due_at, coalesce(a.met_at, (
  select p.finished_at from ({_first_push("a")}) p)) as pushed_at
from deadlines a where a.kind = 'alert' and a.mention_id = any($1::uuid[]) order by a.id"""


class Mark(NamedTuple):
    """How far the alerts that run were looked through, in the order in which they are due."""

    due_at: datetime
    id: UUID


START = Mark(datetime(1, 1, 1, tzinfo=UTC), UUID(int=0))


async def start_alerts(tx: Tx, stored: Sequence[Stored]) -> None:
    """Starts a clock for each hit. The reaction to MentionHit, after the deliveries are owed: they say who hears of it.

    Where nobody does the hit is `unpushed`, and that is said once an hour.
    """
    hits = {entry.id: entry.event for entry in stored if isinstance(entry.event, MentionHit)}
    driver = await tx.driver()
    unheard = await driver.fetchval(
        _START, [new_id() for _ in hits], list(hits), [hit.mention_id for hit in hits.values()],
        [hit.incident_id for hit in hits.values()], [hit.received_at for hit in hits.values()],
        [hit.drill_id for hit in hits.values()], NEVER,
    )  # fmt: skip
    if unheard is None:
        return
    hit = hits[unheard]
    # Of a drill once: those who play it know.
    period = f"{await tx.now():%Y-%m-%dT%H}Z" if hit.drill_id is None else str(hit.drill_id)
    if await is_first(tx, AlertNoReceiver.type, period):
        event = AlertNoReceiver(
            mention_id=hit.mention_id, incident_id=hit.incident_id, is_drill=hit.is_drill, received_at=hit.received_at
        )  # fmt: skip
        await record(tx, event, caller=SYSTEM)


async def note_pushes(tx: Tx, after: Mark = START, *, limit: int = 5_000) -> tuple[int, Mark]:
    """Ends the clocks of hits that reached people in time; looks at ``limit`` that run, those after the mark.

    How many that were, and the next mark. What was pushed late is left to the breach.
    """
    row = await (await tx.driver()).fetchrow(_NOTE, after.due_at, after.id, limit)
    return row["noted"], START if row["id"] is None else Mark(row["due_at"], row["id"])


async def breach_alerts(tx: Tx, limit: int) -> int:
    """Ends the clocks of hits whose time is up, the gravest incidents' first; how many those were.

    What reached people in time and was not noted yet is met, and does not ring.
    """
    rows = await (await tx.driver()).fetch(_BREACH, limit, GRACE_SECONDS)
    late = [dict(row) for row in rows if row["late_by_seconds"] is not None]
    await record(tx, *(_breached(**row) for row in late), caller=SYSTEM)
    return len(rows)


def _breached(*, late_by_seconds: float, **row: Any) -> AlertBreached:
    return AlertBreached(**row, late_by_seconds=int(late_by_seconds))


async def is_any_running(database: Database) -> bool:
    """A look that costs a tenth of a transaction: mostly nothing runs."""
    return bool((await database.fetch(_RUNNING))[0]["some"])


async def next_alert_in(database: Database, within: float) -> float | None:
    """Seconds until the next clock of a hit is up; None when that is later than ``within`` seconds."""
    return (await database.fetch(_NEXT, within))[0]["seconds"]  # type: ignore[no-any-return]


async def alerts_of(tx: Tx, mention_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """The clocks of these mentions' hits, as they are shown with the mentions."""
    if not mention_ids:
        return {}
    rows = await (await tx.driver()).fetch(_ALERTS_OF, mention_ids)
    return {row["mention_id"]: dict(row) for row in rows}
