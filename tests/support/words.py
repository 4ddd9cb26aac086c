"""Our public words and silences in tests: time that passes without waiting, rings, what is told of them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from app.core.db import Database
from app.incidents.silence import ring_incident
from tests.support.acts import URL
from tests.support.api import good, timeline

_PASS = """
update silences set started_at = started_at - $2::interval, since = since - $2::interval,
  due_at = due_at - $2::interval, set_at = set_at - $2::interval, rung_at = rung_at - $2::interval,
  stopped_at = stopped_at - $2::interval where incident_id = $1"""
_PASS_RINGS = """
update silence_rings set due_at = due_at - $2::interval, since = since - $2::interval, at = at - $2::interval
where incident_id = $1"""
_PASS_WORDS = """
update publications set happened_at = happened_at - $2::interval, recorded_at = recorded_at - $2::interval
where incident_id = $1"""
_PASS_INCIDENT = "update incidents set opened_at = opened_at - $2::interval where id = $1"


async def pass_hours(database: Database, incident_id: str, hours: float) -> None:
    """As if so much time had gone by for what was said and what was not."""
    for statement in (_PASS, _PASS_RINGS, _PASS_WORDS, _PASS_INCIDENT):
        await database.fetch(statement, UUID(incident_id), timedelta(hours=hours))


async def ring(database: Database, incident_id: str) -> int:
    """Rings this incident's silence where it is due, and none of other tests'."""
    return await database.run(lambda tx: ring_incident(tx, UUID(incident_id)))


async def silence(client: httpx.AsyncClient, incident_id: str) -> dict[str, Any]:
    return good(await client.get(f"{URL}/{incident_id}/silence"))  # type: ignore[no-any-return]


async def told(client: httpx.AsyncClient, incident_id: str) -> list[dict[str, Any]]:
    """What the timeline tells of silences, in order."""
    return [event["data"] for event in await timeline(client, incident_id) if event["type"] == "incident.silent"]
