"""Patrols over HTTP: the plan and its versions, whose they are, walking them, and what is found."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.mentions.patrol_queries import figures
from tests.support.api import everything, good, problem
from tests.support.patrols import PATROLS, PLAN, PLATFORMS, a_plan, all_patrols, change_plan
from tests.support.people import bearer, make_key, make_person
from workers.patrols import watch_patrols


@pytest.fixture
async def plan(database) -> AsyncIterator[None]:
    """The shipped plan, since two days ago."""
    async with a_plan(database, datetime.now(UTC) - timedelta(days=2)):
        await watch_patrols(database)
        yield


@pytest.fixture
async def walker(client, bare) -> dict[str, Any]:
    """Somebody who walks patrols, and may see what there is."""
    person = await make_person(client, "patrols:write", "mentions:read", "mentions:write")
    key = await make_key(client, "patrols:write", "mentions:read", "mentions:write", person_id=person["id"])
    return person | {"header": bearer(key["key"])}


async def open_patrol(database, minutes: int = 10) -> str:
    """A patrol that began so long ago, beside those of the plan."""
    [row] = await database.fetch(
        "insert into patrols (id, plan_id, slot_at, due_by, platforms) select gen_random_uuid(), id, "
        "now() - $1::interval, now() - $1::interval + interval '1 hour', platforms from patrol_plans limit 1 returning id",
        timedelta(minutes=minutes),
    )  # fmt: skip
    return f"{PATROLS}/{row['id']}"


async def test_the_plan_is_changed_as_a_version_with_effect_from_a_time(client, plan):
    before = good(await client.get(PLAN))
    assert [slot["time"] for slot in before["slots"]] == ["09:00", "14:00", "20:00"]
    assert before["grace_seconds"] == 3600
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    changed = await change_plan(
        client, slots=[{"time": "21:30"}, {"time": "08:15"}], grace_seconds=600, effective_at=tomorrow.isoformat(), note="试行"
    )  # fmt: skip
    assert (changed["version"], [slot["time"] for slot in changed["slots"]]) == (2, ["08:15", "21:30"])
    now = datetime.now(UTC).isoformat()
    assert good(await client.get(PLAN, params={"at": now}))["version"] == 1
    assert good(await client.get(PLAN))["version"] == 2
    versions = await everything(client, f"{PLAN}/versions", limit=1)
    assert [row["version"] for row in versions] == [2, 1]
    problem(await client.get(PLAN, params={"at": "2020-01-01T00:00:00Z"}), 422, "?at")


async def test_a_plan_that_makes_no_sense_is_refused_by_name(client, plan):
    tag = {"if-match": "*"}
    body = {"slots": [{"time": "09:00"}], "platforms": PLATFORMS}
    for fields, pointer in (
        ({"slots": [{"time": "25:00"}]}, "/slots/0/time"),
        ({"slots": [{"time": "09:00"}, {"time": "09:00"}]}, "/slots/1/time"),
        ({"slots": [{"time": "09:00", "assignee_ids": [str(uuid4())]}]}, "/slots/0/assignee_ids/0"),
        ({"default_assignee_id": str(uuid4())}, "/default_assignee_id"),
        ({"platforms": []}, "/platforms"),
        ({"grace_seconds": 1}, "/grace_seconds"),
        ({"effective_at": "2026-01-01T00:00:00Z"}, "/effective_at"),
    ):
        problem(await client.put(PLAN, json=body | fields, headers=tag), 422, pointer)
    stale = good(await client.get(PLAN)), (await client.get(PLAN)).headers["etag"]
    await change_plan(client)
    problem(await client.put(PLAN, json=body, headers={"if-match": stale[1]}), 412)


async def test_an_edit_leaves_the_past_as_it_was_and_what_lies_ahead_follows(client, plan, walker):
    past = await all_patrols(client, state=["missed", "due"])
    assert past
    ahead = await all_patrols(client, state=["scheduled"])
    kept = ahead[-1]
    given = good(await client.patch(f"{PATROLS}/{kept['id']}", json={"assignee_id": walker["id"]}))
    other = await make_person(client, "patrols:write")
    shanghai = datetime.fromisoformat(kept["slot_at"]) + timedelta(hours=8)
    await change_plan(client, slots=[{"time": f"{shanghai:%H:%M}", "assignee_ids": [other["id"]]}], platforms=["zhihu"])
    assert await all_patrols(client, state=["missed", "due"]) == past
    [row, *more] = [p for p in await all_patrols(client, state=["scheduled"]) if p["id"] == kept["id"]]
    assert more == []
    assert (row["assignee"], row["platforms"], row["plan_version"]) == (given["assignee"], ["zhihu"], 2)
    gone = {patrol["id"] for patrol in ahead[:-1]}
    assert not gone & {patrol["id"] for patrol in await all_patrols(client, state=["scheduled"])}
    same = [p for p in await all_patrols(client, state=["scheduled"]) if p["id"] != kept["id"]]
    assert {p["assignee"]["id"] for p in same} <= {other["id"]}


async def test_what_is_found_becomes_mentions_that_hit_rules(client, bare, database, counter, plan, walker):
    brand = f"巡查牌{uuid4().hex[:8]}"
    rule = {"name": brand, "brand_words": [brand], "negative_words": ["变质"], "harm_class": "individual"}
    rule_id = good(await client.post("/v1/watch-rules", json=rule), 201)["id"]
    url = await open_patrol(database)
    finding = {"platform": "weibo", "external_id": brand, "text": f"{brand}变质了", "sentiment": "negative", "likes": 3}
    body = {"looked_at": ["weibo"], "findings": [finding, finding | {"likes": 5}], "note": "问 13812345678"}
    walked = good(await bare.post(f"{url}/check-in", json=body, headers=walker["header"]))
    [found] = walked["findings"]
    assert found["created"]
    assert (walked["state"], walked["walked_by"]["id"]) == ("done", walker["id"])
    assert (walked["looked_at"], walked["not_looked_at"]) == (["weibo"], ["douyin"])
    [beat] = await database.fetch(
        "select max(at) as at from source_beats where channel = 'patrols:' and platform = 'weibo'"
    )
    assert beat["at"] == datetime.fromisoformat(walked["recorded_at"]).replace(second=0, microsecond=0), (
        "a sign of life"
    )
    assert walked["note"] == "问 138******78"
    await counter.sweep()
    mention = good(await client.get(f"/v1/mentions/{found['mention_id']}"))
    assert mention["likes"] == 5
    assert mention["incident_id"] is not None
    [hit] = mention["hits"]
    assert hit["rule_id"] == rule_id
    [event] = [
        e["data"] for e in await everything(client, "/v1/events", type="patrol.checked_in", limit=200)
        if e["data"]["patrol_id"] == walked["id"]
    ]  # fmt: skip
    assert (event["mention_ids"], event["new_mention_count"], event["state"]) == ([found["mention_id"]], 1, "done")
    assert event["person_id"] == walker["id"]
    assert "变质" not in str(event)


async def test_nothing_found_is_a_good_answer_and_a_patrol_is_walked_once(bare, database, plan, walker):
    url = await open_patrol(database)
    body = {"looked_at": PLATFORMS}
    answers = await asyncio.gather(
        *(bare.post(f"{url}/check-in", json=body, headers=walker["header"]) for _ in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    again = await bare.post(f"{url}/check-in", json=body, headers=walker["header"])
    assert "POST /v1/mentions" in problem(again, 409, code="patrol_walked")["detail"]
    url, once = await open_patrol(database, 11), {"idempotency-key": uuid4().hex}
    first = await bare.post(f"{url}/check-in", json=body, headers=walker["header"] | once)
    repeat = await bare.post(f"{url}/check-in", json=body, headers=walker["header"] | once)
    assert (good(first), repeat.headers["idempotent-replayed"]) == (good(repeat), "true")


async def test_a_bad_finding_is_named_and_leaves_everything_as_it_was(bare, client, database, plan, walker):
    url = await open_patrol(database)
    good_one = {"platform": "weibo", "external_id": uuid4().hex, "text": "好的"}
    ahead = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    for bad, pointer in (({"text": ""}, "/findings/1/text"), ({"observed_at": ahead}, "/findings/1/observed_at")):
        body = {"looked_at": PLATFORMS, "findings": [good_one, good_one | bad]}
        problem(await bare.post(f"{url}/check-in", json=body, headers=walker["header"]), 422, pointer)
    assert good(await client.get(url))["state"] == "due"
    found = await database.fetch("select from mentions where external_id = $1", good_one["external_id"])
    assert found == []


async def test_late_is_late_and_told_late_is_recorded_late(bare, client, database, plan, walker):
    now = datetime.now(UTC)
    in_time, late, unmarked = [await open_patrol(database, minutes) for minutes in (90, 91, 92)]
    body = {"looked_at": PLATFORMS}
    # Nobody told that this one is missed yet: that it is comes with the check-in, once.
    first = good(await bare.post(f"{unmarked}/check-in", json=body, headers=walker["header"]))
    assert first["state"] == "done_late"
    assert first["missed_at"] is not None
    await watch_patrols(database)
    told = body | {"happened_at": (now - timedelta(minutes=60)).isoformat()}
    recorded = good(await bare.post(f"{in_time}/check-in", json=told, headers=walker["header"]))
    assert recorded["state"] == "done_recorded_late"
    assert recorded["missed_at"] is not None
    assert good(await bare.post(f"{late}/check-in", json=body, headers=walker["header"]))["state"] == "done_late"
    await watch_patrols(database)
    ids = [url.rpartition("/")[2] for url in (in_time, late, unmarked)]
    events = [e["data"]["patrol_id"] for e in await everything(client, "/v1/events", type="patrol.missed", limit=200)]
    assert [events.count(id_) for id_ in ids] == [1, 1, 1]
    for state, wanted in (("done_recorded_late", ids[:1]), ("done_late", ids[1:])):
        rows = await all_patrols(client, state=[state])
        assert {row["id"] for row in rows} == set(wanted)

    async def counted(tx):
        return {str(one.id): one.state for one in await figures(tx, now - timedelta(hours=3), now)}

    shown = await database.run(counted)
    assert [shown[id_] for id_ in ids] == ["done_recorded_late", "done_late", "done_late"]


async def test_only_a_person_walks_and_not_before_its_hour(bare, client, database, plan, walker):
    url, body = await open_patrol(database), {"looked_at": PLATFORMS}
    machine = bearer((await make_key(client, "patrols:write"))["key"])
    problem(await bare.post(f"{url}/check-in", json=body, headers=machine), 403, code="person_needed")
    early = await open_patrol(database, -90)
    problem(await bare.post(f"{early}/check-in", json=body, headers=walker["header"]), 409, code="patrol_ahead")
    long_ago = body | {"happened_at": (datetime.now(UTC) - timedelta(minutes=100)).isoformat()}
    problem(await bare.post(f"{url}/check-in", json=long_ago, headers=walker["header"]), 422, "/happened_at")
    soon = await open_patrol(database, -30)
    assert good(await bare.post(f"{soon}/check-in", json=body, headers=walker["header"]))["state"] == "done"
    problem(await bare.post(f"{PATROLS}/{uuid4()}/check-in", json=body, headers=walker["header"]), 404)


async def test_a_patrol_is_handed_over_until_it_is_walked(bare, client, database, plan, walker):
    url = await open_patrol(database)
    given = good(await client.patch(url, json={"assignee_id": walker["id"]}))
    assert given["assignee"]["id"] == walker["id"]
    assert [row["id"] for row in await all_patrols(client, assignee_id=walker["id"])] == [given["id"]]
    problem(await client.patch(url, json={"assignee_id": str(uuid4())}), 422, "/assignee_id")
    assert good(await client.patch(url, json={"assignee_id": None}))["assignee"] is None
    good(await bare.post(f"{url}/check-in", json={"looked_at": PLATFORMS}, headers=walker["header"]))
    problem(await client.patch(url, json={"assignee_id": walker["id"]}), 409, code="patrol_walked")


async def turns_ahead(client) -> list[str | None]:
    rows = await all_patrols(client, state=["scheduled"])
    return [row["assignee"] and row["assignee"]["id"] for row in rows]


async def set_active(client, person_id: str, active: bool) -> None:
    good(await client.patch(f"/v1/people/{person_id}", json={"active": active}, headers={"if-match": "*"}))


async def times_assigned(database) -> int:
    rows = await database.fetch("select from events where data->>'subject' = 'patrol' and data->>'action' = 'assigned'")
    return len(rows)


async def test_turns_are_taken_and_whoever_leaves_leaves_what_has_not_begun_to_the_others(client, database, plan):
    people = [await make_person(client, "patrols:write") for _ in range(3)]
    ids = [person["id"] for person in people]
    times = [f"{hour:02}:{minute:02}" for hour in range(0, 24, 6) for minute in (0, 30)]
    slots = [{"time": at, "assignee_ids": [ids[0], ids[1]]} for at in times]
    await change_plan(client, slots=slots, default_assignee_id=ids[1])
    begun = await open_patrol(database)
    good(await client.patch(begun, json={"assignee_id": ids[0]}))

    turns = await turns_ahead(client)
    mine, other = await all_patrols(client, state=["scheduled"], assignee_id=[ids[0]]), turns.count(ids[1])
    assert set(turns) == set(ids[:2])
    # One of mine was given to the third by hand, and one of all to nobody.
    good(await client.patch(f"{PATROLS}/{mine[0]['id']}", json={"assignee_id": ids[2]}))
    past, before = good(await client.get(begun)), await times_assigned(database)
    await set_active(client, ids[0], False)
    assert sorted(await turns_ahead(client)) == sorted([ids[1]] * (len(turns) - 1) + [ids[2]])
    assert await times_assigned(database) - before == len(mine) - 1
    await set_active(client, ids[2], False)
    assert set(await turns_ahead(client)) == {ids[1]}
    await set_active(client, ids[1], False)
    assert set(await turns_ahead(client)) == {None}, "which is there to be seen"
    for id_ in (ids[0], ids[1]):
        await set_active(client, id_, True)
    assert (await turns_ahead(client), other) == (turns, turns.count(ids[1]))
    assert good(await client.get(begun)) == past
    for id_ in ids[:2]:
        await set_active(client, id_, False)
