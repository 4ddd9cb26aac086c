"""What tests of splitting say to the API."""

from typing import Any

import httpx

from tests.support.api import again, ago, everything, good, post
from workers.ingest import Counter

URL = "/v1/incidents"


def asked(**choice: Any) -> dict[str, Any]:
    """A body of the two operations."""
    return {"title": "另一件事", "reason": "研判"} | choice


async def split(client: httpx.AsyncClient, incident_id: str, **choice: Any) -> dict[str, Any]:
    """The new incident."""
    return good(await client.post(f"{URL}/{incident_id}/split", json=asked(**choice)), 201)


async def preview(client: httpx.AsyncClient, incident_id: str, **choice: Any) -> dict[str, Any]:
    return good(await client.post(f"{URL}/{incident_id}/split/preview", json=asked(**choice)))


async def grown(client: httpx.AsyncClient, counter: Counter, word: str, text: str = "", **fields: Any) -> str:
    """One more negative post of a brand, read twice."""
    at = {"published_at": ago(hours=1), "observed_at": ago(minutes=40)}
    likes = fields.pop("likes", 50)
    mention_id = await post(client, f"{word} 差评 {text}", **at | {"likes": 10} | fields)
    await again(client, mention_id, observed_at=ago(minutes=20), likes=likes)
    await counter.sweep()
    return mention_id


async def ids_in(client: httpx.AsyncClient, incident_id: str) -> set[str]:
    return {row["id"] for row in await everything(client, f"{URL}/{incident_id}/mentions")}
