"""Whoever creates something is told where it is, wherever the contract says so."""

import pytest

from tests.support.api import OPERATIONS, contract, good
from tests.support.creating import ELSEWHERE, body_of

DOCUMENT = contract()
LOCATED = [
    operation
    for operation in OPERATIONS
    if "{" not in operation.path
    and "Location"
    in DOCUMENT["paths"][operation.path][operation.method.lower()]["responses"].get("201", {}).get("headers", {})
    and operation.id not in ELSEWHERE
]


@pytest.mark.parametrize("operation", LOCATED, ids=str)
async def test_what_was_created_is_at_its_location(client, operation):
    created = await client.request(operation.method, operation.url, json=await body_of(client, operation))
    assert "location" in created.headers, created.text
    found, made = good(await client.get(created.headers["location"])), good(created, created.status_code)
    # Handbooks are known by their number.
    known_by = "id" if "id" in made else "number"
    assert found[known_by] == made[known_by]


def test_the_contract_says_so_of_some():
    assert {"postMention", "createWatchRule", "openIncident"} <= {operation.id for operation in LOCATED}
