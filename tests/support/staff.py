"""Departments and the people in them, as tests make them: off the roster again when the test is over."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx

from tests.support.api import everything, good


@asynccontextmanager
async def a_department(client: httpx.AsyncClient, **fields: Any) -> AsyncIterator[dict[str, Any]]:
    """A department nobody else uses. At the end it is no more, and whoever is in it has left."""
    body = {"name": f"部门{uuid4().hex[:8]}", "kind": "business"} | fields
    made = good(await client.post("/v1/departments", json=body), 201)
    try:
        yield made
    finally:
        for person in await everything(client, "/v1/people", department_id=made["id"]):
            good(await client.patch(f"/v1/people/{person['id']}", json={"active": False}))
        good(await client.patch(f"/v1/departments/{made['id']}", json={"active": False}))


@asynccontextmanager
async def a_role(client: httpx.AsyncClient, role: str) -> AsyncIterator[str]:
    """The role's address, for tests that change what it may do; at the end it may do what it did."""
    url = f"/v1/roles/{role}"
    before = good(await client.get(url))
    try:
        yield url
    finally:
        good(await client.put(url, json={"scopes": before["scopes"]}))
