"""The sweeper of the clocks: it rings what is due whoever holds what, once between many, and wakes in time."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import text

from app.core.db import Database
from app.domain.events import IncidentCalmed
from app.incidents import audit
from app.incidents.clocks import cancel
from app.incidents.queries import get_incident
from tests.support.api import good
from tests.support.clocks import clocks, grade_it, graded, pass_time, tell
from tests.support.waiting import eventually
from workers import clocks as sweeper
from workers.clocks import Clockwork


@pytest.fixture
def clockwork(context):
    return Clockwork(context)


async def rings(database: Database, *incident_ids: str) -> dict[tuple[str, int], int]:
    """(clock, threshold) -> how many events say so."""
    rows = await database.fetch(
        "select data->>'clock' as clock, coalesce((data->>'threshold')::int, 100) as threshold, count(*) as count "
        "from events where incident_id = any($1) and type in ('sla.warning', 'sla.breached') group by 1, 2",
        [UUID(id_) for id_ in incident_ids],
    )
    return {(row["clock"], row["threshold"]): row["count"] for row in rows}


DUE_AFTER_31_MINUTES = {("first_response", 50), ("first_response", 80), ("first_response", 100), ("fact_check", 50),
                        ("emergency_meeting", 50), ("emergency_meeting", 80), ("emergency_meeting", 100)}  # fmt: skip


async def due(client, database, count: int) -> list[str]:
    ids = [await graded(client, "major") for _ in range(count)]
    for incident_id in ids:
        await pass_time(database, incident_id, minutes=31)
    return ids


async def test_several_sweepers_ring_each_threshold_once(client, database, context):
    ids = await due(client, database, 30)
    sweepers = [Clockwork(context) for _ in range(4)]

    async def all_rung() -> bool:
        await asyncio.gather(*(one.sweep() for one in sweepers))
        return sum((await rings(database, *ids)).values()) >= 30 * len(DUE_AFTER_31_MINUTES)

    await eventually(all_rung, 20, "every ring")
    for one in sweepers:
        await one.close()
    assert await rings(database, *ids) == dict.fromkeys(DUE_AFTER_31_MINUTES, 30)


async def test_who_holds_an_incident_holds_up_no_other(client, database, clockwork):
    held, *others = await due(client, database, 4)
    async with database.transaction() as tx:
        await get_incident(tx, UUID(held), lock=True)
        await clockwork.sweep()
        assert await rings(database, *others) == dict.fromkeys(DUE_AFTER_31_MINUTES, 3)
        assert await rings(database, held) == {}
        assert clockwork.seconds() == sweeper.LOOK_AGAIN


async def test_an_incident_that_is_never_free_is_waited_for_in_line(client, database, clockwork):
    """Two who take turns: at any moment one of them holds it. Only who stands in line gets it."""
    (held,) = await due(client, database, 1)
    stopping = asyncio.Event()

    async def hold(begun: asyncio.Event, before: asyncio.Event) -> None:
        async with database.transaction() as tx:
            await get_incident(tx, UUID(held), lock=True)
            begun.set()
            await before.wait()

    async def take_turns() -> None:
        async with AsyncExitStack(), asyncio.TaskGroup() as group:
            begun, free = asyncio.Event(), asyncio.Event()
            group.create_task(hold(begun, free))
            await begun.wait()
            while not stopping.is_set():
                next_begun, next_free = asyncio.Event(), asyncio.Event()
                group.create_task(hold(next_begun, next_free))
                await _somebody_waits(database)
                free.set()
                await next_begun.wait()
                free = next_free
            free.set()

    turns = asyncio.create_task(take_turns())

    async def rung() -> bool:
        await clockwork.sweep()
        return bool(await rings(database, held))

    await eventually(rung, 20, "the ring of an incident that is never free")
    stopping.set()
    await turns
    await clockwork.close()
    assert await rings(database, held) == dict.fromkeys(DUE_AFTER_31_MINUTES, 1)


async def test_of_many_that_were_held_none_is_passed_over_once_they_are_free(client, database, clockwork):
    """Only so many have a place in the line; the sweep goes on looking at the others."""
    ids = await due(client, database, 2 * sweeper.IN_LINE)
    async with database.transaction() as tx:
        for incident_id in sorted(ids):
            await get_incident(tx, UUID(incident_id), lock=True)
        await clockwork.sweep()

        async def in_line() -> bool:
            await clockwork.sweep()
            return bool(clockwork._in_line)

        await eventually(in_line, 5, "somebody in line")
        waiting = {str(id_) for id_ in clockwork._in_line}
    await clockwork.sweep()
    others = [id_ for id_ in ids if id_ not in waiting]
    assert len(others) >= sweeper.IN_LINE
    assert await rings(database, *others) == dict.fromkeys(DUE_AFTER_31_MINUTES, len(others))
    await clockwork.close()


async def _somebody_waits(database: Database) -> None:
    async def waits() -> bool:
        query = "select exists(select from pg_locks where not granted) as some"
        return bool((await database.fetch(query))[0]["some"])

    await eventually(waits, 5, "somebody in line")


async def test_a_cancel_that_comes_first_is_never_rung(client, database, clockwork):
    (incident_id,) = await due(client, database, 1)
    async with database.transaction() as tx:
        incident = await get_incident(tx, UUID(incident_id), lock=True)
        sweeping = asyncio.create_task(clockwork.sweep())
        await cancel(tx, incident, None, "called off")
        await sweeping
    await clockwork.sweep()
    await clockwork.close()
    assert await rings(database, incident_id) == {}
    assert {clock["state"] for clock in (await clocks(client, incident_id)).values()} == {"cancelled"}


async def move(client, incident_id: str, status: str) -> None:
    good(await client.put(f"/v1/incidents/{incident_id}/status", json={"status": status, "reason": "测试"}))


async def test_what_is_dismissed_starts_no_clock_until_it_comes_back(client, database):
    incident_id = await graded(client, None)
    await move(client, incident_id, "dismissed")
    await grade_it(client, incident_id, "major")
    at = datetime.now(UTC)
    await tell(database, incident_id, lambda place: IncidentCalmed(**place, calmed_at=at, evidence={}))
    assert await clocks(client, incident_id) == {}
    await move(client, incident_id, "responding")
    found = await clocks(client, incident_id)
    assert {clock["state"] for clock in found.values()} == {"running"}
    assert {"first_response", "emergency_meeting", "closing"} <= found.keys()


async def test_it_sleeps_until_the_earliest_and_never_for_long(client, database, clockwork):
    incident_id = await graded(client, "major")
    await clockwork.sweep()
    assert 0 < clockwork.seconds() <= sweeper.LOOK
    await database.fetch(
        "update deadlines set next_at = now() + interval '0.1 seconds' where incident_id = $1 and kind = 'closing'",
        UUID(incident_id),
    )
    await clockwork.sweep()
    assert clockwork.seconds() < 0.1


async def test_the_gravest_ring_first(client, database, clockwork):
    ids = {grade: await graded(client, grade) for grade in ("general", "serious", "major")}
    for incident_id in ids.values():
        await pass_time(database, incident_id, minutes=61)
    await clockwork.sweep()
    rows = await database.fetch(
        "select incident_id from events where type = 'sla.breached' and incident_id = any($1) order by id",
        [UUID(id_) for id_ in ids.values()],
    )
    order = list(dict.fromkeys(str(row["incident_id"]) for row in rows))
    assert order == [ids["major"], ids["serious"], ids["general"]]


async def test_a_second_look_finds_what_the_sweepers_notes_lost(client, database, clockwork):
    (incident_id,) = await due(client, database, 1)
    lost = "update deadlines set next_at = now() + interval '1 day' where incident_id = $1"
    await database.fetch(lost, UUID(incident_id))
    await clockwork.sweep()
    assert await rings(database, incident_id) == {}
    async with database.transaction() as tx:
        mine = set(
            (await tx.scalars(text("select id from deadlines where incident_id = :id"), {"id": incident_id})).all()
        )
        assert len(mine & set(await audit.overdue(tx))) == 2
        assert len(mine & set(await audit.overdue(tx, warnings=True))) == 3
    await clockwork.audit()
    await clockwork.sweep()
    assert set(await rings(database, incident_id)) == DUE_AFTER_31_MINUTES - {("fact_check", 50)}
    async with database.transaction() as tx:
        assert not mine & set(await audit.overdue(tx))


async def test_ready_and_a_metric_say_within_seconds_that_nobody_rings(client, database, clockwork):
    await clockwork.sweep()
    (incident_id,) = await due(client, database, 1)
    for lost in ("", "update deadlines set next_at = now() + interval '1 day' where incident_id = $1"):
        if lost:
            await database.fetch(lost, UUID(incident_id))
        check = (await client.get("/health/ready")).json()["checks"]["clocks"]
        assert (check["ok"], check["unrung_seconds"] > 50) == (False, True)
        assert "fenghuo worker" in check["detail"]
        metrics = (await client.get("/metrics")).text
        assert 'fenghuo_deadlines{grade="major",kind="first_response",state="running"}' in metrics
        assert "fenghuo_deadlines_unrung_seconds 0.0" not in metrics
    await clockwork.audit()
    await clockwork.sweep()
    check = (await client.get("/health/ready")).json()["checks"]["clocks"]
    assert check["ok"] is True
