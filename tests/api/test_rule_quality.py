"""GET /v1/metrics/rules: precision from people's words; and labels of employees' accounts."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.domain.precision import precision
from app.domain.worktime import day_of
from tests.support.api import brand, everything, good, make_rule, mention, post, problem

URL, MENTIONS = "/v1/metrics/rules", "/v1/mentions"


async def quality(client) -> dict:
    today = day_of(datetime.now(UTC)).isoformat()
    return good(await client.get(URL, params={"from": today, "to": today}))


async def of_rule(client, rule: dict) -> dict:
    [found] = [one for one in (await quality(client))["rules"] if one["rule_id"] == rule["id"]]
    return found


async def judge(client, mention_id: str, sentiment: str | None) -> None:
    good(await client.patch(f"{MENTIONS}/{mention_id}", json={"sentiment": sentiment}))


async def test_precision_is_what_people_say_of_hits(client, counter, database):
    word = brand()
    rule = await make_rule(client, word)
    posts = [await post(client, f"{word} 差评 {n} 电话13800138000") for n in range(7)]
    await counter.sweep()
    empty = await of_rule(client, rule)
    assert (empty["hits"], empty["judged"], empty["precision"], empty["low"]) == (7, 0, None, None)
    for mention_id, sentiment in zip(posts, ("negative", "negative", "neutral", "positive"), strict=False):
        await judge(client, mention_id, sentiment)
    incident_id = (await mention(client, posts[0]))["incident_id"]
    body = {"mention_ids": [posts[4]], "reason": "无关"}
    good(await client.post(f"/v1/incidents/{incident_id}/detach", json=body))
    found = await of_rule(client, rule)
    expected = precision(2, 5)
    assert (found["hits"], found["judged"], found["right"], found["wrong"]) == (7, 5, 2, 3)
    assert (found["precision"], found["low"], found["high"]) == pytest.approx(expected[2:])
    assert {one["mention_id"] for one in found["wrong_hits"]} == set(posts[2:5])
    assert "13800138000" not in str(found["wrong_hits"])
    good(await client.put(f"/v1/incidents/{incident_id}/status", json={"status": "dismissed", "reason": "误报"}))
    found = await of_rule(client, rule)
    # Those that nobody judged by themselves were dismissed with it; a person's own word stays.
    assert (found["judged"], found["right"], found["wrong"]) == (7, 2, 5)
    await database.fetch("update mentions set drill_id = gen_random_uuid() where id = $1", UUID(posts[0]))
    assert (await of_rule(client, rule))["hits"] == 6, "exercises are left out"
    await database.fetch("update mentions set drill_id = null where id = $1", UUID(posts[0]))


async def test_rules_of_other_days_and_deleted_ones_without_hits_are_not_shown(client):
    rule = await make_rule(client, brand())
    assert not (await of_rule(client, rule))["hits"]
    good(await client.delete(f"/v1/watch-rules/{rule['id']}"), 204)
    assert rule["id"] not in {one["rule_id"] for one in (await quality(client))["rules"]}
    problem(await client.get(URL, params={"from": "2026-02-02", "to": "2026-02-01"}), 422)


async def test_people_label_employees_posts_and_take_that_back(client, counter):
    before = await quality(client)
    mention_id = await post(client, f"{brand()} 内部消息")
    await counter.sweep()
    url, known = f"{MENTIONS}/{mention_id}/employee-account", await mention(client, mention_id)
    assert known["employee_account"] is None
    problem(await client.put(url, json={"violation": "secret"}), 422, "/violation")
    problem(await client.put(url, json={}), 422, "/violation")
    etag = (await client.get(f"{MENTIONS}/{mention_id}")).headers["etag"]
    shown = good(await client.put(url, json={"violation": "leak"}, headers={"if-match": etag}))
    assert (shown["employee_account"]["violation"], shown["version"]) == ("leak", known["version"] + 1)
    problem(await client.put(url, json={"violation": "other"}, headers={"if-match": etag}), 412, code="stale")
    again = good(await client.put(url, json={"violation": "leak"}))
    assert again["version"] == shown["version"], "the same once more changes nothing"
    now = await quality(client)
    assert now["employee_posts"] == before["employee_posts"] + 1
    assert counted(now, "leak") == counted(before, "leak") + 1
    labelled = await everything(client, MENTIONS, employee_account=True)
    assert mention_id in {one["id"] for one in labelled}
    good(await client.put(url, json={"violation": None}))
    assert counted(await quality(client), None) == counted(before, None) + 1
    good(await client.delete(url), 204)
    problem(await client.delete(url), 404)
    assert (await mention(client, mention_id))["employee_account"] is None
    assert (await quality(client))["employee_posts"] == before["employee_posts"]
    problem(
        await client.put(f"{MENTIONS}/0197a3f0-7000-7aaa-8bbb-0123456789ab/employee-account", json={"violation": None}),
        404,
    )


def counted(shown: dict, violation: str | None) -> int:
    return sum(one["count"] for one in shown["employee_violations"] if one["violation"] == violation)
