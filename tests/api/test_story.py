"""A whole crisis by HTTP alone, as four people with keys of their own (方案 二): spoken about, promised, broken, calm, learned from.

One story in chapters, each of which goes on where the last one ended.
"""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Database
from app.core.storage import Storage
from tests.support.api import ago, everything, good, problem, timeline
from tests.support.clocks import ring
from tests.support.crisis import HEAD, LAWYER, LEAD, POLICIES, ROSTER, WRITER, Crisis, a_crisis, a_screen
from tests.support.matrix import pass_minutes
from tests.support.owed import all_finished, sweep_until
from tests.support.people import bearer, make_key
from tests.support.receiver import Receiver
from tests.support.sheets import SHEET, as_csv
from workers.context import Context
from workers.deliver import Deliverer
from workers.ingest import Counter
from workers.reports import Reporter

TOLD = (
    "incident.grade_changed", "statement.published", "commitment.broken", "incident.calmed", "incident.rebounded",
    "review.reported", "review.decided",
)  # fmt: skip


@pytest.fixture
async def crisis(
    client: httpx.AsyncClient, app: FastAPI, counter: Counter, database: Database, context: Context
) -> AsyncIterator[Crisis]:
    async with a_crisis(client, app, counter, database, context) as crisis:
        yield crisis


@pytest.fixture
async def screen(crisis: Crisis) -> AsyncIterator[Receiver]:
    async with a_screen(crisis, *TOLD) as screen:
        yield screen


async def test_a_whole_crisis(crisis: Crisis, screen: Receiver):
    await _it_breaks_out(crisis)
    await _the_first_word_is_said_within_two_hours(crisis)
    await _nobody_apologises_before_the_facts_are_known(crisis)
    await _the_apology_is_reworded_until_everybody_agrees(crisis)
    await _it_is_said_where_it_began_and_everywhere_else(crisis)
    await _a_promise_is_broken(crisis)
    await _it_calms_and_flares_up_again(crisis)
    await _everybody_was_called_back_and_it_is_closed(crisis)
    await _what_happened_is_reviewed(crisis)
    await _the_report_is_rendered_and_issued(crisis)
    await _three_decisions_are_made(crisis)
    await _the_next_one_is_graded_by_what_was_learned(crisis)
    await _the_screen_heard_of_it_in_order(crisis, screen)


async def _it_breaks_out(crisis: Crisis) -> None:
    """110,000 reposts within minutes: major, by the machine, and the four of them are the team."""
    word = crisis.word
    await crisis.posted(
        {"platform": "weibo", "external_id": uuid4().hex, "text": f"{word} 差评，喝出异物", "reposts": 100_000,
         "published_at": ago(minutes=40)},
        {"platform": "douyin", "external_id": uuid4().hex, "text": f"避雷 {word}，差评", "likes": 10_000},
        {"platform": "weibo", "external_id": uuid4().hex, "text": f"{word} 出新口味了", "likes": 90_000},
    )  # fmt: skip
    [row] = await everything(crisis.company.client, "/v1/incidents", q=word)
    crisis.id = row["id"]
    assert (row["grade"], row["grade_source"], row["total"]) == ("major", "machine", 110_000)
    [change] = await crisis.told("incident.grade_changed")
    assert (change["evidence"]["sum"], change["evidence"]["threshold"]) == (110_000, 100_000)
    assert {one["person"]["id"] for one in (await crisis.get(f"{crisis.url}/team"))["data"]} >= {
        crisis.company.id(who) for who in (HEAD, LAWYER, LEAD)
    }
    for who in (HEAD, LAWYER, LEAD):
        await crisis.say(who, f"{crisis.url}/acknowledgements", note="已接警")
    assert await crisis.clock("first_response") == "met"


async def _the_first_word_is_said_within_two_hours(crisis: Crisis) -> None:
    """From a template that fits, approved by three others than who wrote it."""
    fitting = (await crisis.get(f"{crisis.url}/statement-templates"))["data"]
    template = next(one["template"] for one in fitting if one["template"]["key"] == "holding-product-safety")
    typed = {"产品": f"{crisis.word}纯牛奶", "问题": "喝出异物", "检测项目": "异物成分\n菌落总数", "停售渠道": "全部门店",
             "客服电话": "400-800-1234"}  # fmt: skip
    url = f"/v1/statement-templates/{template['id']}/render"
    shown = await crisis.say(WRITER, url, 200, variables=typed, incident_id=crisis.id)
    assert [one["name"] for one in shown["missing"]] == ["下次通报时间"]
    begun = f"{crisis.url}/statements/from-template"
    left_out = await crisis.refused(WRITER, begun, 422, template_id=template["id"], variables=typed)
    assert "下次通报时间" in str(left_out["errors"])
    typed["下次通报时间"] = ago(hours=-4)
    made = await crisis.say(WRITER, begun, template_id=template["id"], variables=typed)
    assert (made["kind"], made["status"], made["missing"]) == ("holding", "draft", [])
    assert f"{crisis.word}纯牛奶喝出异物" in made["latest"]["text"]
    crisis.holding = f"/v1/statements/{made['id']}"
    await crisis.say(WRITER, f"{crisis.holding}/submit", 200)
    refusal = await crisis.refused(WRITER, f"{crisis.holding}/approve", 403, version=1)
    assert refusal["code"] == "approver_involved"
    for who, status in ((HEAD, "in_review"), (LAWYER, "in_review"), (LEAD, "approved")):
        answer = await crisis.say(who, f"{crisis.holding}/approve", 200, version=1)
        assert answer["status"] == status, who
    said = await crisis.say(WRITER, f"{crisis.holding}/publications", platform="weibo", url="https://weibo.com/1/a")
    assert said["approved"]
    assert (await crisis.clock("first_word"), await crisis.clock("first_statement")) == ("met", "running")


async def _nobody_apologises_before_the_facts_are_known(crisis: Crisis) -> None:
    """A draft is refused for all that it lacks, by name; checked and met about, the incident is handled."""
    draft = {"kind": "apology", "name": "致歉", "title": f"关于{crisis.word}的致歉声明", "attitude": "我们深表歉意。"}
    made = await crisis.say(WRITER, f"{crisis.url}/statements", **draft)
    crisis.apology = f"/v1/statements/{made['id']}"
    refusal = await crisis.refused(WRITER, f"{crisis.apology}/submit", 409)
    assert (refusal["code"], refusal["missing"]) == (
        "statement_incomplete", ["facts", "solution", "commitment", "fact_check"],
    )  # fmt: skip
    refusal = problem(await crisis.become(LEAD, "handling"), 409)
    assert set(refusal["missing"]) == {"fact_check", "meeting_with_direction"}
    await crisis.say(LEAD, f"{crisis.url}/meetings", direction="先停售，再致歉")
    found = {"truth": "confirmed", "responsibility": "company", "evidence": "留样检出同类塑料碎片"}
    await crisis.say(LEAD, f"{crisis.url}/fact-checks", **found)
    assert (await crisis.get(crisis.apology))["missing"] == ["facts", "solution", "commitment"]
    assert good(await crisis.become(LEAD, "handling"))["status"] == "handling"


async def _the_apology_is_reworded_until_everybody_agrees(crisis: Crisis) -> None:
    """Lint advises, legal sends it back with a comment on words, and what was approved is another version."""
    parts: dict[str, Any] = {
        "facts": "经核实，情况属实：批次 20261101 的产品中混入塑料碎片。", "strategy": "rebuild",
        "solution": "我们会尽快处理，最先进的检测设备已经到位。",
        "commitments": [{"text": "公布第三方检测结果", "due_at": ago(hours=-72), "owner_id": crisis.company.id(HEAD)}],
    }  # fmt: skip
    await crisis.company.call(WRITER, "PATCH", crisis.apology, json=parts)
    report = await crisis.say(WRITER, f"{crisis.apology}/lint", 200)
    advised = {(one["code"], one["words"]) for one in report["findings"]}
    assert {("promise_without_date", "尽快"), ("phrase", "最先进")} <= advised
    assert all(one["reason"]["zh"] and one["source"] for one in report["findings"])
    text = (await crisis.say(WRITER, f"{crisis.apology}/submit", 200))["latest"]["text"]
    start = text.index("尽快")
    comment = {"start": start, "end": start + 2, "body": "写明日期"}
    back = await crisis.say(
        LAWYER, f"{crisis.apology}/request-changes", 200, version=1, comment="请补充", comments=[comment]
    )
    assert back["status"] == "changes_requested"
    solution = "该批次已全部下架，购买者凭订单全额退款。我们承担全部责任。"
    changed = await crisis.company.call(WRITER, "PATCH", crisis.apology, json={"solution": solution})
    assert (changed["status"], changed["latest"]["number"]) == ("draft", 2)
    compared = await crisis.get(f"{crisis.apology}/versions/2/diff")
    assert [one["section"] for one in compared["sections"] if one["changed"]] == ["solution"]
    again = (await crisis.say(WRITER, f"{crisis.apology}/lint", 200))["findings"]
    assert {"promise_without_date", "phrase"}.isdisjoint(one["code"] for one in again)
    await crisis.say(WRITER, f"{crisis.apology}/submit", 200)
    assert (await crisis.refused(HEAD, f"{crisis.apology}/approve", 409, version=1))["code"] == (
        "statement_version_outdated"
    )
    for who in (HEAD, LAWYER):
        waiting = await crisis.say(who, f"{crisis.apology}/approve", 200, version=2)
        assert waiting["status"] == "in_review"
    waits = (await crisis.get("/v1/me/inbox", LEAD, kind="approve", limit=200))["data"]
    assert len([one for one in waits if one["incident"]["id"] == crisis.id]) == 1
    assert (await crisis.say(LEAD, f"{crisis.apology}/approve", 200, version=2))["status"] == "approved"


async def _it_is_said_where_it_began_and_everywhere_else(crisis: Crisis) -> None:
    """On Weibo first, twelve minutes later on Douyin by a tool; WeChat is not forgotten; and what was promised is a task."""
    planned = await crisis.get(f"{crisis.apology}/placements")
    assert [(row["platform"], row["state"]) for row in planned["data"]] == [
        ("weibo", "planned"), ("wechat_official", "planned"), ("douyin", "planned"),
    ]  # fmt: skip
    first = await crisis.say(WRITER, f"{crisis.apology}/publications", platform="weibo", url="https://weibo.com/1/b")
    assert first["approved"]
    await pass_minutes(crisis.database, first["statement_id"], 12)
    report = {"statement_id": first["statement_id"], "platform": "douyin", "external_id": uuid4().hex}
    publisher = bearer((await make_key(crisis.company.client, "publications:write"))["key"])
    for status in (201, 200):  # told twice it is the same one
        told = await crisis.company.client.post("/v1/publication-reports", json=report, headers=publisher)
        assert good(told, status)["approved"]
    matrix = await crisis.get(f"{crisis.apology}/placements")
    assert {row["platform"]: row["state"] for row in matrix["data"]} == {
        "weibo": "published", "wechat_official": "missing", "douyin": "published",
    }  # fmt: skip
    assert matrix["origin_platform"] == "weibo"
    assert matrix["sync_gap_seconds"] == pytest.approx(720, abs=30)
    await crisis.say(WRITER, f"{crisis.apology}/publications", platform="wechat_official")
    assert (await crisis.get(crisis.apology))["status"] == "published"
    assert await crisis.clock("first_statement") == "met"
    [promise] = (await crisis.get(f"{crisis.url}/commitments"))["data"]
    assert (promise["text"], promise["state"]) == ("公布第三方检测结果", "open")
    [task] = (await crisis.get(f"{crisis.url}/tasks", kind="commitment"))["data"]
    assert (task["id"], task["owner"]["id"], task["due_at"]) == (
        promise["task_id"], crisis.company.id(HEAD), promise["due_at"],
    )  # fmt: skip
    assert good(await crisis.become(LEAD, "closing"))["status"] == "closing"


async def _a_promise_is_broken(crisis: Crisis) -> None:
    """Three days pass and nothing was published: that is told once. A progress report says so, and what was promised is done."""
    await crisis.time_passes(hours=73)
    await ring(crisis.database, crisis.id)
    await ring(crisis.database, crisis.id)
    [broken] = await crisis.told("commitment.broken")
    [promise] = (await crisis.get(f"{crisis.url}/commitments"))["data"]
    assert (promise["state"], broken["commitment_id"], broken["owner_id"]) == (
        "broken", promise["id"], crisis.company.id(HEAD),
    )  # fmt: skip
    body = {
        "kind": "progress",
        "name": "检测进展",
        "facts": "检测报告今天公布，比承诺晚了，对不起。",
        "cites": [promise["id"]],
    }
    progress = await crisis.say(WRITER, f"{crisis.url}/statements", **body)
    url = f"/v1/statements/{progress['id']}"
    await crisis.say(WRITER, f"{url}/submit", 200)
    early = await crisis.say(WRITER, f"{url}/publications", platform="weibo")
    assert (early["approved"], (await crisis.get(url))["published_unapproved"]) == (False, True)
    await crisis.say(HEAD, f"/v1/tasks/{promise['task_id']}/complete", 200, outcome="报告已公布")
    [promise] = (await crisis.get(f"{crisis.url}/commitments"))["data"]
    assert promise["state"] == "kept_late"
    assert [one["statement_id"] for one in promise["cited_by"]] == [progress["id"]]


async def _it_calms_and_flares_up_again(crisis: Crisis) -> None:
    """Calm begins the review; 二次发酵 puts it off and the incident is handled again; the second calm lasts."""
    await crisis.a_minute()
    assert (await crisis.seen())["calmed_at"], (await crisis.get(f"{crisis.url}/calm"))["missing"]
    crisis.review = f"/v1/reviews/{(await crisis.get(f'{crisis.url}/review'))['id']}"
    assert ((await crisis.get(crisis.review))["status"], await crisis.clock("review")) == ("open", "running")
    post = {"platform": "zhihu", "external_id": uuid4().hex, "text": f"{crisis.word} 又来了，差评", "likes": 12_000}
    await crisis.posted(post)
    burning = await crisis.seen()
    assert (burning["calmed_at"], burning["status"]) == (None, "handling")
    [again] = await crisis.told("incident.rebounded")
    assert again["evidence"]["sum"] == 12_000
    assert ((await crisis.get(crisis.review))["status"], await crisis.clock("review")) == ("suspended", "cancelled")
    assert (await crisis.refused(LEAD, f"{crisis.review}/report/issue", 409))["code"] == "review_suspended"
    await crisis.time_passes(hours=20)
    await crisis.posted({"platform": "weibo", "external_id": uuid4().hex, "text": "今天天气不错"})
    await crisis.a_minute()
    calm = await crisis.seen()
    assert calm["calmed_at"], (await crisis.get(f"{crisis.url}/calm"))["missing"]
    assert ((await crisis.get(crisis.review))["status"], await crisis.clock("review")) == ("open", "running")
    assert good(await crisis.become(LEAD, "closing"))["status"] == "closing"


async def _everybody_was_called_back_and_it_is_closed(crisis: Crisis) -> None:
    """Three people were affected. Nobody closes before they were followed up."""
    sheet = as_csv(("姓名", "手机", "诉求"), *((f"用户{place}", f"1390000{place:04}", "退款") for place in range(3)))
    said = {"content": sheet, "params": {"purpose": "退款并回访"}, "headers": SHEET}
    imported = await crisis.company.call(WRITER, "POST", f"{crisis.url}/affected-user-imports", **said)
    assert imported["counts"]["created"] == 3
    body = {"kind": "follow_up", "title": "回访", "affected": {"without": ["follow_up"]}}
    assert (await crisis.say(WRITER, f"{crisis.url}/tasks/bulk-create", **body))["task_count"] == 3
    assert "follow_ups" in problem(await crisis.become(LEAD, "closed"), 409)["missing"]
    for place, task in enumerate((await crisis.get(f"{crisis.url}/tasks", kind="follow_up"))["data"]):
        result = {"kind": "follow_up", "solved": True, "satisfaction": 3 + place}
        await crisis.say(WRITER, f"/v1/tasks/{task['id']}/complete", 200, result=result)
    figures = await crisis.get(f"{crisis.url}/affected-user-summary")
    assert (figures["follow_up"]["completion_percent"], figures["satisfaction"]["average"]) == (100, 4.0)
    assert good(await crisis.become(LEAD, "closed"))["status"] == "closed"


async def _what_happened_is_reviewed(crisis: Crisis) -> None:
    """The machine states the facts, each with what it rests on; people answer, meet and are named."""
    facts = await crisis.get(f"{crisis.review}/facts")
    known = {one["id"] for one in await timeline(crisis.company.client, crisis.id)}
    hits = await everything(crisis.company.client, "/v1/events", type="mention.hit")
    known |= {int(one["id"].removeprefix("evt_")) for one in hits}
    rows = [fact for section in facts["incidents"][0]["sections"] for fact in section["facts"]]
    assert rows
    uncited = [row for row in rows if not (row["event_ids"] or row["sources"]) or not set(row["event_ids"]) <= known]
    assert uncited == []
    assert any("二次发酵" in sentence["text"] for answer in facts["found"] for sentence in answer["sentences"])
    assert (await crisis.refused(LEAD, f"{crisis.review}/report/issue", 409))["missing"] == [
        "meeting", "cause", "timely", "effective", "gaps", "report",
    ]  # fmt: skip
    filled = {
        "answers": {"cause": "密封圈脱落", "timely": "首次回应按时", "effective": "热度两次回落", "gaps": "检测承诺超时"},
        "participant_ids": [crisis.company.id(who) for who in ROSTER], "meeting_at": ago(),
        "efforts": [{"person_id": crisis.company.id(WRITER), "hours": 6.5}],
    }  # fmt: skip
    shown = await crisis.company.call(LEAD, "PATCH", crisis.review, json=filled)
    assert (shown["answers"], len(shown["participants"])) == (filled["answers"], 4)


async def _the_report_is_rendered_and_issued(crisis: Crisis) -> None:
    """A worker renders it in every form; issued, the review's clock is met and what was said stands in it."""
    await crisis.say(WRITER, f"{crisis.review}/report", 202)
    reporter = Reporter(crisis.context, Storage(crisis.context.settings))
    while await reporter.sweep():
        pass
    report = await crisis.get(f"{crisis.review}/report")
    assert (report["state"], report["progress"], report["is_current"]) == ("done", 100, True)
    issued = await crisis.say(LEAD, f"{crisis.review}/report/issue", 200)
    assert (issued["status"], issued["report_id"]) == ("reported", report["id"])
    assert await crisis.clock("review") == "met"
    number = (await crisis.seen())["number"]
    read = {}
    for form in ("markdown", "html", "docx", "png"):
        answer = await crisis.company.ask(WRITER, "GET", f"{crisis.review}/report/{form}")
        assert answer.status_code == 200, form
        read[form] = answer.content
    for form in ("markdown", "html"):
        assert all(words in read[form].decode() for words in (number, "密封圈脱落", "检测承诺超时")), form
    assert (read["docx"][:2], read["png"][1:4]) == (b"PK", b"PNG")


async def _three_decisions_are_made(crisis: Crisis) -> None:
    """A risk, a stricter grade, a word more to watch for: each looked at before it is done, and walked back from after."""
    [policy] = [one for one in await everything(crisis.company.client, POLICIES) if one["active"]]
    rules = [rule | ({"threshold": 500} if rule["id"] == "general-8h" else {}) for rule in policy["rules"]]
    words = [*crisis.rule["negative_words"], "漏奶"]
    risk = {"title": "密封圈脱落", "category": "product_quality", "likelihood": 3, "impact": 5, "words": [crisis.word]}
    changes = {
        "risks": {"risks": [{"action": "create", "fields": risk}]},
        "process": {"grading_policy": {"name": policy["name"], "rules": rules, "note": "更敏感"}},
        "scope": {"watch_rules": [
            {"action": "update", "rule_id": crisis.rule["id"], "fields": {"negative_words": words}}]},
    }  # fmt: skip
    made = {}
    for kind, change in changes.items():
        url = f"{crisis.review}/decisions/{kind}"
        body = {"reason": "复盘发现", "change": {"kind": kind} | change}
        await crisis.company.call(LEAD, "PUT", url, json=body)
        shown = await crisis.company.ask(LEAD, "POST", f"{url}/apply/preview")
        assert len(good(shown)["changes"]) == 1
        applied = await crisis.company.call(LEAD, "POST", f"{url}/apply", headers={"if-match": shown.headers["etag"]})
        [made[kind]] = applied["changes"]
        walked = await crisis.get("/v1/reviews", changed=made[kind]["subject_id"])
        assert [one["id"] for one in walked["data"]] == [crisis.review.rpartition("/")[2]]
    assert (await crisis.get(crisis.review))["status"] == "completed"
    entered = await crisis.get(f"/v1/risks/{made['risks']['subject_id']}")
    assert [one["incident_id"] for one in entered["incidents"]] == [crisis.id]
    watched = await crisis.get(f"/v1/watch-rules/{crisis.rule['id']}", LEAD)
    assert watched["negative_words"] == words
    crisis.changed = made["process"]["subject_id"]


async def _the_next_one_is_graded_by_what_was_learned(crisis: Crisis) -> None:
    """600 would have been no grade, and 漏奶 no hit. It is another incident, which came back within days."""
    text = f"{crisis.word} 又漏奶了"
    await crisis.posted({"platform": "weibo", "external_id": uuid4().hex, "text": text, "likes": 600})
    rows = await everything(crisis.company.client, "/v1/incidents", q=crisis.word)
    [following] = [row for row in rows if row["id"] != crisis.id]
    assert (following["grade"], following["grade_source"], following["policy_id"]) == (
        "general", "machine", crisis.changed,
    )  # fmt: skip
    assert (await crisis.seen())["policy_id"] != crisis.changed, "what was graded before keeps its own"
    alike = (await crisis.get(f"/v1/incidents/{following['id']}/similar"))["data"]
    assert crisis.id in str(alike)


async def _the_screen_heard_of_it_in_order(crisis: Crisis, screen: Receiver) -> None:
    """All of it, signed, in the order in which it happened."""
    deliverer = Deliverer(crisis.context)
    try:
        await sweep_until(deliverer, lambda: all_finished(crisis.database), "the screen hears")
    finally:
        await deliverer.close()
    assert all(one.verified for one in screen.received)
    heard = [body for body in screen.bodies() if body["data"].get("incident_id") == crisis.id]
    seqs = [body["data"]["seq"] for body in heard]
    assert seqs == sorted(seqs)
    assert [body["type"] for body in heard] == [
        "incident.grade_changed", "statement.published", "statement.published", "statement.published",
        "statement.published", "commitment.broken", "statement.published", "incident.calmed", "incident.rebounded",
        "incident.calmed", "review.reported", "review.decided", "review.decided", "review.decided",
    ]  # fmt: skip
