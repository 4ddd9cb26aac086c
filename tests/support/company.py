"""A company as it is entered: departments by hand, people by a sheet, keys by role. At its end everybody has left."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI

from tests.support.api import everything, good
from tests.support.people import bearer, make_key
from tests.support.sheets import as_csv, send
from tests.support.staff import a_department

HEAD = ("姓名", "手机", "邮箱", "部门", "角色", "B角")
Roster = Mapping[str, tuple[str, str, str | None]]
"""What tests call them -> department, role, whose name stands as their deputy; the first of a department is its head."""


@dataclass
class Company:
    """Departments by kind, and people by the name tests call them, each with a key of their own."""

    client: httpx.AsyncClient
    # Without a key, as a chat opens its links.
    phone: httpx.AsyncClient
    departments: dict[str, dict[str, Any]]
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, dict[str, str]] = field(default_factory=dict)

    async def ask(self, who: str, method: str, url: str, /, **said: Any) -> httpx.Response:
        """One call with somebody's own key, whatever the version."""
        headers = {"if-match": "*", **self.keys[who], **said.pop("headers", {})}
        return await self.client.request(method, url, headers=headers, **said)

    async def call(self, who: str, method: str, url: str, status: int = 200, /, **said: Any) -> Any:
        """The same, and what is answered once it is as expected."""
        return good(await self.ask(who, method, url, **said), status)

    def id(self, who: str) -> str:
        return str(self.people[who]["id"])

    def name(self, person_id: str) -> str:
        return next(name for name, person in self.people.items() if person["id"] == person_id)


@asynccontextmanager
async def entered(client: httpx.AsyncClient, app: FastAPI, roster: Roster) -> AsyncIterator[Company]:
    """The company with these people; `client` is an administrator's."""
    async with AsyncExitStack() as stack:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        phone = await stack.enter_async_context(httpx.AsyncClient(transport=transport))
        kinds = dict.fromkeys(kind for kind, _, _ in roster.values())
        made = {kind: await stack.enter_async_context(a_department(client, kind=kind)) for kind in kinds}
        company, word = Company(client, phone, made), uuid4().hex[:6]
        rows = [
            (f"王{name}{word}", f"1380013{place:04}", f"{place}{word}@example.com", made[kind]["name"], role,
             f"王{deputy}{word}" if deputy else "")
            for place, (name, (kind, role, deputy)) in enumerate(roster.items())
        ]  # fmt: skip
        assert good(await send(client, "/v1/people-imports", as_csv(HEAD, *rows)))["applied"]
        for kind, department in made.items():
            for person in await everything(client, "/v1/people", department_id=department["id"]):
                company.people[person["name"][1]] = person
            head = next(name for name, (of, _, _) in roster.items() if of == kind)
            body = {"head_id": company.people[head]["id"]}
            good(await client.patch(f"/v1/departments/{department['id']}", json=body))
        for name, person in company.people.items():
            key = await make_key(client, *person["effective_scopes"], person_id=person["id"])
            company.keys[name] = bearer(key["key"])
        yield company
