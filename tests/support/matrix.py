"""Statements and where they are published, as tests make them: an incident that began somewhere, drafts, publications."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from app.core.db import Database
from app.statements.origins import ring_incident
from tests.support.acts import URL, grade, opened
from tests.support.api import brand, good, make_rule, mention, post, timeline
from workers.ingest import Counter

STATEMENTS = "/v1/statements"
SAID = {"kind": "progress", "name": "进展通报", "title": "关于网传异物的说明", "facts": "同批次产品已全部停售。"}

_PASS = """
update origin_watches set due_at = due_at - $2::interval, set_at = set_at - $2::interval where statement_id = $1"""
_PASS_WORDS = """
update publications set happened_at = happened_at - $2::interval, recorded_at = recorded_at - $2::interval
where statement_id = $1"""


async def began(client: httpx.AsyncClient, counter: Counter, platform: str = "zhihu", by: str = "major") -> str:
    """An incident whose earliest post is on a platform that is not core, with a person's grade."""
    name = brand()
    await make_rule(client, name)
    mention_id = await post(client, f"{name} 差评", platform=platform)
    await counter.sweep()
    incident_id = (await mention(client, mention_id))["incident_id"]
    await grade(client, incident_id, by)
    return str(incident_id)


async def drafted(client: httpx.AsyncClient, incident_id: str | None = None, **fields: Any) -> str:
    """The id of a draft; of an incident of nobody's posts where none is given."""
    incident_id = incident_id or await opened(client)
    return good(await client.post(f"{URL}/{incident_id}/statements", json=SAID | fields), 201)["id"]  # type: ignore[no-any-return]


async def out(client: httpx.AsyncClient, statement_id: str, platform: str, **fields: Any) -> dict[str, Any]:
    """It was published there."""
    body = {"platform": platform} | fields
    return good(await client.post(f"{STATEMENTS}/{statement_id}/publications", json=body), 201)  # type: ignore[no-any-return]


async def matrix(client: httpx.AsyncClient, statement_id: str) -> dict[str, Any]:
    return good(await client.get(f"{STATEMENTS}/{statement_id}/placements"))  # type: ignore[no-any-return]


async def rows(client: httpx.AsyncClient, statement_id: str) -> dict[str, dict[str, Any]]:
    """Platform -> its row, in the order shown."""
    return {row["platform"]: row for row in (await matrix(client, statement_id))["data"]}


async def states(client: httpx.AsyncClient, statement_id: str) -> dict[str, str]:
    return {platform: row["state"] for platform, row in (await rows(client, statement_id)).items()}


async def place(client: httpx.AsyncClient, statement_id: str, platform: str, **fields: Any) -> httpx.Response:
    return await client.put(f"{STATEMENTS}/{statement_id}/placements/{platform}", json=fields)


async def pass_minutes(database: Database, statement_id: str, minutes: float) -> None:
    """As if so much time had gone by since the statement was published."""
    for statement in (_PASS, _PASS_WORDS):
        await database.fetch(statement, UUID(statement_id), timedelta(minutes=minutes))


async def ring(database: Database, incident_id: str) -> int:
    """Tells of what is due of this incident, and of none of other tests'."""
    return await database.run(lambda tx: ring_incident(tx, UUID(incident_id)))


async def missing(client: httpx.AsyncClient, incident_id: str) -> list[dict[str, Any]]:
    """What the timeline tells of statements that are not where it began."""
    events = await timeline(client, incident_id)
    return [event["data"] for event in events if event["type"] == "statement.origin_missing"]
