"""The watch over statements that are out and not where it began: told once between several workers, whoever dies or is late."""

import asyncio
from uuid import UUID

import pytest

from app.core.db import Database
from app.incidents.queries import get_incident
from app.statements import origins
from tests.support.acts import opened
from tests.support.matrix import STATEMENTS, began, drafted, matrix, missing, out, pass_minutes
from tests.support.waiting import eventually
from workers.silence import watch_words

COUNT = """
select data->>'statement_id' as id, count(*) as count from events
where type = 'statement.origin_missing' and data->>'statement_id' = any($1) group by 1"""


async def counted(database: Database, ids: list[str]) -> dict[str, int]:
    return {row["id"]: row["count"] for row in await database.fetch(COUNT, ids)}


async def due(client, counter, database: Database, statements: int = 1) -> tuple[str, list[str]]:
    """An incident with as many statements that are out on Weibo, and not on Zhihu where it began, for too long."""
    incident_id = await began(client, counter)
    ids = [await drafted(client, incident_id) for _ in range(statements)]
    for statement_id in ids:
        await out(client, statement_id, "weibo")
        await pass_minutes(database, statement_id, 30.1)
    return incident_id, ids


async def test_several_workers_tell_of_each_statement_once(client, counter, database):
    made = [await due(client, counter, database, 2) for _ in range(6)]
    ids = [statement_id for _, found in made for statement_id in found]

    async def all_told() -> bool:
        await asyncio.gather(*(watch_words(database) for _ in range(4)))
        return len(await counted(database, ids)) == len(ids)

    await eventually(all_told, 20, "every statement told of")
    await asyncio.gather(*(watch_words(database) for _ in range(4)))
    assert await counted(database, ids) == dict.fromkeys(ids, 1)


async def test_who_dies_before_the_commit_has_told_nobody_and_the_next_tells_it(client, counter, database):
    incident_id, [statement_id] = await due(client, counter, database)

    class Killed(Exception):
        pass

    with pytest.raises(Killed):  # noqa: PT012 - the transaction ends with it
        async with database.transaction() as tx:
            assert await origins.ring_incident(tx, UUID(incident_id)) == 1
            raise Killed
    assert await counted(database, [statement_id]) == {}
    await watch_words(database)
    assert await counted(database, [statement_id]) == {statement_id: 1}


async def test_after_an_outage_it_is_told_late_by_so_much(client, counter, database):
    incident_id, [statement_id] = await due(client, counter, database)
    await pass_minutes(database, statement_id, 60)
    await watch_words(database)
    [event] = await missing(client, incident_id)
    assert 3600 <= event["late_by_seconds"] <= 3660


async def test_who_holds_an_incident_holds_up_no_other(client, counter, database):
    held, [statement_id] = await due(client, counter, database)
    _, others = await due(client, counter, database)
    async with database.transaction() as tx:
        await get_incident(tx, UUID(held), lock=True)
        watching = asyncio.create_task(watch_words(database))

        async def other_told() -> bool:
            return bool(await counted(database, others))

        await eventually(other_told, 5, "the other")
        assert await counted(database, [statement_id]) == {}
    await watching

    async def held_told() -> bool:
        await watch_words(database)
        return bool(await counted(database, [statement_id]))

    await eventually(held_told, 5, "the one that was held")
    assert await counted(database, [statement_id]) == {statement_id: 1}


async def test_the_origins_publication_and_the_ring_at_the_same_moment_leave_no_watch(client, counter, database):
    """Whichever is first: afterwards it is published, nothing runs, and it was told at most once."""
    made = [await due(client, counter, database) for _ in range(6)]
    ids = [statement_id for _, [statement_id] in made]
    await asyncio.gather(*(out(client, id_, "zhihu") for id_ in ids), *(watch_words(database) for _ in range(4)))
    before = await counted(database, ids)
    assert set(before.values()) <= {1}
    await watch_words(database)
    assert await counted(database, ids) == before
    for statement_id in ids:
        shown = await matrix(client, statement_id)
        assert (shown["origin_due_at"], bool(shown["origin_missed_at"])) == (None, statement_id in before)


async def test_what_went_along_with_a_merge_is_told_of_where_it_went(client, counter, database):
    source, _ = await due(client, counter, database)
    target = await opened(client)
    body = {"into_incident_id": target, "reason": "同一事件"}
    assert (await client.post(f"/v1/incidents/{source}/merge", json=body)).status_code == 200
    await watch_words(database)
    assert (await missing(client, source), len(await missing(client, target))) == ([], 1)


async def test_of_an_exercise_it_says_so(client, counter, database):
    incident_id, [statement_id] = await due(client, counter, database)
    await database.fetch("update incidents set is_drill = true where id = $1", UUID(incident_id))
    await watch_words(database)
    [event] = await missing(client, incident_id)
    assert (event["is_drill"], event["statement_id"]) == (True, statement_id)
    assert (await client.get(f"{STATEMENTS}/{statement_id}/placements")).status_code == 200
