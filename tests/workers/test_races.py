"""Many at once: writers on the same posts, workers on the same incidents, people in between. Nothing is lost or
counted twice, and nobody is told of a deadlock."""

import asyncio
import random
from collections import Counter as Bag
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import asyncpg
import httpx
import pytest

from app.core.db import Database
from app.mentions.ingest import Intake
from app.mentions.rulebook import Rules
from app.mentions.states import Overtaken
from app.settings import Settings
from tests.conftest import ADMIN_KEY
from tests.support.counting import counting
from tests.support.processes import api, environment
from tests.support.recount import Post, Rule, Told, assert_spread, floor_minute, recount
from tests.support.services import plain
from tests.support.story import NEGATIVE, Story, as_json, everything, get, make_rule
from tests.support.waiting import eventually
from workers.context import Context
from workers.ingest import Counter

WRITERS = 64


class Hammer:
    """Posts the same posts from many tasks, and keeps every reading that was acknowledged."""

    def __init__(self, client: aiohttp.ClientSession, rule: Rule, start: datetime, posts: int) -> None:
        self.client, self.rule, self.start = client, rule, start
        self.names = [f"{rule.brand}-{n}" for n in range(posts)]
        self.posts = {name: Post() for name in self.names}
        self.ids: dict[str, UUID] = {}
        self.answers: Bag[int] = Bag()
        self.created: Bag[str] = Bag()

    async def write(self, seed: int, readings: int) -> None:
        chance = random.Random(seed)
        for n in range(readings):
            name = chance.choice(self.names)
            at = self.start + timedelta(seconds=chance.randrange(4 * 3600))
            told = Told(at, f"{self.rule.brand}{NEGATIVE}", n * 7 + chance.randrange(50), chance.choice([None, n]), n // 2,
                        published_at=self.start)  # fmt: skip
            body = {"platform": "weibo", "external_id": name, **as_json(told)}
            async with self.client.post("/v1/mentions", json=body) as answer:
                said = await answer.json()
            self.answers[answer.status] += 1
            assert answer.status in (200, 201), said
            self.posts[name].told.append(told)
            self.created[name] += answer.status == 201
            assert self.ids.setdefault(name, UUID(said["id"])) == UUID(said["id"])


async def incident_of(client: httpx.AsyncClient, rule: Rule) -> dict[str, Any]:
    """The one and only incident of the rule."""
    (incident,) = await everything(client, "/v1/incidents", rule_id=str(rule.id))
    return dict(incident)


async def check(client: httpx.AsyncClient, incident_id: str | UUID, posts: list[Post]) -> None:
    incident = await get(client, f"/v1/incidents/{incident_id}")
    expected = recount(posts)
    assert_spread(await get(client, f"/v1/incidents/{incident_id}/spread"), expected)
    assert (incident["total"], incident["mention_count"]) == (expected.total, len(posts))
    assert incident["auto_grade"] == expected.grade(incident["harm_class"])


@pytest.fixture
async def start(database: Database) -> datetime:
    return floor_minute(await database.clock.now() - timedelta(hours=5))


async def test_64_writers_on_50_posts_with_three_workers_count_every_acknowledged_reading_once(
    client: httpx.AsyncClient, context: Context, settings: Settings, start: datetime, tmp_path: Path
) -> None:
    rule = await make_rule(client)
    env = environment(settings.database_url, settings.redis_url)
    async with api(env, tmp_path, ADMIN_KEY) as remote, counting(context, workers=3, claim=40):
        headers = {"authorization": remote.headers["authorization"]}
        # Not httpx: of 64 busy connections it would be the bottleneck.
        async with aiohttp.ClientSession(str(remote.base_url), headers=headers) as session:
            hammer = Hammer(session, rule, start, posts=50)
            await asyncio.gather(*(hammer.write(seed, 25) for seed in range(WRITERS)))
    assert sum(hammer.answers.values()) == WRITERS * 25
    assert set(hammer.created.values()) == {1}, "each post is new to one writer only"
    incident = await incident_of(client, rule)
    await check(client, incident["id"], list(hammer.posts.values()))
    timeline = await everything(client, f"/v1/incidents/{incident['id']}/timeline")
    assert [event["seq"] for event in timeline] == list(range(1, len(timeline) + 1))


async def test_workers_that_open_for_the_same_rules_at_once_open_one_incident_each(
    client: httpx.AsyncClient, context: Context, database: Database, start: datetime
) -> None:
    rules = [await make_rule(client) for _ in range(5)]
    intake = Intake(database, context.doorbell, flushers=2)
    story = Story(client, intake, start + timedelta(hours=5), rules)
    async with counting(context, workers=3, claim=3):
        for n in range(12):
            await story.tell(
                [(f"{n}-{rule.brand}", Told(start, f"{rule.brand}{NEGATIVE}", 5, published_at=start)) for rule in rules]
            )
    for rule in rules:
        incident = await incident_of(client, rule)
        assert (incident["mention_count"], incident["total"]) == (12, 60)
    await story.check()


async def test_people_and_workers_on_the_same_posts_at_once_leave_exact_buckets(
    client: httpx.AsyncClient, context: Context, database: Database, start: datetime
) -> None:
    rules = [await make_rule(client), await make_rule(client, negative=None)]
    intake = Intake(database, context.doorbell, flushers=2)
    story = Story(client, intake, start + timedelta(hours=5), rules)
    names = [f"p{n}" for n in range(12)]

    async def stream(seed: int) -> None:
        chance = random.Random(seed)
        for n in range(25):
            name = chance.choice(names)
            text = f"{rules[int(name[1:]) % 2].brand}{NEGATIVE}"
            at = start + timedelta(seconds=chance.randrange(14_000))
            await story.tell([(name, Told(at, text, n * 11, None, chance.randrange(90), published_at=start,
                                          sentiment="negative"))])  # fmt: skip

    async def judge(name: str) -> None:
        for word in ("neutral", "negative", "positive", None):
            await story.correct(name, sentiment=word)
        await story.correct(name, published_at=start + timedelta(minutes=7))

    async def move() -> None:
        incident_id = await story.open(names[:2])
        for act in ("detach", "attach", "detach"):
            answer = await story.move(incident_id, act, names[1:4])
            assert answer.status_code == 200, answer.text
        # Where the other mover was first, nothing would stay.
        answer = await story.split(incident_id, names[:1])
        assert answer.status_code in (201, 409, 422), answer.text
        again = await story.open([])
        answer = await story.merge(incident_id, again)
        assert answer.status_code == 200, answer.text

    await story.tell([(name, Told(start, f"{rules[int(name[1:]) % 2].brand}{NEGATIVE}", 1, published_at=start,
                                  sentiment="negative")) for name in names])  # fmt: skip
    async with counting(context, workers=2, claim=5):
        await asyncio.gather(*(stream(seed) for seed in range(8)), *(judge(name) for name in names[6:]), move(), move())
    await story.check()


async def test_rules_changed_while_posts_are_counted_match_every_post_in_the_end(
    client: httpx.AsyncClient, context: Context, database: Database, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.ingest.REMATCH_STEP", 20)
    rule = await make_rule(client, negative="还没有这个词")
    intake = Intake(database, context.doorbell, flushers=2)
    story = Story(client, intake, start + timedelta(hours=5), [])
    text = f"{rule.brand}{NEGATIVE}"
    told = 0
    changed = asyncio.Event()

    async def stream() -> None:
        nonlocal told
        while not changed.is_set() or told < 150:
            await story.tell([(f"p{told}", Told(start, text, 3, published_at=start, sentiment="negative"))])
            told += 1

    async def change() -> None:
        for words in (["别的词"], [NEGATIVE], ["另一个词", NEGATIVE]):
            for name, body in (("negative_words", words), ("exclusions", [])):
                answer = await client.patch(f"/v1/watch-rules/{rule.id}", json={name: body})
                assert answer.status_code == 200, answer.text
        changed.set()

    async with counting(context, workers=2, claim=4), asyncio.TaskGroup() as group:
        group.create_task(stream())
        group.create_task(change())
    story.rules = [Rule(rule.id, rule.brand, NEGATIVE)]
    await story.check()
    incident = await incident_of(client, rule)
    assert (incident["mention_count"], incident["total"]) == (told, 3 * told)


async def test_a_changed_rule_finds_every_post_seen_before_step_by_step(
    client: httpx.AsyncClient, context: Context, database: Database, counter: Counter, start: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("workers.ingest.REMATCH_STEP", 20)
    rule = await make_rule(client, negative="还没有这个词")
    story = Story(client, Intake(database, context.doorbell, flushers=1), start + timedelta(hours=5), [])
    told = Told(start, f"{rule.brand}{NEGATIVE}", 3, published_at=start)
    await story.tell([(f"p{n}", told) for n in range(90)])
    await counter.sweep()
    await counter.sweep_rematches()
    await story.check()
    for words in (["别的词"], [NEGATIVE]):
        answer = await client.patch(f"/v1/watch-rules/{rule.id}", json={"negative_words": words})
        assert answer.status_code == 200, answer.text
    await counter.sweep_rematches()
    story.rules = [Rule(rule.id, rule.brand, NEGATIVE)]
    await story.check()
    assert (await incident_of(client, rule))["total"] == 3 * 90
    assert await counter.sweep_rematches() == 0


async def test_posts_matched_anew_and_read_again_at_once_are_counted_once(
    client: httpx.AsyncClient, context: Context, database: Database, counter: Counter, start: datetime
) -> None:
    rule = await make_rule(client, negative="还没有这个词")
    intake = Intake(database, context.doorbell, flushers=2)
    story = Story(client, intake, start + timedelta(hours=5), [])
    text = f"{rule.brand}{NEGATIVE}"
    names = [f"p{n}" for n in range(300)]
    first = Told(start, text, 10, published_at=start, sentiment="negative")
    await story.tell([(name, first) for name in names])
    await counter.sweep()
    body = {"negative_words": [NEGATIVE]}
    assert (await client.patch(f"/v1/watch-rules/{rule.id}", json=body)).status_code == 200
    async with counting(context, workers=3, claim=25):
        for minute in range(1, 6):
            at = start + timedelta(minutes=minute)
            await story.tell([(name, replace(first, observed_at=at, reposts=10 * minute)) for name in names])
    story.rules = [Rule(rule.id, rule.brand, NEGATIVE)]
    await story.check()
    assert (await incident_of(client, rule))["total"] == 300 * 50


async def test_a_change_of_rules_waits_for_batches_under_way_and_not_for_those_that_begin_later(
    client: httpx.AsyncClient, database: Database
) -> None:
    rule = await make_rule(client)

    async def version() -> int:
        async with database.transaction() as tx:
            return (await Rules().current(tx)).version

    async def waiting(count: int) -> bool:
        rows = await database.fetch(
            "select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        )
        return bool(rows[0]["n"] == count)

    async with asyncio.TaskGroup() as group, database.transaction() as under_way:
        before = (await Rules().current(under_way)).version
        path = f"/v1/watch-rules/{rule.id}"
        change = group.create_task(client.patch(path, json={"negative_words": ["别的"]}))
        await eventually(lambda: waiting(1), 5, "the change's waiting")
        later = group.create_task(version())
        await eventually(lambda: waiting(2), 5, "the later batch's waiting behind it")
    assert change.result().status_code == 200
    assert later.result() == before + 1


async def test_the_newest_words_win_whichever_reading_made_the_post(
    client: httpx.AsyncClient, context: Context, database: Database, counter: Counter, start: datetime
) -> None:
    intake = Intake(database, context.doorbell, flushers=1)
    story = Story(client, intake, start + timedelta(hours=5), [])
    newest, older = Told(start + timedelta(minutes=5), "后来的话", 1), Told(start, "先前的话", 1)
    await story.tell([("one batch", newest)])
    await story.tell([("one batch", older)])
    await counter.sweep()
    await story.check()
    # The reading that made the post is in another worker's hands while the older one is counted.
    await story.tell([("two workers", newest)])
    await story.tell([("two workers", older)])
    other = await asyncpg.connect(plain(context.settings.database_url))
    held = other.transaction()
    await held.start()
    await other.execute("select from inbox where mention_id = $1 and text is null for update", story.ids["two workers"])
    with pytest.raises(Overtaken):
        await counter.sweep()
    await held.rollback()
    await other.close()
    await counter.sweep()
    await story.check()


async def test_a_post_right_after_another_is_stored_without_waiting_for_a_third(
    context: Context, database: Database, client: httpx.AsyncClient, start: datetime
) -> None:
    intake = Intake(database, context.doorbell, flushers=1)
    story = Story(client, intake, start + timedelta(hours=5), [])
    async with asyncio.timeout(5):
        for n in range(20):
            await story.tell([("one", Told(start + timedelta(seconds=n), "无关", n))])


async def test_readings_with_and_without_a_raw_platform_name_are_stored_in_one_go(client: httpx.AsyncClient) -> None:
    items = [
        {"platform": "weibo", "external_id": f"raw-{n % 3}", "text": "无关", "platform_raw": raw}
        for n, raw in enumerate((None, "微博", None, "新浪微博", "微博", None))
    ]
    answer = await client.post("/v1/mention-batches", json={"items": items})
    assert [one["status"] for one in answer.json()["results"]] == [201, 201, 201, 200, 200, 200]


async def test_a_crowd_at_the_first_moment_shares_one_pool(settings: Settings, context: Context) -> None:
    fresh = Database(settings, doorbell=context.doorbell)
    try:
        rows = await asyncio.gather(*(fresh.fetch("select pg_backend_pid() as pid") for _ in range(40)))
    finally:
        await fresh.close()
    assert len({row[0]["pid"] for row in rows}) <= settings.ingest_connections
