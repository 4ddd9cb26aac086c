"""A major at 3 a.m.: who keeps silent has others called in their place, once, in time, whoever else works at it (R38)."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest

from app.core.auth import Caller, PersonRef
from app.core.db import Database
from app.incidents import acts
from tests.support.acts import move, opened
from tests.support.api import good, timeline
from tests.support.clocks import call, grade_it, pass_time
from tests.support.team import House, house
from tests.support.waiting import eventually
from workers.clocks import Clockwork
from workers.context import Context


@pytest.fixture
async def home(client: httpx.AsyncClient, database: Database) -> AsyncIterator[House]:
    async with house(client, database) as made:
        yield made


@pytest.fixture
async def workers(context: Context) -> AsyncIterator[list[Clockwork]]:
    made = [Clockwork(context) for _ in range(2)]
    yield made
    for one in made:
        await one.close()


async def burning(home: House, grade: str = "major") -> str:
    incident_id = await opened(home.client, business_unit=home.unit("milk"))
    await grade_it(home.client, incident_id, grade)
    return incident_id


async def sweep(workers: list[Clockwork]) -> None:
    """All of them at once, until none holds anything up."""
    await asyncio.gather(*(one.sweep() for one in workers))
    await asyncio.gather(*(one.sweep() for one in workers))


async def test_two_do_not_answer_at_three_in_the_morning(home, client, database, workers):
    """Two acknowledge and two sleep: their deputies at half, then the head and the leads, each once, two workers at it."""
    await home.change("press lead", deputy_id=home.people["tea deputy"])
    await home.add("night lead", roles=["lead"])
    incident_id = await burning(home)
    for name in ("law head", "milk head"):
        await home.acknowledge(incident_id, name)
    await pass_time(database, incident_id, minutes=14)
    await sweep(workers)
    assert await home.calls(incident_id) == [], "never early"
    await pass_time(database, incident_id, minutes=1.1)
    await sweep(workers)
    at_half = [("tea deputy", "deputy", "press lead"), ("ops deputy", "deputy", "ops head")]
    assert await home.calls(incident_id) == at_half
    await pass_time(database, incident_id, minutes=8.8)
    await sweep(workers)
    assert await home.calls(incident_id) == at_half
    await pass_time(database, incident_id, minutes=0.2)
    await sweep(workers)
    # Operations' head is the silent one. Whom the first one's line called is not called by the second's.
    assert await home.calls(incident_id) == [
        *at_half, ("press head", "head", "press lead"), ("boss", "lead", "press lead"),
        ("night lead", "lead", "press lead"),
    ]  # fmt: skip
    await pass_time(database, incident_id, minutes=60)
    await sweep(workers)
    assert len(await home.calls(incident_id)) == 5
    team = await home.team(incident_id)
    stands_in = {name: team["tea deputy"][name] for name in ("position", "reason", "next_call_at")}
    # The silent one's own line goes on.
    assert stands_in == {"position": "lead", "reason": "deputy", "next_call_at": None}
    for told in await home.called(incident_id):
        row = team[home.name(told["person_id"])]
        assert (told["member_id"], told["position"], told["late_by_seconds"] < 10) == (row["id"], row["position"], True)
        assert UUID(told["link_id"])
    actors = [event["actor"] for event in await timeline(client, incident_id) if event["type"] == "escalation.person"]
    assert actors == ["system:fenghuo"] * 5


async def test_then_the_head_of_the_department_and_every_lead_on_duty(home, client, database, workers):
    incident_id = await burning(home, "general")
    await home.add("off lead", roles=["lead"], on_duty=False)
    for name in ("press head", "press lead", "milk head"):
        await home.acknowledge(incident_id, name)
    member = (await home.team(incident_id))["press head"]
    good(await client.delete(f"/v1/incidents/{incident_id}/team/{member['id']}", params={"reason": "出差"}), 204)
    await home.add("tea clerk", department="tea")
    body = {"person_id": str(home.people["tea clerk"])}
    good(await client.post(f"/v1/incidents/{incident_id}/team", json=body), 201)
    await pass_time(database, incident_id, minutes=49)
    await sweep(workers)
    # press deputy has no deputy, and their head was taken out by a person: the leads are left. tea clerk has a head.
    assert sorted(await home.calls(incident_id)) == [
        ("boss", "lead", "press deputy"), ("tea head", "head", "tea clerk"),
    ]  # fmt: skip
    thresholds = {(one["step"], one["threshold"]) for one in await home.called(incident_id)}
    assert thresholds == {("lead", 80), ("head", 80)}
    assert (await home.team(incident_id))["tea head"]["position"] == "business"


@pytest.mark.parametrize("worker_count", [2, 4])
async def test_many_incidents_and_workers_call_everybody_once(home, database, context, worker_count):
    ids = [await burning(home) for _ in range(12)]
    for incident_id in ids:
        await pass_time(database, incident_id, minutes=25)
    crew = [Clockwork(context) for _ in range(worker_count)]

    async def all_called() -> bool:
        await asyncio.gather(*(one.sweep() for one in crew))
        return len(await home.calls(*ids)) >= 12 * len(EVERYBODY)

    await eventually(all_called, 20, "every call")
    await sweep(crew)
    for one in crew:
        await one.close()
    for incident_id in ids:
        assert sorted(await home.calls(incident_id)) == EVERYBODY


# Each of the four has a deputy, the lead's being public relations'; then the heads, of whom all but one belong to the team, and the
# leads, of whom one does.
EVERYBODY = sorted(
    [
        ("press deputy", "deputy", "press lead"), ("ops deputy", "deputy", "ops head"),
        ("law deputy", "deputy", "law head"), ("milk deputy", "deputy", "milk head"),
        ("press head", "head", "press lead"), ("boss", "lead", "press lead"),
    ]
)  # fmt: skip


async def test_after_an_outage_everything_due_is_called_in_order_and_says_how_late(home, database):
    incident_id = await burning(home)
    await pass_time(database, incident_id, minutes=60)
    await call(database, incident_id)
    found = await home.called(incident_id)
    mine = [(one["step"], one["threshold"]) for one in found if home.name(one["for_person_id"]) == "press lead"]
    assert mine == [("deputy", 50), ("head", 80), ("lead", 80)]
    late = {one["threshold"]: one["late_by_seconds"] for one in found}
    assert 45 * 60 <= late[50] < 46 * 60
    assert 36 * 60 <= late[80] < 37 * 60
    assert sorted(await home.calls(incident_id)) == EVERYBODY
    assert await call(database, incident_id) == 0


async def test_an_acknowledgement_that_comes_first_calls_nobody(home, database, workers):
    """The workers look while the acknowledgement holds the incident, and once more after it."""
    incident_id = await burning(home)
    await pass_time(database, incident_id, minutes=16)
    caller = Caller("key", "test", "test", frozenset(), PersonRef(home.people["ops head"], "x"))
    async with database.transaction() as tx:
        fields = {"happened_at": None, "note": ""}
        await acts.acknowledge(tx, UUID(incident_id), fields, caller=caller, now=await tx.now())
        await asyncio.gather(*(one.sweep() for one in workers))
        assert await home.calls(incident_id) == []
    await sweep(workers)
    assert {silent for _, _, silent in await home.calls(incident_id)} == {"press lead", "law head", "milk head"}


async def test_the_calls_do_not_wait_for_the_clock_that_somebody_else_met(home, database):
    incident_id = await burning(home)
    await home.acknowledge(incident_id, "ops head")
    await pass_time(database, incident_id, minutes=16)
    await call(database, incident_id)
    assert {silent for _, _, silent in await home.calls(incident_id)} == {"press lead", "law head", "milk head"}


async def test_an_end_stops_the_calls(home, client, database):
    incident_id = await burning(home)
    await pass_time(database, incident_id, minutes=16)
    good(await move(client, incident_id, "dismissed"))
    assert await call(database, incident_id) == 0
    # Whatever the notes of the sweeper say.
    await database.fetch("update incident_members set next_call_at = now() where incident_id = $1", UUID(incident_id))
    assert await call(database, incident_id) == 0
    assert await home.calls(incident_id) == []


async def test_who_is_off_duty_or_gone_or_there_is_passed_over(home, client, database):
    await home.change("press deputy", on_duty=False, deputy_id=home.people["tea deputy"])
    await home.change("ops deputy", active=False)
    incident_id = await burning(home)
    body = {"person_id": str(home.people["law deputy"])}
    good(await client.post(f"/v1/incidents/{incident_id}/team", json=body), 201)
    await home.acknowledge(incident_id, "milk deputy")
    await pass_time(database, incident_id, minutes=16)
    await call(database, incident_id)
    # Operations' deputy has left, legal's is there, the business department's took it on by themselves.
    assert await home.calls(incident_id) == [("tea deputy", "deputy", "press lead")]
    assert "milk deputy" not in await home.team(incident_id)


async def test_who_leaves_while_they_keep_silent_is_called_for_and_a_line_goes_on_behind_who_has_left(home, database):
    await home.change("law deputy", deputy_id=home.people["tea deputy"], active=False)
    incident_id = await burning(home)
    await home.change("press lead", active=False)
    await pass_time(database, incident_id, minutes=25)
    await call(database, incident_id)
    called = {(who, step) for who, step, silent in await home.calls(incident_id) if silent in ("press lead", "law head")}
    assert called >= {("press deputy", "deputy"), ("press head", "head"), ("tea deputy", "deputy")}


async def test_a_deputy_who_was_called_answers_for_whom_they_were_called(home, client, database):
    incident_id = await burning(home, "general")
    await grade_it(client, incident_id, "major")
    await pass_time(database, incident_id, minutes=16)
    await call(database, incident_id)
    for name in ("ops deputy", "law head"):
        clock = good(await client.get("/v1/deadlines", params={"incident_id": incident_id, "kind": "first_response"}))
        assert [one["state"] for one in clock["data"]] == ["running"]
        await home.acknowledge(incident_id, name)
    clock = good(await client.get("/v1/deadlines", params={"incident_id": incident_id, "kind": "first_response"}))
    assert [one["state"] for one in clock["data"]] == ["met"]


async def test_the_sweeper_wakes_for_a_call_and_ready_says_when_nobody_calls(home, client, database, workers):
    incident_id = await burning(home)
    await database.fetch("update deadlines set next_at = null where incident_id = $1", UUID(incident_id))
    due = "update incident_members set next_call_at = now() + interval '0.1 seconds' where incident_id = $1"
    await sweep(workers)
    await database.fetch(due, UUID(incident_id))
    await workers[0].sweep()
    assert workers[0].seconds() <= 0.1
    await pass_time(database, incident_id, minutes=20)
    check = (await client.get("/health/ready")).json()["checks"]["clocks"]
    assert (check["ok"], check["unrung_seconds"] > 60) == (False, True)
    await sweep(workers)
    assert await home.calls(incident_id)
