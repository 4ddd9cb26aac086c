"""Documents that people have to have read, as tests make them: for a department of their own, so that nobody else is asked."""

from typing import Any
from uuid import uuid4

import httpx

from tests.support.api import good
from tests.support.people import bearer, make_key, make_person

DOCUMENTS = "/v1/documents"
MINE = "/v1/me/documents"


async def make_document(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    """A document with a draft."""
    body = {"kind": "other", "title": f"规范 {uuid4().hex[:8]}", "text": f"# 规范\n\n{uuid4().hex}"} | fields
    return good(await client.post(DOCUMENTS, json=body), 201)  # type: ignore[no-any-return]


async def publish(client: httpx.AsyncClient, document: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The document's draft in force; with ``fields`` a next version that says these."""
    url = f"{DOCUMENTS}/{document['id']}/versions"
    number = 1
    if fields:
        number = good(await client.post(url, json={"note": "修订"} | fields), 201)["number"]
    return good(await client.post(f"{url}/{number}/publish"))  # type: ignore[no-any-return]


async def staff(client: httpx.AsyncClient, department: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """People of a department, each with the header that stands for them; their scope has nothing to do with documents."""
    people = []
    for _ in range(count):
        person = await make_person(client, "rules:read", department_id=department["id"])
        key = await make_key(client, "rules:read", person_id=person["id"])
        people.append(person | {"headers": bearer(key["key"])})
    return people


async def acknowledge(
    bare: httpx.AsyncClient, person: dict[str, Any], version: dict[str, Any]
) -> httpx.Response:  # fmt: skip
    url = f"{DOCUMENTS}/{version['document_id']}/acknowledgements"
    return await bare.post(url, json={"sha256": version["sha256"]}, headers=person["headers"])
