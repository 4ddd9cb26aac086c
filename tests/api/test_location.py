"""Whoever creates something is told where it is, wherever the contract says so."""

import pytest

from tests.support.api import OPERATIONS, contract, good

DOCUMENT = contract()
LOCATED = [
    operation
    for operation in OPERATIONS
    if "{" not in operation.path
    and "Location"
    in DOCUMENT["paths"][operation.path][operation.method.lower()]["responses"].get("201", {}).get("headers", {})
    # A split needs an incident that there is: test_splits.py looks at its location.
    and operation.id != "splitIncident"
    # Takes bytes: test_files.py looks at its location.
    and operation.id != "uploadFile"
    # These need a person, and a file that there is: test_approval_delegations.py and test_review_reports.py look.
    and operation.id not in ("createApprovalDelegation", "createReportTemplate")
]


@pytest.mark.parametrize("operation", LOCATED, ids=str)
async def test_what_was_created_is_at_its_location(client, operation):
    created = await client.request(operation.method, operation.url, json=operation.example)
    location = created.headers["location"]
    assert good(await client.get(location))["id"] == good(created, created.status_code)["id"]


def test_the_contract_says_so_of_some():
    assert {"postMention", "createWatchRule", "openIncident"} <= {operation.id for operation in LOCATED}
