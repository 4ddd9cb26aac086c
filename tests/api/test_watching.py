"""Platform coverage by the hour and the latency of alerts, against plain recounts."""

import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.db import Database
from app.mentions.coverage import coverage_of_each, percent_of
from tests.support.acts import opened
from tests.support.api import everything, good, instant, problem
from tests.support.sources import beat, make_source

COVERAGE, LATENCY = "/v1/metrics/coverage", "/v1/metrics/alert-latency"
HOUR = timedelta(hours=1)
# A time of its own: nothing of other tests happened then.
THEN = datetime(2021, 5, 3, 0, tzinfo=UTC)
CORE = {"wechat_official", "weibo", "douyin"}


@pytest.fixture
async def beats(database):
    """Beats of two days and a half, with darkness; by platform the hours that they cover."""
    chance, covered = random.Random(4), {}
    for platform in ("wechat_official", "weibo", "douyin", "zhihu"):
        minutes = [
            THEN + hour * HOUR + timedelta(minutes=minute)
            for hour in range(-2, 62)
            if chance.random() < 0.7
            for minute in chance.sample(range(60), chance.choice((1, 2, 60)))
        ]
        await beat(database, f"coverage-{platform}", platform, minutes)
        covered[platform] = {minute.replace(minute=0) for minute in minutes}
    yield covered
    await database.fetch("delete from source_beats where channel like 'coverage-%'")


async def test_coverage_is_what_a_recount_by_the_hour_finds(client, database, beats):
    query = {"from": (THEN + timedelta(minutes=20)).isoformat(), "to": (THEN + 60 * HOUR).isoformat()}
    shown = good(await client.get(COVERAGE, params=query))
    assert (instant(shown["start"]), instant(shown["end"])) == (THEN + HOUR, THEN + 60 * HOUR), "whole hours"
    numerator = 0
    for place, hour in enumerate(shown["hours"]):
        at = THEN + (place + 1) * HOUR
        covered = {platform for platform in CORE if at in beats[platform]}
        assert (instant(hour["start"]), set(hour["covered"]), set(hour["dark"])) == (at, covered, CORE - covered)
        assert (hour["core_count"], hour["covered_count"]) == (3, len(covered))
        assert hour["percent"] == (100 if len(covered) == 3 else round(100 * len(covered) / 3, 2))
        numerator += len(covered)
    assert len(shown["hours"]) == 59
    assert (shown["numerator"], shown["denominator"]) == (numerator, 3 * 59)
    assert shown["percent"] == round(100 * numerator / (3 * 59), 2)
    async with database.transaction() as tx:
        [same] = await coverage_of_each(tx, [(THEN + HOUR, THEN + 60 * HOUR)])
    covered, core = (sum(figures) for figures in zip(*same.values(), strict=True))
    assert (covered, core, percent_of(covered, core)) == (numerator, 3 * 59, shown["percent"])


async def test_past_hours_keep_the_core_platforms_of_their_time(client, database, beats):
    query = {"from": THEN.isoformat(), "to": (THEN + 4 * HOUR).isoformat()}
    before = good(await client.get(COVERAGE, params=query))
    url = "/v1/platform-rules"
    rules = {row["platform"]: row for row in good(await client.get(url))["data"]}
    moved = {"douyin": False, "zhihu": True}

    async def set_core(platform: str, core: bool) -> None:
        body = {name: rules[platform][name] for name in ("max_chars", "max_title")} | {"core": core}
        good(await client.put(f"{url}/{platform}", json=body))

    try:
        for platform, core in moved.items():
            await set_core(platform, core)
        assert good(await client.get(COVERAGE, params=query)) == before
        rows = await database.fetch("select platform from core_platform_periods where ends_at is null")
        assert {row["platform"] for row in rows} == CORE - {"douyin"} | {"zhihu"}
        # As if they had been changed at half past one.
        at = THEN + 1.5 * HOUR
        latest = "platform = $2 and starts_at = (select max(starts_at) from core_platform_periods where platform = $2)"
        await database.fetch(f"update core_platform_periods set ends_at = $1 where {latest}", at, "douyin")
        await database.fetch(f"update core_platform_periods set starts_at = $1 where {latest}", at, "zhihu")
        hours = good(await client.get(COVERAGE, params=query))["hours"]
        listed = [set(hour["covered"]) | set(hour["dark"]) for hour in hours]
        assert listed == [CORE, CORE, CORE - {"douyin"} | {"zhihu"}, CORE - {"douyin"} | {"zhihu"}]
        assert [("zhihu" in hour["covered"]) for hour in hours[2:]] == [
            THEN + n * HOUR in beats["zhihu"] for n in (2, 3)
        ]
    finally:
        for platform, core in moved.items():
            await set_core(platform, not core)
        await database.fetch("delete from core_platform_periods where platform in ('douyin', 'zhihu')")
        await database.fetch("insert into core_platform_periods values ('douyin', '1970-01-01+00')")


async def test_a_source_that_looked_and_found_nothing_covers_its_platforms_and_the_hour_that_runs_does_not_count(
    client, database
):
    source = await make_source(client, platforms=["weibo"])
    good(await client.post(f"/v1/sources/{source['id']}/heartbeats", json={}))
    # As if it had been an hour long past.
    at = THEN + 200 * HOUR
    await database.fetch("update source_beats set at = $2 where channel = $1", f"source:{source['id']}", at)
    query = {"from": at.isoformat(), "to": (at + HOUR).isoformat()}
    [hour] = good(await client.get(COVERAGE, params=query))["hours"]
    assert (hour["covered"], hour["percent"]) == (["weibo"], 33.33)
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    shown = good(await client.get(COVERAGE, params={"from": (now - HOUR).isoformat()}))
    assert instant(shown["end"]) in (now, now + HOUR)
    empty = good(await client.get(COVERAGE, params={"from": now.isoformat()}))
    assert (empty["percent"], len(empty["hours"])) in ((None, 0), (empty["percent"], 1))


async def test_periods_are_in_order_and_not_too_long(client):
    for url in (COVERAGE, LATENCY, f"{LATENCY}/misses"):
        query = {"from": THEN.isoformat(), "to": THEN.isoformat()}
        problem(await client.get(url, params=query), 422, "?from")
        good(await client.get(url))
    problem(await client.get(COVERAGE, params={"from": THEN.isoformat()}), 422, "?from")


def test_a_hundred_per_cent_is_said_only_where_nothing_is_missing():
    assert [percent_of(*of) for of in ((0, 0), (0, 3), (3, 3), (99_999, 100_000), (1, 3))] == [
        None, 0, 100, 99.99, 33.33
    ]  # fmt: skip


# How soon people hear of hits


def nearest(values: list[float], share: float) -> float | None:
    """By nearest rank, in plain Python."""
    return sorted(values)[math.ceil(share * len(values)) - 1] if values else None


def made_up(chance: random.Random, place: int, incidents: list[UUID | None]) -> dict[str, Any]:
    """A hit of that week, and what became of it."""
    at = THEN + chance.randrange(7 * 24 * 3_600_000) * timedelta(milliseconds=1)
    push = chance.choice([chance.expovariate(0.3), chance.uniform(1, 900), None])
    published = None if chance.random() < 0.2 else at - timedelta(seconds=chance.randrange(-5, 9_000))
    return {
        "id": uuid4(), "mention": uuid4(), "incident": chance.choice(incidents), "at": at,
        "state": "met" if push is not None and push <= 600 else chance.choice(["breached", "breached", "unpushed"]),
        "pushed": None if push is None else at + timedelta(microseconds=int(push * 1e6)), "drill": place % 40 == 0,
        "published": published, "by_person": place % 7 == 0,
    }  # fmt: skip


async def stored(database: Database, policy_id: UUID, row: dict[str, Any]) -> None:
    await database.fetch(
        "insert into deadlines(id, kind, incident_id, mention_id, level, is_drill, policy_id, state, started_at, due_at, "
        "set_at, ended_at, met_at) values ($1, 'alert', $2, $3, 4, $4, $5, $6, $7, $7, $7, $7, $8)",
        row["id"], row["incident"], row["mention"], row["drill"], policy_id, row["state"], row["at"], row["pushed"],
    )  # fmt: skip
    await database.fetch(
        "insert into mentions(id, platform, external_id, text, key_id) values ($1, 'weibo', $2, '差评', 'test')",
        row["mention"], row["mention"].hex,
    )  # fmt: skip
    stated = row["at"] if row["by_person"] and row["published"] else row["published"]
    await database.fetch(
        "insert into mention_states(mention_id, published_at, person_published_at) values ($1, $2, $3)", row["mention"],
        stated, row["published"] if row["by_person"] else None,
    )  # fmt: skip


@pytest.fixture
async def alerts(client, database):
    """Four hundred hits of a week, of three incidents, with acknowledgements: pushed, late, never, unheard and of drills."""
    chance = random.Random(23)
    incidents = [UUID(await opened(client)) for _ in range(3)]
    [policy] = await database.fetch("select id from sla_policies where active")
    [person] = await database.fetch("insert into people(id, name) values (gen_random_uuid(), '接警人') returning id")
    acts = {
        id_: sorted(THEN + chance.randrange(7 * 24 * 60) * timedelta(minutes=1) for _ in range(5)) for id_ in incidents
    }
    for id_, instants in acts.items():
        for at in instants:
            await database.fetch(
                "insert into acknowledgements(id, incident_id, happened_at, recorded_at, actor, person_id) "
                "values ($1, $2, $3, $3, 'test', $4)", uuid4(), id_, at, person["id"],
            )  # fmt: skip
    rows = [made_up(chance, place, [*incidents, None]) for place in range(400)]
    for row in rows:
        await stored(database, policy["id"], row)
    yield [row for row in rows if not row["drill"]], acts
    ids = [row["mention"] for row in rows]
    await database.fetch("delete from deadlines where mention_id = any($1)", ids)
    await database.fetch("delete from mention_states where mention_id = any($1)", ids)
    await database.fetch("delete from mentions where id = any($1)", ids)
    await database.fetch("delete from acknowledgements where person_id = $1", person["id"])


def first_act(row, acts):
    return min((at for at in acts.get(row["incident"], ()) if at >= row["at"]), default=None)


def spans(values: list[float]) -> dict[str, object]:
    return {
        "count": len(values), "p50_seconds": nearest(values, 0.5), "p95_seconds": nearest(values, 0.95),
        "p99_seconds": nearest(values, 0.99), "max_seconds": max(values),
    }  # fmt: skip


async def test_latency_is_what_plain_python_finds(client, alerts):
    rows, acts = alerts
    start, end = THEN + 10 * HOUR, THEN + 150 * HOUR
    mine = [row for row in rows if start <= row["at"] < end]
    period = {"from": start.isoformat(), "to": end.isoformat()}
    shown = good(await client.get(LATENCY, params=period))
    pushes = [(row["pushed"] - row["at"]).total_seconds() for row in mine if row["pushed"]]
    in_time = sum(push <= 600 for push in pushes)
    answers = [(at - row["at"]).total_seconds() for row in mine if (at := first_act(row, acts))]
    lags = [max((row["at"] - row["published"]).total_seconds(), 0) for row in mine if row["published"]]
    unheard = sum(row["state"] == "unpushed" for row in mine)
    assert (shown["hits"], shown["pending"], shown["numerator"], shown["denominator"]) == (
        len(mine),
        0,
        in_time,
        len(mine),
    )
    assert shown["percent"] == round(100 * in_time / len(mine), 2)
    assert shown["misses_by_reason"] == {"late": len(mine) - in_time - unheard, "no_receiver": unheard}
    for name, values in (("push", pushes), ("acknowledgement", answers), ("publish_lag", lags)):
        assert shown[name] == pytest.approx(spans(values)), name
    missed = sorted(
        (row for row in mine if row["pushed"] is None or (row["pushed"] - row["at"]).total_seconds() > 600),
        key=lambda row: (row["at"], row["id"]), reverse=True,
    )  # fmt: skip
    listed = await everything(client, f"{LATENCY}/misses", limit=40, **period)
    assert [row["mention_id"] for row in listed] == [str(row["mention"]) for row in missed]
    assert shown["misses"] == len(missed)
    for row, told in zip(missed, listed, strict=True):
        assert told["why"] == ("no_receiver" if row["state"] == "unpushed" else "late")
        assert told["push_seconds"] == (row["pushed"] and pytest.approx((row["pushed"] - row["at"]).total_seconds()))
        assert (told["acknowledged_at"] and instant(told["acknowledged_at"])) == first_act(row, acts)
        assert (told["incident_id"], told["platform"]) == (row["incident"] and str(row["incident"]), "weibo")
    late = await everything(client, f"{LATENCY}/misses", limit=200, why="late", **period)
    assert len(late) == len(missed) - unheard


async def test_what_may_still_be_pushed_is_pending_and_of_nothing_there_is_no_percentage(client, database, alerts):
    rows, _ = alerts
    empty = {"from": (THEN - 9 * HOUR).isoformat(), "to": (THEN - 8 * HOUR).isoformat()}
    shown = good(await client.get(LATENCY, params=empty))
    assert (shown["hits"], shown["percent"], shown["push"]["p50_seconds"]) == (0, None, None)
    chosen = [row["id"] for row in rows[:3]]
    await database.fetch(
        "update deadlines set started_at = '2031-01-01+00', state = 'running', met_at = null where id = any($1)", chosen
    )
    late = {"from": "2031-01-01T00:00:00Z", "to": "2031-01-02T00:00:00Z"}
    shown = good(await client.get(LATENCY, params=late))
    assert (shown["hits"], shown["pending"], shown["denominator"], shown["misses"]) == (3, 3, 0, 0)
    assert good(await client.get(f"{LATENCY}/misses", params=late))["data"] == []
