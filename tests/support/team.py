"""A house with departments, people and deputies, as tests of teams need it; at its end everybody has left, so that no other
test's incident calls them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson

from app.core.db import Database
from app.models import Department, Person
from app.models.base import new_id
from tests.support.api import everything, good
from tests.support.people import bearer, make_key

KINDS = {"press": "public_relations", "ops": "operations", "law": "legal", "milk": "business", "tea": "business"}
SCOPES = ("incidents:read", "incidents:write")


@dataclass
class House:
    """Its people and departments by the names that tests give them: `milk head`, `boss`."""

    client: httpx.AsyncClient
    database: Database
    word: str = field(default_factory=lambda: uuid4().hex[:8])
    people: dict[str, UUID] = field(default_factory=dict)
    departments: dict[str, UUID] = field(default_factory=dict)

    def unit(self, name: str) -> str:
        """The business unit that one of the departments answers for."""
        return f"{name}事业部 {self.word}"

    def name(self, person_id: object) -> str:
        """What tests call somebody."""
        return {str(id_): name for name, id_ in self.people.items()}.get(str(person_id), str(person_id))

    async def add(self, name: str, *, department: str | None = None, deputy: str | None = None, **columns: Any) -> UUID:
        """Somebody who works with the service, and may do what responders may."""
        fields = {"id": new_id(), "name": f"王{name}", "scopes": list(SCOPES), "roles": ["responder"]} | columns
        fields["department_id"] = self.departments.get(department or "")
        fields["deputy_id"] = self.people[deputy] if deputy else None
        async with self.database.transaction() as tx:
            tx.add(Person(**fields))
        self.people[name] = fields["id"]
        return fields["id"]  # type: ignore[no-any-return]

    async def change(self, name: str, **columns: Any) -> None:
        """Changes a row of the house behind everybody's back."""
        async with self.database.transaction() as tx:
            person = await tx.get(Person, self.people[name])
            for column, value in columns.items():
                setattr(person, column, value)

    async def headers(self, name: str) -> dict[str, str]:
        """Somebody's own key."""
        key = await make_key(self.client, *SCOPES, person_id=str(self.people[name]))
        return bearer(key["key"])

    async def team(self, incident_id: str, **query: Any) -> dict[str, dict[str, Any]]:
        """The incident's team, by what tests call its members."""
        rows = await everything(self.client, f"/v1/incidents/{incident_id}/team", **query)
        return {self.name(row["person"]["id"]): row for row in rows}

    async def positions(self, incident_id: str) -> dict[str, str]:
        return {name: row["position"] for name, row in (await self.team(incident_id)).items()}

    async def acknowledge(self, incident_id: str, name: str, **fields: Any) -> dict[str, Any]:
        answer = await self.client.post(
            f"/v1/incidents/{incident_id}/acknowledgements", json=fields, headers=await self.headers(name)
        )
        return good(answer, 201)  # type: ignore[no-any-return]

    async def called(self, *incident_ids: str) -> list[dict[str, Any]]:
        """Everybody who was called in somebody's place, in order."""
        rows = await self.database.fetch(
            "select data::text, incident_id from events where type = 'escalation.person' and incident_id = any($1) "
            "order by id", [UUID(id_) for id_ in incident_ids],
        )  # fmt: skip
        return [orjson.loads(row["data"]) for row in rows]

    async def calls(self, *incident_ids: str) -> list[tuple[str, str, str]]:
        """(who was called, as what, for whom) in order."""
        return [
            (self.name(one["person_id"]), one["step"], self.name(one["for_person_id"]))
            for one in await self.called(*incident_ids)
        ]


@asynccontextmanager
async def house(client: httpx.AsyncClient, database: Database) -> AsyncIterator[House]:
    """Five departments, each with a head and the head's deputy; in public relations a lead, and one above all. Nobody else is
    there meanwhile."""
    made = House(client, database)
    others = [
        await database.fetch("update departments set active = false where active returning id"),
        await database.fetch("update people set on_duty = false where on_duty and 'lead' = any(roles) returning id"),
    ]
    async with database.transaction() as tx:
        for name, kind in KINDS.items():
            row = Department(id=new_id(), name=f"{name} {made.word}", kind=kind, business_units=[made.unit(name)])
            tx.add(row)
            made.departments[name] = row.id
    await made.add("boss", roles=["lead"])
    for name in KINDS:
        await made.add(f"{name} deputy", department=name)
        head = await made.add(f"{name} head", department=name, deputy=f"{name} deputy")
        await database.fetch("update departments set head_id = $2 where id = $1", made.departments[name], head)
    await made.add("press lead", department="press", deputy="press deputy", roles=["lead"])
    try:
        yield made
    finally:
        gone, off_duty = ([row["id"] for row in rows] for rows in others)
        await database.fetch("update departments set active = true where id = any($1)", gone)
        await database.fetch("update people set on_duty = true where id = any($1)", off_duty)
        await database.fetch("update people set active = false where id = any($1)", list(made.people.values()))
        await database.fetch(
            "update departments set active = false where id = any($1)", list(made.departments.values())
        )
