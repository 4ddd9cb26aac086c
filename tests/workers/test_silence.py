"""The watch over our words: each due instant is told once between several workers, whoever dies, and late after an outage."""

import asyncio
from uuid import UUID

import pytest

from app.core.db import Database
from app.incidents import silence as silences
from app.incidents.queries import get_incident
from tests.support.acts import publish
from tests.support.clocks import graded
from tests.support.waiting import eventually
from tests.support.words import pass_hours, silence, told
from workers.silence import watch_words

COUNT = """
select incident_id, count(*) as count from events
where type = 'incident.silent' and incident_id = any($1) group by 1"""


async def due(client, database: Database, count: int, grade: str = "major", hours: float = 2.01) -> list[str]:
    ids = [await graded(client, grade) for _ in range(count)]
    for incident_id in ids:
        await pass_hours(database, incident_id, hours)
    return ids


async def counted(database: Database, ids: list[str]) -> dict[str, int]:
    return {str(row["incident_id"]): row["count"] for row in await database.fetch(COUNT, [UUID(id_) for id_ in ids])}


async def test_several_workers_tell_each_silence_once(client, database):
    ids = await due(client, database, 30)

    async def all_told() -> bool:
        await asyncio.gather(*(watch_words(database) for _ in range(4)))
        return len(await counted(database, ids)) == 30

    await eventually(all_told, 20, "every silence told")
    await asyncio.gather(*(watch_words(database) for _ in range(4)))
    assert await counted(database, ids) == dict.fromkeys(ids, 1)


async def test_more_than_one_transaction_takes_are_told_in_one_round(client, database, monkeypatch):
    ids = await due(client, database, 7)
    monkeypatch.setattr(silences.ring_due, "__kwdefaults__", {"without": (), "limit": 2})
    await watch_words(database)
    assert await counted(database, ids) == dict.fromkeys(ids, 1)


async def test_who_dies_before_the_commit_has_told_nobody_and_the_next_tells_it(client, database):
    [incident_id] = await due(client, database, 1)

    class Killed(Exception):
        pass

    with pytest.raises(Killed):  # noqa: PT012 - the transaction ends with it
        async with database.transaction() as tx:
            assert await silences.ring_incident(tx, UUID(incident_id)) == 1
            raise Killed
    assert await counted(database, [incident_id]) == {}
    await watch_words(database)
    assert await counted(database, [incident_id]) == {incident_id: 1}


async def test_a_due_instant_that_was_told_is_not_told_again_even_if_it_is_due_again(client, database):
    """As if the note of what rang were lost, and its row were not: the key holds."""
    [incident_id] = await due(client, database, 1)
    [before] = await database.fetch("select due_at, set_at from silences where incident_id = $1", UUID(incident_id))
    await watch_words(database)
    await database.fetch(
        "update silences set due_at = $2, set_at = $3, rung_at = null where incident_id = $1",
        UUID(incident_id),
        *before,
    )
    await watch_words(database)
    assert await counted(database, [incident_id]) == {incident_id: 1}


async def test_who_holds_an_incident_holds_up_no_other_and_is_waited_for(client, database):
    held, *others = await due(client, database, 3)
    async with database.transaction() as tx:
        await get_incident(tx, UUID(held), lock=True)
        watching = asyncio.create_task(watch_words(database))

        async def others_told() -> bool:
            return len(await counted(database, others)) == 2

        await eventually(others_told, 5, "the others")
        assert await counted(database, [held]) == {}
    await watching

    async def held_told() -> bool:
        await watch_words(database)
        return bool(await counted(database, [held]))

    await eventually(held_told, 5, "the one that was held")
    assert await counted(database, [held]) == {held: 1}


async def test_a_word_and_the_ring_at_the_same_moment_never_both(client, database):
    """The word is recorded under the incident's lock: either it rang before, or it does not ring."""
    ids = await due(client, database, 10)
    words = [publish(client, incident_id, kind="holding") for incident_id in ids]
    await asyncio.gather(*words, *(watch_words(database) for _ in range(6)))
    before = await counted(database, ids)
    await watch_words(database)
    assert await counted(database, ids) == before, "nothing rings after the word"
    for incident_id in ids:
        shown = await silence(client, incident_id)
        assert shown["silent_since"] == shown["last_word_at"]


async def test_after_an_outage_the_gravest_are_told_first_and_late(client, database):
    serious = await due(client, database, 1, "serious", 9)
    major = await due(client, database, 1, "major", 9)
    await watch_words(database)
    rows = await database.fetch(
        "select incident_id from events where type = 'incident.silent' and incident_id = any($1) order by id",
        [UUID(id_) for id_ in (*serious, *major)],
    )
    assert [str(row["incident_id"]) for row in rows] == [*major, *serious]
    for incident_id, hours in ((major[0], 7), (serious[0], 5)):
        [event] = await told(client, incident_id)
        assert hours * 3600 <= event["late_by_seconds"] <= hours * 3600 + 60
