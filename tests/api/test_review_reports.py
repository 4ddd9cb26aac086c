"""The report 《危机复盘报告》: asked for, rendered, read in each form; its numbers are those of the facts, and nobody is named."""

import asyncio
import re
import shutil
from datetime import UTC, datetime
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree
from zipfile import ZipFile

import orjson
import pytest
from docx import Document

from app.core.storage import Storage
from app.domain.labels import LABELS
from tests.support.acts import URL, opened, person_headers
from tests.support.api import good, problem
from tests.support.browser import BROWSER, Browser
from tests.support.people import make_person
from tests.support.reviews import REVIEWS, answered, begun, facts, lived, rendered, review_of
from workers.reports import Reporter

FORMS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "html": "text/html; charset=utf-8",
    "markdown": "text/markdown; charset=utf-8", "svg": "image/svg+xml", "png": "image/png",
}  # fmt: skip
ANSWERS = {
    "cause": "密封圈脱落。\n<script>alert(1)</script> 联系 13812345678\x0b",
    "timely": "# 及时 | 吗",
    "effective": "",
    "gaps": "无",
}


@pytest.fixture(scope="module")
async def review_id(client, counter, database) -> str:
    """One that people filled in, for all tests that only read it."""
    id_ = await review_of(database, await lived(client, counter, database))
    person = await make_person(client, name="欧阳小明")
    await answered(database, id_, answers=orjson.dumps(ANSWERS).decode(), meeting_at=datetime.now(UTC),
                   meeting_note="线上 @赵宁", participant_ids=[UUID(person["id"])])  # fmt: skip
    return id_


@pytest.fixture(scope="module")
async def report(client, context, review_id) -> dict[str, Any]:
    return await rendered(client, context, review_id)


async def form(client, review_id: str, name: str, **query: Any) -> bytes:
    answer = await client.get(f"{REVIEWS}/{review_id}/report/{name}", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == FORMS[name]
    return answer.content


def document_text(content: bytes) -> str:
    paper = Document(BytesIO(content))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in paper.paragraphs), *cells])


def page_text(content: bytes) -> str:
    page = re.sub(r"<(style|svg)\b.*?</\1>", " ", content.decode(), flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", "\n", page))


async def texts(client, review_id: str) -> dict[str, str]:
    return {
        "docx": document_text(await form(client, review_id, "docx")),
        "html": page_text(await form(client, review_id, "html")),
        "markdown": (await form(client, review_id, "markdown")).decode(),
    }


async def test_it_is_asked_for_rendered_and_read_in_each_form(client, database, context, report, review_id):
    assert (report["progress"], report["is_current"], report["failure"]) == (100, True, None)
    assert [file["format"] for file in report["files"]] == list(FORMS)
    for file in report["files"]:
        answer = await client.get(file["path"])
        assert (answer.status_code, len(answer.content)) == (200, file["size"])
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert "filename*=UTF-8''" in answer.headers["content-disposition"]
    [row] = await database.fetch(
        "select data, is_drill from events where type = 'review.report_rendered' and data->>'report_id' = $1",
        report["id"],
    )
    assert orjson.loads(row["data"])["review_version"] == report["review_version"]


async def test_of_what_has_not_changed_there_is_one(client, database, context, report, review_id):
    for _ in range(2):
        again = await client.post(f"{REVIEWS}/{review_id}/report")
        assert (again.status_code, again.json()["id"]) == (202, report["id"])
        assert again.headers["location"] == f"{REVIEWS}/{review_id}/report"
    [count] = await database.fetch("select count(*) from review_reports where review_id = $1", UUID(review_id))
    assert count[0] == 1


async def test_fifty_who_ask_at_once_get_one(client, counter, database):
    other = await review_of(database, await lived(client, counter, database))
    answers = await asyncio.gather(*(client.post(f"{REVIEWS}/{other}/report") for _ in range(50)))
    ids = {answer.json()["id"] for answer in answers if answer.status_code == 202}
    assert len(ids) == 1
    assert {answer.status_code for answer in answers} <= {202, 503}
    await database.fetch("update review_reports set state = 'failed', failure = 'test', finished_at = now() where id = $1",
                         UUID(ids.pop()))  # fmt: skip


async def test_each_number_in_it_is_one_of_the_facts(client, report, review_id):
    shown = await facts(client, review_id)
    known = {cell["shown"] for cell in cells(shown)} | {str(report["review_version"])}
    sentences = [sentence["text"] for answer in shown["found"] for sentence in answer["sentences"]]
    for name, text in (await texts(client, review_id)).items():
        plain = text.replace("\\", "")
        for sentence in sentences:
            assert sentence in plain, (name, sentence)
        for figure in known:
            assert figure in plain or "@" in figure or figure.startswith("2026-"), (name, figure)
    # Nothing but figures, what is cited, and our own words and people's, holds a digit.
    page = page_text(await form(client, review_id, "html"))
    rest = [line.strip() for line in page.splitlines() if re.search(r"\d", line)]
    labels = {fact["label"] for i in shown["incidents"] for section in i["sections"] for fact in section["facts"]}
    labels |= {c["label"] for i in shown["incidents"] for s in i["sections"] for t in s["tables"] for c in t["columns"]}
    number = f"{shown['incidents'][0]['number']} "
    cited = re.compile(r"\[?(#\d+|源\d+)\]?|等 \d+ 个事件|GET /v1/\S+|\d{4}-\d{4}")
    strange = [
        line
        for line in rest
        if line not in known | labels
        and line not in sentences
        and not cited.fullmatch(line)
        and not any(
            line.startswith(known_words) for known_words in ("密封圈", "<script>", "危机复盘报告", number, "二、事实")
        )
        and not re.fullmatch(r"2026-\d\d-\d\d \d\d:\d\d(（北京时间，下同）)?", line)
        and "138******78" not in line
    ]
    assert strange == []


def cells(shown: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for section in (section for incident in shown["incidents"] for section in incident["sections"]):
        found += [fact["value"] for fact in section["facts"]]
        found += [cell for table in section["tables"] for row in table["rows"] for cell in row["cells"]]
    return found


async def test_every_event_that_is_cited_is_listed_with_when_and_what(client, database, report, review_id):
    page = (await form(client, review_id, "html")).decode()
    cited = {int(id_) for id_ in re.findall(r'href="#e(\d+)"', page)}
    listed = {int(id_) for id_ in re.findall(r'<tr id="e(\d+)">', page)}
    assert cited == listed
    assert len(cited) > 10
    assert set(re.findall(r'href="#s(\d+)"', page)) == set(re.findall(r'<tr id="s(\d+)">', page))
    for row in await database.fetch("select id, type from events where id = any($1::bigint[])", list(cited)):
        label = LABELS["event_type"][row["type"]][0]
        assert re.search(rf'<tr id="e{row["id"]}"><td>#{row["id"]}</td><td[^>]*>[^<]+</td><td>{label}</td>', page)


async def test_people_and_their_data_are_masked_whoever_asked(client, report, review_id):
    for name, text in (await texts(client, review_id)).items():
        assert "欧阳" not in text.replace("欧*", ""), name
        for secret in ("13812345678", "王小明", "赵宁", "小明"):
            assert secret not in text, (name, secret)


async def test_what_people_wrote_stands_apart_and_is_text(client, report, review_id):
    page = (await form(client, review_id, "html")).decode()
    assert "<script" not in page
    assert '<div class="said">密封圈脱落。\n&lt;script&gt;' in page
    markdown = (await form(client, review_id, "markdown")).decode()
    assert "\n> \\# 及时 \\| 吗\n" in markdown
    assert "\n> 密封圈脱落。\n" in markdown
    assert document_text(await form(client, review_id, "docx")).count("（未填写）") == 1


async def test_the_page_loads_nothing_and_its_header_allows_its_one_style(client, report, review_id):
    answer = await client.get(f"{REVIEWS}/{review_id}/report/html")
    page = answer.text
    assert not re.search(r'(src|href)="(?!#)', page)
    assert "url(data:" in page
    assert set(re.findall(r"url\(([a-z]+):", page)) == {"data"}
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'sha256-" in policy
    assert answer.headers["content-disposition"].startswith("attachment")


async def test_the_pictures_are_of_the_curve(client, report, review_id):
    svg = ElementTree.fromstring(await form(client, review_id, "svg"))
    said = " ".join(text.text or "" for text in svg.iter("{http://www.w3.org/2000/svg}text"))
    assert "发布 微博 致歉声明" in said
    assert "定级 一级(重大)" in said
    assert "累计 111,370（右轴）" in said
    png = await form(client, review_id, "png")
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20]) == 1_920
    with ZipFile(BytesIO(await form(client, review_id, "docx"))) as archive:
        assert png in [archive.read(name) for name in archive.namelist() if name.startswith("word/media/")]


async def test_chinese_fonts_are_set_in_the_document(client, report, review_id):
    with ZipFile(BytesIO(await form(client, review_id, "docx"))) as archive:
        document, styles = archive.read("word/document.xml").decode(), archive.read("word/styles.xml").decode()
    assert 'w:eastAsia="微软雅黑"' in document
    assert 'w:lang w:eastAsia="zh-CN"' in styles
    assert "w:tblHeader" in document
    assert "w:cantSplit" in document


async def test_a_change_is_another_report_and_the_old_one_says_so(client, counter, database, context):
    review_id = await review_of(database, await lived(client, counter, database))
    first = await rendered(client, context, review_id)
    await answered(database, review_id, meeting_note="改过")
    assert good(await client.get(f"{REVIEWS}/{review_id}/report"))["is_current"] is False
    second = await rendered(client, context, review_id)
    assert (first["id"] == second["id"], second["is_current"]) == (False, True)
    [row] = await database.fetch("select incident_id from review_incidents where review_id = $1", UUID(review_id))
    good(await client.patch(f"{URL}/{row['incident_id']}", json={"summary": "又知道了一些"}))
    assert (await rendered(client, context, review_id))["id"] not in (first["id"], second["id"])


async def test_until_it_is_done_it_says_how_far_it_is(client, counter, database, context):
    review_id = await review_of(database, await lived(client, counter, database))
    problem(await client.get(f"{REVIEWS}/{review_id}/report"), 404)
    asked = await client.post(f"{REVIEWS}/{review_id}/report")
    assert (asked.json()["state"], asked.json()["progress"], asked.json()["files"]) == ("queued", 0, [])
    refused = await client.get(f"{REVIEWS}/{review_id}/report/docx")
    assert problem(refused, 409, code="report_not_done")["state"] == "queued"
    assert refused.headers["retry-after"] == "1"
    await rendered(client, context, review_id)
    problem(await client.get(f"{REVIEWS}/{review_id}/report/svg", params={"incident_id": str(uuid4())}), 404)


async def test_several_incidents_are_a_chapter_and_a_curve_each(client, counter, database, context):
    one = await lived(client, counter, database, title="甲事件")
    other = await lived(client, counter, database, title="乙事件")
    review_id = await review_of(database, one)
    await database.fetch("update review_incidents set left_at = now() where incident_id = $1", UUID(other))
    await database.fetch(
        "insert into review_incidents(review_id, incident_id) values ($1, $2)", UUID(review_id), UUID(other)
    )
    await answered(database, review_id, meeting_note="两起")
    report = await rendered(client, context, review_id)
    pictures = [file["incident_id"] for file in report["files"] if file["format"] == "png"]
    assert pictures == [one, other]
    first, second = [await form(client, review_id, "png", incident_id=id_) for id_ in pictures]
    assert first != second or first == await form(client, review_id, "png")
    page = page_text(await form(client, review_id, "html"))
    assert page.index("二、事实：") < page.index("三、事实：") < page.index("四、三项决定")
    numbers = [incident["number"] for incident in (await facts(client, review_id))["incidents"]]
    assert all(f"{number}：累计传播量" in page for number in numbers)


async def test_of_nothing_there_is_no_report(client, database, review_id):
    incident_id = await opened(client)
    merged = await begun(database, incident_id)
    other = (await database.fetch("select id from reviews where id <> $1 limit 1", UUID(merged)))[0][0]
    await database.fetch("update reviews set status = 'merged', merged_into = $2 where id = $1", UUID(merged), other)
    problem(await client.post(f"{REVIEWS}/{merged}/report"), 409, code="review_covers_nothing")
    problem(await client.post(f"{REVIEWS}/{uuid4()}/report"), 404)


async def test_an_incident_without_a_post_has_a_report_too(client, database, context):
    incident_id = await opened(client)
    review_id = await begun(database, incident_id)
    await rendered(client, context, review_id)
    assert "无新增" in (await form(client, review_id, "svg")).decode()


async def test_who_may_only_read_asks_for_none(client, report, review_id):
    reader = await person_headers(client, "reviews:read")
    problem(await client.post(f"{REVIEWS}/{review_id}/report", headers=reader), 403)
    assert (await client.get(f"{REVIEWS}/{review_id}/report/markdown", headers=reader)).status_code == 200
    problem(await client.get(f"{REVIEWS}/{review_id}/report/png", headers=reader | {"accept": "text/html"}), 406)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
async def test_the_document_opens_in_an_office_and_is_printed(client, report, review_id, tmp_path: Path):
    (tmp_path / "report.docx").write_bytes(await form(client, review_id, "docx"))
    process = await asyncio.create_subprocess_exec(
        "soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to", "pdf",
        "--outdir", str(tmp_path), str(tmp_path / "report.docx"), stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    await asyncio.wait_for(process.wait(), 120)
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.skipif(BROWSER is None, reason="no browser is installed")
async def test_the_page_fits_a_phone_and_complains_of_nothing(client, report, review_id, tmp_path: Path):
    page = tmp_path / "report.html"
    page.write_bytes(await form(client, review_id, "html"))
    async with Browser() as browser:
        await browser.open(page.as_uri())
        await asyncio.wait_for(_loaded(browser), 20)
        assert await browser.run("getComputedStyle(document.querySelector('.broad')).display") == "block"
        await browser._call(
            "Emulation.setDeviceMetricsOverride", width=360, height=700, deviceScaleFactor=1, mobile=True
        )
        assert await browser.run("document.documentElement.scrollWidth") <= 360
        assert await browser.run("getComputedStyle(document.querySelector('.broad')).display") == "none"
        assert await browser.run("document.fonts.check('14px \"Fenghuo Chart\"', '负面传播量')")
        assert browser.complaints == []


async def _loaded(browser: Browser) -> None:
    while not await browser.run("document.readyState === 'complete' && document.querySelectorAll('svg').length === 2"):
        pass


async def test_a_worker_finds_nothing_where_nothing_waits(context):
    assert await Reporter(context, Storage(context.settings)).sweep() == 0


async def test_the_report_as_it_was_issued_stays_to_be_read(client, context, database):
    review_id = await begun(database, await opened(client))
    report = await rendered(client, context, review_id)
    url = f"{REVIEWS}/{review_id}/report"
    issued = (await client.get(f"{url}/markdown")).text
    await answered(database, review_id, meeting_note="此后才写")
    assert (await client.post(url)).status_code == 202
    problem(await client.get(f"{url}/markdown"), 409, code="report_not_done")
    which = {"report_id": report["id"]}
    assert (await client.get(f"{url}/markdown", params=which)).text == issued
    assert good(await client.get(url, params=which))["state"] == "done"
    await rendered(client, context, review_id)
    for form in ("docx", "html", "markdown", "svg", "png"):
        assert (await client.get(f"{url}/{form}", params=which)).status_code == 200
    assert "此后才写" in (await client.get(f"{url}/markdown")).text
    problem(await client.get(f"{url}/markdown", params={"report_id": review_id}), 404)
