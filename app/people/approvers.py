"""Who may approve statements, and as what (方案 二(二)2): by their own authority, or by another's who delegated it 代批."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, any_, exists, false, literal, or_, select

from app.core.auth import Caller
from app.core.db import Tx
from app.core.grants import granted, together
from app.domain.vocabulary import DepartmentKind
from app.domain.vocabulary.statements import ApprovalOutcome, ApprovalSlot, StatementStatus
from app.models import (
    ApprovalDelegation,
    Department,
    Incident,
    Person,
    Statement,
    StatementApproval,
    StatementVersion,
)

_LACKING = {
    ApprovalSlot.PUBLIC_RELATIONS: "the scope 'statements:approve' and a department of kind 'public_relations'",
    ApprovalSlot.LEGAL: "the scope 'legal:approve'",
    ApprovalSlot.LEAD: "the scope 'incidents:override'",
}


class Authority(NamedTuple):
    """As what somebody may approve. ``principal``: who delegated it, by ``delegation_id``; None: it is their own."""

    slot: ApprovalSlot
    principal: UUID | None = None
    delegation_id: UUID | None = None


def asks(slot: ApprovalSlot) -> str:
    """What somebody must have to fill a slot."""
    return _LACKING[slot]


def slots_of(scopes: Collection[str], department: str | None) -> tuple[ApprovalSlot, ...]:
    """As what somebody with these scopes, in a department of this kind, may approve."""
    found = []
    if "statements:approve" in scopes and department == DepartmentKind.PUBLIC_RELATIONS:
        found.append(ApprovalSlot.PUBLIC_RELATIONS)
    if "legal:approve" in scopes:
        found.append(ApprovalSlot.LEGAL)
    if "incidents:override" in scopes:
        found.append(ApprovalSlot.LEAD)
    return tuple(found)


async def authorities(tx: Tx, caller: Caller, now: datetime) -> tuple[Authority, ...]:
    """Everything the caller may approve as, their own authority first. PersonNeeded where it is a machine.

    What they do by their own they do within their key's scopes; what was delegated to them asks what its giver may do now.
    """
    person = caller.require_person()
    own = slots_of(caller.scopes, await _department_of(tx, person.id))
    found = [Authority(slot) for slot in own]
    given = select(ApprovalDelegation, *_may()).join(Person, Person.id == ApprovalDelegation.person_id)
    given = given.outerjoin(Department, _department()).where(
        ApprovalDelegation.delegate_id == person.id, ApprovalDelegation.revoked_at.is_(None),
        ApprovalDelegation.starts_at <= now, ApprovalDelegation.ends_at > now, Person.active,
    )  # fmt: skip
    for delegation, scopes, of_roles, department in await tx.execute(given.order_by(ApprovalDelegation.id)):
        may = slots_of(together(scopes, of_roles), department)
        found += [Authority(slot, delegation.person_id, delegation.id) for slot in may if slot in delegation.slots]
    return tuple(found)


async def slots_of_person(tx: Tx, person_id: UUID) -> tuple[ApprovalSlot, ...]:
    """As what a person may approve by themselves, as things are now; nothing once they have left."""
    query = select(*_may()).select_from(Person).outerjoin(Department, _department())
    row = (await tx.execute(query.where(Person.id == person_id, Person.active))).one_or_none()
    return slots_of(together(row[0], row[1]), row[2]) if row else ()


def _may() -> tuple[ColumnElement[list[str]], ColumnElement[list[str]], ColumnElement[str]]:
    return Person.scopes.expression, granted(Person), Department.kind.expression


def _department() -> ColumnElement[bool]:
    return (Department.id == Person.department_id) & Department.active


async def _department_of(tx: Tx, person_id: UUID) -> str | None:
    query = select(Department.kind).join(Person, _department()).where(Person.id == person_id)
    return await tx.scalar(query)


def awaits(person_id: UUID, mine: Sequence[Authority]) -> ColumnElement[bool]:
    """Whether a statement waits for this person, who may approve so: it is in review, a slot of theirs is not filled, and
    neither they nor whoever delegated it had a hand in the statement or fill another slot. A condition on statements."""
    waits = or_(false(), *(_waits(person_id, one) for one in mine))
    return and_(Statement.status == StatementStatus.IN_REVIEW, waits)


def _waits(person_id: UUID, authority: Authority) -> ColumnElement[bool]:
    people = [person_id, *([authority.principal] if authority.principal else [])]
    newest = select(StatementVersion.id).where(
        StatementVersion.statement_id == Statement.id, StatementVersion.number == Statement.latest_number
    )
    given = exists().where(
        StatementApproval.version_id.in_(newest.correlate(Statement)),
        StatementApproval.outcome == ApprovalOutcome.APPROVED,
        or_(StatementApproval.slot == authority.slot, StatementApproval.person_id.in_(people),
            StatementApproval.on_behalf_of.in_(people)),
    )  # fmt: skip
    wrote = (
        exists()
        .where(
            StatementVersion.statement_id == Statement.id,
            or_(*(literal(one) == any_(StatementVersion.author_ids) for one in people)),
        )
        .correlate(Statement)
    )
    waits = ~given & ~wrote & or_(Statement.creator_id.is_(None), Statement.creator_id.not_in(people))
    if authority.slot is ApprovalSlot.LEAD:
        waits &= exists().where(Incident.id == Statement.incident_id, Incident.grade == "major").correlate(Statement)
    return waits


def own_first(mine: Iterable[Authority], slots: Sequence[ApprovalSlot]) -> list[Authority]:
    """The authorities for these slots, in the slots' order, what is one's own before what was delegated."""
    return sorted(
        (one for one in mine if one.slot in slots), key=lambda one: (slots.index(one.slot), bool(one.principal))
    )
