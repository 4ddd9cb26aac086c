"""What people do with an incident's team: somebody joins, has another position, or leaves. All of it stands on the timeline."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.auth import Caller
from app.core.conditional import ANY, Expected
from app.core.db import Tx
from app.core.errors import Conflict
from app.domain.lifecycle import ACCEPTING
from app.domain.team import Seat
from app.domain.vocabulary import JoinReason, TeamChange, TeamPosition
from app.incidents.acts import IncidentOver
from app.incidents.queries import get_incident
from app.incidents.team import Asked, fresh_due, join, say
from app.incidents.team_queries import get_member, member_who_is, members_of, read_roster
from app.models import Incident, IncidentMember
from app.people.persons import active_person


class AlreadyInTeam(Conflict):
    """Nobody belongs to a team twice."""

    code, title = "already_in_team", ("They are in the team already", "该人员已在小组中")


class HasLeft(Conflict):
    """Who has left is no member to change: they would join anew."""

    code, title = "member_has_left", ("They have left the team", "该成员已退出小组")


async def add_member(
    tx: Tx, incident_id: UUID, fields: Mapping[str, Any], *, caller: Caller, now: datetime
) -> IncidentMember:
    """Somebody joins, and is asked to acknowledge where the incident has a grade. Of leads there is one."""
    incident = await _open_incident(tx, incident_id)
    person = await active_person(tx, fields["person_id"])
    if await member_who_is(tx, incident.id, person.id) is not None:
        raise AlreadyInTeam("This person is in the team already; to give them another position, change the member.")
    position = fields["position"] or (await read_roster(tx)).position_of(person.id)
    dethroned = await _make_way(tx, incident, position)
    seat = Seat(person.id, TeamPosition(position), JoinReason.ADDED)
    asked = await join(tx, incident, [seat], due_at=await fresh_due(tx, incident))
    await say(tx, incident, TeamChange.MOVED, fields["reason"], dethroned, caller=caller)
    await say(tx, incident, TeamChange.JOINED, fields["reason"], asked, caller=caller)
    return asked[0].member


async def move_member(
    tx: Tx, incident_id: UUID, member_id: UUID, fields: Mapping[str, Any], *, reason: str = "", expected: Expected = ANY,
    caller: Caller, now: datetime,
) -> IncidentMember:  # fmt: skip
    """A member is something else from now on; who is made the lead takes the place of the one before."""
    incident = await _open_incident(tx, incident_id)
    member = await _present(tx, incident, member_id)
    expected.meet(member.version)
    position = fields.get("position", member.position)
    if position != member.position:
        moved = [Asked(member), *await _make_way(tx, incident, position)]
        member.position = position
        member.version += 1
        await say(tx, incident, TeamChange.MOVED, reason, moved, caller=caller)
    return member


async def remove_member(
    tx: Tx, incident_id: UUID, member_id: UUID, *, reason: str, expected: Expected = ANY, caller: Caller, now: datetime
) -> None:
    """A member leaves: nobody waits for them, nobody is called in their place, and no machine calls them back for
    somebody's silence."""
    incident = await _open_incident(tx, incident_id)
    member = await _present(tx, incident, member_id)
    expected.meet(member.version)
    member.left_at, member.next_call_at = now, None
    member.version += 1
    await say(tx, incident, TeamChange.LEFT, reason, [Asked(member)], caller=caller)


async def _open_incident(tx: Tx, incident_id: UUID) -> Incident:
    incident = await get_incident(tx, incident_id, lock=True)
    if incident.status not in ACCEPTING:
        raise IncidentOver(
            f"The incident {incident.number} is {incident.status}: its team is over; bring it back first."
        )
    return incident


async def _present(tx: Tx, incident: Incident, member_id: UUID) -> IncidentMember:
    member = await get_member(tx, incident.id, member_id)
    if member.left_at is not None:
        raise HasLeft("This member has left the team; add the person anew.")
    return member


async def _make_way(tx: Tx, incident: Incident, position: str) -> list[Asked]:
    """The lead before, who is by now what they are by their department, where another is to be the lead."""
    if position != TeamPosition.LEAD:
        return []
    before = [one for one in await members_of(tx, incident.id) if one.position == TeamPosition.LEAD]
    roster = await read_roster(tx) if before else None
    for member in before:
        assert roster is not None, "read where somebody makes way"
        member.position = roster.position_of(member.person_id)
        member.version += 1
    return [Asked(member) for member in before]
