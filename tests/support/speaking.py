"""Whoever drafts and approves statements, as tests need them; at its end everybody has left, so that no other test's incident
calls them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from app.core.db import Database
from app.models import Department
from app.models.base import new_id
from tests.support.acts import check_facts, opened
from tests.support.api import good
from tests.support.people import bearer, make_key, make_person

STATEMENTS = "/v1/statements"
DELEGATIONS = "/v1/approval-delegations"
READ = ("statements:read", "statements:write", "publications:write")
# What each of them may do besides, and in what department.
ROLES: dict[str, tuple[tuple[str, ...], str]] = {
    "author": ((), "public_relations"), "editor": ((), "business"),
    "press": (("statements:approve",), "public_relations"), "press 2": (("statements:approve",), "public_relations"),
    "legal": (("legal:approve",), "legal"), "legal 2": (("legal:approve",), "legal"),
    "lead": (("incidents:override",), "business"),
    "stand-in": ((), "business"), "shop": (("statements:approve",), "business"),
}  # fmt: skip


def ahead(**span: float) -> str:
    return (datetime.now(UTC) + timedelta(**span)).isoformat()


def said(kind: str = "apology", **fields: Any) -> dict[str, Any]:
    """A draft that lacks nothing."""
    parts: dict[str, Any] = {"kind": kind, "name": "异物声明", "title": "关于网传异物的声明"}
    if kind in ("holding", "apology"):
        parts["attitude"] = "给您带来不安，我们深表歉意。"
    if kind == "holding":
        parts["next_update_at"] = ahead(hours=4)
    else:
        parts["facts"] = "经查，批次 20261101 的产品中混入包装残片。"
    if kind in ("apology", "clarification"):
        parts["solution"] = "该批次已全部下架，购买者凭订单全额退款。"
        parts["commitments"] = [{"text": "公布第三方检测结果", "due_at": ahead(days=3)}]
    return parts | fields


@dataclass
class Desk:
    """Who speaks for the company: the client is an administrator's, the people have keys of their own."""

    client: httpx.AsyncClient
    bare: httpx.AsyncClient
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    departments: dict[str, UUID] = field(default_factory=dict)

    def id(self, name: str) -> str:
        return self.people[name]["id"]  # type: ignore[no-any-return]

    async def add(self, name: str, *scopes: str, department: str = "business") -> None:
        """Somebody more, who may do this besides reading and writing statements."""
        where = str(self.departments[department])
        person = await make_person(self.client, *READ, *scopes, department_id=where)
        key = await make_key(self.client, *READ, *scopes, person_id=person["id"])
        self.people[name], self.headers[name] = person, bearer(key["key"])

    async def draft(
        self, incident_id: str, kind: str = "apology", *, by: str = "author", **fields: Any
    ) -> dict[str, Any]:
        url = f"/v1/incidents/{incident_id}/statements"
        made = await self.bare.post(url, json=said(kind, **fields), headers=self.headers[by])
        return good(made, 201)  # type: ignore[no-any-return]

    async def act(
        self, statement: dict[str, Any], verb: str, /, by: str = "author", headers: dict[str, str] | None = None, **body: Any
    ) -> httpx.Response:  # fmt: skip
        """`submit`, `withdraw`, `approve`, `request-changes` or `publications`, as somebody."""
        sent: dict[str, Any] = {} if verb == "submit" else {"json": body}
        url = f"{STATEMENTS}/{statement['id']}/{verb}"
        return await self.bare.post(url, headers=self.headers[by] | (headers or {}), **sent)

    async def patch(self, statement: dict[str, Any], by: str = "author", **fields: Any) -> httpx.Response:
        return await self.bare.patch(f"{STATEMENTS}/{statement['id']}", json=fields, headers=self.headers[by])

    async def seen(self, statement: dict[str, Any], by: str = "author") -> dict[str, Any]:
        return good(await self.bare.get(f"{STATEMENTS}/{statement['id']}", headers=self.headers[by]))  # type: ignore[no-any-return]

    async def submitted(self, incident_id: str, kind: str = "holding", **fields: Any) -> dict[str, Any]:
        return good(await self.act(await self.draft(incident_id, kind, **fields), "submit"))  # type: ignore[no-any-return]

    async def approve(self, statement: dict[str, Any], *by: str, version: int | None = None) -> dict[str, Any]:
        """Each of them says yes to the newest version that was read."""
        number = version or statement["latest"]["number"]
        for name in by:
            statement = good(await self.act(statement, "approve", by=name, version=number))
        return statement

    async def publish(self, statement: dict[str, Any], platform: str = "weibo", **fields: Any) -> dict[str, Any]:
        answer = await self.act(statement, "publications", platform=platform, **fields)
        return good(answer, 201)  # type: ignore[no-any-return]


async def case(client: httpx.AsyncClient, truth: str = "confirmed", grade: str | None = None) -> str:
    """An incident whose facts were checked."""
    incident_id = await opened(client)
    await check_facts(client, incident_id, truth=truth)
    if grade is not None:
        good(await client.put(f"/v1/incidents/{incident_id}/grade", json={"grade": grade, "reason": "研判"}))
    return incident_id


@asynccontextmanager
async def desk(client: httpx.AsyncClient, bare: httpx.AsyncClient, database: Database) -> AsyncIterator[Desk]:
    """Authors, approvers of each kind, and who is none, each in a department of some kind."""
    made, word = Desk(client, bare), uuid4().hex[:8]
    async with database.transaction() as tx:
        for kind in sorted({department for _, department in ROLES.values()}):
            row = Department(id=new_id(), name=f"{kind} {word}", kind=kind, business_units=[])
            tx.add(row)
            made.departments[kind] = row.id
    await asyncio.gather(*(made.add(name, *scopes, department=kind) for name, (scopes, kind) in ROLES.items()))
    try:
        yield made
    finally:
        ids = [UUID(person["id"]) for person in made.people.values()]
        await database.fetch("update people set active = false where id = any($1)", ids)
        await database.fetch(
            "update departments set active = false where id = any($1)", list(made.departments.values())
        )
