"""What becomes of the clocks 时限 of a drill when its time stands still, goes on, or is over.

Whoever calls this holds the run's row and its incidents. In a pause no clock has a next instant, and where something that
began meanwhile has one it is passed over when it is rung; when the pause is over, what is to come is moved by its length.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from app.core.db import Tx
from app.core.doorbell import CLOCKS
from app.domain.drills import Pace
from app.domain.team import next_call
from app.domain.vocabulary import DeadlineKind, DeadlineState
from app.incidents import ringing
from app.incidents.runs import NEVER
from app.models import Deadline, DeadlineFiring, Drill, Incident, IncidentMember, Task

NOT_REACHED: Final = "The drill ended before it was due."

_HUSH_ALERTS = """
update deadlines d set next_at = null, set_at = $2 from mentions m
where m.drill_id = $1 and d.mention_id = m.id and d.kind = 'alert' and d.state = 'running'"""
_LATER = "d.due_at + case when d.due_at > $4 then $2::interval else interval '0' end"
_MOVE_ALERTS = f"""
update deadlines d set due_at = {_LATER}, next_at = {_LATER}, set_at = $3 from mentions m
where m.drill_id = $1 and d.mention_id = m.id and d.kind = 'alert' and d.state = 'running'"""
# What was due by the end is judged by who rings alerts: it may have reached people in time.
_END_ALERTS = """
update deadlines d set state = case when d.due_at > $2 then 'not_reached' else d.state end,
  next_at = case when d.due_at <= $2 then d.due_at end, ended_at = case when d.due_at > $2 then $3::timestamptz end,
  reason = case when d.due_at > $2 then $4 end
from mentions m where m.drill_id = $1 and d.mention_id = m.id and d.kind = 'alert' and d.state = 'running'"""
_CUT_OFF = """
update deadlines d set state = 'not_reached', next_at = null, ended_at = $2, reason = $3
where d.state = 'running' and (d.incident_id in (select id from incidents where drill_id = $1)
  or d.mention_id in (select id from mentions where drill_id = $1))"""
_MOVE_SILENCES = """
update silences set due_at = due_at + $2::interval, set_at = $3
where incident_id = any($1::uuid[]) and stopped_by is null and due_at > $4"""
_MOVE_ORIGINS = """
update origin_watches w set due_at = w.due_at + $2::interval, set_at = $3 from statements s
where s.id = w.statement_id and s.incident_id = any($1::uuid[]) and w.due_at > $4"""


async def hush(tx: Tx, drill: Drill, incidents: Mapping[UUID, Incident]) -> None:
    """Nothing of it rings for the time being."""
    for row in await _running(tx, incidents):
        row.next_at, row.set_at = None, NEVER
    for member in await _silent(tx, incidents):
        member.next_call_at, member.set_at = None, NEVER
    await (await tx.driver()).execute(_HUSH_ALERTS, drill.id, NEVER)


async def go_on(
    tx: Tx, drill: Drill, incidents: Mapping[UUID, Incident], pace: Pace, *, since: datetime, now: datetime
) -> None:
    """What is to come is moved by the length of the pause that is over, which began ``since``."""
    length = now - since
    rung = await _rung(tx, incidents)
    for row in await _running(tx, incidents):
        # A review is due on a working day of the world, whatever is played.
        if row.due_at > since and row.kind != DeadlineKind.REVIEW:
            row.due_at += length
        row.set_at = now
        ringing.look_ahead(row, rung.get(row.id, ()), pace)
    for member in await _silent(tx, incidents):
        if member.due_at is not None and member.due_at > since:
            member.due_at += length
        member.set_at = now
        member.next_call_at = next_call(member.called_at, member.due_at, member.call_step, pace)
    await _move_tasks(tx, incidents, length)
    driver, ids = await tx.driver(), list(incidents)
    await driver.execute(_MOVE_ALERTS, drill.id, length, now, since)
    await driver.execute(_MOVE_SILENCES, ids, length, now, since)
    await driver.execute(_MOVE_ORIGINS, ids, length, now, since)
    tx.ring(CLOCKS)


async def end(tx: Tx, drill: Drill, incidents: Mapping[UUID, Incident], *, now: datetime) -> None:
    """What was due by its end rings still; what would have been later is not reached, even if the end is noted later."""
    assert drill.ended_at is not None, "it is over"
    over, rows = drill.ended_at, await _running(tx, incidents)
    await ringing.ring_rows(tx, incidents, [row for row in rows if row.due_at <= over])
    for row in rows:
        if row.state == DeadlineState.RUNNING:
            # A first word whose time has passed runs on, and was not said: it is called off.
            late = row.due_at <= over
            row.state = DeadlineState.CANCELLED if late else DeadlineState.NOT_REACHED
            row.reason = "The drill has ended." if late else NOT_REACHED
            row.ended_at, row.next_at = now, None
    await (await tx.driver()).execute(_END_ALERTS, drill.id, over, now, NOT_REACHED)


async def cut_off(tx: Tx, drill: Drill, *, now: datetime) -> None:
    """Nothing of it rings any more, whatever was due: what would ring can't be made."""
    await (await tx.driver()).execute(_CUT_OFF, drill.id, now, "The drill failed.")


async def _running(tx: Tx, incidents: Mapping[UUID, Incident]) -> Sequence[Deadline]:
    """The clocks that run, but those of hits."""
    await tx.flush()
    query = select(Deadline).where(
        Deadline.incident_id.in_(incidents),
        Deadline.kind != DeadlineKind.ALERT,
        Deadline.state == DeadlineState.RUNNING,
    )
    return (await tx.scalars(query.order_by(Deadline.id).execution_options(populate_existing=True))).all()


async def _silent(tx: Tx, incidents: Mapping[UUID, Incident]) -> Sequence[IncidentMember]:
    """Members who are to answer still."""
    silent = IncidentMember.acknowledged_at.is_(None) & IncidentMember.left_at.is_(None)
    query = select(IncidentMember).where(IncidentMember.incident_id.in_(incidents), silent)
    return (await tx.scalars(query.order_by(IncidentMember.id).execution_options(populate_existing=True))).all()


async def _rung(tx: Tx, incidents: Mapping[UUID, Incident]) -> dict[UUID, list[int]]:
    """What of the clocks has rung."""
    query = select(DeadlineFiring.deadline_id, DeadlineFiring.threshold)
    query = query.join(Deadline, Deadline.id == DeadlineFiring.deadline_id).where(Deadline.incident_id.in_(incidents))
    found: dict[UUID, list[int]] = {}
    for deadline_id, threshold in await tx.execute(query):
        found.setdefault(deadline_id, []).append(threshold)
    return found


async def _move_tasks(tx: Tx, incidents: Mapping[UUID, Incident], length: timedelta) -> None:
    """A task is due when its clock is."""
    await tx.flush()
    query = select(Task, Deadline.due_at).join(Deadline, Deadline.task_id == Task.id).where(
        Task.incident_id.in_(incidents), Deadline.state == DeadlineState.RUNNING
    )  # fmt: skip
    for task, due_at in (await tx.execute(query)).all():
        if task.due_at is not None and task.due_at + length == due_at:
            task.due_at = due_at
