"""The silence between our public words 避免沉默失语 (方案 二(二)2, R47), by grade, from the last of them.

Nobody calls this who speaks or grades: it hears of what bears on it by the events, in the same transaction and under
the incident's lock, and asks each time what holds now. What is due is found by ``due_at`` and rung under that lock;
each due instant is a row whose key is (incident, due instant), so that the second who comes says nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from app.core.auth import SYSTEM
from app.core.db import Tx
from app.core.outbox import Stored, record
from app.domain.drills import Pace
from app.domain.events import IncidentEvent, IncidentSilent
from app.domain.grades import grade_at, grade_of
from app.domain.silence import Cadences, Case, cadences_from, next_due, stopped_by
from app.domain.vocabulary.placements import SilenceStop
from app.incidents import guards
from app.incidents.queries import get_incident, told_of
from app.incidents.ringing import AT_ONCE, Rung, ring_free
from app.incidents.runs import pace_of
from app.incidents.silence_schemas import MOST_SHOWN
from app.incidents.spread import lock_incidents
from app.incidents.timeline import on_timeline
from app.models import Incident, Publication, Silence, SilenceRing, SlaPolicy

# From each level's place in the index, the gravest first.
_DUE = """
select incident_id from silences
where stopped_by is null and due_at <= now() and incident_id <> all($2::uuid[])
  and not exists (select from incidents i join drills r on r.id = i.drill_id
    where i.id = silences.incident_id and r.state = 'paused')
order by level, due_at limit $1"""


async def heard(tx: Tx, stored: Sequence[Stored]) -> None:
    """Something happened that may begin, end or break a silence."""
    told = {entry.event.incident_id: entry.event for entry in stored if isinstance(entry.event, IncidentEvent)}
    for event in told.values():
        await settle(tx, await told_of(tx, event), await tx.now())


async def settle(tx: Tx, incident: Incident, now: datetime) -> None:
    """Brings the incident's silence in line with what holds; the incident is locked."""
    row = await tx.get(Silence, incident.id)
    pace = await pace_of(tx, incident)
    cadences, at = await _cadences(tx, pace), pace.planned(now)
    if (why := await _stopped(tx, incident, cadences)) is not None:
        if row is not None and row.stopped_by != why:
            if row.stopped_by is None and incident.merged_into is not None:
                await _hand_on(tx, row, incident.merged_into, now)
            row.stopped_by, row.stopped_at = why, now
        return
    grade = grade_of(incident.grade)
    assert grade is not None, "without a grade it is stopped"
    if row is None or row.stopped_by is not None:
        await _start(tx, incident, row, now, pace)
        return
    spoken = await last_word(tx, incident.id)
    if spoken is not None and spoken > row.since:
        # Told late, it does not call again for what has been called for.
        row.since, row.set_at = spoken, now
        spoken = pace.planned(spoken)
        row.due_at = next_due(spoken, cadences[grade], max(spoken, row.rung_at or spoken))
    elif grade.level < row.level and at + cadences[grade] < row.due_at:
        row.due_at, row.set_at = at + cadences[grade], now
    row.level = grade.level


async def _start(tx: Tx, incident: Incident, row: Silence | None, now: datetime, pace: Pace) -> None:
    """Counted from now: a word that was said before belongs to what was before."""
    grade, cadences = grade_of(incident.grade), await _cadences(tx, pace)
    assert grade is not None, "without a grade it is stopped"
    since = pace.planned(now)
    due_at = min(
        since + cadences[grade], await _inherited(tx, incident, now) or datetime.max.replace(tzinfo=now.tzinfo)
    )
    if row is None:
        row = Silence(incident_id=incident.id, rung_at=None)
        tx.add(row)
    row.level, row.started_at, row.since, row.set_at = grade.level, now, since, now
    row.due_at, row.stopped_by, row.stopped_at = due_at, None, None
    # Another event of the same record asks again.
    await tx.flush()


async def _hand_on(tx: Tx, row: Silence, target_id: UUID, now: datetime) -> None:
    """Whoever waits for our word goes on waiting where it was merged into, and no longer than before, unless we have spoken
    there since. What begins to be counted there by this very merge inherits: see :func:`_inherited`."""
    target = await tx.get(Silence, target_id)
    if target is None or target.stopped_by is not None or target.due_at <= row.due_at:
        return
    spoken = await last_word(tx, target_id)
    if spoken is None or spoken <= row.since:
        target.since, target.due_at, target.set_at = min(target.since, row.since), row.due_at, now


async def _inherited(tx: Tx, incident: Incident, now: datetime) -> datetime | None:
    """When the silence would have rung of what this very transaction merged into the incident."""
    query = select(func.min(Silence.due_at)).join(Incident, Incident.id == Silence.incident_id)
    return await tx.scalar(
        query.where(Incident.merged_into == incident.id, Silence.stopped_at == now, Silence.due_at > now)
    )


async def _stopped(tx: Tx, incident: Incident, cadences: Cadences) -> SilenceStop | None:
    grade = grade_of(incident.grade)
    case = Case(
        status=incident.status, graded=grade is not None, calm=incident.calmed_at is not None,
        decided=await guards.keeps_silent(tx, incident.id), has_cadence=grade in cadences,
    )  # fmt: skip
    return stopped_by(case)


async def _cadences(tx: Tx, pace: Pace) -> Cadences:
    """Those of the policy in force, as fast as the incident's time goes: what runs keeps the end it has."""
    plan = cadences_from((await tx.scalars(select(SlaPolicy.silence).where(SlaPolicy.active))).one())
    return {grade: pace.span(cadence) for grade, cadence in plan.items()}


async def last_word(tx: Tx, incident_id: UUID) -> datetime | None:
    """When we last said anything in public, a first word included."""
    return await tx.scalar(select(func.max(Publication.happened_at)).where(Publication.incident_id == incident_id))


async def ring_due(tx: Tx, *, without: Collection[UUID] = (), limit: int = AT_ONCE) -> Rung:
    """Rings what is due, the gravest first, of incidents that nobody holds at this moment; ``without`` some."""
    return await ring_free(tx, _DUE, lambda incidents, _: _ring(tx, incidents), without=without, limit=limit)


async def ring_incident(tx: Tx, incident_id: UUID) -> int:
    """Rings what is due of one incident, waiting for whoever holds it."""
    return await _ring(tx, await lock_incidents(tx, [incident_id]))


async def _ring(tx: Tx, incidents: Mapping[UUID, Incident]) -> int:
    """Of these, which are locked, those that are due still; how many rang.

    After an outage the first due instant rings for all that passed; the next one lies ahead.
    """
    now, paces = await tx.now(), {id_: await pace_of(tx, incident) for id_, incident in incidents.items()}
    query = select(Silence).where(
        Silence.incident_id.in_(incidents), Silence.stopped_by.is_(None), Silence.due_at <= now
    ).order_by(Silence.level, Silence.due_at, Silence.incident_id)  # fmt: skip
    due = (await tx.scalars(query.execution_options(populate_existing=True))).all()
    rows = [row for row in due if not paces[row.incident_id].paused]
    if not rows:
        return 0
    events = []
    new = await _write(tx, rows, now)
    for row in rows:
        grade, cadences = grade_at(row.level), await _cadences(tx, paces[row.incident_id])
        assert grade is not None, "a check holds that there is one"
        if row.incident_id in new:
            late = int((now - max(row.due_at, row.set_at)).total_seconds())
            events.append(IncidentSilent(
                **on_timeline(incidents[row.incident_id]), grade=grade, silent_since=row.since, due_at=row.due_at,
                late_by_seconds=late,
            ))  # fmt: skip
        row.rung_at = row.due_at
        if grade in cadences:
            row.due_at, row.set_at = next_due(row.due_at, cadences[grade], now), now
        else:
            row.stopped_by, row.stopped_at = SilenceStop.NO_CADENCE, now
    await record(tx, *events, caller=SYSTEM)
    return len(events)


async def _write(tx: Tx, rows: Iterable[Silence], now: datetime) -> set[UUID]:
    """Writes what rings; the incidents of which it had not rung before."""
    values = [
        {"incident_id": row.incident_id, "due_at": row.due_at, "since": row.since, "at": now,
         "late_by_seconds": (now - max(row.due_at, row.set_at)).total_seconds()}
        for row in rows
    ]  # fmt: skip
    query = insert(SilenceRing).on_conflict_do_nothing().returning(SilenceRing.incident_id)
    return set(await tx.scalars(query.values(values)))


async def show(tx: Tx, incident_id: UUID) -> dict[str, Any]:
    """The incident's silence as it is, with what of it rang, the last first."""
    incident = await get_incident(tx, incident_id)
    cadences, row = await _cadences(tx, await pace_of(tx, incident)), await tx.get(Silence, incident_id)
    grade = grade_of(incident.grade)
    rings = await tx.scalars(
        select(SilenceRing).where(SilenceRing.incident_id == incident_id)
        .order_by(SilenceRing.due_at.desc()).limit(MOST_SHOWN)
    )  # fmt: skip
    runs = row is not None and row.stopped_by is None
    return {
        "incident_id": incident.id,
        "stopped_by": None if runs else await _stopped(tx, incident, cadences),
        "cadence_seconds": int(cadences[grade].total_seconds()) if grade is not None and grade in cadences else None,
        "silent_since": row.since if row is not None and runs else None,
        "next_due_at": row.due_at if row is not None and runs else None,
        "last_word_at": await last_word(tx, incident.id),
        "rings": rings.all(),
    }  # fmt: skip
