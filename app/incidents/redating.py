"""Reviews whose working days changed under them: a year's notice came out, or was corrected (方案 二(三)).

What is due is computed again from the calendar as it is, and not from what changed: so a clock that was started at the
very moment of a change, or before a release that knows another year, comes right as well.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select

from app.core.auth import SYSTEM
from app.core.db import Tx
from app.core.doorbell import CLOCKS
from app.core.once import is_first
from app.core.outbox import record
from app.domain.deadlines import policy_from
from app.domain.events import CalendarYearMissing, DeadlineRedated
from app.domain.vocabulary import DeadlineKind, DeadlineState
from app.domain.worktime import Calendar, WorkingDue, day_of, due, missing_year
from app.incidents.calendar import AHEAD, read_calendar
from app.incidents.ringing import named, set_due
from app.incidents.spread import lock_incidents
from app.incidents.timeline import on_timeline
from app.models import Deadline, Incident, SlaPolicy


async def misdated(tx: Tx) -> list[UUID]:
    """Incidents with a review that runs and is not due when the calendar says, or wrongly called certain or a guess."""
    rows = (await tx.execute(_running())).all()
    calendar = await _calendar_of(tx, (row.Deadline.started_at for row in rows))
    return [
        row.Incident.id
        for row in rows
        if _differs(row.Deadline, _due(calendar, row.Incident, row.Deadline, row.SlaPolicy))
    ]


async def redate(tx: Tx, incident_id: UUID) -> int:
    """Dates the incident's running review anew; 1 where something changed. What rang stays rung."""
    incidents = await lock_incidents(tx, [incident_id])
    query = _running().where(Deadline.incident_id.in_(incidents)).execution_options(populate_existing=True)
    changed = 0
    for incident, row, policy in await tx.execute(query):
        calendar = await _calendar_of(tx, [row.started_at])
        counted = _due(calendar, incident, row, policy)
        if _differs(row, counted):
            await _set(tx, incident, row, counted)
            changed += 1
    return changed


def _running() -> Select[Incident, Deadline, SlaPolicy]:
    """Exercises 演练 count scenario time, not days."""
    query = select(Incident, Deadline, SlaPolicy).join(Deadline, Deadline.incident_id == Incident.id)
    query = query.join(SlaPolicy, SlaPolicy.id == Deadline.policy_id)
    running = (Deadline.kind == DeadlineKind.REVIEW, Deadline.state == DeadlineState.RUNNING, ~Deadline.is_drill)
    return query.where(*running).order_by(Incident.id)


async def _calendar_of(tx: Tx, starts: Iterable[datetime]) -> Calendar:
    years = [day_of(start).year for start in starts]
    # What was calm before its clock began was so in the year before at the earliest.
    return await read_calendar(tx, min(years) - 1, max(years) + AHEAD) if years else Calendar()


def _due(calendar: Calendar, incident: Incident, row: Deadline, policy: SlaPolicy) -> WorkingDue:
    clock = policy_from(policy.clocks).clock(DeadlineKind.REVIEW)
    assert clock is not None, "a policy always has the review's clock"
    assert clock.working_days is not None, "and it counts working days"
    # From the calm, which may have been recorded a little later; or from an end without one.
    at = row.started_at if incident.calmed_at is None else min(incident.calmed_at, row.started_at)
    return due(calendar, at, clock.working_days)


def _differs(row: Deadline, counted: WorkingDue) -> bool:
    return (row.due_at, row.estimated) != counted


async def _set(tx: Tx, incident: Incident, row: Deadline, counted: WorkingDue) -> None:
    previous, row.estimated = row.due_at, counted.estimated
    if counted.due_at != previous:
        await set_due(tx, row, counted.due_at)
        tx.ring(CLOCKS)
    event = DeadlineRedated(**on_timeline(incident), **named(row), previous_due_at=previous)
    await record(tx, event, caller=SYSTEM)


async def warn_of_missing_year(tx: Tx, now: datetime) -> int:
    """Says once a week that a year's notice should be here by now; 1 where it was said."""
    year = day_of(now).year
    missing = missing_year(await read_calendar(tx, year, year + AHEAD), now)
    if missing is None:
        return 0
    week = "{0.year}-W{0.week:02}".format(day_of(now).isocalendar())
    if not await is_first(tx, CalendarYearMissing.type, f"{missing} in {week}"):
        return 0
    await record(tx, CalendarYearMissing(year=missing), caller=SYSTEM)
    return 1
