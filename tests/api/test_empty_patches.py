"""A PATCH that changes nothing is a way to read: it takes the scope for that, and leaves no trace."""

from typing import Any

import httpx
import pytest

from tests.support.acts import opened
from tests.support.api import brand, good, make_rule, post, problem
from tests.support.documents import make_document
from tests.support.people import bearer, make_key, make_person
from tests.support.risks import make_measure, make_risk
from tests.support.tasks import make_task
from workers.ingest import Counter

# A body that names nothing to change, and what it takes to send one.
EMPTY: list[tuple[str, dict[str, Any]]] = [
    ("mentions", {}), ("mentions", {"reason": "看看"}), ("incidents", {}), ("incidents", {"reason": "看看"}),
    ("watch-rules", {}), ("webhook-endpoints", {}), ("webhook-endpoints", {"url": None}), ("people", {}),
    ("documents", {}), ("contacts", {}), ("tasks", {}), ("risks", {}), ("risks", {"reason": "看看"}), ("risk-measures", {}),
]  # fmt: skip
CHANGES: dict[str, dict[str, Any]] = {
    "mentions": {"sentiment": "negative"}, "incidents": {"summary": "经过"}, "watch-rules": {"enabled": False},
    "webhook-endpoints": {"description": "群"}, "people": {"active": False},
    "tasks": {"title": "新事项"}, "risks": {"impact": 5}, "risk-measures": {"outcome": "已落实"},
    "documents": {"title": "新题"}, "contacts": {"role": "主编"},
}  # fmt: skip
SCOPES = {
    "watch-rules": "rules",
    "webhook-endpoints": "webhooks",
    "tasks": "incidents",
    "risks": "reviews",
    "risk-measures": "reviews",
    "documents": "trainings",
}


async def something(client: httpx.AsyncClient, counter: Counter, kind: str) -> str:
    """The URL of one of these."""
    if kind == "mentions":
        mention_id = await post(client, "一")
        await counter.sweep()
        return f"/v1/mentions/{mention_id}"
    if kind == "watch-rules":
        return f"/v1/watch-rules/{(await make_rule(client, brand()))['id']}"
    if kind == "people":
        return f"/v1/people/{(await make_person(client, 'rules:read'))['id']}"
    if kind == "tasks":
        return f"/v1/tasks/{(await make_task(client, await opened(client)))['id']}"
    if kind == "documents":
        return f"/v1/documents/{(await make_document(client))['id']}"
    if kind == "contacts":
        made = await client.post("/v1/contacts", json={"kind": "kol", "name": "某博主"})
        return f"/v1/contacts/{good(made, 201)['id']}"
    if kind in ("risks", "risk-measures"):
        risk = await make_risk(client)
        return f"/v1/{kind}/{risk['id'] if kind == 'risks' else (await make_measure(client, risk))['id']}"
    body = {"title": "人工"} if kind == "incidents" else {"url": "http://127.0.0.1:9/"}
    return f"/v1/{kind}/{good(await client.post(f'/v1/{kind}', json=body), 201)['id']}"


@pytest.mark.parametrize(("kind", "body"), EMPTY)
async def test_who_may_write_but_not_read_learns_nothing_by_changing_nothing(
    client: httpx.AsyncClient, bare: httpx.AsyncClient, counter: Counter, kind: str, body: dict[str, Any]
) -> None:
    one, scope = await something(client, counter, kind), SCOPES.get(kind, kind)
    writes = bearer((await make_key(client, f"{scope}:write"))["key"])
    refused = problem(await bare.patch(one, json=body, headers=writes), 403, code="forbidden")
    assert f"{scope}:read" in refused["detail"]
    both = bearer((await make_key(client, f"{scope}:write", f"{scope}:read"))["key"])
    shown = good(await bare.get(one, headers=both))
    assert good(await bare.patch(one, json=body, headers=both)) == shown, "nothing was changed, the version neither"
    assert good(await bare.patch(one, json=CHANGES[kind], headers=writes))["version"] == shown["version"] + 1
    problem(await bare.patch(one, json=body, headers=both | {"if-match": '"1-0"'}), 412)
