"""Digests: once each with two workers, late rather than never, never of exercises, and as they were issued."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from app.core.db import Database
from app.domain.events import DigestDaily
from app.metrics.digests import issue_next
from app.settings import Settings
from app.webhooks.event_schemas.quality import FIGURES
from app.webhooks.messages import Told, together
from tests.support.api import ago, brand, everything, good, instant, make_rule, mention, post, problem
from tests.support.owed import happen
from tests.support.people import make_person
from tests.support.robots import WeComGroup, join
from workers.digests import issue_digests

DIGESTS, SETTINGS, PREVIEW = "/v1/metrics/digests", "/v1/metrics/digest-settings", "/v1/metrics/digest-preview"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
# Monday, 9:00 in Shanghai, long before anything of any other test.
MONDAY = datetime(1995, 1, 2, 1, tzinfo=UTC)


@asynccontextmanager
async def it_is(settings: Settings, database: Database, at: datetime, since: datetime):
    """Two workers as if it were then, and nothing before ``since`` were anybody's news."""
    [kept] = await database.fetch("select daily_since, weekly_since from digest_settings")
    await database.fetch("update digest_settings set daily_since = $1, weekly_since = $1", since)
    workers = [Database(settings, doorbell=database._doorbell, workload="batches") for _ in range(2)]
    for worker in workers:
        worker.moment = at
    try:
        yield workers
    finally:
        for worker in workers:
            await worker.close()
        await database.fetch("delete from digests where issued_at < '2000-01-01'")
        await database.fetch("update digest_settings set daily_since = $1, weekly_since = $2", *kept)


async def old(client, **query) -> list[dict]:
    """What was issued in those days, the newest first."""
    return [one for one in await everything(client, DIGESTS, **query) if one["issued_at"] < "2000"]


async def told(client, *ids: str) -> list[dict]:
    events = [e for kind in ("daily", "weekly") for e in await everything(client, "/v1/events", type=f"digest.{kind}")]
    return [event for event in events if event["data"]["digest_id"] in ids]


async def test_after_an_outage_two_workers_issue_each_missed_digest_once(client, database, settings):
    async with it_is(settings, database, MONDAY + 30 * HOUR, MONDAY - DAY) as workers:
        counts = await asyncio.gather(*(issue_digests(worker) for worker in workers * 2))
        assert sum(counts) == 3
        digests = await old(client)
        shown = [(one["kind"], one["starts_at"], one["late_by_seconds"]) for one in digests]
        # Monday's two were 30 h late, Tuesday's 6 h.
        assert sorted(shown) == [
            ("daily", "1994-12-31T16:00:00Z", 108_000), ("daily", "1995-01-01T16:00:00Z", 21_600),
            ("weekly", "1994-12-25T16:00:00Z", 108_000),
        ]  # fmt: skip
        events = await told(client, *(one["id"] for one in digests))
        assert sorted(event["type"] for event in events) == ["digest.daily", "digest.daily", "digest.weekly"]
        assert sum([await issue_digests(worker) for worker in workers]) == 0
        for event in events:
            one = good(await client.get(f"{DIGESTS}/{event['data']['digest_id']}"))
            assert {name: one[name] for name in ("figures", "before", "late_by_seconds", "is_trial")} == {
                name: event["data"][name] for name in ("figures", "before", "late_by_seconds", "is_trial")
            }
        assert [one["kind"] for one in await old(client, kind="weekly")] == ["weekly"]


async def test_a_worker_that_dies_in_the_midst_leaves_it_to_the_next(client, database, settings):
    async with it_is(settings, database, MONDAY, MONDAY - HOUR) as (worker, other):

        async def dies(tx):
            assert await issue_next(tx) == 1
            raise ConnectionError

        with pytest.raises(ConnectionError):
            await worker.run(dies)
        assert await old(client) == []
        assert await issue_digests(other) == 2
        assert [one["late_by_seconds"] for one in await old(client)] == [0, 0]


async def test_it_is_stored_as_it_was_issued_and_leaves_exercises_out(client, database, settings):
    seen = MONDAY - 12 * HOUR
    ids = [await put_mention(database, seen), await put_mention(database, seen, drill=uuid4())]
    async with it_is(settings, database, MONDAY, MONDAY - HOUR) as (worker, _):
        assert await issue_digests(worker) == 2
        [daily] = await old(client, kind="daily")
        assert (daily["figures"]["mentions"], daily["before"]["mentions"]) == (1, 0)
        ids.append(await put_mention(database, seen))
        [again] = await old(client, kind="daily")
        assert again == daily, "what became known later does not change it"
        assert daily["text"].splitlines()[:2] == [
            "每日简报 01-01", "舆情 1 条（上期 0），命中 0 条（上期 0），预警未按时送达 0 条",
        ]  # fmt: skip
    await database.fetch("delete from mentions where id = any($1)", ids)


async def put_mention(database: Database, seen: datetime, drill: UUID | None = None) -> UUID:
    id_ = uuid4()
    await database.fetch(
        "insert into mentions(id, platform, external_id, text, first_seen_at, key_id, drill_id) "
        "values ($1, 'weibo', $2, '旧闻', $3, 'test', $4)",
        id_, str(id_), seen, drill,
    )  # fmt: skip
    return id_


async def test_a_robot_tells_it_whole_and_as_a_trial_where_it_was_one(database, deliverer):
    """As the group reads it: figures in Chinese, and 【试运行】 before everything that happened in a trial."""
    figures = FIGURES | {"mentions": 4_210}
    digest = DigestDaily(
        digest_id=uuid4(), starts_at=MONDAY - 9 * HOUR - DAY, ends_at=MONDAY - 9 * HOUR, late_by_seconds=0, is_trial=True,
        figures=figures, before=figures,
    )  # fmt: skip
    async with WeComGroup() as group:
        await join(database, group)
        [trial] = await database.fetch(
            "insert into trial_periods(id, starts_at, reason, started_by) values ($1, now() - interval '1 minute', '试', 'test') "
            "returning id", uuid4(),
        )  # fmt: skip
        await happen(database, digest)
        assert await deliverer.sweep() == 1
        await database.fetch("delete from trial_periods where id = $1", trial["id"])
        await happen(database, digest)
        assert await deliverer.sweep() == 1
    on_trial, real = group.texts
    lines = on_trial.splitlines()
    assert lines[0] == "【试运行】【烽火】每日简报 01-01"
    assert "舆情 4,210 条（上期 4,210），命中 312 条（上期 312），预警未按时送达 1 条" in lines
    assert real.splitlines()[0] == "【烽火】每日简报 01-01"
    together_told = together([Told("digest.daily", MONDAY, digest.data())] * 2, "")
    assert "员工账号 1 条（上期 1）：泄密 1" in together_told, "never shortened"


async def test_a_kind_that_is_switched_off_is_not_issued_nor_made_up_for(client, database, settings):
    known = good(await client.get(SETTINGS))
    assert (known["daily_at"], known["weekly_at"]) == ("09:00", "09:00")
    body = {name: known[name] for name in ("daily_enabled", "daily_at", "weekly_enabled", "weekly_at")}
    problem(await client.put(SETTINGS, json=body | {"daily_at": "24:00"}), 422, "/daily_at")
    off = good(await client.put(SETTINGS, json=body | {"daily_enabled": False, "weekly_at": "10:30"}))
    assert off["version"] == known["version"] + 1
    async with it_is(settings, database, MONDAY + HOUR, MONDAY - HOUR) as (worker, _):
        assert await issue_digests(worker) == 0, "not at 9:00 any more"
        worker.moment = MONDAY + 1.5 * HOUR
        assert await issue_digests(worker) == 1
    good(await client.put(SETTINGS, json=body))
    [row] = await database.fetch("select daily_since > now() - interval '1 minute' as anew from digest_settings")
    assert row["anew"], "what fell due meanwhile is nobody's news"


async def test_the_preview_counts_what_happened_today(client, counter, database):
    before = good(await client.get(PREVIEW))
    word = brand()
    await make_rule(client, word)
    mention_id = await post(client, f"{word} 差评", likes=12_000, published_at=ago(minutes=5))
    await counter.sweep()
    incident_id = (await mention(client, mention_id))["incident_id"]
    body = {"platform": "weibo", "statement_kind": "holding", "url": "https://weibo.com/1"}
    good(await client.post(f"/v1/incidents/{incident_id}/publications", json=body), 201)
    drill = {"title": "演练", "is_drill": True}
    good(await client.post("/v1/incidents", json=drill), 201)
    good(await client.put(f"/v1/mentions/{mention_id}/employee-account", json={"violation": "leak"}))
    await make_person(client)
    after = good(await client.get(PREVIEW))
    assert instant(after["starts_at"]) <= instant(after["as_of"]) < instant(after["due_at"])
    change = {
        name: after["figures"][name] - before["figures"][name]
        for name, value in after["figures"].items() if isinstance(value, int)
    }  # fmt: skip
    assert {name: count for name, count in change.items() if count} == {
        "mentions": 1, "hits": 1, "incidents_opened": 1, "incidents_open": 1, "statements_published": 1, "employee_posts": 1,
    }  # fmt: skip
    assert counts(after, "opened_by_grade")["general"] == counts(before, "opened_by_grade").get("general", 0) + 1
    assert counts(after, "open_by_status")["responding"] == counts(before, "open_by_status").get("responding", 0) + 1
    assert 0 <= after["figures"]["training_coverage"] <= 1
    weekly = good(await client.get(PREVIEW, params={"kind": "weekly"}))
    assert weekly["figures"]["mentions"] >= after["figures"]["mentions"]


def counts(shown: dict, name: str) -> dict:
    member = {"opened_by_grade": "grade", "open_by_status": "status"}[name]
    return {one[member]: one["count"] for one in shown["figures"][name]}
