"""Clocks in the life of an incident: merged, raised, calm, and when it flares up again."""

from datetime import UTC, datetime

import pytest

from app.domain.events import IncidentCalmed, IncidentRebounded
from tests.support.acts import move
from tests.support.api import everything, good, incident, timeline
from tests.support.clocks import clocks, grade_it, graded, minutes, pass_time, tell

URL = "/v1/deadlines"


async def said(client, incident_id: str, type_: str) -> list[dict]:
    return [event["data"] for event in await timeline(client, incident_id) if event["type"] == type_]


async def test_what_was_merged_away_rings_no_more_and_the_graver_grade_rings_on(client, database):
    source, target = await graded(client, "major"), await graded(client, "general")
    body = {"into_incident_id": target, "reason": "同一事件"}
    good(await client.post(f"/v1/incidents/{source}/merge", json=body))
    assert {clock["state"] for clock in (await clocks(client, source)).values()} == {"cancelled"}
    after = await clocks(client, target)
    assert (after["emergency_meeting"]["state"], minutes(after["first_response"])) == (
        "running",
        pytest.approx(30, abs=1),
    )


async def test_a_merge_gives_nobody_thirty_minutes_again(client, database):
    source, target = await graded(client, "major"), await graded(client, None)
    await pass_time(database, source, minutes=28)
    due = (await clocks(client, source))["first_response"]["due_at"]
    body = {"into_incident_id": target, "reason": "同一事件"}
    good(await client.post(f"/v1/incidents/{source}/merge", json=body))
    after = await clocks(client, target)
    assert (after["first_response"]["due_at"], after["first_response"]["state"]) == (due, "running")
    assert minutes(after["closing"]) < 4_320


async def test_a_raise_takes_calm_back(client, database):
    incident_id = await graded(client, "general")
    for status in ("handling", "closing"):
        good(await move(client, incident_id, status, override=True))
    await database.fetch("update incidents set calmed_at = now() where id = $1", incident_id)
    await tell(database, incident_id, calm)
    await grade_it(client, incident_id, "major")
    after = await incident(client, incident_id)
    assert (after["calmed_at"], after["status"]) == (None, "handling")
    assert (await clocks(client, incident_id))["review"]["state"] == "cancelled"
    assert [data["reason"] for data in await said(client, incident_id, "incident.rebounded")] == [
        "The grade was raised."
    ]


def calm(place):
    return IncidentCalmed(**place, calmed_at=datetime.now(UTC), evidence={})


def relapse(place):
    return IncidentRebounded(**place, calmed_at=datetime.now(UTC), reason="again", evidence={})


async def test_calm_starts_the_review_and_a_relapse_calls_it_off(client, database):
    incident_id = await graded(client, "general")
    await tell(database, incident_id, calm)
    review = (await clocks(client, incident_id))["review"]
    assert review["state"] == "running"
    await tell(database, incident_id, calm)
    assert len(await everything(client, URL, incident_id=incident_id, kind="review")) == 1
    await tell(database, incident_id, relapse)
    assert (await clocks(client, incident_id))["review"]["state"] == "cancelled"
    await tell(database, incident_id, calm)
    assert (await clocks(client, incident_id))["review"]["state"] == "running"
