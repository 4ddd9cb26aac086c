"""A watch rule or a grading policy on history: as it stands it gives what history has, and a change what a recount says."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.core.db import Database
from tests.support.api import again, ago, brand, everything, good, incident, make_rule, mention, post, problem
from tests.support.recount import PLAN, Post, Told, recount
from tests.support.replays import REPLAYS, replayed
from workers.replays import Replayer

INCIDENTS = "/v1/incidents"


def just_now() -> str:
    return (datetime.now(UTC) - timedelta(milliseconds=1)).isoformat()


async def home(client, mention_id: str) -> dict:
    """The incident that a mention is in."""
    return await incident(client, (await mention(client, mention_id))["incident_id"])


async def end(client, there: dict) -> None:
    body = {"status": "dismissed", "reason": "误报"}
    good(await client.put(f"{INCIDENTS}/{there['id']}/status", json=body))


async def storm(client, counter, word: str, **fields) -> tuple[dict, str]:
    """An incident that grows in steps to a grade, some of them read late."""
    first = await post(
        client, f"{word} 差评", published_at=ago(minutes=90), observed_at=ago(minutes=80), likes=40, **fields
    )
    await counter.sweep()
    second = await post(
        client, f"{word} 避雷", published_at=ago(minutes=70), observed_at=ago(minutes=60), reposts=4_000
    )
    await counter.sweep()
    await again(client, first, likes=9_000, observed_at=ago(minutes=20))
    await counter.sweep()
    await again(client, second, reposts=5_000, observed_at=ago(minutes=40))
    await counter.sweep()
    return await home(client, first), first


async def history(client, counter) -> tuple[dict, list[dict], str]:
    """A rule with three incidents, one after the other: graded by spread, watched only, and by harm with media. Its rule,
    they, and when it began."""
    began, word = just_now(), brand()
    rule = await make_rule(client, word, harm_class="core_interest")
    graded, _ = await storm(client, counter, word)
    assert graded["grade"] == "serious"
    await end(client, graded)
    watched = await home(client, await told(client, counter, f"{word} 差评 买到的"))
    await post(client, f"{word} 差评 挺好", sentiment="positive", likes=90_000)
    judged = await post(client, f"{word} 差评 反话", likes=30_000)
    good(await client.patch(f"/v1/mentions/{judged}", json={"sentiment": "neutral"}))
    await counter.sweep()
    await end(client, watched)
    domain = f"{word}.cn".lower().replace("烽牌", "paper")
    outlet = {"name": f"{word}报", "tier": "central", "domains": [domain]}
    good(await client.post("/v1/media-outlets", json=outlet), 201)
    complaint = await told(client, counter, f"{word} 差评 再投诉")
    await told(client, counter, f"{word} 差评 报道", url=f"https://{domain}/1", sentiment="neutral")
    followed = await home(client, complaint)
    assert (followed["grade"], followed["media_follow_up"]) == ("major", "confirmed")
    incidents = [await incident(client, there["id"]) for there in (graded, watched, followed)]
    return rule, incidents, began


async def told(client, counter, text: str, **fields) -> str:
    made = await post(client, text, published_at=ago(minutes=5), **fields)
    await counter.sweep()
    return made


def figures(result: dict) -> tuple[int, ...]:
    counts = result["incidents"]
    return tuple(counts[name] for name in ("in_history", "as_replayed", "more", "missed", "changed"))


async def test_the_rule_as_it_stands_gives_the_incidents_and_grades_that_history_has(client, counter, database):
    rule, incidents, began = await history(client, counter)
    # Of another rule that hits some of the same, whose incident took one of them first.
    other = await make_rule(client, *rule["brand_words"], negative_words=["投诉"], harm_class="individual")
    await counter.sweep_rematches()
    before = await state(database)
    result = await replayed(client, database, kind="rule", rule_id=rule["id"], starts_at=began)
    assert figures(result) == (3, 3, 0, 0, 0), result
    assert result["incidents"]["unchanged"] + result["incidents"]["set_apart"] == 3
    assert result["incidents"]["set_apart"] == 0
    assert result["hits"]["more"] == result["hits"]["fewer"] == 0
    assert (
        result["hits"]["before"]
        == result["hits"]["after"]
        == len(await everything(client, "/v1/mentions", rule_id=rule["id"]))
    )
    assert await state(database) == before, "nothing real is written"
    assert other["id"] != rule["id"]
    result = await replayed(client, database, kind="policy", policy_id=incidents[0]["policy_id"], starts_at=began)
    mine = {there["id"] for there in incidents}
    listed = result["more_incidents"] + result["missed_incidents"] + result["changed_incidents"]
    assert not mine & {row["incident_id"] for row in listed}


async def state(database: Database) -> list:
    """All that a replay must leave alone."""
    queries = (
        "select i.*, xmin from incidents i order by id", "select s.*, xmin from mention_states s order by mention_id",
        "select h.mention_id, h.rule_id, xmin from hits h order by 1, 2", "select xmin from deadlines order by id",
        "select count(*) from spread_buckets", "select count(*) from events where type not like 'replay.%'",
        "select last_value from events_id_seq where false", "select xmin from watch_rules order by id",
    )  # fmt: skip
    return [await database.fetch(query) for query in queries]


async def test_words_that_hit_more_and_less_form_other_incidents(client, counter, database):
    rule, incidents, began = await history(client, counter)
    word = rule["brand_words"][0]
    lone = await told(client, counter, f"{word} 翻车 电话13800138000", likes=20_000)
    assert (await mention(client, lone))["incident_id"] is None
    await end(client, incidents[2])
    result = await replayed(
        client, database, kind="rule", rule_id=rule["id"], negative_words=["避雷", "翻车"], starts_at=began
    )
    counts = result["incidents"]
    # 差评 is no negative word any more: of the first incident one mention is left, of the others none; 翻车 makes one of its own,
    # unless the first, which people dismissed, had taken it.
    assert figures(result) == (3, 2, 1, 2, 1), counts
    assert {row["incident_id"] for row in result["missed_incidents"]} == {there["id"] for there in incidents[1:]}
    [more] = result["more_incidents"]
    assert (more["first_mention_id"], more["grade_after"], more["spread"]) == (lone, "serious", 20_000)
    assert more["excerpt"].startswith(word)
    assert "13800138000" not in str(result)
    [changed] = result["changed_incidents"]
    assert (changed["grade_before"], changed["grade_after"]) == ("serious", None)
    assert changed["spread"] == 5_000
    assert (result["hits"]["more"], [hit["mention_id"] for hit in result["more_hits"]]) == (1, [lone])
    assert result["hits"]["fewer"] == len(result["fewer_hits"]) == 6
    assert result["summary"] == "回放 2 起事件，历史 3 起：多 1 起，漏 2 起，等级有变 1 起"


async def test_a_new_rule_says_what_it_would_have_caught(client, counter, database):
    began, word = just_now(), brand()
    posted = [await told(client, counter, f"{word} 漏油", likes=6_000) for _ in range(2)]
    result = await replayed(
        client,
        database,
        kind="rule",
        brand_words=[word],
        negative_words=["漏油"],
        harm_class="user_rights",
        starts_at=began,
    )
    assert figures(result) == (0, 1, 1, 0, 0)
    [more] = result["more_incidents"]
    assert (more["first_mention_id"], more["mention_count"], more["spread"]) == (posted[0], 2, 12_000)
    assert (more["grade_after"], more["rule_after"]) == ("serious", "serious-harm-8h")


def policy(threshold: int) -> list[dict]:
    return [{"id": "general-8h", "grade": "general", "window_seconds": 28_800, "threshold": threshold}]


async def test_a_changed_threshold_gives_what_a_recount_gives(client, counter, database):
    began = just_now()
    posts: dict[str, list[Post]] = {}
    for size in (2_000, 6_000, 15_000, 40_000):
        word, base = brand(), datetime.now(UTC)
        await make_rule(client, word)
        published = base - timedelta(minutes=100)
        steps = [(base - timedelta(minutes=95 - 10 * n), size * (n + 1) // 6) for n in range(6)]
        made = None
        for at, likes in steps:
            stated = {"likes": likes, "observed_at": at.isoformat(), "published_at": published.isoformat()}
            if made is None:
                made = await post(client, f"{word} 差评", **stated)
            else:
                await again(client, made, **stated)
            await counter.sweep()
        there = await home(client, made)
        posts[there["id"]] = [Post([Told(at, word, likes=likes, published_at=published) for at, likes in steps])]
    result = await replayed(client, database, kind="policy", policy_rules=policy(5_000), starts_at=began)
    listed = {row["incident_id"]: row for name in ("more", "missed", "changed") for row in result[f"{name}_incidents"]}
    for id_, own in posts.items():
        buckets = recount(own).buckets
        expected = crossed(buckets, 5_000)
        before = crossed(buckets, PLAN[-1][3])
        if expected == before:
            assert id_ not in listed
            continue
        row = listed[id_]
        assert (row["grade_before"], row["grade_after"]) == (
            "general" if before else None,
            "general" if expected else None,
        )
        assert (row["minute_before"], row["minute_after"]) == (before, expected)
    assert sum(id_ in listed for id_ in posts) == 3, "6,000 is graded now, and the greater ones sooner"


def crossed(buckets, threshold: int) -> str | None:
    """The first minute at which eight hours hold more, by brute force."""
    for end in sorted(buckets):
        begin = end - timedelta(hours=8)
        if sum(sum(counters) for minute, counters in buckets.items() if begin < minute <= end) > threshold:
            return end.isoformat().replace("+00:00", "Z")
    return None


async def test_two_workers_play_a_replay_once_and_a_lost_one_is_taken_over(client, counter, database):
    began, word = just_now(), brand()
    rule = await make_rule(client, word)
    await told(client, counter, f"{word} 差评")
    body = {"kind": "rule", "rule_id": rule["id"], "starts_at": began}
    ids = [good(await client.post(REPLAYS, json=body), 201)["id"] for _ in range(3)]
    # As if a worker had been killed in the midst of the first.
    await database.fetch(
        "update replays set state = 'running', token = gen_random_uuid(), lease_until = now() - interval '1 s', tries = 1 "
        "where id = $1", UUID(ids[0]),
    )  # fmt: skip
    done = await asyncio.gather(*(drain(database) for _ in range(2)))
    assert sum(done) == 3
    for id_ in ids:
        assert good(await client.get(f"{REPLAYS}/{id_}"))["result"]["incidents"]["in_history"] == 1
    kept = await database.fetch(
        "select count(*) from events where type = 'replay.finished' and data->>'subject_id' = any($1)", ids
    )
    assert kept[0]["count"] == 3


async def drain(database: Database) -> int:
    replayer, done = Replayer(database), 0
    while count := await replayer.sweep():
        done += count
    return done


async def test_one_that_is_lost_again_and_again_fails_and_says_so(client, database):
    body = {"kind": "policy", "policy_rules": policy(1), "starts_at": just_now()}
    id_ = good(await client.post(REPLAYS, json=body), 201)["id"]
    await database.fetch(
        "update replays set state = 'running', token = gen_random_uuid(), lease_until = now() - interval '1 s', tries = 3 "
        "where id = $1", UUID(id_),
    )  # fmt: skip
    assert await drain(database) == 0
    failed = good(await client.get(f"{REPLAYS}/{id_}"))
    assert (failed["state"], failed["failure"]) == ("failed", "interrupted")
    assert "ask again" in failed["detail"]


async def test_what_makes_no_sense_is_refused_by_name(client):
    span = {"starts_at": ago(days=1)}
    ahead = {"starts_at": ago(days=2), "ends_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}
    for body, pointer in (
        ({"kind": "rule"} | span, "/brand_words"),
        ({"kind": "rule", "brand_words": ["一"], "policy_id": "0197a3f0-7000-7aaa-8bbb-0123456789ab"} | span, "/policy_id"),
        ({"kind": "rule", "rule_id": "0197a3f0-7000-7aaa-8bbb-0123456789ab"} | span, "/rule_id"),
        ({"kind": "policy"} | span, "/policy_rules"),
        ({"kind": "policy", "policy_rules": policy(1) * 2} | span, "/policy_rules"),
        ({"kind": "policy", "policy_rules": policy(1)} | ahead, "/ends_at"),
        ({"kind": "policy", "policy_rules": policy(1), "starts_at": ago(days=400)}, "/starts_at"),
        ({"kind": "policy", "policy_rules": policy(1), "starts_at": ago(days=1), "ends_at": ago(days=2)}, "/starts_at"),
    ):  # fmt: skip
        problem(await client.post(REPLAYS, json=body), 422, pointer)
