"""Clocks in tests: incidents with a grade, time that passes without waiting, and acts told straight to the outbox."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from app.core.auth import SYSTEM
from app.core.db import Database
from app.core.outbox import record
from app.domain.events import Event, IncidentAct
from app.incidents.calling import call_incident
from app.incidents.queries import get_incident
from app.incidents.ringing import ring_incident
from app.incidents.timeline import on_timeline
from tests.support.api import everything, good

# Moves all of an incident's clocks into the past, as if that much time had gone by.
_PASS = """
update deadlines set started_at = started_at - $2::interval, due_at = due_at - $2::interval,
  set_at = set_at - $2::interval, next_at = next_at - $2::interval,
  met_at = met_at - $2::interval, recorded_at = recorded_at - $2::interval where incident_id = $1"""
_PASS_FIRINGS = """
update deadline_firings f set at = f.at - $2::interval from deadlines d where d.id = f.deadline_id and d.incident_id = $1"""
_PASS_TEAM = """
update incident_members set added_at = added_at - $2::interval, called_at = called_at - $2::interval,
  set_at = set_at - $2::interval, due_at = due_at - $2::interval, next_call_at = next_call_at - $2::interval,
  acknowledged_at = acknowledged_at - $2::interval where incident_id = $1"""
_PASS_ACTS = """
update acknowledgements set happened_at = happened_at - $2::interval, recorded_at = recorded_at - $2::interval
where incident_id = $1"""
_PASS_LINKS = """
update acknowledgement_links set expires_at = expires_at - $2::interval where incident_id = $1"""
_PASS_PROMISES = """
update commitments set made_at = made_at - $2::interval, due_at = due_at - $2::interval,
  broken_at = broken_at - $2::interval where incident_id = $1"""
_PASS_THEIR_TASKS = """
update tasks set due_at = due_at - $2::interval, happened_at = happened_at - $2::interval
where incident_id = $1 and kind = 'commitment'"""
_PASS_INCIDENT = "update incidents set opened_at = opened_at - $2::interval where id = $1"


async def graded(client: httpx.AsyncClient, grade: str | None = "general") -> str:
    """A new incident that a person gave this grade; its id."""
    opened = good(await client.post("/v1/incidents", json={"title": "时限测试"}), 201)
    if grade is not None:
        await grade_it(client, opened["id"], grade)
    return str(opened["id"])


async def grade_it(client: httpx.AsyncClient, incident_id: str, grade: str | None) -> None:
    body = {"grade": grade, "reason": "研判"}
    good(await client.put(f"/v1/incidents/{incident_id}/grade", json=body))


async def clocks(client: httpx.AsyncClient, incident_id: str, **query: Any) -> dict[str, dict[str, Any]]:
    """The incident's newest clock of each kind."""
    rows = await everything(client, "/v1/deadlines", incident_id=incident_id, **query)
    return {row["kind"]: row for row in sorted(rows, key=lambda row: row["started_at"])}


async def pass_time(database: Database, incident_id: str, **span: float) -> None:
    """As if so much time had gone by for the incident and its clocks: `pass_time(..., minutes=31)`."""
    for statement in (
        _PASS, _PASS_FIRINGS, _PASS_TEAM, _PASS_ACTS, _PASS_LINKS, _PASS_PROMISES, _PASS_THEIR_TASKS, _PASS_INCIDENT,
    ):  # fmt: skip
        await database.fetch(statement, UUID(incident_id), timedelta(**span))


async def ring(database: Database, incident_id: str) -> int:
    """Rings what of this incident is due, and nothing of other tests' incidents."""
    return await database.run(lambda tx: ring_incident(tx, UUID(incident_id)))


async def act(
    database: Database, incident_id: str, kind: type[IncidentAct], happened_at: datetime | None = None, **members: Any
) -> None:
    """Tells of an act as the rooms do: in a transaction that holds the incident."""
    async with database.transaction() as tx:
        incident, now = await get_incident(tx, UUID(incident_id), lock=True), await tx.now()
        ids = {name: uuid4() for name in _ids_of(kind)}
        event: Event = kind(**on_timeline(incident), happened_at=happened_at or now, **ids, **members)
        await record(tx, event, caller=SYSTEM)


def _ids_of(kind: type[IncidentAct]) -> list[str]:
    own = ("acknowledgement_id", "meeting_id", "fact_check_id", "publication_id", "decision_id")
    return [name for name in own if name in kind.__dataclass_fields__]


async def tell(database: Database, incident_id: str, make: Callable[[Any], Event]) -> None:
    """Records any event of the incident."""
    async with database.transaction() as tx:
        incident = await get_incident(tx, UUID(incident_id), lock=True)
        await record(tx, make(on_timeline(incident)), caller=SYSTEM)


def minutes(clock: dict[str, Any]) -> float:
    """How long the clock has from its start to its end."""
    return (datetime.fromisoformat(clock["due_at"]) - datetime.fromisoformat(clock["started_at"])) / timedelta(
        minutes=1
    )


async def call(database: Database, incident_id: str) -> int:
    """Makes the calls that are due of this incident, and none of other tests' incidents; how many."""
    return await database.run(lambda tx: call_incident(tx, UUID(incident_id)))
