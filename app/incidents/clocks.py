"""Clocks of incidents 时限 (方案 一, 二): started by grades and calm, met by acts, called off with the incident.

Nothing here is called by those who grade or act: clocks hear of it by the event, in the same transaction and under
the incident's lock, so there is no grade without its clocks. Ringing is :mod:`app.incidents.ringing`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.core.auth import SYSTEM
from app.core.db import Tx
from app.core.doorbell import CLOCKS
from app.core.outbox import Stored, record
from app.domain.deadlines import (
    ANEW_AT_EACH_RAISE,
    OF_A_GRADE,
    SlaPolicy,
    is_late,
    judge,
    next_ring,
    on_grade,
    policy_from,
)
from app.domain.drills import REAL, Pace
from app.domain.events import (
    DeadlinesSet,
    DecisionMade,
    FactChecked,
    GradeChanged,
    IncidentAcknowledged,
    IncidentAct,
    IncidentCalmed,
    IncidentRebounded,
    MeetingHeld,
    PublicationRecorded,
    ReviewReported,
    SlaMet,
    StatusChanged,
    TeamChanged,
)
from app.domain.grades import Grade, grade_of, level_of, more_severe
from app.domain.lifecycle import ENDED
from app.domain.team import answered_at
from app.domain.vocabulary import DeadlineKind, DeadlineState
from app.incidents import ringing
from app.incidents.calendar import review_due
from app.incidents.queries import told_of
from app.incidents.runs import NEVER, pace_of
from app.incidents.team_queries import answering, members_of
from app.incidents.timeline import on_timeline
from app.models import Deadline, Event, Incident
from app.models import SlaPolicy as PolicyRow
from app.models.base import new_id

# Acts that stand for good, whenever they happened: a clock for them is not started after them.
_LASTING = (FactChecked.type, PublicationRecorded.type, DecisionMade.type)
# Clocks that one entry of the timeline names; an incident's tasks may have a thousand.
MOST_TOLD = 100


async def grade_changed(tx: Tx, stored: Sequence[Stored]) -> None:
    """A grade that is set or raised starts clocks and tightens those that run; lowering relaxes nothing.

    What has ended has nothing to hurry for: should it come back, its grade is looked at then.
    """
    for entry in stored:
        event = entry.event
        assert isinstance(event, GradeChanged)
        grade, incident = grade_of(event.to), await told_of(tx, event)
        if grade is not None and incident.status not in ENDED and more_severe(grade, grade_of(event.from_)):
            await _set_clocks(tx, incident, grade, "A grade was set or raised.")


async def status_changed(tx: Tx, stored: Sequence[Stored]) -> None:
    """What an incident's end calls off, and what its coming back calls for again."""
    for entry in stored:
        event = entry.event
        assert isinstance(event, StatusChanged)
        incident = await told_of(tx, event)
        if event.to in ENDED and event.to != "closed":
            await cancel(tx, incident, None, "The incident has ended.")
        elif event.from_ in ENDED and event.to not in ENDED:
            await cancel(tx, incident, [DeadlineKind.REVIEW], "The incident came back.")
            if (grade := grade_of(incident.grade)) is not None:
                # It is to be closed once more, in the time that a new one has.
                again = {DeadlineKind.CLOSING} if event.from_ == "closed" else set()
                await _set_clocks(tx, incident, grade, "The incident came back.", again=again)
        elif event.to in ("closing", "closed"):
            await _closing(tx, incident, calm_waived="calm" in event.overridden)


async def calmed(tx: Tx, stored: Sequence[Stored]) -> None:
    """Calm starts the review's clock, and is one half of what closing waits for."""
    for entry in stored:
        event = entry.event
        assert isinstance(event, IncidentCalmed)
        incident = await told_of(tx, event)
        if incident.status in ENDED and incident.status != "closed":
            continue
        await _start_review(tx, incident, event.calmed_at)
        if incident.status in ("closing", "closed"):
            await _meet(tx, incident, [DeadlineKind.CLOSING], await tx.now(), SYSTEM.actor)


async def rebounded(tx: Tx, stored: Sequence[Stored]) -> None:
    """A relapse: there is nothing to review yet."""
    for entry in stored:
        event = entry.event
        assert isinstance(event, IncidentRebounded)
        await cancel(tx, await told_of(tx, event), [DeadlineKind.REVIEW], "It flared up again.")


async def acted(tx: Tx, stored: Sequence[Stored]) -> None:
    """Acts meet the clocks that wait for them, judged by when they happened."""
    for entry in stored:
        event = entry.event
        assert isinstance(event, IncidentAct)
        incident = await told_of(tx, event)
        if isinstance(event, IncidentAcknowledged):
            await _respond(tx, incident, event.happened_at, entry.caller.actor)
        kinds = _met_by(event.type, event.data())
        await _meet(tx, incident, kinds, event.happened_at, entry.caller.actor)
        if isinstance(event, DecisionMade) and event.decision_kind == "no_statement":
            await cancel(tx, incident, [DeadlineKind.FIRST_WORD], "It was decided not to speak.")


async def team_changed(tx: Tx, stored: Sequence[Stored]) -> None:
    """Who joins may have acknowledged before, and who leaves is waited for no more."""
    for entry in stored:
        event = entry.event
        assert isinstance(event, TeamChanged)
        await _respond(tx, await told_of(tx, event), None, entry.caller.actor)


async def _respond(tx: Tx, incident: Incident, by_anybody: datetime | None, actor: str) -> None:
    """Meets the first response once the team has given it (R38); where there is no team, whoever acknowledges."""
    members = await members_of(tx, incident.id)
    for row in await _rows(tx, incident, [DeadlineKind.FIRST_RESPONSE]):
        if _is_open(row):
            at = answered_at(await answering(tx, members, row.started_at)) if members else by_anybody
            if at is not None:
                await _meet_row(tx, incident, row, at, actor)


def _met_by(type_: str, data: Mapping[str, Any]) -> tuple[DeadlineKind, ...]:
    """The clocks that an act meets, from its event's members."""
    match type_:
        case MeetingHeld.type if data["has_direction"]:
            return (DeadlineKind.EMERGENCY_MEETING,)
        case FactChecked.type:
            return (DeadlineKind.FACT_CHECK,)
        case PublicationRecorded.type:
            return (DeadlineKind.FIRST_WORD, *((DeadlineKind.FIRST_STATEMENT,) if data["statement_made"] else ()))
        case DecisionMade.type if data["statement_made"]:
            return (DeadlineKind.FIRST_STATEMENT,)
        case ReviewReported.type:
            return (DeadlineKind.REVIEW,)
    return ()


async def cancel(tx: Tx, incident: Incident, kinds: Collection[DeadlineKind] | None, reason: str) -> None:
    """Calls off what runs of these kinds (None: of all). An acknowledged cancel never rings: the incident is locked."""
    now = await tx.now()
    running = cancel_rows(await _rows(tx, incident, kinds), reason, now)
    await say(tx, incident, reason, [(row, "cancelled") for row in running])


def cancel_rows(rows: Sequence[Deadline], reason: str, now: datetime) -> list[Deadline]:
    """Calls off those that run; which these were. To tell of it is left to the caller."""
    running = [row for row in rows if row.state == DeadlineState.RUNNING]
    for row in running:
        row.state, row.ended_at, row.reason, row.next_at = DeadlineState.CANCELLED, now, reason, None
    return running


async def _set_clocks(
    tx: Tx, incident: Incident, grade: Grade, reason: str, *, again: Collection[DeadlineKind] = ()
) -> None:
    now, pace = await tx.now(), await pace_of(tx, incident)
    policy_id, policy = await active_policy(tx, pace)
    rows = await _rows(tx, incident, OF_A_GRADE)
    running = {DeadlineKind(row.kind): row for row in rows if row.state == DeadlineState.RUNNING}
    settled = {DeadlineKind(row.kind) for row in rows if row.state not in (DeadlineState.RUNNING, "cancelled")}
    plan = on_grade(
        policy, grade, pace.planned(now), running={kind: row.due_at for kind, row in running.items()},
        settled=(settled | await _done_before(tx, incident)).difference(again),
    )  # fmt: skip
    inherited = await _inherited(tx, incident, now)
    said = [
        (start(tx, incident, kind, min(due_at, inherited.get(kind, due_at)), policy_id, now, pace=pace), "started")
        for kind, due_at in plan.start.items()
    ]
    for kind, row in running.items():
        row.level = grade.level
        if kind in plan.tighten:
            await ringing.set_due(tx, row, plan.tighten[kind], pace)
            said.append((row, "tightened"))
    await say(tx, incident, reason, said)


async def _inherited(tx: Tx, incident: Incident, now: datetime) -> dict[DeadlineKind, datetime]:
    """When clocks were due that this very transaction called off because theirs was merged into this incident: whoever
    had two minutes left has not thirty again."""
    query = select(Deadline.kind, func.min(Deadline.due_at)).join(Incident, Incident.id == Deadline.incident_id)
    query = query.where(
        Incident.merged_into == incident.id, Deadline.state == DeadlineState.CANCELLED, Deadline.ended_at == now,
        Deadline.due_at > now, Deadline.kind.in_(OF_A_GRADE),
    ).group_by(Deadline.kind)  # fmt: skip
    return {DeadlineKind(kind): due_at for kind, due_at in await tx.execute(query)}


async def _done_before(tx: Tx, incident: Incident) -> set[DeadlineKind]:
    """What a clock need not wait for, because it was done while the incident was only watched."""
    query = select(Event.type, Event.data).where(Event.incident_id == incident.id, Event.type.in_(_LASTING))
    acts = (await tx.execute(query)).all()
    corrected = {data["corrects"] for _, data in acts if data.get("corrects")}
    standing = [(type_, data) for type_, data in acts if data.get("decision_id") not in corrected]
    done = {kind for type_, data in standing for kind in _met_by(type_, data)}
    if any(data.get("decision_kind") == "no_statement" for _, data in standing):
        done.add(DeadlineKind.FIRST_WORD)
    return done


def start(
    tx: Tx, incident: Incident, kind: DeadlineKind, due_at: datetime, policy_id: UUID, now: datetime,
    *, estimated: bool = False, task_id: UUID | None = None, started_at: datetime | None = None, pace: Pace = REAL,
) -> Deadline:  # fmt: skip
    """A clock that runs from now on, or began to before it was known."""
    began = started_at or now
    next_at = next_ring(kind, began, due_at, (), pace)
    row = Deadline(
        id=new_id(), kind=kind, incident_id=incident.id, level=level_of(incident.grade),
        is_drill=incident.is_drill, policy_id=policy_id, state=DeadlineState.RUNNING, started_at=began, due_at=due_at,
        set_at=now if next_at else NEVER, next_at=next_at, estimated=estimated, task_id=task_id,
    )  # fmt: skip
    tx.add(row)
    return row


async def _start_review(tx: Tx, incident: Incident, at: datetime) -> None:
    """方案 二(三): within three working days of the calm, or of an end without one. Working days of people: in a drill too
    they are days of the world, and mostly not reached."""
    if any(row.state == DeadlineState.RUNNING for row in await _rows(tx, incident, [DeadlineKind.REVIEW])):
        return
    policy_id, policy = await active_policy(tx)
    clock = policy.clock(DeadlineKind.REVIEW)
    assert clock is not None, "a policy always has the clock of the review"
    assert clock.working_days is not None, "which counts working days"
    due, pace = await review_due(tx, at, clock.working_days), await pace_of(tx, incident)
    row = start(
        tx, incident, DeadlineKind.REVIEW, due.due_at, policy_id, await tx.now(), estimated=due.estimated, pace=pace
    )
    await say(tx, incident, "What happened is to be reviewed.", [(row, "started")])


async def _closing(tx: Tx, incident: Incident, *, calm_waived: bool) -> None:
    now = await tx.now()
    if incident.calmed_at is not None or calm_waived:
        await _meet(tx, incident, [DeadlineKind.CLOSING], now, SYSTEM.actor)
    if incident.status == "closed":
        # It would never ring and never end; the others are owed still.
        await cancel(tx, incident, [DeadlineKind.FIRST_WORD], "The incident is closed.")
        if incident.calmed_at is None:
            await _start_review(tx, incident, now)


async def _meet(tx: Tx, incident: Incident, kinds: Collection[DeadlineKind], happened_at: datetime, actor: str) -> None:
    for row in await _rows(tx, incident, kinds):
        await _meet_row(tx, incident, row, happened_at, actor)


def _is_open(row: Deadline) -> bool:
    """What runs can be met, and what was breached without having been done; the rest has had its end."""
    return row.state == DeadlineState.RUNNING or (row.state == DeadlineState.BREACHED and row.met_at is None)


async def _meet_row(tx: Tx, incident: Incident, row: Deadline, happened_at: datetime, actor: str) -> None:
    if DeadlineKind(row.kind) in ANEW_AT_EACH_RAISE and happened_at < row.started_at:
        return
    for met in await meet_rows(tx, incident, [row], happened_at, actor):
        event = SlaMet(
            **on_timeline(incident), **ringing.named(met), state=met.state, happened_at=happened_at,
        )  # fmt: skip
        await record(tx, event, caller=SYSTEM)


async def meet_rows(
    tx: Tx, incident: Incident, rows: Sequence[Deadline], happened_at: datetime, actor: str
) -> list[Deadline]:
    """Meets those of the incident's clocks that wait; which of them were in time. To tell of it is left to the caller."""
    now, met, pace = await tx.now(), [], await pace_of(tx, incident)
    # The sweeper was late: the breach comes before what was too late.
    late = [row for row in rows if row.state == DeadlineState.RUNNING and is_late(row.due_at, happened_at, pace)]
    await ringing.ring_rows(tx, {incident.id: incident}, late)
    for row in filter(_is_open, rows):
        breached = row.state == DeadlineState.BREACHED
        row.state = judge(row.due_at, happened_at, breached=breached, pace=pace)
        row.met_at, row.recorded_at, row.met_by, row.next_at = happened_at, now, actor, None
        row.ended_at = row.ended_at if breached and row.state == DeadlineState.BREACHED else now
        if row.state != DeadlineState.BREACHED:
            met.append(row)
    return met


async def _rows(tx: Tx, incident: Incident, kinds: Collection[DeadlineKind] | None) -> Sequence[Deadline]:
    query = select(Deadline).where(Deadline.incident_id == incident.id, Deadline.kind != DeadlineKind.ALERT)
    if kinds is not None:
        query = query.where(Deadline.kind.in_(kinds))
    return (await tx.scalars(query.order_by(Deadline.id))).all()


async def active_policy(tx: Tx, pace: Pace = REAL) -> tuple[UUID, SlaPolicy]:
    """The policy that clocks are started under now, as fast as the time goes that they run in."""
    row = (await tx.scalars(select(PolicyRow).where(PolicyRow.active))).one()
    policy = policy_from(row.clocks)
    return row.id, policy if pace.scale == 1 else replace(policy, scale=pace.scale)


async def say(tx: Tx, incident: Incident, reason: str, changed: Sequence[tuple[Deadline, str]]) -> None:
    """Tells on the timeline what was done to clocks, and wakes who rings them."""
    if not changed:
        return
    said = [
        {
            "deadline_id": row.id,
            "clock": row.kind,
            "task_id": row.task_id,
            "due_at": row.due_at,
            "estimated": row.estimated,
            "action": action,
        }
        for row, action in changed[:MOST_TOLD]
    ]
    event = DeadlinesSet(**on_timeline(incident), reason=reason, deadlines=said, deadline_count=len(changed))
    await record(tx, event, caller=SYSTEM)
    tx.ring(CLOCKS)
