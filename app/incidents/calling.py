"""Calls in the place of members who keep silent 升级 (R38): the deputy at half of their time, then the head and the leads.

What is due is found by ``next_call_at`` and called under the incident's lock, as every change of a team is made, so that
nobody is called for who has acknowledged. How many of a member's calls were made is noted in their row in the same
transaction: the second who comes, and the same worker after its death, finds it there and says nothing.
"""

from collections.abc import Collection, Container, Mapping, Sequence
from uuid import UUID

import asyncpg
from sqlalchemy import select

from app.core.auth import SYSTEM
from app.core.db import Tx
from app.core.outbox import record
from app.domain.deadlines import rings_at
from app.domain.events import Event, PersonCalled
from app.domain.lifecycle import ENDED
from app.domain.team import CALLS, Call, Roster, Seat, calls_for, next_call
from app.domain.vocabulary import JoinReason, TeamPosition
from app.incidents.ringing import AT_ONCE, Rung, ring_free
from app.incidents.runs import pace_of, participants_of
from app.incidents.spread import lock_incidents
from app.incidents.team import join, took_it_on
from app.incidents.team_queries import read_roster
from app.incidents.timeline import on_timeline
from app.models import Incident, IncidentMember

_DUE = """
select id, incident_id from incident_members where next_call_at <= now() and incident_id <> all($2::uuid[])
order by level, next_call_at limit $1"""


async def call_due(tx: Tx, *, without: Collection[UUID] = (), limit: int = AT_ONCE) -> Rung:
    """Makes the calls that are due, the gravest first, of incidents that nobody holds at this moment; ``without`` some."""

    async def call(incidents: Mapping[UUID, Incident], due: Sequence[asyncpg.Record]) -> int:
        return await _call(tx, incidents, [row["id"] for row in due])

    return await ring_free(tx, _DUE, call, without=without, limit=limit)


async def call_incident(tx: Tx, incident_id: UUID) -> int:
    """Makes the calls that are due of one incident, waiting for whoever holds it."""
    incidents = await lock_incidents(tx, [incident_id])
    ids = await tx.scalars(select(IncidentMember.id).where(IncidentMember.incident_id == incident_id))
    return await _call(tx, incidents, ids.all())


async def _call(tx: Tx, incidents: Mapping[UUID, Incident], ids: Sequence[UUID]) -> int:
    """Of these members those that are due still, now that their incidents are locked; how many people were called."""
    query = select(IncidentMember).where(
        IncidentMember.id.in_(ids), IncidentMember.incident_id.in_(incidents),
        IncidentMember.next_call_at <= await tx.now(),
    ).order_by(IncidentMember.level, IncidentMember.next_call_at, IncidentMember.id)  # fmt: skip
    silent = (await tx.scalars(query.execution_options(populate_existing=True))).all()
    if not silent:
        return 0
    burning = {member.incident_id for member in silent}
    roster, taken = await read_roster(tx), await _were_there(tx, burning)
    # Whoever took it on by themselves, without belonging to the team, is there already.
    at_work = {id_: await took_it_on(tx, incidents[id_]) for id_ in burning if incidents[id_].status not in ENDED}
    events, now = list[Event](), await tx.now()
    for member in silent:
        incident = incidents[member.incident_id]
        pace = await pace_of(tx, incident)
        if incident.status in ENDED or pace.paused or not pace.outlasts(now):
            # When its drill goes on, it is said anew when they are called.
            member.next_call_at = None
        else:
            events += await _call_for(tx, incident, member, roster, taken[incident.id], at_work[incident.id])
    await record(tx, *events, caller=SYSTEM)
    return len(events)


async def _were_there(tx: Tx, incident_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Everybody who belongs to the teams, or did: whom people took out is not called back by the machine."""
    query = select(IncidentMember.incident_id, IncidentMember.person_id)
    found: dict[UUID, set[UUID]] = {id_: set() for id_ in incident_ids}
    for incident_id, person_id in await tx.execute(query.where(IncidentMember.incident_id.in_(incident_ids))):
        found[incident_id].add(person_id)
    return found


async def _call_for(
    tx: Tx, incident: Incident, member: IncidentMember, roster: Roster, taken: set[UUID], at_work: Container[UUID]
) -> list[Event]:
    """All steps of one silent member that are due: after an outage perhaps all at once."""
    assert member.due_at is not None, "where nothing is due nobody is called"
    now, events, pace = await tx.now(), list[Event](), await pace_of(tx, incident)
    named = await participants_of(tx, incident)
    for threshold, steps in CALLS[member.call_step :]:
        at = rings_at(member.called_at, member.due_at, threshold, pace)
        if at > now:
            break
        late = int((now - max(at, member.set_at)).total_seconds())
        for step in steps:
            position = TeamPosition(member.position)
            for call in calls_for(step, member.person_id, position, roster, taken):
                taken.add(call.person_id)
                if call.person_id not in at_work and (not named or call.person_id in named):
                    events.append(await _joined(tx, incident, member, call, threshold, late))
        member.call_step += 1
    member.next_call_at = next_call(member.called_at, member.due_at, member.call_step, pace)
    return events


async def _joined(
    tx: Tx, incident: Incident, silent: IncidentMember, call: Call, threshold: int, late: int
) -> PersonCalled:
    """Who is called belongs to the team from now on. Should they keep silent too, nobody is called in their place: the
    silent one's own line goes on."""
    seat = Seat(call.person_id, call.position, JoinReason(call.step.value), silent.person_id)
    [(member, link_id)] = await join(tx, incident, [seat], due_at=silent.due_at, calls=False)
    assert link_id is not None, "called is who has not acknowledged"
    return PersonCalled(
        **on_timeline(incident), member_id=member.id, person_id=member.person_id, position=call.position,
        step=call.step, for_person_id=silent.person_id, for_member_id=silent.id, link_id=link_id, threshold=threshold,
        late_by_seconds=late,
    )  # fmt: skip
