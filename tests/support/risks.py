"""Risks, measures and reviews as tests make them."""

from typing import Any
from uuid import UUID, uuid4

import httpx

from app.core.db import Database
from tests.support.api import everything, good

RISKS = "/v1/risks"
MEASURES = "/v1/risk-measures"


async def make_risk(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    """A risk nobody else uses: of words that no other text holds unless some are given."""
    word = f"险词{uuid4().hex[:8]}"
    body = {"title": f"风险 {word}", "category": "other", "likelihood": 2, "impact": 3, "words": [word]} | fields
    return good(await client.post(RISKS, json=body), 201)  # type: ignore[no-any-return]


async def make_measure(client: httpx.AsyncClient, risk: dict[str, Any], **fields: Any) -> dict[str, Any]:
    body = {"title": "更新联系人", "due_on": "2099-12-31"} | fields
    return good(await client.post(f"{RISKS}/{risk['id']}/measures", json=body), 201)  # type: ignore[no-any-return]


async def risk_of(client: httpx.AsyncClient, risk: dict[str, Any]) -> dict[str, Any]:
    """The risk as it is now."""
    return good(await client.get(f"{RISKS}/{risk['id']}"))  # type: ignore[no-any-return]


async def versions_of(client: httpx.AsyncClient, risk: dict[str, Any]) -> list[dict[str, Any]]:
    return await everything(client, f"{RISKS}/{risk['id']}/versions", limit=2)


async def make_review(database: Database, *incident_ids: str) -> UUID:
    """A review of incidents, as it is born."""
    review_id = uuid4()
    await database.fetch(
        "insert into reviews (id, born_of, status) values ($1, $2, 'open')", review_id, UUID(incident_ids[0])
    )
    for incident_id in incident_ids:
        await database.fetch(
            "insert into review_incidents (review_id, incident_id) values ($1, $2)", review_id, UUID(incident_id)
        )
    return review_id
