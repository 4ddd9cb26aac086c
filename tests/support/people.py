"""People, their keys and tokens, as tests make them, and what the API says of whoever shows one."""

from typing import Any
from uuid import uuid4

import httpx

from tests.support.api import good


def bearer(token: str) -> dict[str, str]:
    """The header that shows a key or a token."""
    return {"authorization": f"Bearer {token}"}


async def make_person(client: httpx.AsyncClient, *scopes: str, **fields: Any) -> dict[str, Any]:
    """A person nobody else uses, who may do just this."""
    body = {"name": f"王小{uuid4().hex[:6]}", "scopes": list(scopes)} | fields
    return good(await client.post("/v1/people", json=body), 201)  # type: ignore[no-any-return]


async def make_key(client: httpx.AsyncClient, *scopes: str, **fields: Any) -> dict[str, Any]:
    """A key with just these scopes; a machine's unless `person_id` is given."""
    body = {"name": "前端后台", "scopes": list(scopes)} | fields
    return good(await client.post("/v1/api-keys", json=body), 201)  # type: ignore[no-any-return]


async def mint(
    bare: httpx.AsyncClient, key: dict[str, Any], person: dict[str, Any], *scopes: str
) -> dict[str, Any]:  # fmt: skip
    """A token for the person, minted with the key; without scopes it can do all it may."""
    body: dict[str, Any] = {"person_id": person["id"]} | ({"scopes": list(scopes)} if scopes else {})
    made = await bare.post("/v1/person-tokens", json=body, headers=bearer(key["key"]))
    return good(made, 201)  # type: ignore[no-any-return]


async def me(bare: httpx.AsyncClient, token: str) -> httpx.Response:
    return await bare.get("/v1/me", headers=bearer(token))


def mine(person: dict[str, Any]) -> dict[str, Any]:
    """What `/v1/me` says of a person who is in no department."""
    same = {name: person[name] for name in ("id", "name", "roles", "deputy_id", "on_duty")}
    return same | {"department": None}


async def refused(bare: httpx.AsyncClient, token: str) -> bool:
    return (await me(bare, token)).status_code == 401


async def open_incident(bare: httpx.AsyncClient, token: str, title: str = "由人开启") -> dict[str, Any]:
    """An incident opened with this key or token, so that its first event says who did it."""
    opened = await bare.post("/v1/incidents", json={"title": title}, headers=bearer(token))
    return good(opened, 201)  # type: ignore[no-any-return]
