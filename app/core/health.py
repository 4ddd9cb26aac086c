"""Health for whoever runs the service; not part of the contract. Monitors ask ready, orchestrators ask live."""

from typing import Any

import asyncpg
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from app.core.deps import tools
from app.core.metrics import CLOCKS_OVERDUE, DEADLINES, DELIVERY_AGE, INBOX_AGE, SET_ASIDE, WORKERS
from app.core.migrations import newest_migration
from app.domain.grades import grade_at

router = APIRouter(include_in_schema=False)

# A worker beats each second; one that was not seen for this long is gone.
WORKER_SILENT_SECONDS = 10
# Counting what was accepted takes milliseconds, and a burst of 300,000 posts a minute; beyond that a crisis would be
# told of too late to answer it.
INBOX_LATE_SECONDS = 60
# For how long the delivery that should go next has been waiting. What a disabled or failing endpoint is owed, or a robot
# whose vendor muted it, and what waits for an earlier one of its incident, is not late.
_OLDEST_DUE = """
select coalesce(extract(epoch from clock_timestamp() - min(d.due_at)), 0)::float8
from webhook_endpoints e cross join lateral (
  select due_at from deliveries d
  where d.endpoint_id = e.id and d.state = 'pending' and d.token is null and d.due_at <= now()
    and coalesce(d.seq <= (
      select first.seq from deliveries first
      where first.endpoint_id = d.endpoint_id and first.incident_id = d.incident_id
        and first.state = 'pending' and first.holds_back
      order by first.endpoint_id, first.incident_id, first.seq limit 1), true)
  order by d.due_at limit 1) d
where e.disabled_at is null and e.deleted_at is null and e.breaker_opened_at is null
  and not exists (select from robot_messages m where m.endpoint_id = e.id and m.silent_until > now())"""
# A clock rings within a second, and within five while workers die; beyond that nobody watches them.
CLOCK_LATE_SECONDS = 5


def _unrung(alert: str) -> str:
    """Alerts (`=`) and clocks of incidents (`<>`) have an index each."""
    return f"""select max(now() - greatest(d.next_at, d.set_at)) from unnest(array[1, 2, 3, 4]) as grave(level)
    cross join lateral (select next_at, set_at from deadlines
    where level = grave.level and next_at < now() and kind {alert} 'alert' order by next_at limit 50) d"""


# Somebody who was to be called in a silent member's place.
_UNCALLED = """select max(now() - greatest(next_call_at, set_at)) from (select next_call_at, set_at from incident_members
  where next_call_at < now() order by next_call_at limit 50) m"""
# By the sweeper's own notes, and by what the clocks were set to, whatever it noted. What was due already when it was set
# (readings that came late) is not late before that.
_UNRUNG = f"""
select coalesce(greatest(
  ({_unrung("<>")}), ({_unrung("=")}), ({_UNCALLED}),
  (select max(now() - greatest(due_at, set_at)) from (select due_at, set_at from deadlines
    where state = 'running' and kind <> 'first_word' and due_at < now() order by due_at limit 50) d)), interval '0')"""
_DEADLINES = """
select kind, level, state, count(*)::int as count from (
  select kind, level, state from deadlines where not is_drill and state = 'running'
  union all
  select kind, level, state from deadlines where not is_drill and ended_at > now() - interval '24 hours') d
group by kind, level, state"""
_STATE = f"""
select (select version_num from alembic_version) as version,
  (select count(*) from worker_heartbeats where seen_at > now() - make_interval(secs => $1)) as workers,
  (select extract(epoch from now() - received_at) from inbox where mention_id <> all(array(
    select mention_id from mentions_set_aside where until > now())) order by seq limit 1)::float8 as inbox_age,
  (select count(*) from mentions_set_aside where until > now()) as set_aside,
  ({_OLDEST_DUE}) as delivery_age,
  (select extract(epoch from ({_UNRUNG}))::float8) as unrung"""


@router.get("/health/live")
async def live() -> dict[str, str]:
    """The process answers; nothing else is looked at."""
    return {"status": "live"}


@router.get("/health/ready")
async def ready(request: Request) -> Response:
    """Whether mentions are taken, counted and told of: database, migrations, workers."""
    checks = await _checks(request)
    good = all(check["ok"] for check in checks.values())
    return JSONResponse({"status": "ready" if good else "not ready", "checks": checks}, 200 if good else 503)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Prometheus series of this process, and the ages of what waits."""
    await _checks(request)
    await _count_deadlines(request)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _count_deadlines(request: Request) -> None:
    try:
        rows = await tools(request).database.fetch(_DEADLINES)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        return  # What is known of the rest is told all the same.
    DEADLINES.clear()
    for row in rows:
        DEADLINES.labels(row["kind"], grade_at(row["level"]) or "none", row["state"]).set(row["count"])


async def _checks(request: Request) -> dict[str, dict[str, Any]]:
    try:
        (state,) = await tools(request).database.fetch(_STATE, WORKER_SILENT_SECONDS)
    except asyncpg.UndefinedTableError:
        return {"migrations": {"ok": False, "detail": "The tables are missing; run: fenghuo migrate"}}
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        return {"database": {"ok": False, "detail": f"The database can't be reached: {error}"}}
    INBOX_AGE.set(state["inbox_age"] or 0)
    SET_ASIDE.set(state["set_aside"])
    DELIVERY_AGE.set(state["delivery_age"] or 0)
    WORKERS.set(state["workers"])
    CLOCKS_OVERDUE.set(state["unrung"])
    newest = newest_migration()
    return {
        "database": {"ok": True},
        "migrations": {"ok": state["version"] == newest, "at": state["version"], "newest": newest},
        "workers": {"ok": state["workers"] > 0, "alive": state["workers"]},
        "inbox": _inbox(state["inbox_age"] or 0, state["set_aside"]),
        "clocks": _clocks(state["unrung"]),
        "deliveries": {"ok": True, "oldest_due_seconds": state["delivery_age"] or 0},
    }


def _inbox(oldest_seconds: float, set_aside: int) -> dict[str, Any]:
    """Readings that wait to be counted, and the mentions set aside because theirs can't be."""
    check: dict[str, Any] = {
        "ok": oldest_seconds <= INBOX_LATE_SECONDS,
        "oldest_seconds": oldest_seconds,
        "set_aside": set_aside,
    }
    if not check["ok"]:
        check["detail"] = (
            f"Readings have waited for {oldest_seconds:.0f} s. Start more workers (fenghuo worker) if it is a burst; "
            "if nothing is counted at all, the workers' log says why."
        )
    return check


def _clocks(unrung_seconds: float) -> dict[str, Any]:
    """Whether every clock that is due has rung."""
    check: dict[str, Any] = {"ok": unrung_seconds <= CLOCK_LATE_SECONDS, "unrung_seconds": unrung_seconds}
    if not check["ok"]:
        check["detail"] = (
            f"A clock should have rung {unrung_seconds:.0f} s ago. No worker rings them: see whether any is alive "
            "(fenghuo worker), and what its log says of the sweep `clocks`."
        )
    return check
