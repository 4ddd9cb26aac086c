"""A split while workers count and people move the same mentions: no reading is lost or counted twice."""

import asyncio
import random
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import httpx
import pytest

from app.core.db import Database
from app.mentions.ingest import Intake
from app.settings import Settings
from tests.support.counting import counting
from tests.support.recount import Told, floor_minute
from tests.support.services import plain
from tests.support.story import NEGATIVE, Story, everything, get, make_rule
from tests.support.waiting import eventually
from workers.context import Context
from workers.ingest import Counter

LOCKED = "select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


@pytest.fixture
async def start(database: Database) -> datetime:
    return floor_minute(await database.clock.now() - timedelta(hours=5))


@pytest.fixture
async def story(client: httpx.AsyncClient, context: Context, database: Database, start: datetime) -> Story:
    rule = await make_rule(client)
    return Story(client, Intake(database, context.doorbell, flushers=2), start + timedelta(hours=5), [rule])


async def source_of(story: Story) -> UUID:
    """The incident that the rule's mentions are in."""
    (incident,) = await everything(story.client, "/v1/incidents", rule_id=str(story.rules[0].id))
    return UUID(incident["id"])


async def waiting_for_locks(database: Database, count: int) -> bool:
    return bool((await database.fetch(LOCKED))[0]["n"] >= count)


async def test_splits_and_merges_while_workers_count_leave_exact_buckets(
    story: Story, context: Context, counter: Counter, start: datetime
) -> None:
    text = f"{story.rules[0].brand}{NEGATIVE}"
    names = [f"p{n}" for n in range(12)]

    async def stream(seed: int) -> None:
        chance = random.Random(seed)
        for n in range(40):
            at = start + timedelta(seconds=chance.randrange(14_000))
            await story.tell([(chance.choice(names), Told(at, text, n * 11, None, n, published_at=start))])

    async def split(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(3):
            answer = await story.split(source, chance.sample(names[4 * seed : 4 * seed + 4], 3))
            assert answer.status_code == 201, answer.text
            answer = await story.merge(UUID(answer.json()["id"]), source)
            assert answer.status_code == 200, answer.text
        assert (await story.split(source, names[4 * seed : 4 * seed + 2])).status_code == 201

    await story.tell([(name, Told(start, text, 1, published_at=start)) for name in names])
    await counter.sweep()
    source = await source_of(story)
    async with counting(context, workers=2, claim=5):
        await asyncio.gather(*(stream(seed) for seed in range(6)), split(0), split(1))
    await story.check()
    assert (await get(story.client, f"/v1/incidents/{source}"))["mention_count"] == 8


async def test_a_reading_that_a_worker_has_in_hand_is_counted_once_and_where_its_mention_went(
    story: Story, context: Context, counter: Counter, database: Database, settings: Settings, start: datetime
) -> None:
    text = f"{story.rules[0].brand}{NEGATIVE}"
    await story.tell([(name, Told(start, text, 1, published_at=start)) for name in "abc"])
    await counter.sweep()
    source = await source_of(story)
    await story.tell([("a", Told(start + timedelta(minutes=5), text, 100, published_at=start))])
    await story.tell([("b", Told(start + timedelta(minutes=5), text, 1_000, published_at=start))])
    # The worker stands before the incident, with the readings claimed and both mentions locked.
    other = await asyncpg.connect(plain(settings.database_url))
    held = other.transaction()
    await held.start()
    await other.execute("select from incidents where id = $1 for update", source)
    counted = asyncio.create_task(counter.sweep())
    await eventually(lambda: waiting_for_locks(database, 1), 5, "the worker's waiting for the incident")
    split = asyncio.create_task(story.split(source, ["a"]))
    await eventually(lambda: waiting_for_locks(database, 2), 5, "the split's waiting for the worker")
    await held.rollback()
    await other.close()
    assert await counted == 2
    assert (await split).status_code == 201
    found = await story.check()
    assert {one["total"] for one in found.values()} == {100, 1_001}


async def test_what_was_taken_out_while_a_split_waited_stays_out_and_its_reading_is_counted(
    story: Story, counter: Counter, database: Database, settings: Settings, start: datetime
) -> None:
    said = f"{story.rules[0].brand}{NEGATIVE}"
    texts = {"a": f"{said}塑料片", "b": f"{said}塑料片", "c": said}
    await story.tell([(name, Told(start, text, 0, published_at=start)) for name, text in texts.items()])
    await counter.sweep()
    source = await source_of(story)
    for name, reposts in (("a", 100), ("b", 1_000)):
        await story.tell([(name, Told(start + timedelta(minutes=5), texts[name], reposts, published_at=start))])
    other = await asyncpg.connect(plain(settings.database_url))
    held = other.transaction()
    await held.start()
    # As a person's taking out leaves it: nothing was counted of it yet.
    out = "update mention_states set incident_id = null, held_out = true where mention_id = $1"
    await other.execute(out, story.ids["a"])
    await other.execute("update incidents set mention_count = mention_count - 1 where id = $1", source)
    body = {"title": "another case", "reason": "so", "filter": {"text": "塑料片"}}
    split = asyncio.create_task(story.client.post(f"/v1/incidents/{source}/split", json=body))
    await eventually(lambda: waiting_for_locks(database, 1), 5, "the split's waiting for the mention")
    await held.commit()
    await other.close()
    answer = await split
    assert (answer.status_code, answer.json()["mention_count"]) == (201, 1)
    story.incidents.add(UUID(answer.json()["id"]))
    story.taken_out.add("a")
    found = await story.check()
    assert (await get(story.client, f"/v1/mentions/{story.ids['a']}"))["reposts"] == 100
    assert sorted(one["total"] for one in found.values()) == [0, 1_000]


async def test_an_incident_is_opened_with_mentions_without_holding_the_number_while_it_waits_for_them(
    story: Story, counter: Counter, database: Database, settings: Settings, start: datetime
) -> None:
    text = f"{story.rules[0].brand}{NEGATIVE}"
    await story.tell([("a", Told(start, text, 1, published_at=start))])
    await counter.sweep()
    other = await asyncpg.connect(plain(settings.database_url))
    held = other.transaction()
    await held.start()
    await other.execute("select from mention_states where mention_id = $1 for update", story.ids["a"])
    opened = asyncio.create_task(story.open(["a"]))
    await eventually(lambda: waiting_for_locks(database, 1), 5, "the opening's waiting for its mention")
    await other.execute("select from incident_numbers for update nowait")
    await held.rollback()
    await other.close()
    await opened
    await story.check()
