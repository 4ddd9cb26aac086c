"""The people of a made-up company, their departments, and who of them acts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from app.cli.company.past import Past
from app.cli.company.script import SIZES, Colleague, Script
from app.cli.company.words import UNITS
from app.core.auth import SCOPES, Caller, PersonRef
from app.core.db import Tx
from app.core.grants import scopes_of
from app.models import Person
from app.people import departments, persons, queries

OWNER = Caller("cli", "seed", "seed", frozenset(SCOPES))
"""Who sets the company up."""


class Staff:
    """Everybody who is there, by their place in the script."""

    def __init__(self, past: Past, script: Script) -> None:
        self._past, self._script = past, script
        self.departments: list[UUID] = []
        self.ids: dict[int, UUID] = {}
        self._callers: dict[UUID, Caller] = {}

    async def enter(self) -> None:
        """Enters the departments and everybody who is there from the first day; the others join and leave on theirs."""
        for name, kind, _ in SIZES:
            units = list(UNITS) if kind == "business" else []
            fields = {"name": name, "kind": kind, "business_units": units, "head_id": None}
            made = await self._past.make(departments.create_department, fields, by=OWNER)
            self.departments.append(made.id)
        begins = self._past.now
        # Of one transaction each hundred: they are entered by a sheet.
        first = [number for number, one in enumerate(self._script.people) if one.joins == 0]
        for place in range(0, len(first), 100):
            await self._past.do(partial(self._join, first[place : place + 100]))
        for number, one in enumerate(self._script.people):
            if one.joins:
                self._past.at(begins + timedelta(days=one.joins, hours=9), partial(self._joins, number))
            if one.leaves is not None:
                self._past.at(begins + timedelta(days=one.leaves, hours=18), partial(self._leaves, number))
        for place, department_id in enumerate(self.departments):
            await self._past.say(departments.update_department, department_id, {"head_id": self.of(place)[0]}, by=OWNER)

    def of(self, department: int) -> list[UUID]:
        """Who is in a department, its head first."""
        people = enumerate(self._script.people)
        return [self.ids[number] for number, one in people if one.department == department and number in self.ids]

    async def as_(self, person_id: UUID) -> Caller:
        """The person, signed in and with all they may do."""
        if person_id not in self._callers:
            self._callers[person_id] = await self._past.find(_caller, person_id)
        return self._callers[person_id]

    async def _join(self, numbers: Sequence[int], tx: Tx, _: datetime) -> None:
        for number in numbers:
            one = self._script.people[number]
            person = await persons.create_person(tx, self._fields(one), caller=OWNER)
            self.ids[number] = person.id

    def _fields(self, one: Colleague) -> dict[str, object]:
        return {
            "name": one.name, "email": one.email, "phone": one.phone, "department_id": self.departments[one.department],
            "deputy_id": None, "on_duty": one.on_duty, "oidc_subject": None, "roles": list(one.roles), "scopes": [],
        }  # fmt: skip

    async def _joins(self, number: int) -> None:
        await self._past.do(partial(self._join, [number]))

    async def _leaves(self, number: int) -> None:
        id_ = self.ids.pop(number)
        await self._past.say(persons.update_person, id_, {"active": False}, by=OWNER)


async def _caller(tx: Tx, person_id: UUID) -> Caller:
    person: Person = await queries.get_person(tx, person_id)
    return Caller("oidc", str(person.id), person.name, await scopes_of(tx, person), PersonRef(person.id, person.name))
