"""The lint's lists of words: data that people change, version by version."""

import asyncio
from uuid import uuid4

import pytest

from app.domain.lint_phrases import entry_from
from tests.support.acts import person_headers
from tests.support.api import everything, good, problem
from tests.support.lint import FILES, read

URL = "/v1/lint-lists"
WHY = {"zh": "不当", "en": "wrong"}


@pytest.fixture
async def company(client):
    """The company's own list, empty again in the end."""
    yield f"{URL}/company"
    good(await client.put(f"{URL}/company", json={"entries": []}))


def entry(*phrases: str, **fields):
    return {"phrases": list(phrases), "reason": WHY} | fields


async def test_it_is_born_with_the_lists_of_the_files(client):
    for path in FILES:
        data, listed = read(path), good(await client.get(f"{URL}/{path.stem}/versions/1"))
        assert (listed["kind"], listed["name"], listed["version"]) == (data["kind"], data["name"], 1)
        assert list(map(entry_from, listed["entries"])) == list(map(entry_from, data["entries"]))
        assert listed["created_by"] == "system:fenghuo"
    rows = await everything(client, URL, limit=2)
    assert [row["key"] for row in rows] == sorted(path.stem for path in FILES)
    assert {row["key"]: row["entry_count"] for row in rows}["five_s"] == 5
    problem(await client.get(f"{URL}/nothing"), 404)
    problem(await client.get(f"{URL}/company/versions/999999"), 404)


async def test_a_change_is_another_version_and_the_earlier_stay(client, company):
    before = good(await client.get(company))
    one, two = entry("甲词"), entry("乙词", severity="error", exceptions=["乙词典"], kinds=["apology"], excused_by=["unfounded"])  # fmt: skip
    first = good(await client.put(company, json={"entries": [one], "note": "法务意见"}))
    assert (first["version"], first["note"]) == (before["version"] + 1, "法务意见")
    assert first["created_by"].startswith("key:")
    second = good(await client.put(company, json={"entries": [one, two]}))
    assert second["version"] == first["version"] + 1
    assert second["entries"][1] == two | {"cue": None, "advice": None, "source": ""}
    again = good(await client.put(company, json={"entries": [one, two], "note": "没有变化"}))
    assert again == second, "what changes nothing is no version"
    assert good(await client.get(company)) == second
    assert good(await client.get(f"{company}/versions/{first['version']}")) == first
    versions = await everything(client, f"{company}/versions", limit=1)
    assert [row["version"] for row in versions] == list(range(second["version"], 0, -1))
    assert versions[1]["note"] == "法务意见"


async def test_a_change_is_based_on_what_was_read_and_goes_on_the_audit_log(client, bare, company):
    person = await person_headers(client, "rules:read", "rules:write")
    answer = await bare.get(company, headers=person)
    tag = answer.headers["etag"]
    bare.headers.pop("if-match")
    body = {"entries": [entry(f"词{uuid4().hex}")]}
    problem(await bare.put(company, json=body, headers=person), 428)
    good(await bare.put(company, json=body, headers=person | {"if-match": tag}))
    problem(await bare.put(company, json={"entries": []}, headers=person | {"if-match": tag}), 412)
    unchanged = await bare.get(company, headers=person)
    assert (await bare.get(company, headers=person | {"if-none-match": unchanged.headers["etag"]})).status_code == 304


async def test_changes_at_the_same_moment_are_versions_one_after_the_other(client, company):
    before = good(await client.get(company))["version"]
    bodies = [{"entries": [entry(f"词{n}{uuid4().hex[:6]}")]} for n in range(5)]
    made = [good(answer) for answer in await asyncio.gather(*(client.put(company, json=body) for body in bodies))]
    assert sorted(one["version"] for one in made) == list(range(before + 1, before + 6))


@pytest.mark.parametrize(("entries", "pointer"), [
    ([{"phrases": ["甲"]}], "/entries/0/reason"),
    ([entry("甲"), entry("乙", cue="deny")], "/entries/1/cue"),
    ([entry()], "/entries/0/phrases"), ([entry("")], "/entries/0/phrases/0"),
    ([entry("\u200b")], "/entries/0/phrases/0"), ([entry("长" * 51)], "/entries/0/phrases/0"),
    ([entry("避雷", exceptions=["避雷针", "针"])], "/entries/0/exceptions/1"),
    ([entry("避雷", exceptions=["避雷"])], "/entries/0/exceptions/0"),
    ([entry("甲", severity="fatal")], "/entries/0/severity"), ([entry("甲", kinds=["poem"])], "/entries/0/kinds/0"),
    ([entry("甲", reason={"zh": "不当"})], "/entries/0/reason/en"), ([entry("甲", weight=1)], "/entries/0/weight"),
    ([entry(f"词{n}") for n in range(301)], "/entries"),
])  # fmt: skip
async def test_what_makes_no_sense_is_refused_by_name(client, company, entries, pointer):
    before = good(await client.get(company))
    problem(await client.put(company, json={"entries": entries}), 422, pointer)
    assert good(await client.get(company)) == before


async def test_a_list_of_cues_says_what_its_phrases_tell(client):
    problem(await client.put(f"{URL}/promises", json={"entries": [entry("甲")]}), 422, "/entries/0/cue")
    problem(await client.put(f"{URL}/nothing", json={"entries": []}), 404)


async def test_a_list_can_be_tried_on_a_text(client):
    async def tried(key: str, text: str, **of):
        found = good(await client.post(f"{URL}/{key}/test", json={"text": text} | of))
        return [(one["start"], one["end"], one["words"], one["entry"]) for one in found["places"]]

    assert await tried("advertising_law", "本品为国家级品质，在国家级实验室检测") == [(3, 6, "国家级", 0)]
    assert await tried("evasive", "临时工所为", kind="apology") == [(0, 3, "临时工", 1)]
    assert await tried("evasive", "临时工所为") == [], "marketing copy may speak of them"
    assert await tried("blame", "谣言", truth="unfounded") == []
    assert await tried("five_s", "诚恳致歉") == [(0, 2, "诚恳", 1), (2, 4, "致歉", 1)]
    assert await tried("company", "无") == []
    problem(await client.post(f"{URL}/nothing/test", json={"text": "无"}), 404)
    problem(await client.post(f"{URL}/company/test", json={"text": ""}), 422, "/text")
