"""POST /v1/statements/{id}/lint: what is found in a version before it is said, and what is kept of it at submission."""

from typing import Any
from uuid import uuid4

import pytest

from tests.support.acts import check_facts, opened, person_headers
from tests.support.api import brand, good, make_rule, problem, timeline

URL = "/v1/statements"
LATER = "2199-11-26T10:00:00Z"
FINE = {
    "kind": "apology", "name": "致歉", "title": "致歉声明",
    "attitude": "就B2026批次混入塑料碎片一事，我们向受影响的消费者诚恳致歉。",
    "facts": "经核实，情况属实，涉及1,240瓶。第三方检测报告附后。",
    "solution": "我们承担全部责任，该批次召回并全额退款。我们已当天停线，成立专项小组排查。",
    "commitments": [{"text": "公布排查结果", "due_at": LATER}],
}  # fmt: skip


async def drafted(client, incident_id: str, **fields: Any) -> dict[str, Any]:
    body = {"kind": "progress", "name": "说明", "facts": "专项小组已核对3条产线。"} | fields
    return good(await client.post(f"/v1/incidents/{incident_id}/statements", json=body), 201)


async def linted(client, statement_id: str, **fields: Any) -> dict[str, Any]:
    return good(await client.post(f"{URL}/{statement_id}/lint", json=fields))


def found(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one["severity"], one["code"], one["words"]) for one in report["findings"]]


async def test_an_apology_that_owns_up_has_nothing_against_it(client):
    incident_id = await opened(client)
    await check_facts(client, incident_id, truth="confirmed", responsibility="company")
    made = await drafted(client, incident_id, **FINE)
    report = await linted(client, made["id"])
    assert report["findings"] == []
    assert (report["statement_id"], report["version_number"]) == (made["id"], 1)
    assert (report["truth"], report["responsibility"], report["harm_class"]) == ("confirmed", "company", None)
    assert (report["cluster"], report["fitting_strategies"]) == ("accidental", ["rebuild", "diminish"])
    assert (report["strategy"], report["strategy_source"]) == ("rebuild", "words")
    assert {one["principle"]: bool(one["places"]) for one in report["principles"]} == dict.fromkeys(
        ("shouldering", "sincerity", "speed", "system", "standard"), True
    )
    assert {one["key"]: one["version"] for one in report["lists"]}["five_s"] == 1
    text = made["latest"]["text"]
    for one in report["principles"]:
        for place in one["places"]:
            assert text[place["start"] : place["end"]] == place["words"]


async def test_every_finding_names_words_section_reason_advice_and_source(client):
    incident_id = await opened(client)
    await check_facts(client, incident_id, truth="confirmed", responsibility="company")
    made = await drafted(
        client, incident_id, facts="网传内容纯属捏造，系黑公关所为。", solution="我们会尽快处理。", strategy="deny",
        platform_texts=[{"platform": "weibo", "text": "我们是行业第一品牌"}],
    )  # fmt: skip
    report = await linted(client, made["id"])
    assert found(report) == [
        ("error", "contradicts_facts", "纯属捏造"),
        ("error", "phrase", "黑公关"),
        ("error", "phrase", "行业第一"),
        ("warning", "promise_without_date", "尽快"),
        ("warning", "strategy_mismatch", ""),
        ("hint", "principle_missing", ""),
    ]
    assert report["strategy_source"] == "stated"
    denied, labelled, boasted, undated, misfit, _ = report["findings"]
    assert (denied["section"], undated["section"], misfit["section"]) == ("facts", "solution", None)
    assert (boasted["platform"], boasted["section"], boasted["start"], boasted["end"]) == ("weibo", None, 3, 7)
    assert (labelled["list_key"], boasted["list_key"], denied["list_key"]) == ("blame", "advertising_law", None)
    text = made["latest"]["text"]
    for one in (denied, labelled, undated):
        assert text[one["start"] : one["end"]] == one["words"]
    for one in report["findings"]:
        assert all([one["reason"]["zh"], one["reason"]["en"], one["advice"]["zh"], one["advice"]["en"], one["source"]])
    assert "guideline 7" in misfit["source"]


async def test_it_locks_nothing_and_changes_nothing(client):
    incident_id = await opened(client)
    made = await drafted(client, incident_id, facts="清者自清！！呵呵")
    events = await timeline(client, incident_id)
    assert len(found(await linted(client, made["id"]))) > 2
    assert await timeline(client, incident_id) == events
    assert good(await client.get(f"{URL}/{made['id']}")) == made
    assert good(await client.post(f"{URL}/{made['id']}/submit"))["status"] == "in_review"


async def test_what_was_found_at_submission_is_kept_beside_the_version(client):
    incident_id = await opened(client)
    made = await drafted(client, incident_id, facts="网传内容不属实。")
    one = f"{URL}/{made['id']}"
    refused = problem(await client.get(f"{one}/versions/1/lint"), 404)
    assert "was not submitted" in refused["detail"]
    good(await client.post(f"{one}/submit"))
    kept = good(await client.get(f"{one}/versions/1/lint"))
    assert ("warning", "facts_unchecked", "不属实") in found(kept)
    # What is known later, and what is said later, change nothing of it.
    await check_facts(client, incident_id, truth="confirmed", responsibility="company")
    good(await client.patch(one, json={"facts": "经核实属实，责任在我们。"}))
    assert good(await client.get(f"{one}/versions/1/lint")) == kept
    now = await linted(client, made["id"], version_number=1)
    assert ("error", "contradicts_facts", "不属实") in found(now)
    assert now["version_number"] == 1
    assert (await linted(client, made["id"]))["version_number"] == 2
    problem(await client.get(f"{one}/versions/2/lint"), 404)
    problem(await client.post(f"{one}/lint", json={"version_number": 3}), 404)


async def test_past_incidents_of_the_same_unit_that_were_ours_raise_the_cluster(client):
    unit = f"事业部{uuid4().hex[:8]}"

    async def happened(truth: str, responsibility: str, **fields: Any) -> str:
        incident_id = await opened(client, business_unit=unit, **fields)
        await check_facts(client, incident_id, truth=truth, responsibility=responsibility)
        return incident_id

    for truth, responsibility in (("unfounded", "company"), ("confirmed", "supplier")):
        await happened(truth, responsibility)
    now = await happened("confirmed", "supplier")
    made = await drafted(client, now, strategy="diminish")
    report = await linted(client, made["id"])
    assert (report["cluster"], report["past_incidents"]) == ("accidental", [])
    assert "strategy_mismatch" not in [code for _, code, _ in found(report)]
    # Once what happened before turns out to have been ours.
    earlier = await opened(client, business_unit=unit)
    await check_facts(client, earlier, truth="unverifiable", responsibility="undetermined")
    later = await happened("confirmed", "supplier")
    made = await drafted(client, later, strategy="diminish")
    assert (await linted(client, made["id"]))["past_incidents"] == []
    await check_facts(client, earlier, truth="partly_confirmed", responsibility="company")
    report = await linted(client, made["id"])
    assert [one["id"] for one in report["past_incidents"]] == [earlier]
    assert (report["cluster_before_history"], report["cluster"]) == ("accidental", "preventable")
    assert ("warning", "strategy_mismatch", "") in found(report)
    without = await linted(client, made["id"], history_months=0)
    assert (without["cluster"], without["past_incidents"], without["history_months"]) == ("accidental", [], 0)


async def test_an_incident_long_ago_counts_only_where_months_reach_it(client, database):
    unit = f"事业部{uuid4().hex[:8]}"
    earlier = await opened(client, business_unit=unit)
    await check_facts(client, earlier, truth="confirmed", responsibility="company")
    await database.fetch("update incidents set opened_at = opened_at - interval '400 days' where id = $1", earlier)
    now = await opened(client, business_unit=unit)
    await check_facts(client, now, truth="confirmed", responsibility="supplier")
    made = await drafted(client, now)
    assert (await linted(client, made["id"]))["past_incidents"] == []
    assert [one["id"] for one in (await linted(client, made["id"], history_months=24))["past_incidents"]] == [earlier]
    good(await client.put(f"/v1/incidents/{earlier}/status", json={"status": "dismissed", "reason": "误报"}))
    assert (await linted(client, made["id"], history_months=24))["past_incidents"] == []


async def test_incidents_of_the_same_watch_rule_are_alike(client, counter):
    word = brand()
    await make_rule(client, word)
    first = good(await client.post("/v1/mentions", json={"platform": "weibo", "external_id": uuid4().hex, "text": f"{word} 差评"}), 201)  # fmt: skip
    await counter.sweep()
    earlier = good(await client.get(f"/v1/mentions/{first['id']}"))["incident_id"]
    await check_facts(client, earlier, truth="confirmed", responsibility="company")
    for status in ("responding", "handling", "closing", "closed"):
        lead = await person_headers(client, "incidents:write", "incidents:override")
        body = {"status": status, "reason": "研判", "override": True}
        good(await client.put(f"/v1/incidents/{earlier}/status", json=body, headers=lead))
    second = good(await client.post("/v1/mentions", json={"platform": "weibo", "external_id": uuid4().hex, "text": f"{word} 避雷"}), 201)  # fmt: skip
    await counter.sweep()
    now = good(await client.get(f"/v1/mentions/{second['id']}"))["incident_id"]
    assert now not in (earlier, None)
    await check_facts(client, now, truth="confirmed", responsibility="company")
    made = await drafted(client, now)
    assert [one["id"] for one in (await linted(client, made["id"]))["past_incidents"]] == [earlier]


async def test_peoples_data_is_found_and_told_masked_until_it_was_said_in_public(client, bare):
    incident_id = await opened(client)
    made = await drafted(client, incident_id, facts="投诉人手机13812345678，工作组已上门。")
    reader = await person_headers(client, "statements:read")
    masked = good(await bare.post(f"{URL}/{made['id']}/lint", json={}, headers=reader))
    assert ("error", "personal_data", "138******78") in found(masked)
    assert "13812345678" not in str(masked)
    seen = await person_headers(client, "statements:read", "people:unmask")
    whole = good(await bare.post(f"{URL}/{made['id']}/lint", json={}, headers=seen))
    assert ("error", "personal_data", "13812345678") in found(whole)
    good(await client.post(f"{URL}/{made['id']}/submit"))
    kept = f"{URL}/{made['id']}/versions/1/lint"
    assert "13812345678" not in str(good(await bare.get(kept, headers=reader)))
    body = {"platform": "weibo", "url": "https://weibo.com/1/a"}
    good(await client.post(f"{URL}/{made['id']}/publications", json=body), 201)
    assert ("error", "personal_data", "13812345678") in found(good(await bare.get(kept, headers=reader)))


async def test_what_is_cut_off_at_a_platforms_limit_shows_no_half_of_a_number(client, bare):
    incident_id = await opened(client)
    made = await drafted(client, incident_id, facts="工作组" * 5)
    rule = good(await client.get("/v1/platform-rules/weibo"))
    set_to = {name: rule[name] for name in ("core", "max_chars", "max_title")}
    try:
        good(await client.put("/v1/platform-rules/weibo", json=set_to | {"max_chars": 14}))
        good(
            await client.patch(
                f"{URL}/{made['id']}", json={"facts": "请联系投诉人手机号" + "1" + "3812345678" + "工作组" * 60}
            )
        )
        reader = await person_headers(client, "statements:read")
        report = good(await bare.post(f"{URL}/{made['id']}/lint", json={}, headers=reader))
        [one] = [one for one in report["findings"] if one["code"] == "too_long" and one["platform"] == "weibo"]
        assert one["start"] == 14
        assert len(one["words"]) == 100
        assert "345" not in str(report["findings"])
    finally:
        good(await client.put("/v1/platform-rules/weibo", json=set_to))


async def test_a_changed_list_counts_at_once_and_not_for_what_is_kept(client):
    word = f"内部代号{uuid4().hex[:8]}"
    incident_id = await opened(client)
    made = await drafted(client, incident_id, facts=f"专项小组已核对{word}。")
    good(await client.post(f"{URL}/{made['id']}/submit"))
    before = good(await client.get("/v1/lint-lists/company"))
    entry = {"phrases": [word], "severity": "error", "reason": {"zh": "内部代号", "en": "An internal name"}, "source": "公司规定"}  # fmt: skip
    changed = good(await client.put("/v1/lint-lists/company", json={"entries": [entry]}))
    try:
        report = await linted(client, made["id"])
        assert ("error", "phrase", word) in found(report)
        [one] = [one for one in report["findings"] if one["words"] == word]
        assert (one["list_key"], one["reason"]["zh"], one["source"]) == ("company", "内部代号", "公司规定")
        assert {row["key"]: row["version"] for row in report["lists"]}["company"] == changed["version"]
        kept = good(await client.get(f"{URL}/{made['id']}/versions/1/lint"))
        assert ("error", "phrase", word) not in found(kept)
        assert {row["key"]: row["version"] for row in kept["lists"]}["company"] == before["version"]
    finally:
        good(await client.put("/v1/lint-lists/company", json={"entries": []}))


@pytest.mark.parametrize(("body", "pointer"), [
    ({"version_number": 0}, "/version_number"), ({"version_number": "1"}, "/version_number"),
    ({"history_months": -1}, "/history_months"), ({"history_months": 121}, "/history_months"), ({"text": "x"}, "/text"),
])  # fmt: skip
async def test_what_makes_no_sense_is_refused_by_name(client, body, pointer):
    problem(await client.post(f"{URL}/{uuid4()}/lint", json=body), 422, pointer)
    problem(await client.post(f"{URL}/{uuid4()}/lint", json={}), 404)


async def test_a_very_long_version_is_looked_over_all_the_same(client):
    incident_id = await opened(client)
    made = await drafted(
        client, incident_id, facts="绝对" * 2_500, attitude="对不起谣言" * 1_000, solution="将尽快" * 1_666,
        platform_texts=[{"platform": "zhihu", "text": "最高级" * 6_000}],
        next_update_at=LATER,
    )  # fmt: skip
    report = await linted(client, made["id"])
    assert 0 < len(report["findings"]) <= 200
    assert good(await client.post(f"{URL}/{made['id']}/submit"))["status"] == "in_review"
