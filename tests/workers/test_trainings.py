"""What is told of trainings by itself: what ends soon, once each, and coverage that fell, once a fall; with two workers and
after an outage."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from app.trainings.telling import tell_coverage, tell_ending
from tests.support.api import everything, good
from tests.support.people import make_person
from tests.support.trainings import TRAININGS, an_audience, complete, day
from workers.trainings import follow_trainings

ENDING, BELOW = "training.validity_ending", "training.coverage_below_target"


@pytest.fixture
async def audience(client):
    async with an_audience(client, 4) as audience:
        yield audience


async def ending(client, training):
    """What was told of a course: whose completions end when."""
    events = await everything(client, "/v1/events", type=ENDING, limit=200)
    return [event["data"] for event in events if event["data"]["training_id"] == training["id"]]


async def falls(client, department_id):
    events = await everything(client, "/v1/events", type=BELOW, limit=200)
    return [event["data"] for event in events if event["data"]["department_id"] == department_id]


async def entered(database, days, *completions):
    """They were entered so many days ago, when their course was asked for already."""
    ids = [UUID(done["id"]) for done in completions]
    span = timedelta(days=days)
    await database.fetch(
        "update training_completions set recorded_at = recorded_at - $2::interval where id = any($1)", ids, span
    )
    await database.fetch(
        "update training_versions v set starts_at = starts_at - $2::interval where ends_at is null and number = 1 "
        "and training_id in (select training_id from training_completions where id = any($1))", ids, span,
    )  # fmt: skip


async def test_what_ends_soon_is_told_once_and_only_where_nothing_newer_is_there(client, database, audience):
    course, (first, second, third, fourth) = await audience.course(validity_days=100, pass_mark=60), audience.people
    soon = [await complete(client, course, person, day(-75), score=90) for person in (first, second)]
    await complete(client, course, first, day(-1), score=20)
    await complete(client, course, third, day(-75), score=90)
    await complete(client, course, third, day(-60), score=95)
    await complete(client, course, fourth, day(-75), score=10)
    for _ in range(3):
        await follow_trainings(database)
    [event] = await ending(client, course)
    assert 0 <= event.pop("late_by_seconds") < 3_600
    assert event.pop("person_ids") == [first["id"], second["id"]]
    assert event == {
        "training_id": course["id"], "ends_on": day(25), "completion_ids": [done["id"] for done in soon]
    }  # fmt: skip
    good(await client.patch(f"{TRAININGS}/{course['id']}", json={"validity_days": 80}))
    await follow_trainings(database)
    [_, again] = await ending(client, course)
    assert (again["person_ids"], again["ends_on"]) == ([third["id"]], day(20)), "others were told of already"


async def test_after_an_outage_it_is_told_late_and_what_was_over_when_entered_is_not(client, database, audience):
    course, (first, second, *_) = await audience.course(validity_days=30), audience.people
    late = await complete(client, course, first, day(-40))
    await complete(client, course, second, day(-40))
    await follow_trainings(database)
    assert await ending(client, course) == []
    await entered(database, 45, late)
    await follow_trainings(database)
    [event] = await ending(client, course)
    assert (event["person_ids"], event["ends_on"]) == ([first["id"]], day(-10))
    assert 39 * 86_400 < event["late_by_seconds"] < 47 * 86_400


async def test_nobody_is_told_of_who_left_or_of_what_nobody_asks_for(client, database, audience):
    asked, (stays, leaves, moves, _) = await audience.course(validity_days=20), audience.people
    retired = await audience.course(validity_days=20)
    voluntary = await audience.course(validity_days=20, mandatory=False)
    for course in (asked, retired, voluntary):
        for person in (stays, leaves, moves):
            await complete(client, course, person)
    good(await client.patch(f"{TRAININGS}/{retired['id']}", json={"retired": True}))
    good(await client.patch(f"/v1/people/{leaves['id']}", json={"active": False}))
    good(await client.patch(f"/v1/people/{moves['id']}", json={"department_id": None}))
    await follow_trainings(database)
    assert [event["person_ids"] for event in await ending(client, asked)] == [[stays["id"]]]
    assert await ending(client, retired) == await ending(client, voluntary) == []
    good(await client.patch(f"/v1/people/{moves['id']}", json={"active": False}))


async def test_two_workers_tell_every_completion_once(client, database, audience):
    await follow_trainings(database)
    course = await audience.course(validity_days=20)
    done = [await complete(client, course, person) for person in audience.people]

    async def dies(tx):
        assert await tell_ending(tx) == 4
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await database.run(dies)
    await asyncio.gather(*(follow_trainings(database) for _ in range(4)))
    told = [id_ for event in await ending(client, course) for id_ in event["completion_ids"]]
    assert sorted(told) == sorted(one["id"] for one in done)


async def test_a_worker_that_looked_before_another_told_does_not_tell_again(database, client, audience):
    await follow_trainings(database)
    course = await audience.course(validity_days=20)
    ids = [UUID((await complete(client, course, person))["id"]) for person in audience.people]
    # Where one looks between the other's look and its commit is chance, about one in fifty of these.
    for _ in range(12):
        await database.fetch("update training_completions set told_at = null where id = any($1)", ids)
        assert sum(await asyncio.gather(*(database.run(tell_ending) for _ in range(8)))) == len(ids)


async def test_a_fall_below_the_target_is_told_once_and_again_only_after_a_rise(client, database, audience):
    id_ = audience.department["id"]
    await follow_trainings(database)
    assert await falls(client, id_) == []
    course = await audience.course()
    for person in audience.people[:3]:
        await complete(client, course, person)
    await asyncio.gather(*(follow_trainings(database) for _ in range(4)))
    [event] = await falls(client, id_)
    assert event == {"department_id": id_, "covered": 3, "roster": 4, "percent": 75.0, "target_percent": 95}
    newcomer = await make_person(client, department_id=id_)
    await follow_trainings(database)
    assert len(await falls(client, id_)) == 1, "it is below still"
    for person in (audience.people[3], newcomer):
        await complete(client, course, person)
    await follow_trainings(database)
    assert len(await falls(client, id_)) == 1, "a rise is not told"
    last = await make_person(client, department_id=id_)

    async def dies(tx):
        assert await tell_coverage(tx) >= 1
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await database.run(dies)
    await asyncio.gather(*(follow_trainings(database) for _ in range(4)))
    assert [(event["covered"], event["roster"]) for event in await falls(client, id_)] == [(3, 4), (5, 6)]
    assert last["id"] in {row[0] for row in await audience.missing()}


async def test_a_department_that_everybody_left_neither_fell_nor_rose(client, database, audience):
    id_ = audience.department["id"]
    await audience.course()
    await follow_trainings(database)
    assert len(await falls(client, id_)) == 1
    for person in audience.people:
        good(await client.patch(f"/v1/people/{person['id']}", json={"active": False}))
    await follow_trainings(database)
    await make_person(client, department_id=id_)
    await follow_trainings(database)
    assert len(await falls(client, id_)) == 1
    assert await audience.missing() != []


async def test_the_companys_fall_is_told_once(client, database, audience):
    """With a course for everybody, which is retired at once: others' figures are theirs."""
    course = await audience.course(department_ids=None, mandatory=False)
    await follow_trainings(database)
    before = len(await falls(client, None))
    [below] = await database.fetch("select below from coverage_watches where department_id is null")
    good(await client.patch(f"{TRAININGS}/{course['id']}", json={"mandatory": True}))
    await asyncio.gather(*(follow_trainings(database) for _ in range(3)))
    told = await falls(client, None)
    assert len(told) == before + (not below["below"])
    assert told[-1]["covered"] < told[-1]["roster"]


async def test_whoever_looks_with_an_older_clock_says_nothing(client, database, audience):
    async with database.transaction() as tx:
        before = await tx.now()

    async def look(tx):
        await tx.now()
        tx.info["now"] = before
        return await tell_coverage(tx)

    await audience.course()
    await follow_trainings(database)
    await database.run(look)
    await follow_trainings(database)
    assert len(await falls(client, audience.department["id"])) == 1, "it did not rise in between"


async def test_what_one_worker_is_telling_no_other_tells(client, database, audience):
    await follow_trainings(database)
    course = await audience.course(validity_days=20)
    await complete(client, course, audience.people[0])
    async with database.transaction() as one, database.transaction() as other:
        assert await tell_ending(one) == 1
        assert await tell_ending(other) == 0
        assert await tell_coverage(one) >= 1
        assert await tell_coverage(other) == 0
    await follow_trainings(database)
    assert len(await ending(client, course)) == len(await falls(client, audience.department["id"])) == 1
