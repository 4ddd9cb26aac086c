"""The whole timeline, as JSON and as a document for people."""

import json
import re
import threading
from uuid import UUID, uuid4

import pytest

from app.incidents import chronicle
from app.models import Event
from tests.support.acts import URL, check_facts, decide, grade, meet, move, opened, person_headers, publish, put
from tests.support.api import everything, good, problem, timeline
from tests.support.tasks import act, done, make_task


@pytest.fixture
async def handled(client, bare) -> str:
    """An incident with something of everything."""
    person = await person_headers(client, "incidents:write", "incidents:override", name="王小明")
    incident_id = await opened(client, title="牛奶|异物")
    await grade(client, incident_id, "major")
    note = {"note": "已接警 | <b>急</b>\n第二行"}
    good(await bare.post(f"{URL}/{incident_id}/acknowledgements", json=note, headers=person), 201)
    await meet(client, incident_id, "先停售")
    await check_facts(client, incident_id)
    await publish(client, incident_id)
    first = await decide(client, incident_id)
    await decide(client, incident_id, kind="no_statement", corrects=first["id"])
    body = {"status": "handling", "reason": "研判"}
    good(await bare.put(f"{URL}/{incident_id}/status", json=body, headers=person))
    good(await move(client, incident_id, "closing"))
    good(await bare.put(f"{URL}/{incident_id}/status", json={"status": "closed", "reason": "收尾", "override": True},
                        headers=person))  # fmt: skip
    return incident_id


async def test_the_json_holds_every_event_and_every_entry(client, handled):
    exported = good(await client.get(f"{URL}/{handled}/timeline/export"))
    assert exported["events"] == await timeline(client, handled)
    assert (exported["title"], exported["status"], exported["grade"]) == ("牛奶|异物", "closed", "major")
    for name in ("acknowledgements", "meetings", "fact_checks", "publications", "decisions"):
        rows = await everything(client, f"{URL}/{handled}/{name.replace('_', '-')}")
        assert exported[name] == rows[::-1] != [], name
    named = {value for event in exported["events"] for value in event["data"].values() if isinstance(value, str)}
    entries = [row["id"] for name in ("meetings", "decisions", "fact_checks") for row in exported[name]]
    assert set(entries) <= named


async def test_the_document_tells_when_who_what_and_why(client, handled):
    answer = await client.get(f"{URL}/{handled}/timeline/export/markdown")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    lines = answer.text.splitlines()
    assert lines[0].startswith("# 2026-") or lines[0].startswith("# 20")
    assert lines[0].endswith(r"牛奶\|异物")
    assert "- 状态：已结案" in lines
    assert "- 等级：一级(重大)" in lines
    rows = [line for line in lines if line.startswith("| ") and line[2].isdigit()]
    events = await timeline(client, handled)
    assert [int(row.split(" | ")[0][2:]) for row in rows] == [event["seq"] for event in events]
    by_type = {event["type"]: row for event, row in zip(events, rows, strict=True)}
    assert "| 王小明 | 接警响应 | 备注：已接警 \\| \\<b\\>急\\</b\\> 第二行 |" in by_type["incident.acknowledged"]
    assert "方向：先停售" in by_type["incident.meeting_held"]
    assert "不属实；责任：用户；依据：监控录像" in by_type["incident.fact_checked"]
    assert "微博；进展通报" in by_type["incident.publication_recorded"]
    assert "更正此前一条" in by_type["incident.decision_made"]
    assert "已被更正" in "".join(rows)
    assert "收尾中 → 已结案；特批，未满足：舆情平稳；理由：收尾" in by_type["incident.status_changed"]
    assert re.search(r"时限变更 \| 复盘启动，截止 \d{4}-\d\d-\d\d 23:59:59；理由：应进行复盘", rows[-2])
    assert re.search(r"开始复盘 \| 三项决定截止：\d{4}-\d\d-\d\d 23:59:59", rows[-1])
    assert "时限达成 | 收尾；按时完成；截止：" in by_type["sla.met"]
    assert "incident\\." not in "".join(rows), "every type has a word of its own"


@pytest.mark.parametrize(("is_drill", "heading"), [(True, "# 【演练】D"), (False, "# 2")])
async def test_the_document_of_an_exercise_says_so(client, is_drill, heading):
    incident_id = await opened(client, is_drill=is_drill)
    text = (await client.get(f"{URL}/{incident_id}/timeline/export/markdown")).text
    assert text.startswith(heading)


@pytest.mark.parametrize("path", ["export", "export/markdown"])
async def test_names_are_masked_and_each_look_behind_is_on_record(client, bare, database, handled, path):
    reader = await person_headers(client, "incidents:read")
    text = (await bare.get(f"{URL}/{handled}/timeline/{path}", headers=reader)).text
    assert "王小明" not in text
    assert ("王**" in text) or (r"王\*\*" in text)
    count = "select count(*) as n from events where type = 'people.unmasked'"
    before = (await database.fetch(count))[0]["n"]
    seen = await person_headers(client, "incidents:read", "people:unmask")
    assert "王小明" in (await bare.get(f"{URL}/{handled}/timeline/{path}", headers=seen)).text
    assert (await database.fetch(count))[0]["n"] > before


@pytest.mark.parametrize("path", ["export", "export/markdown"])
async def test_a_timeline_that_is_too_long_is_read_page_by_page(client, monkeypatch, path):
    incident_id = await opened(client)
    await meet(client, incident_id)
    monkeypatch.setattr(chronicle, "MOST", 2)
    assert (await client.get(f"{URL}/{incident_id}/timeline/{path}")).status_code == 200
    await meet(client, incident_id)
    problem(await client.get(f"{URL}/{incident_id}/timeline/{path}"), 409, code="timeline_too_long")
    problem(await client.get(f"{URL}/{uuid4()}/timeline/{path}"), 404)


async def test_a_document_is_markdown_and_nothing_else(client):
    one = f"{URL}/{await opened(client)}/timeline/export"
    problem(await client.get(f"{one}/markdown", headers={"accept": "application/json"}), 406)
    assert (await client.get(f"{one}/markdown", headers={"accept": "text/*"})).status_code == 200
    assert (await client.get(f"{one}/markdown", headers={"accept": "text/markdown"})).status_code == 200
    problem(await client.get(one, headers={"accept": "text/markdown"}), 406)
    assert (await put(client, one.split("/")[3], "meetings")).status_code == 201


@pytest.mark.parametrize("lifted", [True, False])
async def test_what_happened_to_a_task_is_told_by_its_title(client, bare, database, lifted):
    incident_id = await opened(client)
    task = await make_task(client, incident_id, "remediation", title=f"退款给{PHONE}|急")
    good(await act(client, task, "waive", reason="失联"))
    meeting = await make_task(client, incident_id, "meeting", title="晨会")
    await done(client, meeting)
    count = "select count(*) as n from events where type = 'words.unmasked' and data->'incident_ids' ? $1"
    before = (await database.fetch(count, incident_id))[0]["n"]
    headers = await person_headers(client, "incidents:read", *(["people:unmask"] if lifted else []))
    one = f"{URL}/{incident_id}/timeline/export"
    title = f"退款给{PHONE if lifted else HIDDEN}|急"
    exported = good(await bare.get(one, headers=headers))
    assert exported["tasks"] == [{"id": task["id"], "title": title}, {"id": meeting["id"], "title": "晨会"}]
    rows = (await bare.get(f"{one}/markdown", headers=headers)).text.replace("\\", "").splitlines()
    told = [row for row in rows if "退款给" in row]
    assert len(told) == 2
    assert all(f"诉求处理；{title}" in row for row in told)
    assert len([row for row in rows if "紧急会议；晨会" in row]) == 2
    assert (await database.fetch(count, incident_id))[0]["n"] == before + (2 if lifted else 0)


async def test_titles_of_tasks_count_for_how_long_a_timeline_is(client, monkeypatch):
    incident_id = await opened(client)
    for _ in range(5):
        await make_task(client, incident_id, title="字" * 200)
    one = f"{URL}/{incident_id}/timeline/export"
    monkeypatch.setattr(chronicle, "MOST_WRITTEN", 8_000)
    assert (await client.get(one)).status_code == 200
    monkeypatch.setattr(chronicle, "MOST_WRITTEN", 3_500)
    problem(await client.get(one), 409, code="timeline_too_long")


PHONE, HIDDEN = "13812345678", "138******78"
PRIVATE = f"致电{PHONE}的@张三"


@pytest.fixture
async def private(client, bare) -> str:
    """An incident with people's data in everything that people wrote of it."""
    incident_id = await opened(client, title=PRIVATE, summary=PRIVATE)
    body = {"grade": "major", "reason": PRIVATE}
    good(await client.put(f"{URL}/{incident_id}/grade", json=body))
    person = await person_headers(client, "incidents:write", name="王小明")
    good(await bare.post(f"{URL}/{incident_id}/acknowledgements", json={"note": PRIVATE}, headers=person), 201)
    good(await put(client, incident_id, "meetings", direction=PRIVATE, note=PRIVATE), 201)
    await check_facts(client, incident_id, evidence=PRIVATE, note=PRIVATE)
    said = {"platform": "weibo", "statement_kind": "progress", "title": PRIVATE, "url": f"https://weibo.com/{PHONE}"}
    good(await put(client, incident_id, "publications", **said), 201)
    await decide(client, incident_id, question=PRIVATE, options=[PRIVATE], choice=PRIVATE, reason=PRIVATE)
    return incident_id


READ = ("", "/timeline", "/timeline/export", "/timeline/export/markdown", "/acknowledgements", "/meetings", "/fact-checks",
        "/publications", "/decisions")  # fmt: skip


@pytest.mark.parametrize("path", READ)
async def test_what_people_wrote_is_masked_and_each_look_behind_is_on_record(client, bare, database, private, path):
    one = f"{URL}/{private}{path}"
    reader = await person_headers(client, "incidents:read")
    text = (await bare.get(one, headers=reader)).text
    assert PHONE not in text
    assert "张三" not in text
    assert HIDDEN in text.replace("\\", "")
    looks = "select count(*) as n from events where type = 'words.unmasked' and data->'incident_ids' ? $1"
    before = (await database.fetch(looks, private))[0]["n"]
    seen = await person_headers(client, "incidents:read", "people:unmask")
    whole = (await bare.get(one, headers=seen)).text
    assert PHONE in whole
    assert "张三" in whole
    assert HIDDEN not in whole.replace("\\", "")
    assert (await database.fetch(looks, private))[0]["n"] > before


async def test_lists_and_single_entries_are_masked_as_well(client, bare, private):
    writer = await person_headers(client, "incidents:read", "incidents:write")
    page = await bare.get(URL, headers=writer)
    [row] = [row for row in page.json()["data"] if row["id"] == private]
    assert (row["title"], row["summary"]) == (f"致电{HIDDEN}的@**",) * 2
    assert row["grade_reason"] == f"致电{HIDDEN}的@**"
    [decision] = good(await bare.get(f"{URL}/{private}/decisions", headers=writer))["data"]
    assert {*decision["options"], *(decision[name] for name in ("question", "choice", "reason"))} == {row["title"]}
    entry = await bare.get(f"{URL}/{private}/decisions/{decision['id']}", headers=writer)
    assert good(entry) == decision
    written = await bare.post(f"{URL}/{private}/meetings", json={"direction": PRIVATE}, headers=writer)
    assert good(written, 201)["direction"] == row["title"]


async def test_who_may_unmask_and_meets_nobodys_data_leaves_no_trace(client, bare, database):
    incident_id = await opened(client)
    seen = await person_headers(client, "incidents:read", "people:unmask")
    good(await bare.get(f"{URL}/{incident_id}", headers=seen))
    looks = "select 1 from events where type = 'words.unmasked' and data->'incident_ids' ? $1"
    assert await database.fetch(looks, incident_id) == []


@pytest.mark.parametrize("path", ["export", "export/markdown"])
async def test_few_long_entries_are_too_long_as_well_and_that_is_known_before_one_is_read(client, monkeypatch, path):
    incident_id = await opened(client)
    await decide(client, incident_id, reason="因" * 5_000, options=["选" * 500] * 4)
    url = f"{URL}/{incident_id}/timeline/{path}"
    monkeypatch.setattr(chronicle, "MOST_WRITTEN", 25_000)
    assert (await client.get(url)).status_code == 200
    monkeypatch.setattr(chronicle, "MOST_WRITTEN", 21_000)
    monkeypatch.delattr(chronicle, "shown_events")
    said = problem(await client.get(url), 409, code="timeline_too_long")
    assert "/decisions" in said["detail"]


async def test_all_that_people_wrote_counts(client, database, handled):
    exported = good(await client.get(f"{URL}/{handled}/timeline/export"))
    async with database.transaction() as tx:
        for name, kind in chronicle._ACTS.items():
            rows = [{**row, **row.get("known", {})} for row in exported[name]]
            wrote = (
                "platform",
                "note",
                "direction",
                "evidence",
                "url",
                "title",
                "question",
                "options",
                "choice",
                "reason",
            )
            said = "".join("".join(row.get(key) or "") for row in rows for key in wrote)
            assert await tx.scalar(chronicle._bytes(kind, UUID(handled))) > len(said.encode()) > 0, name
        told = json.dumps([event["data"] for event in exported["events"]], ensure_ascii=False)
        assert await tx.scalar(chronicle._bytes(Event, UUID(handled))) > len(told.encode()) - 4


async def test_the_document_is_written_in_no_transaction_and_not_on_the_loop(client, app, handled, monkeypatch):
    seen, write = [], chronicle.markdown

    def watched(incident, exported):
        seen.append((app.state.tools.database.engine.pool.checkedout(), threading.current_thread().name))
        return write(incident, exported)

    monkeypatch.setattr(chronicle, "markdown", watched)
    assert (await client.get(f"{URL}/{handled}/timeline/export/markdown")).status_code == 200
    [(connections, thread)] = seen
    assert connections == 0
    assert thread.startswith("aside")
