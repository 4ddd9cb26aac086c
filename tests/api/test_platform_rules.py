"""What platforms take, and which are core: data, shipped with what their vendors say."""

import pytest

from tests.support.api import good, problem

URL = "/v1/platform-rules"


async def test_core_are_wechat_weibo_and_douyin_with_what_they_take(client):
    rules = {row["platform"]: row for row in good(await client.get(URL))["data"]}
    assert [name for name, row in rules.items() if row["core"]] == ["wechat_official", "weibo", "douyin"]
    vocabularies = good(await client.get("/v1/vocabularies"))["data"]
    [platforms] = [v["values"] for v in vocabularies if v["name"] == "platform"]
    assert [*rules] == [word["value"] for word in platforms]
    limits = {name: (row["max_chars"], row["max_title"]) for name, row in rules.items() if row["max_chars"]}
    assert limits == {
        "wechat_official": (19_999, 32), "wechat_channels": (1_000, None), "weibo": (2_000, None),
        "douyin": (1_000, 30), "xiaohongshu": (1_000, 20),
    }  # fmt: skip


async def test_a_rule_is_changed_by_whoever_has_seen_it(client):
    shown = await client.get(f"{URL}/bilibili")
    before = good(shown)
    body = {"core": True, "max_chars": 1_000, "max_title": 40}
    stale = {"if-match": '"99-0123456789abcdef"'}
    problem(await client.put(f"{URL}/bilibili", json=body, headers=stale), 412)
    etag = {"if-match": shown.headers["etag"]}
    after = good(await client.put(f"{URL}/bilibili", json=body, headers=etag))
    assert (after["core"], after["max_chars"], after["max_title"]) == (True, 1_000, 40)
    assert after["version"] == before["version"] + 1
    problem(await client.put(f"{URL}/bilibili", json=body, headers=etag), 412)
    same = good(await client.put(f"{URL}/bilibili", json=body))
    assert same["version"] == after["version"], "nothing was changed"
    old = {name: before[name] for name in body}
    assert {**good(await client.put(f"{URL}/bilibili", json=old)), "version": 0, "updated_at": ""} == {
        **before, "version": 0, "updated_at": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"max_chars": 0}, "/max_chars"),
        ({"max_title": "20"}, "/max_title"),
        ({"core": 1}, "/core"),
        ({"max_chars": 1_000_001}, "/max_chars"),
    ],
)
async def test_a_rule_that_makes_no_sense_is_refused(client, fields, pointer):
    body = {"core": False, "max_chars": None, "max_title": None} | fields
    problem(await client.put(f"{URL}/zhihu", json=body), 422, pointer)


async def test_what_is_no_platform_is_not_found_with_those_there_are(client):
    assert "weibo" in problem(await client.get(f"{URL}/myspace"), 404)["detail"]
    body = {"core": False, "max_chars": None, "max_title": None}
    problem(await client.put(f"{URL}/myspace", json=body), 404)
