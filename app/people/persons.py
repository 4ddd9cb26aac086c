"""People: added and changed. Nobody is deleted, because events name people by id."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.core.auth import Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Conflict, FieldError, Invalid, naming
from app.core.grants import scopes_of_roles
from app.core.outbox import record
from app.domain.events import PersonChanged
from app.domain.worktime import day_of
from app.models import Person, RosterPeriod
from app.people import queries
from app.people.giving import may_give, must_hold, must_outlive


class SubjectTaken(Conflict):
    """One sign-in is one person."""

    code, title = "oidc_subject_taken", ("Somebody else signs in so", "该登录身份已属于他人")


async def create_person(tx: Tx, fields: Mapping[str, Any], *, caller: Caller) -> Person:
    """The new person, active. NotYoursToGive where the caller lacks a scope of theirs, or one of their roles'."""
    await may_give(tx, fields["scopes"], fields["roles"], caller=caller)
    if fields["oidc_subject"] is not None:
        must_outlive(caller)
    await _check(tx, fields)
    person = Person(**fields)
    tx.add(person)
    await tx.flush()
    await tx.refresh(person)
    await person_changed(tx, person, "created", sorted(fields), caller)
    return person


async def update_person(
    tx: Tx, person_id: UUID, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Person:
    """Sets what ``fields`` names. A sign-in gives all the person may do to whoever holds it, and so does bringing
    somebody back: both ask for it all, further scopes and roles only for themselves.
    """
    person = await queries.get_person(tx, person_id, lock=True)
    expected.meet(person.version)
    changes = {name: value for name, value in fields.items() if getattr(person, name) != value}
    if not changes:
        return person
    await _may_change(tx, person, changes, caller)
    await _check(tx, changes, person)
    for name, value in changes.items():
        setattr(person, name, value)
    touch(person, now)
    await person_changed(tx, person, "updated", sorted(changes), caller)
    return person


async def _may_change(tx: Tx, person: Person, changes: Mapping[str, Any], caller: Caller) -> None:
    """NotYoursToGive where the change gives what the caller lacks.

    A scope is given even to who has it by a role already: the role can be taken away again, the scope stays.
    """
    scopes, roles = set(changes.get("scopes", person.scopes)), set(changes.get("roles", person.roles))
    if changes.get("oidc_subject") is not None:
        # Also what they may do no more: whoever gives it back would give it to whoever holds the sign-in.
        both = roles | set(person.roles)
        must_hold(scopes | set(person.scopes) | await scopes_of_roles(tx, both), caller)
        must_outlive(caller)
    if changes.get("active"):
        await may_give(tx, scopes, roles, caller=caller)
    else:
        await may_give(tx, scopes - set(person.scopes), roles - set(person.roles), caller=caller)


async def _check(tx: Tx, fields: Mapping[str, Any], person: Person | None = None) -> None:
    """What is set must be free, and whom it names must be there. What stands already may have ended since."""
    subject = fields.get("oidc_subject")
    if subject is not None and await queries.person_with_subject(tx, subject) is not None:
        raise SubjectTaken.at("/oidc_subject", "another person has this subject; take it from them first", "taken")
    if fields.get("department_id") is not None:
        with naming("/department_id"):
            department = await queries.get_department(tx, fields["department_id"])
        if not department.active:
            raise Invalid.at("/department_id", "this department is no more; name an active one", "department_inactive")
    if fields.get("deputy_id") is not None:
        if person is not None and fields["deputy_id"] == person.id:
            raise Invalid.at("/deputy_id", "nobody is their own deputy; name somebody else, or null", "own_deputy")
        await active_person(tx, fields["deputy_id"], "/deputy_id")


async def active_people(tx: Tx, named: Mapping[str, UUID]) -> dict[UUID, Person]:
    """The people whom fields of a body name, by their ids; Invalid, naming each field, where there is none or they are
    not active."""
    rows = await tx.scalars(select(Person).where(Person.id.in_(set(named.values())))) if named else ()
    people = {person.id: person for person in rows}
    errors = [fault for at, id_ in named.items() if (fault := _fault(at, id_, people.get(id_))) is not None]
    if errors:
        raise Invalid.of(errors)
    return people


def _fault(at: str, person_id: UUID, person: Person | None) -> FieldError | None:
    if person is None:
        return FieldError(at, f"There is no person {person_id}.", "not_found")
    if not person.active:
        return FieldError(at, "this person is not active; name somebody who is, or set them active", "person_inactive")
    return None


async def active_person(tx: Tx, person_id: UUID, at: str = "/person_id") -> Person:
    """The person whom the field ``at`` of a body names; Invalid where there is none or they are not active."""
    return (await active_people(tx, {at: person_id}))[person_id]


async def people_of_day(tx: Tx, named: Mapping[str, UUID], on: date) -> None:
    """As ``active_people``, and those who left on that day or later: what was before somebody left stays so."""
    last = await last_days(tx, set(named.values()))
    await active_people(tx, {at: id_ for at, id_ in named.items() if not on <= last.get(id_, date.min)})


async def last_days(tx: Tx, person_ids: Collection[UUID] | None = None) -> dict[UUID, date]:
    """The last day on the roster of those who have left, of everybody or of these."""
    ended_at = func.max(RosterPeriod.ends_at)
    query = select(RosterPeriod.person_id, ended_at).group_by(RosterPeriod.person_id)
    if person_ids is not None:
        query = query.where(RosterPeriod.person_id.in_(person_ids))
    rows = await tx.execute(query.having(func.bool_and(RosterPeriod.ends_at.is_not(None))))
    return {person_id: day_of(at) for person_id, at in rows if at is not None}


async def person_changed(tx: Tx, person: Person, action: str, fields: list[str], caller: Caller) -> None:
    """Puts on record what was done about a person: the names of the fields, and of what they hold only the place on the
    roster."""
    event = PersonChanged(
        subject_id=str(person.id), action=action, fields=fields, active=person.active, department_id=person.department_id
    )  # fmt: skip
    await record(tx, event, caller=caller)
