"""The publication matrix: planned by itself, changed by people, what is out where, what is missing, how far apart."""

import asyncio

import pytest

from tests.support.acts import URL, decide, grade, move, opened, person_headers, publish
from tests.support.api import ago, good, problem, timeline
from tests.support.clocks import clocks
from tests.support.evidence import uploaded
from tests.support.matrix import (
    STATEMENTS,
    began,
    drafted,
    matrix,
    missing,
    out,
    pass_minutes,
    place,
    ring,
    rows,
    states,
)

CORE = ["wechat_official", "weibo", "douyin"]
RULES = "/v1/platform-rules"


@pytest.mark.parametrize("kind", ["holding", "progress", "apology"])
async def test_it_is_planned_by_itself_where_it_began_and_on_the_core_platforms(client, counter, kind):
    statement_id = await drafted(client, await began(client, counter), kind=kind)
    shown = await matrix(client, statement_id)
    assert shown["origin_platform"] == "zhihu"
    assert {row["platform"]: (row["state"], row["is_origin"], row["is_core"]) for row in shown["data"]} == {
        "zhihu": ("planned", True, False)
    } | dict.fromkeys(CORE, ("planned", False, True))
    assert [row["platform"] for row in shown["data"]] == ["zhihu", *CORE]
    assert (shown["sync_gap_seconds"], shown["first_published_at"], shown["origin_due_at"]) == (None, None, None)


async def test_where_it_began_may_be_core_or_not_known(client, counter):
    at_weibo = await matrix(client, await drafted(client, await began(client, counter, "weibo")))
    assert [row["platform"] for row in at_weibo["data"]] == ["weibo", "wechat_official", "douyin"]
    unknown = await matrix(client, await drafted(client))
    assert (unknown["origin_platform"], [row["platform"] for row in unknown["data"]]) == (None, CORE)


async def test_which_are_core_is_data_and_what_was_begun_keeps_its_platforms(client):
    before = await drafted(client)
    rule = good(await client.get(f"{RULES}/bilibili"))
    old = {name: rule[name] for name in ("core", "max_chars", "max_title")}
    try:
        good(await client.put(f"{RULES}/bilibili", json=old | {"core": True}))
        assert [*await rows(client, before)] == CORE
        assert [*await rows(client, await drafted(client))] == [*CORE, "bilibili"]
    finally:
        good(await client.put(f"{RULES}/bilibili", json=old))


async def test_what_was_published_is_shown_with_time_address_evidence_and_the_gap(client, counter):
    statement_id = await drafted(client, await began(client, counter, "weibo"))
    first = await out(client, statement_id, "weibo", happened_at=None, url="https://weibo.com/1/a")
    shown = await matrix(client, statement_id)
    assert (shown["sync_gap_seconds"], shown["first_published_at"]) == (0, first["happened_at"])
    assert await states(client, statement_id) == {
        "weibo": "published",
        "wechat_official": "missing",
        "douyin": "missing",
    }
    await out(client, statement_id, "douyin")
    file = await uploaded(client)
    evidence = {"subject": "publication", "subject_id": first["id"]}
    good(await client.post(f"/v1/files/{file['id']}/attachments", json=evidence), 201)
    row = (await rows(client, statement_id))["weibo"]
    assert (row["url"], row["published_at"], row["publication_id"]) == (
        "https://weibo.com/1/a", first["happened_at"], first["id"],
    )  # fmt: skip
    assert (row["file_ids"], row["publication_ids"], row["approved"]) == ([file["id"]], [first["id"]], False)


async def test_the_gap_is_between_first_publications_by_when_they_happened(client, counter, database):
    statement_id = await drafted(client, await began(client, counter, "weibo"))
    await out(client, statement_id, "weibo")
    await pass_minutes(database, statement_id, 8)
    await out(client, statement_id, "douyin")
    await pass_minutes(database, statement_id, 60)
    await out(client, statement_id, "douyin", url="https://v.douyin.com/again")
    shown = await matrix(client, statement_id)
    assert shown["sync_gap_seconds"] == pytest.approx(480, abs=10), "what was published once more widens nothing"
    assert len((await rows(client, statement_id))["douyin"]["publication_ids"]) == 2


async def test_people_add_platforms_and_plan_times(client):
    statement_id = await drafted(client)
    soon = "2199-12-01T10:00:00Z"
    row = good(await place(client, statement_id, "xiaohongshu", planned_at=soon))
    assert (row["state"], row["planned_at"], row["is_core"], row["version"]) == ("planned", soon, False, 1)
    assert [*await rows(client, statement_id)] == [*CORE, "xiaohongshu"]
    await out(client, statement_id, "weibo")
    assert (await states(client, statement_id))["xiaohongshu"] == "planned", "its time has not come"
    one = await client.get(f"{STATEMENTS}/{statement_id}/placements/xiaohongshu")
    etag = {"if-match": one.headers["etag"]}
    url = f"{STATEMENTS}/{statement_id}/placements/xiaohongshu"
    good(await client.put(url, json={}, headers=etag))
    problem(await client.put(url, json={"planned_at": soon}, headers=etag), 412)
    assert (await states(client, statement_id))["xiaohongshu"] == "missing"


async def test_the_etag_of_what_planned_itself_is_good_for_its_first_change(client, counter):
    statement_id = await drafted(client, await began(client, counter))
    url = f"{STATEMENTS}/{statement_id}/placements/zhihu"
    etag = {"if-match": (await client.get(url)).headers["etag"]}
    good(await client.put(url, json={"planned_at": "2199-12-01T10:00:00Z"}, headers=etag))
    problem(await client.put(url, json={}, headers=etag), 412)


async def test_of_two_who_change_the_same_at_once_one_is_told_so(client):
    statement_id = await drafted(client)
    url = f"{STATEMENTS}/{statement_id}/placements/weibo"
    etag = {"if-match": (await client.get(url)).headers["etag"]}
    bodies = [{"not_applicable": True, "reason": f"理由 {n}"} for n in range(6)]
    answers = await asyncio.gather(*(client.put(url, json=body, headers=etag) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 5
    [kept] = [answer.json() for answer in answers if answer.status_code == 200]
    assert good(await client.get(url)) == kept


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"not_applicable": True}, "/reason"),
        ({"reason": "无账号"}, "/reason"),
        ({"substitute_platform": "zhihu"}, "/substitute_platform"),
        ({"not_applicable": True, "substitute_platform": "weibo"}, "/substitute_platform"),
        ({"not_applicable": True, "reason": "无账号", "planned_at": "2199-12-01T10:00:00Z"}, "/planned_at"),
        ({"planned_at": "2020-12-01T10:00:00Z"}, "/planned_at"),
        ({"substitute_platform": "myspace"}, "/substitute_platform"),
        ({"not_applicable": 1}, "/not_applicable"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(client, fields, pointer):
    problem(await place(client, await drafted(client), "weibo", **fields), 422, pointer)


async def test_unknown_statements_and_platforms_are_not_found(client):
    statement_id, nobody = await drafted(client), "00000000-0000-0000-0000-000000000000"
    assert "weibo" in problem(await place(client, statement_id, "myspace"), 404)["detail"]
    problem(await client.get(f"{STATEMENTS}/{statement_id}/placements/zhihu"), 404)
    problem(await client.get(f"{STATEMENTS}/{nobody}/placements"), 404)
    problem(await place(client, nobody, "weibo"), 404)


async def test_not_applicable_needs_a_reason_or_a_substitute_and_plans_that(client):
    statement_id = await drafted(client)
    row = good(await place(client, statement_id, "douyin", not_applicable=True, substitute_platform="bilibili"))
    assert (row["state"], row["decision_id"], row["version"]) == ("not_applicable", None, 2)
    assert (await states(client, statement_id))["bilibili"] == "planned"
    await out(client, statement_id, "weibo")
    assert (await states(client, statement_id))["douyin"] == "not_applicable"
    problem(
        await place(client, statement_id, "weibo", not_applicable=True, reason="无账号"), 409, code="placement_refused"
    )


async def test_that_the_origin_is_not_applicable_is_a_decision_that_guard_and_clock_see(client, counter):
    incident_id = await began(client, counter)
    statement_id = await drafted(client, incident_id)
    good(await move(client, incident_id, "handling", override=True))
    assert "origin_statement" in problem(await move(client, incident_id, "closing"), 409)["missing"]
    row = good(await place(client, statement_id, "zhihu", not_applicable=True, reason="知乎无官方账号"))
    decision = good(await client.get(f"{URL}/{incident_id}/decisions/{row['decision_id']}"))
    assert (decision["kind"], decision["reason"]) == ("origin_not_applicable", "知乎无官方账号")
    assert (await clocks(client, incident_id))["first_statement"]["state"] == "met"
    again = await place(client, statement_id, "zhihu", not_applicable=True, reason="知乎无官方账号")
    assert good(again)["version"] == row["version"], "nothing was changed, and nothing decided again"
    taken_back = good(await place(client, statement_id, "zhihu"))
    assert (taken_back["state"], taken_back["decision_id"]) == ("planned", None)
    corrected = good(await client.get(f"{URL}/{incident_id}/decisions/{decision['id']}"))["corrected_by"]
    assert good(await client.get(f"{URL}/{incident_id}/decisions/{corrected}"))["kind"] == "other"
    assert "origin_statement" in problem(await move(client, incident_id, "closing"), 409)["missing"]


async def test_with_a_substitute_the_guard_waits_until_it_is_said_there(client, counter):
    incident_id = await began(client, counter)
    statement_id = await drafted(client, incident_id)
    good(await move(client, incident_id, "handling", override=True))
    good(await place(client, statement_id, "zhihu", not_applicable=True, substitute_platform="bilibili"))
    assert "origin_statement" in problem(await move(client, incident_id, "closing"), 409)["missing"]
    await out(client, statement_id, "bilibili")
    good(await move(client, incident_id, "closing"))


async def test_a_decision_of_the_incident_counts_for_its_statements_until_it_is_corrected(client, counter):
    incident_id = await began(client, counter)
    statement_id = await drafted(client, incident_id)
    decided = await decide(client, incident_id, kind="origin_not_applicable")
    assert (await states(client, statement_id))["zhihu"] == "not_applicable"
    await decide(client, incident_id, kind="other", choice="发", corrects=decided["id"])
    assert (await states(client, statement_id))["zhihu"] == "planned"


async def test_of_a_row_whose_decision_was_corrected_in_the_log_nothing_is_left(client, counter):
    incident_id = await began(client, counter)
    statement_id = await drafted(client, incident_id)
    row = good(await place(client, statement_id, "zhihu", not_applicable=True, reason="无账号"))
    await decide(client, incident_id, kind="other", choice="发", corrects=row["decision_id"])
    shown = (await rows(client, statement_id))["zhihu"]
    assert (shown["state"], shown["not_applicable"], shown["decision_id"]) == ("planned", False, None)
    good(await place(client, statement_id, "zhihu", not_applicable=True, reason="仍无账号"))
    assert (await states(client, statement_id))["zhihu"] == "not_applicable"


async def test_a_missing_origin_is_shown_at_once_and_told_once_after_its_time(client, counter, database):
    incident_id = await began(client, counter)
    statement_id = await drafted(client, incident_id)
    first = await out(client, statement_id, "weibo")
    shown = await matrix(client, statement_id)
    assert (await states(client, statement_id))["zhihu"] == "missing"
    assert shown["origin_due_at"] > first["happened_at"]
    await pass_minutes(database, statement_id, 29.9)
    assert await ring(database, incident_id) == 0, "never early"
    await pass_minutes(database, statement_id, 0.2)
    assert (await ring(database, incident_id), await ring(database, incident_id)) == (1, 0)
    [event] = await missing(client, incident_id)
    assert (event["statement_id"], event["origin_platform"], event["is_drill"]) == (statement_id, "zhihu", False)
    assert event["late_by_seconds"] < 30
    await out(client, statement_id, "douyin")
    await pass_minutes(database, statement_id, 600)
    assert await ring(database, incident_id) == 0, "once a statement"
    told = await matrix(client, statement_id)
    assert (told["origin_due_at"], bool(told["origin_missed_at"])) == (None, True)


@pytest.mark.parametrize("by", ["published", "decided", "placed", "withdrawn"])
async def test_what_mends_it_in_time_is_not_told(client, counter, database, by):
    incident_id = await began(client, counter)
    statement_id = await drafted(client, incident_id)
    await out(client, statement_id, "weibo")
    match by:
        case "published":
            await out(client, statement_id, "zhihu")
        case "decided":
            await decide(client, incident_id, kind="origin_not_applicable")
        case "placed":
            good(await place(client, statement_id, "zhihu", not_applicable=True, reason="无账号"))
        case "withdrawn":
            good(await client.post(f"{STATEMENTS}/{statement_id}/withdraw", json={"reason": "有误"}))
    assert (await matrix(client, statement_id))["origin_due_at"] is None
    await pass_minutes(database, statement_id, 31)
    assert await ring(database, incident_id) == 0
    assert await missing(client, incident_id) == []


async def test_a_decision_that_is_taken_back_lets_it_run_again(client, counter, database):
    incident_id = await began(client, counter)
    statement_id = await drafted(client, incident_id)
    await out(client, statement_id, "weibo")
    decided = await decide(client, incident_id, kind="origin_not_applicable")
    await pass_minutes(database, statement_id, 31)
    await decide(client, incident_id, kind="other", choice="发", corrects=decided["id"])
    assert await ring(database, incident_id) == 1


async def test_published_first_where_it_began_nothing_is_missing(client, counter, database):
    incident_id = await began(client, counter)
    statement_id = await drafted(client, incident_id)
    await out(client, statement_id, "zhihu")
    await out(client, statement_id, "weibo")
    shown = await matrix(client, statement_id)
    assert (shown["origin_due_at"], shown["origin_missed_at"]) == (None, None)


async def test_told_late_the_others_have_five_minutes_to_be_told(client, counter, database):
    incident_id = await began(client, counter)
    await database.fetch("update incidents set opened_at = opened_at - interval '1 day' where id = $1", incident_id)
    statement_id = await drafted(client, incident_id)
    await out(client, statement_id, "weibo", happened_at=ago(hours=5))
    assert await ring(database, incident_id) == 0
    await pass_minutes(database, statement_id, 5.1)
    assert await ring(database, incident_id) == 1


async def test_where_nobody_knows_where_it_began_nothing_is_missing_there(client, database):
    incident_id = await opened(client)
    await grade(client, incident_id, "major")
    statement_id = await drafted(client, incident_id)
    await out(client, statement_id, "weibo")
    await pass_minutes(database, statement_id, 31)
    assert await ring(database, incident_id) == 0


async def test_another_platform_by_hand_is_of_no_statement(client, counter):
    incident_id = await began(client, counter)
    statement_id = await drafted(client, incident_id)
    await publish(client, incident_id, "weibo")
    assert set((await states(client, statement_id)).values()) == {"planned"}


async def test_of_a_withdrawn_statement_nothing_more_is_planned(client):
    statement_id = await drafted(client)
    await out(client, statement_id, "weibo")
    good(await client.post(f"{STATEMENTS}/{statement_id}/withdraw", json={"reason": "有误"}))
    assert await states(client, statement_id) == {
        "weibo": "published", "wechat_official": "withdrawn", "douyin": "withdrawn",
    }  # fmt: skip
    problem(await place(client, statement_id, "zhihu"), 409, code="placement_refused")


async def test_text_and_length_are_those_of_the_platform(client):
    texts = [{"platform": "weibo", "text": "我们深表歉意，详情见长图。"}]
    statement_id = await drafted(client, platform_texts=texts, title="t" * 33, facts="字" * 2_500)
    shown = await rows(client, statement_id)
    assert (shown["weibo"]["text"], shown["weibo"]["length"]) == ("我们深表歉意，详情见长图。", 13)
    assert {name: row["over_limit"] for name, row in shown.items()} == {
        "wechat_official": True, "weibo": False, "douyin": True,
    }  # fmt: skip
    assert (shown["douyin"]["max_chars"], shown["douyin"]["length"] > 2_500) == (1_000, True)
    assert (shown["wechat_official"]["title_length"], shown["wechat_official"]["max_title"]) == (33, 32)


async def test_the_lint_counts_what_the_planned_platforms_take(client):
    statement_id = await drafted(client, facts="字" * 1_500)

    async def too_long() -> list[str]:
        findings = good(await client.post(f"{STATEMENTS}/{statement_id}/lint", json={}))["findings"]
        return [finding["platform"] for finding in findings if finding["code"] == "too_long"]

    assert await too_long() == ["douyin"]
    good(await place(client, statement_id, "xiaohongshu"))
    assert await too_long() == ["douyin", "xiaohongshu"]
    good(await place(client, statement_id, "douyin", not_applicable=True, reason="无账号"))
    assert await too_long() == ["xiaohongshu"]


async def test_a_text_that_its_platform_does_not_take_is_refused_with_length_and_limit(client):
    incident_id = await opened(client)
    texts = [{"platform": "zhihu", "text": "字" * 5_000}, {"platform": "weibo", "text": "字" * 2_001}]
    body = {"kind": "holding", "name": "首次回应", "platform_texts": texts}
    refused = problem(await client.post(f"{URL}/{incident_id}/statements", json=body), 422, "/platform_texts/1/text")
    [error] = refused["errors"]
    assert error["code"] == "too_long_for_platform"
    assert all(word in error["detail"] for word in ("weibo", "2,000", "2,001"))
    statement_id = await drafted(client, incident_id)
    patched = await client.patch(f"{STATEMENTS}/{statement_id}", json={"platform_texts": texts})
    problem(patched, 422, "/platform_texts/1/text")
    unknown = [{"platform": "myspace", "text": "x"}]
    patched = await client.patch(f"{STATEMENTS}/{statement_id}", json={"platform_texts": unknown})
    problem(patched, 422, "/platform_texts/0/platform")


async def test_words_are_masked_until_they_are_public(client):
    statement_id = await drafted(client, facts="请致电 13800138000 联系。")
    good(await place(client, statement_id, "douyin", not_applicable=True, reason="张三 13800138000 说无账号"))
    reader = await person_headers(client, "statements:read")
    url = f"{STATEMENTS}/{statement_id}/placements"

    async def seen(platform: str) -> dict:
        return good(await client.get(f"{url}/{platform}", headers=reader))

    assert "13800138000" not in (await seen("weibo"))["text"]
    assert "13800138000" not in (await seen("douyin"))["reason"]
    await out(client, statement_id, "weibo")
    assert "13800138000" in (await seen("weibo"))["text"], "it stands there for everybody"


async def test_what_people_plan_stands_on_the_timeline_without_their_words(client):
    incident_id = await opened(client)
    statement_id = await drafted(client, incident_id)
    good(await place(client, statement_id, "douyin", not_applicable=True, reason="无账号"))
    [event] = [e for e in await timeline(client, incident_id) if e["type"] == "statement.placement_changed"]
    assert (event["data"]["platform"], event["data"]["fields"]) == ("douyin", ["not_applicable", "reason"])
    assert "无账号" not in str(event["data"])
    export = await client.get(f"{URL}/{incident_id}/timeline/export/markdown")
    assert "抖音；不适用" in export.text


async def test_a_merge_takes_statements_and_their_plans_along(client, counter, database):
    source, target = await began(client, counter), await began(client, counter, "douyin")
    statement_id = await drafted(client, source)
    await out(client, statement_id, "weibo")
    good(await client.post(f"{URL}/{source}/merge", json={"into_incident_id": target, "reason": "同一事件"}))
    shown = await matrix(client, statement_id)
    assert shown["incident_id"] == target
    await pass_minutes(database, statement_id, 31)
    assert await ring(database, target) == 1
    [event] = await missing(client, target)
    assert event["origin_platform"] == "zhihu", "the earlier post of the two"
