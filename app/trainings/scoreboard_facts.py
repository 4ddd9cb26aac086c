"""What is on record of a drill, read for its scoreboard: clocks, grades, acknowledgements, statements, and what was done when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, or_, select

from app.core.db import Tx
from app.domain.vocabulary import StatementKind, TaskState
from app.domain.vocabulary.scenarios import ReactionKind, StatementStep
from app.domain.vocabulary.statements import ApprovalOutcome
from app.models import (
    Acknowledgement,
    Deadline,
    Event,
    FactCheck,
    Incident,
    IncidentMember,
    Meeting,
    Mention,
    Publication,
    RosterPeriod,
    Statement,
    StatementApproval,
    StatementVersion,
    Task,
)

GRADED: Final = "incident.grade_changed"


@dataclass(frozen=True, slots=True)
class Answered:
    """Somebody who was called to an incident, or acknowledged it: when first, and of which department they were then."""

    incident_id: UUID
    person_id: UUID
    department_id: UUID | None
    called_at: datetime | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a statement; ``statement_id`` null where only a publication was reported."""

    statement_id: UUID | None
    incident_id: UUID
    kind: str
    name: str
    step: StatementStep
    at: datetime
    version_number: int | None = None
    slot: str | None = None
    platform: str | None = None


async def incidents_of(tx: Tx, drill_id: UUID) -> Sequence[Incident]:
    """The incidents that came of the drill, the first first."""
    return (await tx.scalars(select(Incident).where(Incident.drill_id == drill_id).order_by(Incident.id))).all()


async def deadlines_of(tx: Tx, drill_id: UUID, incident_ids: Sequence[UUID]) -> Sequence[Deadline]:
    """Every clock of the drill, those of its hits too, by its beginning."""
    hits = select(Mention.id).where(Mention.drill_id == drill_id)
    mine = or_(Deadline.incident_id.in_(incident_ids), Deadline.mention_id.in_(hits))
    return (await tx.scalars(select(Deadline).where(mine).order_by(Deadline.started_at, Deadline.id))).all()


async def grades_of(tx: Tx, incident_ids: Sequence[UUID]) -> Sequence[Event]:
    """Each change of a grade, by time."""
    query = select(Event).where(Event.incident_id.in_(incident_ids), Event.type == GRADED)
    return (await tx.scalars(query.order_by(Event.at, Event.id))).all()


async def answered(tx: Tx, incident_ids: Sequence[UUID]) -> list[Answered]:
    """Who was called, and who acknowledged when first; departments as they were then, not as they are."""
    query = select(IncidentMember).where(IncidentMember.incident_id.in_(incident_ids)).order_by(IncidentMember.id)
    called: dict[tuple[UUID, UUID], datetime] = {}
    for member in await tx.scalars(query):
        called.setdefault((member.incident_id, member.person_id), member.called_at)
    first = select(Acknowledgement.incident_id, Acknowledgement.person_id, func.min(Acknowledgement.happened_at))
    rows = await tx.execute(
        first.where(Acknowledgement.incident_id.in_(incident_ids)).group_by(
            Acknowledgement.incident_id, Acknowledgement.person_id
        )
    )
    at = {(incident_id, person_id): when for incident_id, person_id, when in rows if person_id is not None}
    periods = await _periods(tx, {person_id for _, person_id in (*called, *at)})
    return [
        Answered(
            incident_id, person_id, _department(periods.get(person_id, ()), called.get(key) or at[key]), called.get(key),
            at.get(key),
        )
        for key in dict.fromkeys((*called, *at))
        for incident_id, person_id in (key,)
    ]  # fmt: skip


async def _periods(tx: Tx, person_ids: set[UUID]) -> Mapping[UUID, list[RosterPeriod]]:
    query = select(RosterPeriod).where(RosterPeriod.person_id.in_(person_ids)).order_by(RosterPeriod.starts_at)
    found: dict[UUID, list[RosterPeriod]] = {}
    for period in await tx.scalars(query):
        found.setdefault(period.person_id, []).append(period)
    return found


def _department(periods: Sequence[RosterPeriod], at: datetime) -> UUID | None:
    """The department somebody was of at an instant; who was entered only later was of their first."""
    then = [one.department_id for one in periods if one.starts_at <= at]
    return then[-1] if then else next((one.department_id for one in periods), None)


async def steps_of(tx: Tx, incident_ids: Sequence[UUID]) -> list[Step]:
    """What became of each statement, by time; and what was published that is none of ours."""
    statements = (await tx.scalars(select(Statement).where(Statement.incident_id.in_(incident_ids)))).all()
    by_id = {one.id: one for one in statements}
    versions = (
        await tx.scalars(select(StatementVersion).where(StatementVersion.statement_id.in_(by_id)))
    ).all()  # fmt: skip
    numbers = {one.id: one.number for one in versions}

    def step(of: Statement, step: StatementStep, at: datetime, **more: Any) -> Step:
        return Step(of.id, of.incident_id, of.kind, of.name, step, at, **more)

    steps = [step(one, StatementStep.DRAFTED, one.created_at) for one in statements]
    steps += [
        step(by_id[one.statement_id], StatementStep.SUBMITTED, one.submitted_at, version_number=one.number)
        for one in versions
        if one.submitted_at is not None
    ]
    for said in await tx.scalars(select(StatementApproval).where(StatementApproval.statement_id.in_(by_id))):
        approved = said.outcome == ApprovalOutcome.APPROVED
        what = StatementStep.APPROVED if approved else StatementStep.CHANGES_REQUESTED
        number = numbers[said.version_id]
        steps.append(step(by_id[said.statement_id], what, said.at, version_number=number, slot=said.slot))
    for one in await tx.scalars(select(Publication).where(Publication.incident_id.in_(incident_ids))):
        version_id, name = one.statement_version_id, ""
        if one.statement_id in by_id:
            name = by_id[one.statement_id].name
        steps.append(
            Step(
                one.statement_id, one.incident_id, one.statement_kind, name, StatementStep.PUBLISHED, one.happened_at,
                numbers.get(version_id) if version_id else None, None, one.platform,
            )
        )  # fmt: skip
    return sorted(steps, key=lambda each: each.at)


async def done_of(
    tx: Tx, incident_ids: Sequence[UUID], until: datetime
) -> dict[tuple[ReactionKind, str | None], datetime]:
    """When each kind of reaction came first, by (kind, kind of task); what came after ``until`` did not come in the drill."""
    spoken = Publication.statement_kind != StatementKind.HOLDING
    firsts: dict[ReactionKind, tuple[Any, tuple[Any, ...]]] = {
        ReactionKind.ACKNOWLEDGEMENT: (Acknowledgement, ()),
        ReactionKind.MEETING: (Meeting, (Meeting.direction.is_not(None),)),
        ReactionKind.FACT_CHECK: (FactCheck, ()),
        ReactionKind.HOLDING_STATEMENT: (Publication, ()),
        ReactionKind.ORIGIN_STATEMENT: (Publication, (Publication.on_origin, spoken)),
    }
    done: dict[tuple[ReactionKind, str | None], datetime] = {}
    for kind, (act, so) in firsts.items():
        mine = (act.incident_id.in_(incident_ids), act.happened_at <= until)
        at = await tx.scalar(select(func.min(act.happened_at)).where(*mine, *so))
        if at is not None:
            done[kind, None] = at
    approved = (Event.incident_id.in_(incident_ids), Event.type == "statement.approved", Event.at <= until)
    if (at := await tx.scalar(select(func.min(Event.at)).where(*approved))) is not None:
        done[ReactionKind.APPROVAL, None] = at
    tasks = (Task.incident_id.in_(incident_ids), Task.state == TaskState.DONE, Task.happened_at <= until)
    first = select(Task.kind, func.min(Task.happened_at)).where(*tasks).group_by(Task.kind)
    return done | {(ReactionKind.TASK, kind): at for kind, at in await tx.execute(first) if at is not None}
