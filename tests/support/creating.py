"""Bodies that create something, for tests of every operation that creates: the contract's examples, with what must be there."""

from typing import Any
from uuid import uuid4

import httpx

from tests.support.api import Operation, brand, make_rule
from tests.support.people import make_person

# What takes bytes, or needs an incident, a person, a file or a past that there is, is tried where that is.
ELSEWHERE = ("splitIncident", "uploadFile", "createApprovalDelegation", "createReportTemplate", "createKpiBaseline")


async def body_of(client: httpx.AsyncClient, operation: Operation) -> dict[str, Any]:
    """The operation's example with names that nobody has yet, and ids of what there is."""
    body = dict(operation.example or {})
    for name in ("mention_ids", "expires_at", "key_id"):
        body.pop(name, None)
    fresh: dict[str, Any] = {"name": uuid4().hex[:20], "key": uuid4().hex[:20], "url": "http://127.0.0.1:9/hook"}
    if "mandatory" in body:
        # Of everybody, also of those in whom other tests look for who is covered.
        body["mandatory"] = False
    if "scenario" in body:
        # Played, it would be in the way of whoever plays drills next.
        body["waits"] = True
    if "rule_id" in body:
        fresh["rule_id"] = (await make_rule(client, brand()))["id"]
    if "person_id" in body:
        fresh["person_id"] = (await make_person(client, "incidents:read"))["id"]
        body["scopes"] = ["incidents:read"]
    return body | {name: value for name, value in fresh.items() if name in body}
