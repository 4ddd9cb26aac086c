"""Broken promises under several workers: each is told once, whoever rings, and whoever says at that moment that it was kept."""

import asyncio
from uuid import UUID

import pytest

from app.core.db import Database
from app.incidents.ringing import ring_incident
from tests.support.acts import opened
from tests.support.api import ago, good
from tests.support.clocks import pass_time, ring
from tests.support.statements import drafted, promises_of, said
from tests.support.tasks import TASKS
from tests.support.waiting import eventually
from workers.clocks import Clockwork


async def promising(client, database, count: int, each: int) -> list[str]:
    """So many incidents about which so much was promised that is over now."""
    ids = [await opened(client) for _ in range(count)]
    for incident_id in ids:
        promises = [{"text": f"承诺{n}", "due_at": ago(hours=-(10 + n))} for n in range(each)]
        await said(client, await drafted(client, incident_id, *promises))
        await pass_time(database, incident_id, hours=11 + each)
    return ids


async def broken(database: Database, ids: list[str]) -> dict[str, int]:
    """Promise -> how many events say that it was broken."""
    rows = await database.fetch(
        "select data->>'commitment_id' as id, count(*) as count from events "
        "where incident_id = any($1) and type = 'commitment.broken' group by 1",
        [UUID(id_) for id_ in ids],
    )
    return {row["id"]: row["count"] for row in rows}


async def test_several_sweepers_tell_of_each_broken_promise_once(client, database, context):
    ids = await promising(client, database, 12, 4)
    sweepers = [Clockwork(context) for _ in range(4)]

    async def all_told() -> bool:
        await asyncio.gather(*(one.sweep() for one in sweepers))
        return len(await broken(database, ids)) >= 48

    await eventually(all_told, 20, "every broken promise")
    await asyncio.gather(*(one.sweep() for one in sweepers))
    for one in sweepers:
        await one.close()
    assert set((await broken(database, ids)).values()) == {1}
    rows = await database.fetch("select seq from events where incident_id = $1 order by seq", UUID(ids[0]))
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1)), "a place on the timeline each, without a gap"


async def test_whoever_keeps_it_too_late_at_that_moment_has_broken_it_once(client, database):
    ids = await promising(client, database, 8, 1)
    promises = [(await promises_of(client, incident_id))[0] for incident_id in ids]
    answers = await asyncio.gather(
        *(client.post(f"{TASKS}/{promise['task_id']}/complete", json={}) for promise in promises),
        *(ring(database, incident_id) for incident_id in ids),
    )
    for answer in answers[: len(promises)]:
        good(answer)
    assert await broken(database, ids) == {promise["id"]: 1 for promise in promises}
    states = [(await promises_of(client, incident_id))[0]["state"] for incident_id in ids]
    assert set(states) == {"kept_late"}


async def test_a_breach_that_is_rolled_back_leaves_nothing_and_is_told_by_the_next(client, database):
    (incident_id,) = await promising(client, database, 1, 1)

    async def interrupted() -> None:
        async with database.transaction() as tx:
            assert await ring_incident(tx, UUID(incident_id)) == 3
            raise InterruptedError

    with pytest.raises(InterruptedError):
        await interrupted()
    assert await broken(database, [incident_id]) == {}
    assert (await promises_of(client, incident_id))[0]["broken_at"] is None
    assert await ring(database, incident_id) == 3
    assert list((await broken(database, [incident_id])).values()) == [1]
    assert (await promises_of(client, incident_id))[0]["broken_at"] is not None
