"""Everything that is read of teams: who there is to call, who belongs to an incident's team, and who of it has answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import NotFound
from app.domain.grades import grade_at
from app.domain.team import Answering, Entry, Roster, Unit
from app.domain.vocabulary import DepartmentKind, TeamPosition
from app.incidents.queries import get_incident
from app.incidents.team_schemas import TeamQuery
from app.models import Acknowledgement, Department, IncidentMember, Person
from app.models.base import columns_of
from app.people.masks import names_of


async def read_roster(tx: Tx) -> Roster:
    """Who there is to call now. Who has left is known for such: their line of deputies still answers for them."""
    departments = (await tx.scalars(select(Department).where(Department.active))).all()
    people = await tx.execute(
        select(Person.id, Person.department_id, Person.roles, Person.on_duty, Person.deputy_id, Person.active)
    )
    return Roster.of(
        (
            Entry(row.id, row.department_id, frozenset(row.roles), row.on_duty, row.deputy_id, row.active)
            for row in people
        ),
        (
            Unit(one.id, DepartmentKind(one.kind), frozenset((one.name, *one.business_units)), one.head_id)
            for one in departments
        ),
    )


async def members_of(tx: Tx, incident_id: UUID) -> Sequence[IncidentMember]:
    """The team as it is now, in the order they joined."""
    query = select(IncidentMember).where(IncidentMember.incident_id == incident_id, IncidentMember.left_at.is_(None))
    return (await tx.scalars(query.order_by(IncidentMember.id))).all()


async def member_who_is(tx: Tx, incident_id: UUID, person_id: UUID) -> IncidentMember | None:
    """The person's place in the team, where they have one."""
    query = select(IncidentMember).where(
        IncidentMember.incident_id == incident_id, IncidentMember.person_id == person_id,
        IncidentMember.left_at.is_(None),
    )  # fmt: skip
    return (await tx.scalars(query)).one_or_none()


async def acknowledged_since(tx: Tx, incident_id: UUID, since: datetime) -> dict[UUID, datetime]:
    """Who took the incident on since an instant -> when first."""
    query = select(Acknowledgement.person_id, func.min(Acknowledgement.happened_at)).where(
        Acknowledgement.incident_id == incident_id, Acknowledgement.happened_at >= since
    )
    found = await tx.execute(query.group_by(Acknowledgement.person_id))
    return {person_id: at for person_id, at in found if person_id is not None}


async def answering(tx: Tx, members: Sequence[IncidentMember], since: datetime) -> list[Answering]:
    """The members as the clock of the first response sees them that was started at an instant. Who was called in
    somebody's place answers for them."""
    if not members:
        return []
    acknowledged = await acknowledged_since(tx, members[0].incident_id, since)

    def first(member: IncidentMember) -> datetime | None:
        who = {member.person_id} | {one.person_id for one in members if one.for_person_id == member.person_id}
        return min((acknowledged[id_] for id_ in who & acknowledged.keys()), default=None)

    return [
        Answering(one.position == TeamPosition.LEAD, one.by_raise and one.added_at >= since, first(one))
        for one in members
    ]


async def get_member(tx: Tx, incident_id: UUID, member_id: UUID) -> IncidentMember:
    """One member, also one who has left; NotFound where the incident has no such."""
    query = select(IncidentMember).where(IncidentMember.incident_id == incident_id, IncidentMember.id == member_id)
    member = (await tx.scalars(query)).one_or_none()
    if member is None:
        raise NotFound(f"The incident {incident_id} has no such member {member_id} of its team.")
    return member


async def list_team(tx: Tx, incident_id: UUID, query: TeamQuery, *, caller: Caller) -> dict[str, Any]:
    """The team, in the order they joined."""
    await get_incident(tx, incident_id)
    bound = [str(incident_id), query.filters()]
    rows = select(IncidentMember).where(IncidentMember.incident_id == incident_id)
    if not query.left:
        rows = rows.where(IncidentMember.left_at.is_(None))
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(IncidentMember.id > UUID(after[0]))
    found = (await tx.scalars(rows.order_by(IncidentMember.id).limit(query.limit + 1))).all()
    page = paging.page(found, query.limit, bound, lambda member: [member.id])
    return page | {"data": await shown(tx, page["data"], caller=caller)}


async def shown(tx: Tx, members: Sequence[IncidentMember], *, caller: Caller) -> list[dict[str, Any]]:
    """The members as the API shows them."""
    people = {member.person_id for member in members} | {one.for_person_id for one in members if one.for_person_id}
    names = await names_of(tx, people, caller=caller)

    def named(person_id: UUID | None) -> dict[str, Any] | None:
        return {"id": person_id, "name": names[person_id]} if person_id else None

    return [
        columns_of(member)
        | {"person": named(member.person_id), "for_person": named(member.for_person_id),
           "grade": grade_at(member.level)}
        for member in members
    ]  # fmt: skip
