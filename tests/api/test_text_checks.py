"""Marketing copy checked before it goes out, kept with what was found, and decided (R12, R13)."""

from uuid import uuid4

import pytest

from tests.support.acts import person_headers
from tests.support.api import brand, everything, good, make_rule, problem
from tests.support.people import bearer, make_key
from tests.support.risks import RISKS, make_risk

CHECKS, AGAIN = "/v1/text-checks", "/v1/risks/check-text"


async def check(client, text: str, **fields):
    return good(await client.post(CHECKS, json={"text": text} | fields), 201)


async def decide(client, made, outcome: str = "publish", reason: str = "已核对", **more):
    return await client.post(f"{CHECKS}/{made['id']}/decision", json={"outcome": outcome, "reason": reason}, **more)


def by_source(made) -> dict[str, dict]:
    return {finding["source"]: finding for finding in made["findings"]}


@pytest.mark.parametrize("url", [CHECKS, AGAIN])
async def test_a_text_is_held_against_rules_risks_phrases_and_peoples_data(client, bare, url):
    name, word = brand(), f"秘制{uuid4().hex[:6]}"
    rule = await make_rule(client, name)
    risk = await make_risk(client, words=[word], likelihood=3, impact=4)
    headers = await person_headers(client, "reviews:read", "reviews:write", "people:unmask", name="王小明")
    text = f"{name}，全年零差*评！国家级品质，{word}。垂询 13812345678"
    answer = await bare.post(url, json={"title": f"{word}上市", "text": text}, headers=headers)
    made = good(answer, 201)
    assert answer.headers["location"] == f"{CHECKS}/{made['id']}"
    assert good(await bare.get(answer.headers["location"], headers=headers)) == made
    assert (made["text"], made["suggested"], made["outcome"], made["version"]) == (text, "revise", None, 1)
    assert made["checker"]["name"] == "王小明"
    found = by_source(made)
    assert found.keys() == {"watch_rule", "risk", "phrase", "personal_data"}
    assert found["watch_rule"]["subject"] == rule["id"]
    assert [text[p["start"] : p["end"]] for p in found["watch_rule"]["places"]] == [name, "差*评"]
    assert (found["risk"]["subject"], found["risk"]["name"]) == (risk["id"], risk["number"])
    assert [place["field"] for place in found["risk"]["places"]] == ["title", "text"]
    assert "国家级" in found["phrase"]["name"]
    assert "广告法" in found["phrase"]["cites"]
    [place] = found["personal_data"]["places"]
    assert text[place["start"] : place["end"]] == "13812345678"
    weights = [finding["severity"] for finding in made["findings"]]
    assert weights == sorted(weights, key=["error", "warning", "hint"].index)
    assert all(finding["reason"]["zh"] and finding["reason"]["en"] for finding in made["findings"])


async def test_a_text_without_a_fault_may_go_out_and_one_that_touches_a_critical_risk_should_not(client):
    assert (await check(client, f"周末门店活动 {uuid4().hex}"))["suggested"] == "publish"
    word = f"病毒{uuid4().hex[:6]}"
    risk = await make_risk(client, words=[word], likelihood=5, impact=5)
    made = await check(client, f"从{word}到奇迹")
    assert (made["suggested"], made["findings"][0]["severity"]) == ("drop", "error")
    good(await client.patch(f"{RISKS}/{risk['id']}", json={"status": "closed", "reason": "已消除"}))
    assert (await check(client, f"从{word}到奇迹"))["suggested"] == "publish", "only open risks count"
    assert good(await client.get(f"{CHECKS}/{made['id']}"))["suggested"] == "drop", "what was found stays"


async def test_a_rule_that_is_off_finds_nothing(client):
    name = brand()
    rule = await make_rule(client, name)
    assert (await check(client, f"{name} 零差评"))["suggested"] == "revise"
    good(await client.patch(f"/v1/watch-rules/{rule['id']}", json={"enabled": False}))
    assert (await check(client, f"{name} 零差评"))["findings"] == []


async def test_a_text_is_decided_once_with_a_reason_whatever_was_suggested(client, bare):
    made = await check(client, "国家级品质")
    headers = await person_headers(client, "reviews:read", "reviews:write", name="李小红") | {"if-match": "*"}
    problem(await decide(bare, made, reason="\u200b", headers=headers), 422, "/reason")
    problem(await decide(bare, made, outcome="maybe", headers=headers), 422, "/outcome")
    decided = good(await decide(bare, made, reason="引用奖项全称", headers=headers))
    assert (decided["outcome"], decided["reason"], decided["suggested"]) == ("publish", "引用奖项全称", "revise")
    assert (decided["decider"]["name"], decided["version"]) == ("李**", 2)
    again = problem(await decide(bare, made, outcome="drop", headers=headers), 409, code="text_check_decided")
    assert "publish" in again["detail"]


async def test_of_two_who_decide_the_second_reads_first(client):
    made = await check(client, "国家级品质")
    etag = (await client.get(f"{CHECKS}/{made['id']}")).headers["etag"]
    good(await decide(client, made, headers={"if-match": etag}))
    problem(await decide(client, made, headers={"if-match": etag}), 412)


async def test_checked_texts_are_listed_by_what_became_of_them(client):
    mark = uuid4().hex
    waiting, dropped = await check(client, f"国家级 {mark}"), await check(client, f"好天气 {mark}")
    good(await decide(client, dropped, "drop"))

    async def found(**query):
        rows = await everything(client, CHECKS, limit=20, **query)
        return [row["id"] for row in rows if mark in row["opening"]]

    assert await found() == [dropped["id"], waiting["id"]], "the newest first"
    assert (await found(decided=True), await found(decided=False)) == ([dropped["id"]], [waiting["id"]])
    assert (await found(outcome="drop"), await found(outcome="publish")) == ([dropped["id"]], [])
    assert await found(suggested="revise") == [waiting["id"]]
    [row] = [row for row in await everything(client, CHECKS, limit=20) if row["id"] == waiting["id"]]
    assert (row["finding_count"], "text" in row) == (len(waiting["findings"]), False)


async def test_texts_are_masked_in_place_also_where_they_are_cut(client, bare):
    # A name that no risk of other tests has among its words: findings mask those that people are called by.
    long = "一" * 95 + "13812345678 @佘廿"
    made = await check(client, long, title="致电 13812345678")
    good(await decide(client, made, reason="联系 13812345678"))
    reads = bearer((await make_key(client, "reviews:read"))["key"])
    shown = good(await bare.get(f"{CHECKS}/{made['id']}", headers=reads))
    assert shown["text"] == "一" * 95 + "138******78 @**"
    assert (shown["title"], shown["reason"]) == ("致电 138******78", "联系 138******78")
    assert shown["findings"] == made["findings"]
    assert "13812345678" not in str(shown["findings"])
    [row] = [row for row in good(await bare.get(CHECKS, headers=reads))["data"] if row["id"] == made["id"]]
    assert row["opening"] == "一" * 95 + "138**"


@pytest.mark.parametrize(("body", "pointer"), [
    ({}, "/text"), ({"text": ""}, "/text"), ({"text": "\u200b"}, "/text"), ({"text": "长" * 20_001}, "/text"),
    ({"text": "好", "title": ""}, "/title"), ({"text": "好", "platform": "weibo"}, "/platform"),
])  # fmt: skip
async def test_a_text_that_makes_no_sense_is_refused_by_name(client, body, pointer):
    for url in (CHECKS, AGAIN):
        problem(await client.post(url, json=body), 422, pointer)


async def test_only_who_keeps_the_register_checks_texts(client, bare):
    reads = bearer((await make_key(client, "reviews:read"))["key"])
    for url in (CHECKS, AGAIN):
        problem(await bare.post(url, json={"text": "好"}, headers=reads), 403, code="forbidden")
        problem(await bare.post(url, json={"text": "好"}), 401)


async def test_the_same_request_again_checks_nothing_anew(client):
    headers = {"idempotency-key": uuid4().hex}
    first = await client.post(AGAIN, json={"text": "好"}, headers=headers)
    second = await client.post(AGAIN, json={"text": "好"}, headers=headers)
    assert good(first, 201) == good(second, 201)
    assert second.headers["idempotent-replayed"] == "true"


async def test_what_findings_say_again_is_masked_too(client, bare):
    await make_risk(client, words=["13800138999"], title="冒充客服的号码")
    made = await check(client, "请勿回拨 13800138999")
    assert "13800138999" in str(made["findings"])
    reads = bearer((await make_key(client, "reviews:read"))["key"])
    shown = good(await bare.get(f"{CHECKS}/{made['id']}", headers=reads))
    assert "13800138999" not in str(shown)
    [found] = [one for one in shown["findings"] if one["source"] == "risk"]
    assert (found["places"][0]["start"], found["places"][0]["words"]) == (5, "138******99")
