"""The register of sources over HTTP: registered, changed, retired, heard; and what is refused of each."""

import asyncio
from uuid import uuid4

import pytest

from app.mentions.source_beats import hear_patrol
from tests.support.api import brand, everything, good, instant, problem
from tests.support.people import bearer, make_key
from tests.support.sources import SOURCES, beat, make_source, minutes_ago, source_of, with_key


async def test_a_source_is_registered_changed_and_retired(client):
    key = await make_key(client, "mentions:write")
    body = {
        "name": "舆情工具", "kind": "tool", "key_id": key["id"], "platforms": ["douyin", "weibo", "douyin"], "rhythm_seconds": 900,
    }  # fmt: skip
    created = await client.post(SOURCES, json=body)
    source = good(created, 201)
    assert created.headers["location"] == f"{SOURCES}/{source['id']}"
    shown = await client.get(created.headers["location"])
    assert good(shown) == source
    assert (source["platforms"], source["enabled"], source["version"]) == (["weibo", "douyin"], True, 1)
    url, etag = f"{SOURCES}/{source['id']}", {"if-match": shown.headers["etag"]}
    changed = good(await client.patch(url, json={"kind": "crawler", "key_id": None}, headers=etag))
    assert (changed["kind"], changed["key_id"], changed["version"]) == ("crawler", None, 2)
    assert good(await client.patch(url, json={"kind": "crawler"}))["version"] == 2, "nothing changed"
    problem(await client.patch(url, json={"name": "…"}, headers=etag), 412)
    problem(await client.post(f"{url}/retire", headers=etag), 412)
    retired = good(await client.post(f"{url}/retire"))
    assert (retired["state"], retired["enabled"], retired["version"]) == ("retired", False, 3)
    for answer in (
        await client.post(f"{url}/retire"), await client.patch(url, json={"enabled": True}),
        await client.post(f"{url}/heartbeats", json={}),
    ):  # fmt: skip
        problem(answer, 409, code="source_retired")


async def test_a_key_is_one_sources_and_another_may_have_it_when_that_is_retired(client):
    source, key = await with_key(client)
    other = await make_source(client)
    body = {"name": "另一个", "kind": "tool", "key_id": key["id"], "platforms": ["news"], "rhythm_seconds": 60}
    problem(await client.post(SOURCES, json=body), 409, "/key_id", code="source_key_taken")
    url = f"{SOURCES}/{other['id']}"
    problem(await client.patch(url, json={"key_id": key["id"]}), 409, "/key_id", code="source_key_taken")
    assert good(await client.patch(f"{SOURCES}/{source['id']}", json={"key_id": key["id"]}))["version"] == 1
    good(await client.post(f"{SOURCES}/{source['id']}/retire"))
    assert good(await client.patch(url, json={"key_id": key["id"]}))["key_id"] == key["id"]


async def test_of_two_who_register_one_key_at_once_one_is_second(client):
    key = await make_key(client, "mentions:write")
    body = {"name": "工具", "kind": "tool", "key_id": key["id"], "platforms": ["news"], "rhythm_seconds": 60}
    answers = await asyncio.gather(*(client.post(SOURCES, json=body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"platforms": []}, "/platforms"),
        ({"rhythm_seconds": 90}, "/rhythm_seconds"),
        ({"rhythm_seconds": 0}, "/rhythm_seconds"),
        ({"rhythm_seconds": 32 * 86_400}, "/rhythm_seconds"),
        ({"key_id": "nobody99"}, "/key_id"),
        ({"key_id": "a:b"}, "/key_id"),
        ({"name": " "}, "/name"),
    ],
)
async def test_what_makes_no_source_is_refused_with_the_field_named(client, wrong, pointer):
    body = {"name": "工具", "kind": "tool", "platforms": ["news"], "rhythm_seconds": 600} | wrong
    problem(await client.post(SOURCES, json=body), 422, pointer)


async def test_a_revoked_key_makes_no_source(client):
    key = await make_key(client, "mentions:write")
    good(await client.post(f"/v1/api-keys/{key['id']}/revoke"))
    body = {"name": "工具", "kind": "tool", "key_id": key["id"], "platforms": ["news"], "rhythm_seconds": 600}
    problem(await client.post(SOURCES, json=body), 422, "/key_id")


async def test_a_source_is_heard_by_whatever_comes_with_its_key(client, bare, counter):
    source, key = await with_key(client, platforms=["weibo"])
    mine = bearer(key["key"])
    item = {"platform": "zhihu", "external_id": uuid4().hex, "text": brand()}
    good(await bare.post("/v1/mentions", json=item | {"historical": True}, headers=mine), 201)
    await counter.sweep()
    assert (await source_of(client, source))["state"] == "never_heard", "the past says nothing of now"
    good(await bare.post("/v1/mentions", json=item | {"likes": 3}, headers=mine))
    await counter.sweep()
    heard = await source_of(client, source)
    assert heard["state"] == "alive"
    assert instant(heard["last_heard_at"]) >= minutes_ago(1)


async def test_a_person_who_acts_counts_what_was_received_too(client, bare, counter):
    source, key = await with_key(client)
    item = {"platform": "zhihu", "external_id": uuid4().hex, "text": brand()}
    made = good(await bare.post("/v1/mentions", json=item, headers=bearer(key["key"])), 201)
    await counter.sweep()
    good(await bare.post("/v1/mentions", json=item | {"platform": "zhihu", "likes": 1}, headers=bearer(key["key"])))
    good(await client.patch(f"/v1/mentions/{made['id']}", json={"sentiment": "negative"}))
    assert (await source_of(client, source))["state"] == "alive"


async def test_what_is_played_in_a_drill_is_no_sign_of_life(client, bare, counter, database):
    source, key = await with_key(client)
    item = {"platform": "zhihu", "external_id": uuid4().hex, "text": brand()}
    made = good(await bare.post("/v1/mentions", json=item, headers=bearer(key["key"])), 201)
    await database.fetch("update mentions set drill_id = gen_random_uuid() where id::text = $1", made["id"])
    await counter.sweep()
    assert (await source_of(client, source))["state"] == "never_heard"


async def test_a_heartbeat_is_the_sources_own_or_of_whoever_keeps_the_register(client, bare):
    source, key = await with_key(client, platforms=["weibo", "news"])
    url = f"{SOURCES}/{source['id']}/heartbeats"
    heard = good(await bare.post(url, json={"platforms": ["news"]}, headers=bearer(key["key"])))
    assert heard == {"source_id": source["id"], "heard_at": heard["heard_at"], "platforms": ["news"]}
    assert instant(heard["heard_at"]) >= minutes_ago(1)
    other = bearer((await make_key(client, "mentions:write"))["key"])
    problem(await bare.post(url, json={}, headers=other), 403)
    keyless = await make_source(client)
    problem(await bare.post(f"{SOURCES}/{keyless['id']}/heartbeats", json={}, headers=other), 403)
    assert good(await client.post(url, json={}))["platforms"] == ["weibo", "news"]
    answer = await bare.post(url, json={"platforms": ["news", "zhihu"]}, headers=bearer(key["key"]))
    assert problem(answer, 422, "/platforms/1")["errors"][0]["code"] == "not_covered"


async def test_patrols_are_alive_by_check_ins(client, database):
    source = await make_source(client, kind="patrol")
    async with database.transaction() as tx:
        at = await hear_patrol(tx, ["weibo"], now=await tx.now())
    assert instant((await source_of(client, source))["last_heard_at"]) == at


async def test_sources_are_listed_by_what_they_are_and_how(client, database):
    key_id = (await make_key(client, "mentions:write"))["id"]
    alive = await make_source(client, kind="person", platforms=["bilibili"], key_id=key_id)
    never = await make_source(client, kind="person", platforms=["bilibili", "news"])
    off = await make_source(client, kind="person", enabled=False, platforms=["bilibili"])
    await beat(database, key_id, "bilibili", [minutes_ago(0)])

    async def found(**query: object) -> list[str]:
        mine = {alive["id"]: "alive", never["id"]: "never", off["id"]: "off"}
        return [mine[row["id"]] for row in await everything(client, SOURCES, limit=2, **query) if row["id"] in mine]

    assert await found() == ["off", "never", "alive"]
    assert await found(kind="person", platform=["news"]) == ["never"]
    assert await found(state=["alive", "disabled"]) == ["off", "alive"]
    assert await found(state=["silent", "retired"]) == []
    assert await found(key_id=[key_id]) == ["alive"]
    assert await found(kind="tool") == []


async def test_people_in_a_sources_name_are_masked(client, bare):
    source = await make_source(client, kind="person", name="小王 13812345678")
    reader = bearer((await make_key(client, "sources:read"))["key"])
    assert good(await bare.get(f"{SOURCES}/{source['id']}", headers=reader))["name"] == "小王 138******78"


async def test_what_there_is_not_is_not_found(client):
    url = f"{SOURCES}/{uuid4()}"
    for answer in (
        await client.get(url), await client.patch(url, json={"name": "x"}), await client.post(f"{url}/retire"),
        await client.post(f"{url}/heartbeats", json={}), await client.get(f"{url}/silences"),
    ):  # fmt: skip
        problem(answer, 404)
