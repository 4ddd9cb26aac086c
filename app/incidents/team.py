"""The team of an incident (R38, R40): formed by its first grade, extended by each raise, told to acknowledge.

Nothing here is called by those who grade: the team hears of it by the event, in the same transaction and under the
incident's lock, after the clocks did. Whoever keeps silent: :mod:`app.incidents.calling`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import select

from app.core.auth import SYSTEM, Caller
from app.core.db import Tx
from app.core.doorbell import CLOCKS
from app.core.outbox import Stored, record
from app.domain.events import GradeChanged, IncidentChanged, StatusChanged, TeamChanged
from app.domain.grades import Grade, grade_of, level_of, more_severe
from app.domain.lifecycle import ENDED
from app.domain.team import CALLS, Seat, next_call, team_for, team_of
from app.domain.vocabulary import DeadlineKind, DeadlineState, TeamChange, TeamPosition
from app.incidents.clocks import active_policy
from app.incidents.queries import told_of
from app.incidents.runs import pace_of, participants_of
from app.incidents.team_queries import acknowledged_since, members_of, read_roster
from app.incidents.timeline import on_timeline
from app.models import Acknowledgement, AcknowledgementLink, Deadline, Incident, IncidentMember
from app.models.base import new_id

# What one event tells of: so many fit into a chat robot's message with their links.
AT_ONCE: Final = 5
# How long a link is good: until two hours after its person is to have answered; a day where nothing is due.
AFTER_DUE: Final = timedelta(hours=2)
WITHOUT_DUE: Final = timedelta(hours=24)


class Asked(NamedTuple):
    """A member, and the link by which they are asked to acknowledge."""

    member: IncidentMember
    link_id: UUID | None = None


async def grade_changed(tx: Tx, stored: Sequence[Stored]) -> None:
    """The first grade forms the team, a raise adds whom the new grade needs; lowering removes nobody.

    What has ended has nobody to call: should it come back, its grade is looked at then.
    """
    for entry in stored:
        event = entry.event
        assert isinstance(event, GradeChanged)
        incident = await told_of(tx, event)
        before, grade = grade_of(event.from_), grade_of(event.to)
        if grade is not None and incident.status not in ENDED and more_severe(grade, before):
            due_at, raised = await _response_due(tx, incident), before is not None
            await _hurry(tx, incident, due_at)
            await _form(tx, incident, grade, "A grade was set or raised.", due_at=due_at, by_raise=raised)


async def status_changed(tx: Tx, stored: Sequence[Stored]) -> None:
    """Who is called for nobody once the incident has ended; and who is called again when it comes back."""
    for entry in stored:
        event = entry.event
        assert isinstance(event, StatusChanged)
        incident = await told_of(tx, event)
        if event.to in ENDED:
            for member in await members_of(tx, incident.id):
                member.next_call_at = None
        elif event.from_ in ENDED and (grade := grade_of(incident.grade)) is not None:
            due_at = await _response_due(tx, incident)
            await _call_again(tx, incident, due_at)
            await _form(tx, incident, grade, "The incident came back.", due_at=due_at)


async def incident_changed(tx: Tx, stored: Sequence[Stored]) -> None:
    """Another business unit 业务单元 brings in who answers for it. Those of the one before stay: they know of it."""
    for entry in stored:
        event = entry.event
        assert isinstance(event, IncidentChanged)
        incident = await told_of(tx, event)
        grade = grade_of(incident.grade)
        if "business_unit" in event.fields and grade is not None and incident.status not in ENDED:
            due_at = await fresh_due(tx, incident)
            await _form(tx, incident, grade, "Another business unit is concerned.", due_at=due_at)


async def _form(
    tx: Tx, incident: Incident, grade: Grade, reason: str, *, due_at: datetime | None, by_raise: bool = False
) -> None:
    """Adds whom the grade calls for and who is not there yet."""
    seats = await _seats(tx, incident, grade)
    there = {member.person_id: member for member in await members_of(tx, incident.id)}
    if any(member.position == TeamPosition.LEAD for member in there.values()):
        # Whom people made the lead stays it.
        seats = [_beside_a_lead(seat) for seat in seats]
    promoted = [there[seat.person_id] for seat in seats if seat.person_id in there and seat.position == "lead"]
    for member in promoted:
        member.position, member.version = TeamPosition.LEAD, member.version + 1
    joining = [seat for seat in seats if seat.person_id not in there]
    asked = await join(tx, incident, joining, due_at=due_at, by_raise=by_raise)
    await say(tx, incident, TeamChange.MOVED, reason, [Asked(member) for member in promoted], caller=SYSTEM)
    await say(tx, incident, TeamChange.JOINED, reason, asked, caller=SYSTEM)


async def _seats(tx: Tx, incident: Incident, grade: Grade) -> list[Seat]:
    """Whom the grade calls for; in a drill 演练 that names who takes part, those."""
    roster, named = await read_roster(tx), await participants_of(tx, incident)
    return team_of(named, roster) if named else team_for(grade, roster, incident.business_unit)


def _beside_a_lead(seat: Seat) -> Seat:
    return seat._replace(position=TeamPosition.PUBLIC_RELATIONS) if seat.position is TeamPosition.LEAD else seat


async def join(
    tx: Tx, incident: Incident, seats: Sequence[Seat], *, due_at: datetime | None, by_raise: bool = False,
    calls: bool = True,
) -> list[Asked]:  # fmt: skip
    """Seats them, each with a link, in a locked incident. Who acknowledged already since the clock runs is not asked again.

    ``calls``: whether somebody is called in their place should they keep silent.
    """
    now, pace = await tx.now(), await pace_of(tx, incident)
    acknowledged = await took_it_on(tx, incident) if seats else {}
    members = []
    for seat in seats:
        answered = acknowledged.get(seat.person_id)
        members.append(IncidentMember(
            id=new_id(), incident_id=incident.id, person_id=seat.person_id, position=seat.position, reason=seat.reason,
            for_person_id=seat.for_person_id, level=level_of(incident.grade), by_raise=by_raise, added_at=now,
            called_at=now, due_at=due_at, set_at=now, acknowledged_at=answered, version=1,
            call_step=0 if calls else len(CALLS),
            next_call_at=next_call(now, due_at, 0, pace) if calls and answered is None else None,
        ))  # fmt: skip
    tx.add_all(members)
    await tx.flush()
    tx.ring(CLOCKS)
    return [Asked(member, await make_link(tx, member)) for member in members]


async def make_link(tx: Tx, member: IncidentMember) -> UUID | None:
    """A link for a member who is to acknowledge; None where they have."""
    if member.acknowledged_at is not None:
        return None
    link = new_link(member.incident_id, member.person_id, member, member.due_at, await tx.now())
    tx.add(link)
    return link.id


def new_link(
    incident_id: UUID, person_id: UUID, member: IncidentMember | None, due_at: datetime | None, now: datetime
) -> AcknowledgementLink:
    """A link for somebody, not stored yet. Who is called late has their two hours all the same."""
    expires_at = now + WITHOUT_DUE if due_at is None else max(due_at, now) + AFTER_DUE
    return AcknowledgementLink(
        id=new_id(), incident_id=incident_id, person_id=person_id, member_id=member.id if member else None,
        expires_at=expires_at, wrong_tries=0,
    )  # fmt: skip


async def say(
    tx: Tx, incident: Incident, change: TeamChange, reason: str, asked: Sequence[Asked], *, caller: Caller
) -> None:
    """Says what became of the members, of some at a time."""
    events = [
        TeamChanged(
            **on_timeline(incident), change=change, reason=reason, members=[
                {"member_id": member.id, "person_id": member.person_id, "position": member.position,
                 "reason": member.reason, "for_person_id": member.for_person_id, "link_id": link_id}
                for member, link_id in asked[first : first + AT_ONCE]
            ],
        )
        for first in range(0, len(asked), AT_ONCE)
    ]  # fmt: skip
    await record(tx, *events, caller=caller)


async def mark_answered(tx: Tx, incident: Incident, member: IncidentMember, act: Acknowledgement) -> None:
    """The member took it on: nobody is called in their place any more. That they say so again changes nothing, until the
    response is asked for anew: by a raise, or since the incident came back."""
    if member.acknowledged_at is not None:
        clock = await _response(tx, incident)
        if clock is None or not member.acknowledged_at < clock.started_at <= act.happened_at:
            return
    member.acknowledged_at, member.acknowledgement_id, member.next_call_at = act.happened_at, act.id, None
    member.version += 1


async def _hurry(tx: Tx, incident: Incident, due_at: datetime | None) -> None:
    """Who keeps silent still has until the raised clock's end at most. Calls that were made stay made."""
    now, pace = await tx.now(), await pace_of(tx, incident)
    for member in _silent(await members_of(tx, incident.id)):
        if due_at is None or (member.due_at is not None and member.due_at <= due_at):
            continue
        if member.due_at is None:
            member.called_at = now
        member.due_at, member.set_at = due_at, now
        member.next_call_at = next_call(member.called_at, due_at, member.call_step, pace)
        member.version += 1


async def _call_again(tx: Tx, incident: Incident, due_at: datetime | None) -> None:
    """It burns again: everybody is asked anew."""
    now, pace = await tx.now(), await pace_of(tx, incident)
    # Whom a grade brought in at this very moment is asked by that.
    members = [member for member in await members_of(tx, incident.id) if member.added_at < now]
    for member in members:
        member.acknowledged_at = member.acknowledgement_id = None
        member.called_at = member.set_at = now
        member.due_at, member.call_step, member.by_raise = due_at, 0, False
        member.next_call_at = next_call(now, due_at, 0, pace)
        member.version += 1
    asked = [Asked(member, await make_link(tx, member)) for member in members]
    await say(tx, incident, TeamChange.CALLED_AGAIN, "The incident came back.", asked, caller=SYSTEM)
    tx.ring(CLOCKS)


def _silent(members: Iterable[IncidentMember]) -> list[IncidentMember]:
    return [member for member in members if member.acknowledged_at is None]


async def fresh_due(tx: Tx, incident: Incident) -> datetime | None:
    """By when somebody is to answer who joins now and by themselves: they have the time of a first response."""
    pace = await pace_of(tx, incident)
    _, policy = await active_policy(tx, pace)
    time = policy.time(DeadlineKind.FIRST_RESPONSE, grade_of(incident.grade)) if incident.grade else None
    return pace.planned(await tx.now()) + time if time is not None else None


async def _response_due(tx: Tx, incident: Incident) -> datetime | None:
    clock = await _response(tx, incident)
    return clock.due_at if clock is not None and clock.state == DeadlineState.RUNNING else None


async def took_it_on(tx: Tx, incident: Incident) -> dict[UUID, datetime]:
    """Who has acknowledged since the clock of the first response was started, members or not -> when first."""
    clock = await _response(tx, incident)
    return await acknowledged_since(tx, incident.id, clock.started_at) if clock is not None else {}


async def _response(tx: Tx, incident: Incident) -> Deadline | None:
    """The newest clock of the first response."""
    await tx.flush()
    query = select(Deadline).where(Deadline.incident_id == incident.id, Deadline.kind == DeadlineKind.FIRST_RESPONSE)
    return (await tx.scalars(query.order_by(Deadline.id.desc()).limit(1))).one_or_none()
