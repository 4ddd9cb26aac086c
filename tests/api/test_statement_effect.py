"""Before and after a statement: every figure counted again from the raw readings."""

from collections import Counter as Bag
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.support.acts import opened
from tests.support.api import brand, good, instant, make_rule, mention, problem
from tests.support.recount import Post, Told, floor_minute, recount

URL = "/v1/statements"
START = datetime.now(UTC).replace(microsecond=0)


def at(minutes: float) -> datetime:
    """So many minutes ago, by one clock for the whole file."""
    return START - timedelta(minutes=minutes)


async def told(client, text: str, *readings: tuple[float, int], posted: float, **fields: Any) -> tuple[str, Post]:
    """A post with its readings: (minutes ago, likes)."""
    post, external_id, mention_id = Post(), uuid4().hex, ""
    for ago, likes in readings:
        told = Told(at(ago), text, likes=likes, published_at=at(posted), sentiment=fields.get("sentiment"))
        body = {"platform": "weibo", "external_id": external_id, "text": text, "likes": likes} | fields
        body |= {"observed_at": at(ago).isoformat(), "published_at": at(posted).isoformat()}
        response = await client.post("/v1/mentions", json=body)
        assert response.status_code in (200, 201), response.text
        mention_id = response.json()["id"]
        post.told.append(told)
    return mention_id, post


async def stated(client, incident_id: str, *minutes_ago: float, platform: str = "weibo") -> str:
    """A statement that was said in public so many minutes ago."""
    body = {"kind": "progress", "name": "进展", "facts": "专项小组已核对。"}
    made = good(await client.post(f"/v1/incidents/{incident_id}/statements", json=body), 201)
    for ago in minutes_ago:
        said = {"platform": platform, "happened_at": at(ago).isoformat()}
        good(await client.post(f"{URL}/{made['id']}/publications", json=said), 201)
    return made["id"]


async def effect(client, statement_id: str, **query: Any) -> dict[str, Any]:
    return good(await client.get(f"{URL}/{statement_id}/effect", params=query))


@pytest.fixture
async def crisis(client, counter, database) -> tuple[str, str, list[Post], list[tuple[str, float, str, bool]]]:
    """(incident, brand, its negative posts, every post as (id, posted, sentiment, media))."""
    word, outlet = brand(), f"报{uuid4().hex[:8]}"
    await make_rule(client, word)
    body = {"name": outlet, "tier": "central", "accounts": [f"weibo:{outlet}"]}
    good(await client.post("/v1/media-outlets", json=body), 201)
    posts, every = [], []
    shapes = [
        (f"{word} 差评 甲", 170.0, ((165, 100), (130, 900), (100, 1_000)), {}, "negative"),
        (f"{word} 差评 乙", 118.5, ((110, 10), (61, 70), (59, 75), (10, 100)), {"author": outlet}, "negative"),
        (f"{word} 避雷 丙", 40.0, ((35, 5), (20, 300)), {"author": outlet}, "negative"),
        (f"{word} 避雷 丁", 60.0, ((30, 3),), {}, "negative"),
        # They hit the rule, and don't join: nobody is against us in them.
        (f"{word} 差评 戊", 50.0, ((45, 7),), {"sentiment": "positive"}, "positive"),
        (f"{word} 差评 己", 90.0, ((80, 9),), {"sentiment": "neutral"}, "neutral"),
    ]
    for text, posted, readings, fields, sentiment in shapes:
        mention_id, post = await told(client, text, *readings, posted=posted, **fields)
        every.append((mention_id, posted, sentiment, "author" in fields))
        if sentiment == "negative":
            posts.append(post)
    await counter.sweep()
    incident_id = (await mention(client, every[0][0]))["incident_id"]
    assert incident_id is not None
    await database.fetch("update incidents set opened_at = $2 where id = $1", incident_id, at(200))
    return incident_id, word, posts, every


def expected(posts: list[Post], every: list[Any], said: float, minutes: int) -> list[dict[str, Any]]:
    """The two windows, slowly: minute by minute from the raw readings."""
    buckets = recount(posts).buckets
    middle = floor_minute(at(said))
    windows = []
    for begin in (middle - timedelta(minutes=minutes), middle):
        end = begin + timedelta(minutes=minutes)
        gained = sum(sum(counters) for minute, counters in buckets.items() if begin <= minute < end)
        inside = [one for one in every if begin <= floor_minute(at(one[1])) < end]
        sentiments = Bag(one[2] for one in inside)
        windows.append(
            {
                "starts_at": begin, "ends_at": end, "gained": gained, "media": sum(one[3] for one in inside),
                "mentions": {name: sentiments[name] for name in ("negative", "neutral", "positive", "unknown")},
            }
        )  # fmt: skip
    return windows


def same(shown: dict[str, Any], expected: dict[str, Any]) -> None:
    found = {name: shown[name] for name in expected}
    found |= {name: instant(found[name]) for name in ("starts_at", "ends_at")}
    assert found == expected


@pytest.mark.parametrize("minutes", [10, 30, 59, 60, 61, 120, 600])
async def test_every_figure_is_what_the_readings_come_to(client, crisis, minutes):
    incident_id, _, posts, every = crisis
    statement_id = await stated(client, incident_id, 60)
    shown = await effect(client, statement_id, window_minutes=minutes)
    assert (shown["statement_id"], shown["incident_id"], shown["window_minutes"]) == (statement_id, incident_id, minutes)  # fmt: skip
    [one] = shown["publications"]
    before, after = expected(posts, every, 60, minutes)
    same(one["before"], before)
    same(one["after"], after)
    as_of = instant(shown["as_of"])
    assert one["before"]["counted_seconds"] == minutes * 60
    passed = min(after["ends_at"], as_of) - after["starts_at"]
    assert one["after"]["counted_seconds"] == int(passed.total_seconds())
    assert one["complete"] is (as_of >= after["ends_at"])
    assert instant(one["complete_at"]) == after["ends_at"]
    for window in (one["before"], one["after"]):
        assert window["gained_per_hour"] == pytest.approx(window["gained"] * 3600 / window["counted_seconds"], abs=1e-4)
    slower = one["after"]["gained_per_hour"] / one["before"]["gained_per_hour"] if before["gained"] else None
    assert one["ratio"] == (None if slower is None else pytest.approx(slower, abs=1e-3))


async def test_the_windows_are_not_empty(client, crisis):
    incident_id, *_ = crisis
    [one] = (await effect(client, await stated(client, incident_id, 60)))["publications"]
    assert one["before"]["gained"] > 1_000
    assert one["after"]["gained"] > 300
    assert one["before"]["mentions"] == {"negative": 2, "neutral": 1, "positive": 0, "unknown": 0}
    assert one["after"]["mentions"] == {"negative": 2, "neutral": 0, "positive": 1, "unknown": 0}
    assert (one["before"]["media"], one["after"]["media"]) == (1, 1)
    assert 0 < one["ratio"] < 1


async def test_what_people_correct_is_counted_as_corrected(client, crisis):
    incident_id, _, _, every = crisis
    statement_id = await stated(client, incident_id, 60)
    moved, judged = every[3][0], every[2][0]
    good(await client.patch(f"/v1/mentions/{moved}", json={"published_at": at(90).isoformat()}))
    good(await client.patch(f"/v1/mentions/{judged}", json={"sentiment": "neutral"}))
    [one] = (await effect(client, statement_id))["publications"]
    assert one["before"]["mentions"] == {"negative": 3, "neutral": 1, "positive": 0, "unknown": 0}
    assert one["after"]["mentions"] == {"negative": 0, "neutral": 1, "positive": 1, "unknown": 0}


async def test_each_publication_has_windows_of_its_own_and_says_what_else_was_said(client, crisis):
    incident_id, _, posts, every = crisis
    statement_id = await stated(client, incident_id, 60, 100)
    await stated(client, incident_id, 90, platform="douyin")
    shown = (await effect(client, statement_id, window_minutes=30))["publications"]
    assert [(instant(one["happened_at"]), one["first"]) for one in shown] == [(at(100), True), (at(60), False)]
    for one, said in zip(shown, (100, 60), strict=True):
        for name, window in zip(("before", "after"), expected(posts, every, said, 30), strict=True):
            same(one[name], window)
    # That of 90 minutes ago is within 30 of 100, and the minute before the window of 60.
    assert [one["other_publications"] for one in shown] == [1, 1]
    wide = (await effect(client, statement_id, window_minutes=120))["publications"]
    assert [one["other_publications"] for one in wide] == [2, 2]


async def test_mentions_of_other_brands_and_other_incidents_count_for_nothing(client, counter, crisis):
    incident_id, word, posts, every = crisis
    statement_id = await stated(client, incident_id, 60)
    other = brand()
    await make_rule(client, other)
    await told(client, f"{other} 差评", (50, 500), posted=55)
    both, _ = await told(client, f"{other} {word} 差评", (50, 500), posted=55, sentiment="positive")
    await counter.sweep()
    [one] = (await effect(client, statement_id))["publications"]
    before, after = expected(posts, [*every, (both, 55, "positive", False)], 60, 120)
    same(one["before"], before)
    same(one["after"], after)
    elsewhere = good(await client.post("/v1/incidents", json={"title": "另一件事"}), 201)["id"]
    good(await client.post(f"/v1/incidents/{elsewhere}/attach", json={"mention_ids": [both], "reason": "研判"}))
    [one] = (await effect(client, statement_id))["publications"]
    same(one["after"], expected(posts, every, 60, 120)[1])


async def test_what_was_not_said_had_no_effect_and_what_was_just_said_is_not_over(client, database):
    incident_id = await opened(client)
    draft = await stated(client, incident_id)
    assert (await effect(client, draft))["publications"] == []
    await database.fetch("update incidents set opened_at = $2 where id = $1", incident_id, at(200))
    statement_id = await stated(client, incident_id, 5)
    [one] = (await effect(client, statement_id, window_minutes=60))["publications"]
    assert (one["complete"], one["ratio"]) == (False, None)
    assert 5 * 60 <= one["after"]["counted_seconds"] < 3_600
    [whole] = (await effect(client, await stated(client, incident_id, 70), window_minutes=60))["publications"]
    assert whole["complete"] is True


@pytest.mark.parametrize("query", [{"window_minutes": 9}, {"window_minutes": 10_081}, {"window_minutes": "two"}, {"window": 60}])  # fmt: skip
async def test_what_makes_no_sense_is_refused_by_name(client, query):
    problem(await client.get(f"{URL}/{uuid4()}/effect", params=query), 422, f"?{next(iter(query))}")
    problem(await client.get(f"{URL}/{uuid4()}/effect"), 404)
