"""Clocks that ring: warnings and breaches, each exactly once, never early, the gravest first.

What is due is found by ``next_at`` and rung under the incident's lock, as every change of a clock is made, so that a
clock that was met or called off can't ring. Each threshold is a row whose key is (deadline, threshold): the second
who comes, and the same worker after its death, finds it there and says nothing.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, TypedDict
from uuid import UUID

import asyncpg
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core.auth import SYSTEM
from app.core.db import Tx
from app.core.outbox import record
from app.domain.deadlines import BREACH, Ring, due_rings, next_ring
from app.domain.drills import REAL, Pace
from app.domain.events import Event, SlaBreached, SlaWarning
from app.domain.grades import grade_at
from app.domain.vocabulary import DeadlineKind, DeadlineState
from app.incidents.runs import NEVER, pace_of
from app.incidents.spread import lock_incidents
from app.incidents.timeline import on_timeline
from app.models import Deadline, DeadlineFiring, Incident

AT_ONCE = 100
# What is done of incidents that are locked, with the rows that were found of them and of others; how often it rang.
Ringer: TypeAlias = Callable[[Mapping[UUID, Incident], Sequence[asyncpg.Record]], Awaitable[int]]

# From each level's place in the index: a million that are due some day cost nothing.
_DUE = """
select d.id, d.incident_id from unnest(array[1, 2, 3, 4]) as grave(level) cross join lateral (
  select id, incident_id, level, next_at from deadlines
  where level = grave.level and next_at <= now() and kind <> 'alert' and incident_id <> all($2::uuid[])
  order by next_at limit $1) d
order by d.level, d.next_at limit $1"""
# Or somebody is called in a silent member's place: app.incidents.calling.
_NEXT_IN = """
select extract(epoch from least(min(d.next_at), (
  select min(next_call_at) from incident_members where next_call_at is not null)) - clock_timestamp())::float8
from unnest(array[1, 2, 3, 4]) as grave(level) cross join lateral (
  select next_at from deadlines where level = grave.level and next_at is not null and kind <> 'alert'
  order by next_at limit 1) d"""


class Named(TypedDict):
    """What every event of a clock says of it."""

    deadline_id: UUID
    clock: str
    task_id: UUID | None
    grade: str | None
    started_at: datetime
    due_at: datetime
    estimated: bool


@dataclass(frozen=True, slots=True)
class Rung:
    """How many thresholds rang; the incidents that somebody else held; whether there may be more that is due."""

    count: int = 0
    held: frozenset[UUID] = frozenset()
    more: bool = False


async def seconds_to_next(tx: Tx) -> float | None:
    """How long until the next clock rings or somebody is called, by the database's clock; None where none will."""
    seconds: float | None = await (await tx.driver()).fetchval(_NEXT_IN)
    return seconds


async def ring_due(tx: Tx, *, without: Collection[UUID] = (), limit: int = AT_ONCE) -> Rung:
    """Rings what is due, the gravest first, of incidents that nobody holds at this moment; ``without`` some."""

    async def ring(incidents: Mapping[UUID, Incident], due: Sequence[asyncpg.Record]) -> int:
        return await ring_rows(tx, incidents, await _due_rows(tx, [row["id"] for row in due], incidents))

    return await ring_free(tx, _DUE, ring, without=without, limit=limit)


async def ring_free(tx: Tx, due: str, ring: Ringer, *, without: Collection[UUID], limit: int) -> Rung:
    """One round over what the statement ``due`` finds (each row with its ``incident_id``), of incidents that nobody holds at
    this moment; ``without`` some. They are locked when ``ring`` rings."""
    rows = await (await tx.driver()).fetch(due, limit, list(without))
    if not rows:
        return Rung()
    wanted = {row["incident_id"] for row in rows}
    incidents = await lock_incidents(tx, wanted, skip_locked=True)
    return Rung(await ring(incidents, rows), frozenset(wanted - incidents.keys()), len(rows) == limit)


async def ring_incident(tx: Tx, incident_id: UUID) -> int:
    """Rings what is due of one incident, waiting for whoever holds it: in a crisis somebody always does."""
    incidents = await lock_incidents(tx, [incident_id])
    ids = await tx.scalars(select(Deadline.id).where(Deadline.incident_id == incident_id, Deadline.kind != "alert"))
    return await ring_rows(tx, incidents, await _due_rows(tx, ids.all(), incidents))


async def _due_rows(tx: Tx, ids: Sequence[UUID], incidents: Mapping[UUID, Incident]) -> Sequence[Deadline]:
    """Those still due now that their incidents are locked."""
    query = select(Deadline).where(
        Deadline.id.in_(ids), Deadline.incident_id.in_(incidents), Deadline.next_at <= await tx.now()
    )
    query = query.order_by(Deadline.level, Deadline.next_at, Deadline.id).execution_options(populate_existing=True)
    return (await tx.scalars(query)).all()


async def ring_rows(tx: Tx, incidents: Mapping[UUID, Incident], rows: Sequence[Deadline]) -> int:
    """Rings these rows of locked incidents; how many thresholds rang that had not before. In a pause of a drill none."""
    now = await tx.now()
    paces = {id_: await pace_of(tx, incident) for id_, incident in incidents.items()}
    rows = [row for row in rows if not _stands_still(row, paces)]
    rings = {
        row.id: due_rings(DeadlineKind(row.kind), row.started_at, row.due_at, row.set_at, now, _pace_of(row, paces))
        for row in rows
    }
    new = await _write(tx, rings, now)
    events: list[Event] = []
    for row in rows:
        assert row.incident_id is not None, "only clocks of incidents are rung here"
        incident = incidents[row.incident_id]
        events += [_event(incident, row, ring) for ring in rings[row.id] if (row.id, ring.threshold) in new]
        _settle(row, [ring.threshold for ring in rings[row.id]], now, _pace_of(row, paces))
    await record(tx, *events, caller=SYSTEM)
    return len(new)


async def _write(tx: Tx, rings: Mapping[UUID, Sequence[Ring]], now: datetime) -> set[tuple[UUID, int]]:
    """Writes what rings; (deadline, threshold) of what had not rung before."""
    values = [
        {"deadline_id": id_, "threshold": ring.threshold, "at": now, "late_by_seconds": ring.late_by.total_seconds()}
        for id_, found in rings.items()
        for ring in found
    ]
    if not values:
        return set()
    await tx.flush()
    query = (
        insert(DeadlineFiring).on_conflict_do_nothing().returning(DeadlineFiring.deadline_id, DeadlineFiring.threshold)
    )
    return {(row.deadline_id, row.threshold) for row in await tx.execute(query.values(values))}


def _pace_of(row: Deadline, paces: Mapping[UUID, Pace]) -> Pace:
    assert row.incident_id is not None, "only clocks of incidents are rung here"
    return paces[row.incident_id]


def _stands_still(row: Deadline, paces: Mapping[UUID, Pace]) -> bool:
    """Whether the clock's time stands still; then it is not looked at until it goes on."""
    if paused := _pace_of(row, paces).paused:
        row.next_at, row.set_at = None, NEVER
    return paused


def _settle(row: Deadline, rung: Sequence[int], now: datetime, pace: Pace) -> None:
    look_ahead(row, rung, pace)
    if BREACH in rung:
        row.state, row.ended_at = DeadlineState.BREACHED, now


async def set_due(tx: Tx, row: Deadline, due_at: datetime, pace: Pace = REAL) -> None:
    """Sets a running clock, whose incident is locked, to another end. What rang stays rung."""
    rung = await tx.scalars(select(DeadlineFiring.threshold).where(DeadlineFiring.deadline_id == row.id))
    row.due_at, row.set_at = due_at, NEVER if pace.paused else await tx.now()
    look_ahead(row, rung.all(), pace)


def look_ahead(row: Deadline, rung: Collection[int], pace: Pace) -> None:
    """When the clock rings next. Nobody waits for what its drill does not reach."""
    row.next_at = next_ring(DeadlineKind(row.kind), row.started_at, row.due_at, rung, pace)
    if row.next_at is None and pace.lasts is not None:
        row.set_at = NEVER


def _event(incident: Incident, row: Deadline, ring: Ring) -> Event:
    late = int(ring.late_by.total_seconds())
    if ring.threshold == BREACH:
        return SlaBreached(**on_timeline(incident), **named(row), late_by_seconds=late)
    return SlaWarning(**on_timeline(incident), **named(row), threshold=ring.threshold, late_by_seconds=late)


def named(row: Deadline) -> Named:
    """The clock, as events name it."""
    return Named(
        deadline_id=row.id, clock=row.kind, task_id=row.task_id, grade=grade_at(row.level),
        started_at=row.started_at, due_at=row.due_at, estimated=row.estimated,
    )  # fmt: skip
