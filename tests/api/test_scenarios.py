"""Scenarios: kept as versions that never change, refused with their place where nothing could be played."""

from uuid import uuid4

import asyncpg
import pytest

from tests.support.api import everything, good, problem
from tests.support.scenarios import SCENARIOS, body, expected, make_scenario, post, reading, report

SHIPPED = ["data-leak", "employee-remark", "false-advertising", "product-quality", "rumour", "service-dispute"]


async def test_a_scenario_is_kept_and_changed_version_by_version(client):
    sent = body(note="首版", injects=[reading(likes=20_000, offset=60), post(), report(offset=30)])
    made = good(answer := await client.post(SCENARIOS, json=sent), 201)
    one = answer.headers["location"]
    assert good(await client.get(one)) == made
    assert (made["key"], made["version"], made["latest"]["number"]) == (sent["key"], 1, 1)
    assert [inject["kind"] for inject in made["latest"]["injects"]] == ["mention", "media_report", "reading"]
    assert made["latest"]["reaches"] == [{"grade": "general", "rule": "general-8h", "offset_seconds": 60}]
    changed = good(await client.patch(one, json={"harm_class": "core_interest", "note": "按核心利益演练"}))
    assert (changed["version"], changed["latest"]["number"], changed["latest"]["note"]) == (2, 2, "按核心利益演练")
    assert [raised["grade"] for raised in changed["latest"]["reaches"]] == ["major"]
    named = good(await client.patch(one, json={"name": "改名"}))
    assert (named["version"], named["latest"]["number"], named["name"]) == (3, 2, "改名")
    assert good(await client.patch(one, json={"harm_class": "core_interest"})) == named
    rows = await everything(client, f"{one}/versions", limit=1)
    assert [row["number"] for row in rows] == [2, 1]
    assert (rows[0]["inject_count"], rows[0]["reaction_count"]) == (3, 1)
    assert good(await client.get(f"{one}/versions/1")) == made["latest"]
    problem(await client.get(f"{one}/versions/3"), 404)
    problem(await client.get(f"{SCENARIOS}/{uuid4()}"), 404)


async def test_what_may_be_null_may_be(client):
    bare = dict.fromkeys(("author", "title", "url", "reposts", "comments", "views"))
    made = good(await client.post(SCENARIOS, json=body(injects=[post(likes=20_000) | bare])), 201)
    assert made["latest"]["injects"][0]["url"] is None
    problem(await client.post(SCENARIOS, json=body(injects=[post() | {"url": "ftp://x"}])), 422, "/injects/0/url")


async def test_six_come_with_the_service_and_people_may_put_one_away(client):
    rows = await everything(client, SCENARIOS, key=SHIPPED, limit=4)
    assert [row["key"] for row in rows] == SHIPPED
    assert all(row["created_by"] == "system:shipped" and 15 <= row["latest"]["inject_count"] <= 60 for row in rows)
    worst = {row["key"]: row["latest"]["reaches"][-1]["grade"] for row in rows}
    assert (worst["product-quality"], worst["data-leak"], worst["rumour"]) == ("major", "major", "general")
    mine = await make_scenario(client)
    one = f"{SCENARIOS}/{mine['id']}"
    away = good(await client.post(f"{one}/retire"))
    assert away["retired_at"]
    assert away["version"] == 2
    assert await everything(client, SCENARIOS, key=mine["key"]) == []
    assert [row["id"] for row in await everything(client, SCENARIOS, key=mine["key"], retired=True)] == [mine["id"]]
    assert good(await client.post(f"{one}/restore"))["retired_at"] is None


@pytest.mark.parametrize(("change", "pointer", "code"), [
    ({"injects": [post(), reading("b")]}, "/injects/1/ref", "unknown"),
    ({"injects": [post(offset=90), reading(offset=60)]}, "/injects/1/offset_seconds", "too_early"),
    ({"injects": [post(), reading(offset=7_200)]}, "/injects/1/offset_seconds", "after_the_end"),
    ({"injects": [post(likes=-1)]}, "/injects/0/likes", "greater_than_equal"),
    ({"injects": [post(offset=86_401)]}, "/injects/0/offset_seconds", "less_than_equal"),
    ({"injects": [post() | {"kind": "rain"}]}, "/injects/0/kind", "union_tag_invalid"),
    ({"injects": [post(text="{brand}真好")]}, "/injects", "hits_nothing"),
    ({"injects": [post(str(n)) for n in range(501)]}, "/injects", "too_long"),
    ({"reactions": [expected("task")]}, "/reactions/0/task_kind", "task_kind"),
    ({"duration_seconds": 86_401}, "/duration_seconds", "less_than_equal"),
    ({"key": "No Key"}, "/key", "string_pattern_mismatch"),
])  # fmt: skip
async def test_what_cannot_be_played_is_refused_with_its_place(client, change, pointer, code):
    refused = problem(await client.post(SCENARIOS, json=body(**change)), 422, pointer)
    assert code in {error["code"] for error in refused["errors"]}


async def test_a_key_is_one_scenarios_and_a_change_is_judged_as_a_whole(client, bare):
    mine = await make_scenario(client)
    assert problem(await client.post(SCENARIOS, json=body(key=mine["key"])), 409)["code"] == "scenario_exists"
    one = f"{SCENARIOS}/{mine['id']}"
    problem(await client.patch(one, json={"duration_seconds": 300}), 422, "/injects/2/offset_seconds")
    assert good(await client.get(one)) == mine
    headers = {"authorization": client.headers["authorization"]}
    etag = (await bare.get(one, headers=headers)).headers["etag"]
    good(await client.patch(one, json={"name": "先改"}))
    problem(await bare.patch(one, json={"name": "后改"}, headers=headers | {"if-match": etag}), 412)
    del bare.headers["if-match"]
    problem(await bare.patch(one, json={"name": "x"}, headers=headers), 428)


async def test_a_version_is_never_changed_nor_deleted_and_the_audit_log_holds_no_words(client, database):
    mine = await make_scenario(client)
    good(await client.patch(f"{SCENARIOS}/{mine['id']}", json={"lessons": "先接警"}))
    for change in ("update scenario_versions set note = 'x'", "delete from scenario_versions"):
        with pytest.raises(asyncpg.RestrictViolationError, match="never changed"):
            await database.fetch(f"{change} where scenario_id = $1", mine["id"])
    rows = await database.fetch("select type, data from events where data->>'subject_id' = $1 order by id", mine["id"])
    assert [row["type"] for row in rows] == ["scenario.created", "scenario.updated"]
    assert '"lessons"' in rows[1]["data"]
    assert "接警" not in rows[1]["data"]
