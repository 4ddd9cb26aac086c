"""What the handbook is made of, read from what is in force: rules, clocks, people, contacts, texts (R64, R65).

Names and numbers become masks here, each with a mark: an HMAC of what is behind it. So a state's hash tells when somebody got
another number, and what is kept of a state tells nobody the number. Nothing that changes by itself with time is among it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select

from app.core.db import Tx
from app.core.vault import HANDBOOK, Vault
from app.domain.grades import Grade
from app.domain.team import Entry, Roster, team_for
from app.domain.vocabulary import DepartmentKind, Role
from app.domain.wording import mask_name, mask_phone, mask_text
from app.incidents.team_queries import read_roster
from app.metrics.handbook_text_facts import text_facts
from app.models import Department, GradingPolicy, OutsideContact, Person, PlatformRule, RolePermission, SlaPolicy
from app.people.contact_queries import callable_contacts
from app.people.contact_sealing import contacts_vault, known, masked
from app.settings import Settings

PUBLISHES: Final = "publications:write"
# Counted up when the plan's own steps are written otherwise.
_PLAN: Final = 1


@dataclass(frozen=True, slots=True)
class Reached:
    """Somebody as they are reached, and the mark of it."""

    mark: str
    shown: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class State:
    """The facts, and what their masks hide: people and contacts by their ids, as texts."""

    facts: dict[str, Any]
    people: Mapping[str, Reached]
    contacts: Mapping[str, Reached]


@dataclass(frozen=True, slots=True)
class Marker:
    """Makes marks. ``before``: those of the state that was issued last; after a change of FENGHUO_SECRET_KEY what was marked
    under the previous one is known again by them."""

    vault: Vault
    before: frozenset[str] = frozenset()

    @classmethod
    def of(cls, settings: Settings, issued: Mapping[str, Any] | None = None) -> "Marker":
        return cls(Vault.of(settings, HANDBOOK), frozenset(marks_in(issued or {})))

    def __call__(self, *values: str | None) -> str:
        """The mark of these values together."""
        made = [mark.hex()[:24] for mark in self.vault.fingerprints("\0".join(each or "" for each in values).encode())]
        return next((mark for mark in made if mark in self.before), made[0])


def marks_in(part: Any) -> Iterator[str]:
    """Every mark in facts."""
    if isinstance(part, Mapping):
        if "mark" in part:
            yield part["mark"]
        for value in part.values():
            yield from marks_in(value)
    elif isinstance(part, list):
        for value in part:
            yield from marks_in(value)


async def read_state(tx: Tx, settings: Settings, issued: Mapping[str, Any] | None) -> State:
    """The state of everything now. ``issued``: the facts that were issued last."""
    marker = Marker.of(settings, issued)
    people = {person.id: person for person in await tx.scalars(select(Person))}
    departments = (await tx.scalars(select(Department))).all()
    reached = {str(id_): _reached(person, marker) for id_, person in people.items()}
    shown = {id_: _person(reached[str(id_)], id_) for id_ in people}
    contacts = [
        (contact, *_contact(contact, marker, contacts_vault(settings))) for contact in await callable_contacts(tx)
    ]
    facts = {
        "plan": _PLAN, "grading": await _grading(tx), "clocks": await _clocks(tx),
        "team": list(_team(await read_roster(tx), departments, people, shown)),
        "contacts": [row for _, row, _ in contacts], "platforms": await _platforms(tx),
        "publishers": await _publishers(tx, departments, shown),
        **await text_facts(tx, shown, {one.id: one.name for one in departments}),
    }  # fmt: skip
    return State(facts, reached, {str(contact.id): behind for contact, _, behind in contacts})


def _reached(person: Person, marker: Marker) -> Reached:
    shown = {"name": person.name, "phone": person.phone, "email": person.email}
    return Reached(marker(*shown.values()), shown)


def _person(reached: Reached, id_: UUID) -> dict[str, Any]:
    phone, email = reached.shown["phone"], reached.shown["email"]
    return {
        "id": str(id_), "mark": reached.mark, "name": mask_name(reached.shown["name"] or ""),
        "phone": phone and mask_phone(phone), "email": email and mask_text(email),
    }  # fmt: skip


def _contact(contact: OutsideContact, marker: Marker, vault: Vault) -> tuple[dict[str, Any], Reached]:
    behind = known(contact, vault)
    reached = Reached(marker(*behind.values()), behind)
    written = {
        "organisation": mask_text(contact.organisation), "role": mask_text(contact.role),
        "topics": [mask_text(topic) for topic in contact.topics],
    }  # fmt: skip
    return {"id": str(contact.id), "kind": contact.kind, "mark": reached.mark, **written, **masked(behind)}, reached


async def _grading(tx: Tx) -> dict[str, Any]:
    policy = (await tx.scalars(select(GradingPolicy).where(GradingPolicy.active))).one()
    return {"name": mask_text(policy.name), "version": policy.version, "rules": policy.rules}


async def _clocks(tx: Tx) -> dict[str, Any]:
    policy = (await tx.scalars(select(SlaPolicy).where(SlaPolicy.active))).one()
    return {
        "name": mask_text(policy.name), "version": policy.version, "clocks": policy.clocks, "silence": policy.silence,
        "origin_grace_seconds": policy.origin_grace_seconds, "follow_ups_percent": policy.follow_ups_percent,
    }  # fmt: skip


def _team(
    roster: Roster,
    departments: Sequence[Department],
    people: Mapping[UUID, Person],
    shown: Mapping[UUID, dict[str, Any]],
) -> Iterator[dict[str, Any]]:
    """The teams that the grades call for, as :func:`app.domain.team.team_for` forms them when everybody is on duty: who is
    today is no part of a handbook."""
    standing = Roster.of((_on_duty(entry) for entry in roster.people.values()), roster.departments)
    names = {one.id: one.name for one in departments}
    units = [unit for unit in standing.of_kind(DepartmentKind.BUSINESS) if unit.id in names]
    business = [None, *(names[unit.id] for unit in sorted(units, key=lambda unit: names[unit.id]))]
    for grades, grade, asked in (("major", Grade.MAJOR, [None]), ("others", Grade.GENERAL, business)):
        seats = {seat.person_id: seat for unit in asked for seat in team_for(grade, standing, unit)}
        for seat in seats.values():
            person = people[seat.person_id]
            deputy = people.get(person.deputy_id) if person.deputy_id else None
            yield {
                "grades": grades, "position": seat.position.value, "person": shown[seat.person_id],
                "department": names.get(person.department_id) if person.department_id else None,
                "deputy": shown[deputy.id] if deputy is not None and deputy.active else None,
            }  # fmt: skip


def _on_duty(entry: Entry) -> Entry:
    return Entry(entry.id, entry.department_id, entry.roles, True, entry.deputy_id, entry.active)


async def _platforms(tx: Tx) -> list[dict[str, Any]]:
    rows = await tx.scalars(select(PlatformRule).order_by(PlatformRule.platform))
    return [
        {"platform": row.platform, "core": row.core, "max_chars": row.max_chars, "max_title": row.max_title}
        for row in rows
    ]  # fmt: skip


async def _publishers(
    tx: Tx, departments: Sequence[Department], shown: Mapping[UUID, dict[str, Any]]
) -> dict[str, Any]:  # fmt: skip
    """Who may put on record what was published: the roles, and the people."""
    granted = set(await tx.scalars(select(RolePermission.role).where(RolePermission.scopes.contains([PUBLISHES]))))
    roles = [role.value for role in Role if role.value in granted]
    may = or_(Person.roles.overlap(roles), Person.scopes.contains([PUBLISHES]))
    query = select(Person.id, Person.department_id).where(Person.active, may)
    names = {one.id: one.name for one in departments}
    rows = (await tx.execute(query.order_by(Person.department_id, Person.id))).all()
    people = [{"person": shown[row.id], "department": names.get(row.department_id)} for row in rows]
    return {"roles": roles, "people": people}
