"""The briefing 舆情快报: one page, and each of its figures is what the API answers where the page says it was read."""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import unquote
from uuid import UUID, uuid4
from zipfile import ZipFile

import httpx
import pytest
from docx import Document

from app.domain.labels import LABELS
from tests.support.acts import URL, check_facts, meet, person_headers, publish
from tests.support.affected import enter
from tests.support.api import again, brand, crisis, everything, good, instant, post, problem
from tests.support.people import make_person
from tests.support.tasks import done, make_task, tasks_of

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
WORDS = {value: zh for name in ("deadline_kind", "guard") for value, (zh, _) in LABELS[name].items()}
# What the page says of its own accord, beside figures: so much of it holds a digit.
OF_OURS = re.compile(r"\[\d+\]")


@pytest.fixture
async def major(client, bare, counter, database) -> str:
    """A major incident with something of everything that the page tells."""
    word, start = brand(), datetime.now(UTC).replace(second=0, microsecond=0)
    first = (start - timedelta(minutes=400)).isoformat()
    there, mention_id = await crisis(
        client, counter, brands=(word,), published_at=first, observed_at=first, likes=9_000, title="喝出|异物",
        url="https://weibo.com/1/OAbCd",
    )  # fmt: skip
    incident_id = there["id"]
    for minutes, likes in ((300, 60_000), (90, 120_000), (20, 171_000)):
        observed_at = (start - timedelta(minutes=minutes)).isoformat()
        await again(client, mention_id, observed_at=observed_at, likes=likes, reposts=likes // 3, title="喝出|异物")
        await counter.sweep()
    for likes in (5, 500, 50, 5_000, 7, 9):
        await post(client, f"{word} 差评 第{likes}条", platform="douyin", likes=likes, published_at=first)
    await counter.sweep()
    good(await client.patch(f"{URL}/{incident_id}", json={"summary": "多名用户称\n有异物", "business_unit": "乳品"}))
    person = await person_headers(client, "incidents:write", name="王小明")
    for _ in range(2):
        good(await bare.post(f"{URL}/{incident_id}/acknowledgements", json={}, headers=person), 201)
    for name in ("李安", "赵宁"):
        member = {"person_id": (await make_person(client, name=name))["id"], "position": "operations"}
        good(await client.post(f"{URL}/{incident_id}/team", json=member), 201)
    for satisfaction in (2, 4):
        await looked_after(client, incident_id, satisfaction)
    late = await make_task(client, incident_id)
    await database.fetch("update tasks set due_at = now() - interval '1 minute' where id = $1", UUID(late["id"]))
    await meet(client, incident_id)
    await meet(client, incident_id, "先停售，再逐一联系用户")
    await check_facts(client, incident_id, truth="partly_confirmed", responsibility="supplier")
    for platform in ("weibo", "douyin", "zhihu"):
        await publish(client, incident_id, platform)
    return incident_id


async def looked_after(client: httpx.AsyncClient, incident_id: str, satisfaction: int) -> None:
    """One more affected user, remedied, and asked whether they are satisfied."""
    [user] = await enter(client, incident_id, 1)
    for kind, result in (("remediation", None), ("follow_up", {"kind": "follow_up", "solved": True,
                                                                "satisfaction": satisfaction})):  # fmt: skip
        task = await make_task(client, incident_id, kind, affected_user_id=user)
        await done(client, task, result=result)


async def briefing(client: httpx.AsyncClient, incident_id: str) -> dict[str, Any]:
    return good(await client.get(f"{URL}/{incident_id}/briefing"))  # type: ignore[no-any-return]


async def found(client: httpx.AsyncClient, source: dict[str, Any], pointer: str) -> Any:
    """What the API answers at the place that a figure names."""
    answer: Any = good(await client.get(source["path"]))
    if source["event_id"] is not None:
        rows = await everything(client, source["path"], limit=200)
        [answer] = [row for row in rows if row["id"] == source["event_id"]]
    for step in pointer.split("/")[1:]:
        answer = answer[int(step)] if isinstance(answer, list) else answer[step]
    return answer


def fits(shown: str, value: Any) -> bool:
    """Whether a figure shows this value."""
    if not shown:
        return True
    if value is None:
        return shown in ("—", "未定级", "未明确", "按目前趋势不会超过")
    if isinstance(value, bool):
        return False
    if isinstance(value, float):
        return shown in (f"{value:g}", f"{value:.1f}")
    if isinstance(value, int):
        return shown in (f"{value:,}", f"{value / 3600:g} 小时") or (value == 0 and shown == "已超过")
    if isinstance(value, list):
        return shown in (f"{len(value):,}", "、".join(WORDS.get(str(each), "?") for each in value))
    if isinstance(value, dict):
        evidence = value["evidence"]
        return all(f"{evidence[name]:,}" in shown for name in ("sum", "threshold"))
    if re.match(r"\d{4}-\d\d-\d\dT", value):
        return shown == (instant(value) + timedelta(hours=8)).strftime("%m-%d %H:%M")
    plain = " ".join(value.split())
    words = {labels[value][0] for labels in LABELS.values() if value in labels}
    return shown == plain or shown in words or (shown.endswith("…") and plain.startswith(shown[:-1]))


async def test_each_figure_is_what_stands_where_it_was_read(client, major):
    page = await briefing(client, major)
    sources = {source["number"]: source for source in page["sources"]}
    assert list(sources) == list(range(1, len(sources) + 1))
    figures = [figure for section in page["sections"] for line in section["lines"] for figure in line["figures"]]
    assert len(figures) > 60
    for figure in figures:
        value = await found(client, sources[figure["source"]], figure["pointer"])
        assert fits(figure["shown"], value), (figure, value)


async def test_nothing_that_holds_a_digit_is_uncited(client, major):
    page = await briefing(client, major)
    for line in (line for section in page["sections"] for line in section["lines"]):
        rest = OF_OURS.sub("", line["text"])
        marks = {int(mark[1:-1]) for mark in OF_OURS.findall(line["text"])}
        assert marks == {figure["source"] for figure in line["figures"]}
        for figure in sorted(line["figures"], key=lambda one: -len(one["shown"])):
            assert figure["shown"] in line["text"]
            rest = rest.replace(figure["shown"], "", 1)
        assert not re.search(r"\d", rest), (line["text"], rest)


async def test_the_page_tells_what_whoever_decides_must_know(client, major):
    page = await briefing(client, major)
    told = {section["heading"]: [line["text"] for line in section["lines"]] for section in page["sections"]}
    assert list(told) == [
        "概况", "传播", "主要舆情（传播量前五）", "已采取措施", "受影响用户与任务", "时限", "下一步",
    ]  # fmt: skip
    shown = good(await client.get(f"{URL}/{major}"))
    assert page["heading"] == f"舆情快报 {shown['number']} {shown['title']}"
    assert abs(instant(page["as_of"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert told["概况"][0].startswith("等级：一级(重大)，系统判定")
    assert "超过 100,000" in told["概况"][0]
    assert told["概况"][2].startswith("概述：多名用户称 有异物[")
    assert f"累计传播量 {shown['total']:,}" in told["传播"][0]
    assert [line[:10].split("：")[0] for line in told["传播"][1:]] == [
        "一级(重大)",
        "二级(较大)",
        "二级(较大)",
        "三级(一般)",
    ]
    assert all("已超过" in line for line in told["传播"][1:])
    posts = told["主要舆情（传播量前五）"]
    assert [int(re.search(r" ([\d,]+)：", line)[1].replace(",", "")) for line in posts] == [228_000, 5_000, 500, 50, 9]
    assert posts[0].startswith("微博 228,000：喝出|异物 https://weibo.com/1/OAbCd[")
    acts = dict(line.split("：", 1) for line in told["已采取措施"])
    assert re.fullmatch(r"2 人次；\d\d-\d\d \d\d:\d\d 王小明\[\d+\]\[\d+\]", acts["接警"])
    assert "方向：先停售，再逐一联系用户" in acts["会议"]
    assert acts["会议"].startswith("2 次；")
    assert "部分属实，责任：供应商，依据：监控录像" in acts["核实"]
    assert acts["发布"].startswith("3 次；")
    assert "知乎 进展通报" in acts["发布"]
    running = await everything(client, "/v1/deadlines", incident_id=major, state="running")
    assert told["时限"][0].startswith(f"计时中：{WORDS[running[0]['kind']]} 截止 ")
    assert all(WORDS[clock["kind"]] in told["时限"][0] for clock in running)
    assert told["时限"][1] == "超时：无"
    assert len(told["下一步"]) == min(3, len(running))


async def test_who_is_waited_for_and_what_is_left_to_do_are_told(client, major):
    page = await briefing(client, major)
    told = {section["heading"]: [line["text"] for line in section["lines"]] for section in page["sections"]}
    acts = dict(line.split("：", 1) for line in told["已采取措施"])
    team = await everything(client, f"{URL}/{major}/team")
    silent = [member["person"]["name"] for member in team if member["acknowledged_at"] is None]
    assert {"李安", "赵宁"} <= set(silent)
    assert acts["尚未接警"].partition("[")[0] == f"{len(silent)} 人；{'、'.join(silent)}"
    users, tasks = (line.partition("[")[0] for line in told["受影响用户与任务"])
    assert users == "受影响用户 2：已处理 100 %，回访 100 %，满意度 3.0"
    unfinished = [task for task in await tasks_of(client, major) if task["state"] not in ("done", "waived")]
    assert tasks == f"任务：未完成 {len(unfinished)} 项，逾期 1 项"


async def test_what_is_breached_and_what_a_move_needs_are_told(client, database, major):
    await database.fetch(
        "update deadlines set state = 'breached', next_at = null where incident_id = $1 and kind = 'closing'", major
    )
    page = await briefing(client, major)
    told = {section["heading"]: [line["text"] for line in section["lines"]] for section in page["sections"]}
    assert re.match(r"超时：收尾 截止 \d\d-\d\d \d\d:\d\d\[\d+\]", told["时限"][1])
    opened = good(await client.post(URL, json={"title": "无舆情"}), 201)["id"]
    good(await client.put(f"{URL}/{opened}/grade", json={"grade": "major", "reason": "品牌形象严重受损"}))
    page = await briefing(client, opened)
    told = {section["heading"]: [line["text"] for line in section["lines"]] for section in page["sections"]}
    assert "理由：品牌形象严重受损" in told["概况"][0]
    assert told["主要舆情（传播量前五）"] == ["尚无舆情[1]"]
    assert re.match(r"转入处置中前还需：信息核实、明确处置方向的会议\[1\]", told["下一步"][-1])
    assert [line.split("[")[0] for line in told["已采取措施"]] == [
        "接警：尚无记录", "会议：尚无记录", "核实：尚无记录", "发布：尚无记录",
    ]  # fmt: skip


def named(answer: httpx.Response, how: str, page: dict[str, Any], ending: str) -> None:
    """Whether it is saved as 舆情快报, of which incident, as of Shanghai's clock; a minute may have gone by since."""
    number = page["heading"].split()[1]
    found = re.fullmatch(
        rf"{how}; filename=\"_{{4}}-{number}-(\d{{8}}-\d{{4}})\.{ending}\"; filename\*=UTF-8''(.+)",
        answer.headers["content-disposition"],
    )
    assert found is not None, answer.headers["content-disposition"]
    assert unquote(found[2]) == f"舆情快报-{number}-{found[1]}.{ending}"
    read_at = datetime.strptime(found[1], "%Y%m%d-%H%M").replace(tzinfo=UTC) - timedelta(hours=8)
    assert abs(read_at - instant(page["as_of"])) < timedelta(minutes=2)


async def test_the_markdown_is_the_same_page(client, major):
    page = await briefing(client, major)
    answer = await client.get(f"{URL}/{major}/briefing/markdown")
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    named(answer, "inline", page, "md")
    text = answer.text.replace("\\", "")
    assert text.startswith(f"# {page['heading']}\n")
    for section in page["sections"]:
        assert f"\n## {section['heading']}\n" in text
        assert all(f"- {line['text']}\n" in text for line in section["lines"])
    for source in page["sources"]:
        assert f"[{source['number']}] {source['path']}" in text
    assert r"喝出\|异物" in answer.text


async def test_the_word_document_is_the_same_page_in_chinese_fonts(client, major):
    page = await briefing(client, major)
    answer = await client.get(f"{URL}/{major}/briefing/docx")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == DOCX
    named(answer, "attachment", page, "docx")
    paper = Document(BytesIO(answer.content))
    lines = [paragraph.text.removeprefix("· ") for paragraph in paper.paragraphs]
    assert lines[0] == page["heading"]
    assert [line["text"] for section in page["sections"] for line in section["lines"]] == [
        line for line in lines if line in {told["text"] for part in page["sections"] for told in part["lines"]}
    ]
    assert (paper.sections[0].page_width.mm, paper.sections[0].page_height.mm) == (
        pytest.approx(210, abs=0.1),
        pytest.approx(297, abs=0.1),
    )
    body = ZipFile(BytesIO(answer.content)).read("word/document.xml").decode()
    assert body.count('w:eastAsia="微软雅黑"') == body.count("<w:r>")


@pytest.mark.parametrize("form", ["", "/markdown", "/docx"])
async def test_people_s_data_is_masked_as_elsewhere_and_authors_are_never_told(client, bare, counter, database, form):
    word, phone = brand(), "13812345678"
    there, _ = await crisis(client, counter, brands=(word,), author="赵铁柱", title=f"致电{phone}", likes=1)
    incident_id = there["id"]
    good(await client.patch(f"{URL}/{incident_id}", json={"summary": f"联系@张三 {phone}", "title": f"致电{phone}"}))
    good(await client.put(f"{URL}/{incident_id}/grade", json={"grade": "major", "reason": f"见{phone}"}))
    person = await person_headers(client, "incidents:write", name="钱多多")
    good(await bare.post(f"{URL}/{incident_id}/acknowledgements", json={}, headers=person), 201)
    await meet(client, incident_id, f"联系{phone}")

    async def read(*scopes: str) -> str:
        headers = await person_headers(client, "incidents:read", *scopes)
        answer = await bare.get(f"{URL}/{incident_id}/briefing{form}", headers=headers)
        assert answer.status_code == 200
        if form == "/docx":
            return "\n".join(paragraph.text for paragraph in Document(BytesIO(answer.content)).paragraphs)
        return answer.text.replace("\\", "")

    masked = await read()
    assert phone not in masked
    assert masked.count("138******78") >= 4
    assert "钱多多" not in masked
    assert "钱**" in masked
    count = "select count(*) as n from events where type in ('people.unmasked', 'words.unmasked')"
    before = (await database.fetch(count))[0]["n"]
    seen = await read("people:unmask")
    assert "钱多多" in seen
    assert f"联系{phone}" in seen
    assert (await database.fetch(count))[0]["n"] > before
    assert "赵铁柱" not in masked + seen


async def test_signs_that_no_document_may_hold_break_none(client):
    title = "牛奶\x0b\ufffe异物\u202e"
    incident_id = good(await client.post(URL, json={"title": title, "is_drill": True}), 201)["id"]
    assert (await briefing(client, incident_id))["heading"].startswith("【演练】舆情快报 D")
    answer = await client.get(f"{URL}/{incident_id}/briefing/docx")
    assert Document(BytesIO(answer.content)).paragraphs[0].text.endswith("牛奶 异物")


@pytest.mark.parametrize(("form", "kind"), [("", "application/json"), ("/markdown", "text/markdown"), ("/docx", DOCX)])
async def test_each_has_its_one_type_and_is_of_what_there_is(client, form, kind):
    incident_id = good(await client.post(URL, json={"title": "空"}), 201)["id"]
    path = f"{URL}/{incident_id}/briefing{form}"
    assert (await client.get(path, headers={"accept": kind})).status_code == 200
    problem(await client.get(path, headers={"accept": "image/png"}), 406)
    problem(await client.get(f"{URL}/{uuid4()}/briefing{form}"), 404)
    problem(await client.get(path, params={"x": 1}), 422, "?x")
