"""The handbook over HTTP: live, issued, compared, masked, as documents of every kind, and acknowledged (R64, R65)."""

import asyncio
import re
import shutil
from io import BytesIO

import orjson
import pytest
from docx import Document

from app.domain.handbook import digest
from app.metrics.handbook_facts import read_state
from app.settings import Settings
from tests.api.test_outside_contacts import make_contact
from tests.support.api import brand, good, make_rule, problem
from tests.support.browser import BROWSER, Browser
from tests.support.documents import DOCUMENTS
from tests.support.people import bearer, make_key, make_person
from tests.support.staff import a_department

HANDBOOK = "/v1/handbook"
KEYS = (
    "grades", "clocks", "steps", "team", "contacts", "platforms", "templates", "scenarios", "rules", "risks", "documents",
    "courses",
)  # fmt: skip


async def reader(client, *more):
    return bearer((await make_key(client, "metrics:read", *more))["key"])


async def live(client, **headers):
    return good(await client.get(HANDBOOK, **headers))


def section(handbook, key):
    return next(each for each in handbook["sections"] if each["key"] == key)


def told(handbook, key):
    """Everything that a section says, as one text."""
    return "\n".join(
        "\n".join([block["text"] or "", *block["lines"], *("|".join(row) for row in block["rows"])])
        for block in section(handbook, key)["blocks"]
    )


async def issue(client, **fields):
    answer = await client.post(f"{HANDBOOK}/versions", json={"note": "更新"} | fields)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


class Active:
    """Another policy in force while the test runs, and the one before at its end."""

    def __init__(self, client, url, body):
        self.client, self.url, self.body = client, url, body

    async def __aenter__(self):
        rows = good(await self.client.get(self.url, params={"limit": 200}))["data"]
        self.before = next(row["id"] for row in rows if row["active"])
        made = good(await self.client.post(self.url, json=self.body), 201)
        good(await self.client.post(f"{self.url}/{made['id']}/activate"))

    async def __aexit__(self, *_):
        good(await self.client.post(f"{self.url}/{self.before}/activate"))


async def test_it_says_what_is_in_force_and_follows_when_that_changes(client):
    before = await live(client)
    assert tuple(each["key"] for each in before["sections"]) == KEYS
    assert "一级(重大)|2 小时内新增传播量超过 100,000" in told(before, "grades")
    rules = [
        {
            "id": "m",
            "grade": "major",
            "window_seconds": 5400,
            "threshold": 77_777,
            "harm_classes": [],
            "media_follow_up": False,
        }
    ]
    grading = {"name": "手册试验", "rules": rules}
    stored = good(await client.get("/v1/sla-policies", params={"limit": 200}))["data"]
    active = next(row for row in stored if row["active"])
    clocks = [clock | ({"seconds": 2_700} if clock["kind"] == "fact_check" else {}) for clock in active["clocks"]]
    sla = {"name": "手册试验", "clocks": clocks, "follow_ups_percent": 85, "origin_grace_seconds": 1_200}
    async with Active(client, "/v1/grading-policies", grading), Active(client, "/v1/sla-policies", sla):
        after = await live(client)
        assert after["sha256"] != before["sha256"]
        table = next(block for block in section(after, "grades")["blocks"] if block["kind"] == "table")
        assert table["rows"] == [["一级(重大)", "1 小时 30 分钟内新增传播量超过 77,777"]]
        assert "信息核实|45 分钟|45 分钟|45 分钟" in told(after, "clocks")
        assert "信息核实|核实是否属实、责任归属，留存证据|业务核实，法务把关|45 分钟" in told(after, "steps")
        assert "回访须完成或免除 85%" in told(after, "clocks")
        assert "首发平台最迟比其他平台晚 20 分钟" in told(after, "steps")
    assert (await live(client))["sha256"] == before["sha256"], "the same state has the same hash"


async def test_what_people_keep_is_in_it(client):
    word, name = brand(), "甲乙丙丁"
    await make_rule(client, word, negative_words=["变质", "异物"])
    risk = good(await client.post("/v1/risks", json={
        "title": f"风险{word}", "category": "other", "likelihood": 5, "impact": 5, "measures": [{"title": f"措施{word}", "due_on": "2099-01-01"}],
    }), 201)  # fmt: skip
    course = {"title": f"课程{word}", "mandatory": True, "validity_months": 12, "pass_mark": 80}
    made = good(await client.post("/v1/trainings", json=course), 201)
    document = good(await client.post(DOCUMENTS, json={"kind": "other", "title": f"制度{word}", "text": "一"}), 201)
    good(await client.post(f"{DOCUMENTS}/{document['id']}/versions/1/publish"))
    async with a_department(client, kind="legal") as department:
        head = await make_person(client, "publications:write", name=name, department_id=department["id"])
        deputy = await make_person(client, "rules:read", name="戊己庚辛", phone="13700137000")
        good(await client.patch(f"/v1/people/{head['id']}", json={"deputy_id": deputy["id"]}))
        good(await client.patch(f"/v1/departments/{department['id']}", json={"head_id": head["id"]}))
        handbook = await live(client)
        assert f"法务|{name}|{department['name']}" in told(handbook, "team")
        assert "戊己庚辛 +8613700137000" in told(handbook, "team")
        assert f"{name}|{department['name']}" in told(handbook, "platforms")
    assert f"{word}|变质、异物" in told(handbook, "rules")
    assert f"{risk['number']}|风险{word}" in told(handbook, "risks")
    assert f"措施{word}|未指定|2099-01-01" in told(handbook, "risks")
    assert f"课程{word}|全体员工|12 个月|80 分" in told(handbook, "courses")
    assert f"制度{word}|其他制度|第 1 版" in told(handbook, "documents")
    assert "首次回应·通用" in told(handbook, "templates")
    assert "product-quality" in told(handbook, "scenarios")
    assert "微信公众号|是" in told(handbook, "platforms")
    # Mandatory for everybody: others' figures are not to change.
    good(await client.patch(f"/v1/trainings/{made['id']}", json={"retired": True}))
    gone = await live(client)
    assert f"课程{word}" not in told(gone, "courses")
    assert name not in told(gone, "team"), "who has left is in no team"


async def test_names_and_numbers_are_masked_unless_one_may_see_them_and_that_is_on_record(client, bare, database):
    contact = await make_contact(client, kind="lawyer", name="孙子敬", organisation="某律所")
    masked, open_ = await reader(client), await reader(client, "people:unmask")
    seen, lifted = await live(bare, headers=masked), await live(bare, headers=open_)
    assert "外部律师|某律所|孙**|记者|+86138******00；****@***********；微信 z********" in told(seen, "contacts")
    assert "外部律师|某律所|孙子敬|记者|+8613800138000；zhao@example.com；微信 zhao_news" in told(lifted, "contacts")
    assert seen["sha256"] == lifted["sha256"], "one state has one hash, whoever asks"
    count = "select count(*) from events where type = 'outside_contacts.unmasked' and data->'contact_ids' ? $1"
    before = (await database.fetch(count, contact["id"]))[0][0]
    assert "孙子敬" in (await bare.get(f"{HANDBOOK}/html", headers=open_)).text
    assert (await database.fetch(count, contact["id"]))[0][0] == before + 1
    good(await client.patch(f"/v1/contacts/{contact['id']}", json={"phone": "13800138100"}))
    again = await live(bare, headers=masked)
    assert told(again, "contacts") == told(seen, "contacts"), "the masks are the same"
    assert again["sha256"] != seen["sha256"], "and the state is not"
    problem(await bare.get(HANDBOOK, headers=bearer((await make_key(client, "people:unmask"))["key"])), 403)


async def test_what_was_issued_is_read_as_it_was(client, bare, database):
    contact = await make_contact(client, name="周伯通", organisation="手册日报")
    masked, open_ = await reader(client), await reader(client, "people:unmask")
    first = await issue(client, note="首次签发")
    url = f"{HANDBOOK}/versions/{first['number']}"
    assert await issue(client, note="再来一次") == first, "nothing has changed: it is that one still"
    assert (await live(client))["issued_number"] == first["number"]
    issued = good(await bare.get(url, headers=masked))
    page = (await bare.get(f"{url}/html", headers=masked)).text
    assert "周伯通" in told(good(await bare.get(url, headers=open_)), "contacts")
    good(await client.patch(f"/v1/contacts/{contact['id']}", json={"name": "周迅通"}))
    assert good(await bare.get(url, headers=masked)) == issued
    assert (await bare.get(f"{url}/html", headers=masked)).text == page
    later = told(good(await bare.get(url, headers=open_)), "contacts")
    assert "手册日报|周**" in later, "what was behind the mask is nowhere any more"
    found = good(await client.get(f"{HANDBOOK}/changes", params={"since": first["number"]}))
    assert [(each["key"], each["added"]) for each in found["sections"]] == [("contacts", 0)]
    second = await issue(client, note="换了联系人")
    assert second["number"] == first["number"] + 1
    listed = good(await client.get(f"{HANDBOOK}/versions", params={"limit": 2}))["data"]
    assert listed == [second, first]
    assert good(await client.get(f"{HANDBOOK}/changes", params={"since": second["number"]}))["sections"] == []
    with pytest.raises(Exception, match="never changed"):
        await database.fetch("update handbook_versions set note = 'x' where number = $1", first["number"])
    [row] = await database.fetch(
        "select facts::text as facts from handbook_versions where number = $1", first["number"]
    )
    assert "周伯通" not in row["facts"]
    assert "13800138000" not in row["facts"]
    good(await client.post(f"/v1/contacts/{contact['id']}/erase"))
    assert "手册日报|（已删除）|—" in told(good(await bare.get(url, headers=open_)), "contacts")
    problem(await client.get(f"{HANDBOOK}/versions/999999"), 404)
    problem(await client.get(f"{HANDBOOK}/changes", params={"since": 999999}), 422, "?since")


async def test_issued_by_two_at_the_same_moment_it_is_issued_once(client):
    await make_contact(client)
    answers = await asyncio.gather(*(client.post(f"{HANDBOOK}/versions", json={"note": "更新"}) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.json()["number"] for answer in answers}) == 1


async def test_nothing_is_new_while_nothing_has_changed(client):
    answer = await client.get(HANDBOOK)
    again = await client.get(HANDBOOK, headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    await make_contact(client)
    assert (await client.get(HANDBOOK, headers={"if-none-match": answer.headers["etag"]})).status_code == 200


async def test_what_was_issued_becomes_a_document_that_people_acknowledge(client, bare, database):
    await make_contact(client, name="吴承恩", organisation="文档社")
    issued = await issue(client, note="全员重新确认")
    path = f"{HANDBOOK}/versions/{issued['number']}/document"
    version = good(await client.post(path, json={"document_id": None}), 201)
    assert version["published_at"] is None
    assert version["note"] == issued["note"]
    assert f"# 危机应对手册\n\n- 版本：第 {issued['number']} 版" in version["text"]
    assert "文档社 | 吴\\*\\*" in version["text"]
    assert "吴承恩" not in version["text"]
    document = good(await client.get(f"{DOCUMENTS}/{version['document_id']}"))
    assert (document["kind"], document["title"], document["department_ids"]) == ("handbook", "危机应对手册", None)
    problem(await client.post(path, json={"document_id": None}), 409, code="document_draft_there")
    other = good(await client.post(DOCUMENTS, json={"kind": "other", "title": "别的", "text": "一"}), 201)
    problem(await client.post(path, json={"document_id": other["id"]}), 422, "/document_id")
    before = (await live(client))["sha256"]
    url = f"{DOCUMENTS}/{document['id']}"
    good(await client.post(f"{url}/versions/{version['number']}/publish"))
    assert (await live(client))["sha256"] == before, "to publish the handbook is no other state of it"
    assert good(await client.post(f"{url}/withdraw"))["current"] is None
    problem(await bare.post(path, json={}, headers=bearer((await make_key(client, "metrics:write"))["key"])), 403)


async def test_as_a_document_it_holds_every_section(client):
    handbook = await live(client)
    answer = await client.get(f"{HANDBOOK}/docx", headers={"accept": "*/*"})
    assert "%E5%8D%B1%E6%9C%BA%E5%BA%94%E5%AF%B9%E6%89%8B%E5%86%8C" in answer.headers["content-disposition"]
    paper = Document(BytesIO(answer.content))
    heads = [p.text for p in paper.paragraphs if p.style is not None and p.style.name == "Heading 1"]
    assert [head.partition("、")[2] for head in heads] == [each["heading"] for each in handbook["sections"]]
    cells = {cell.text for table in paper.tables[:3] for row in table.rows for cell in row.cells}
    assert {"2 小时内新增传播量超过 100,000", "一级(重大)", handbook["sha256"]} <= cells
    marks = re.findall(r'w:bookmarkStart [^>]*w:name="(\w+)"', paper.element.xml)
    assert set(KEYS) <= set(marks)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
async def test_the_document_opens_in_an_office(client, tmp_path):
    (tmp_path / "handbook.docx").write_bytes((await client.get(f"{HANDBOOK}/docx", headers={"accept": "*/*"})).content)
    process = await asyncio.create_subprocess_exec(
        "soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to", "pdf",
        "--outdir", str(tmp_path), str(tmp_path / "handbook.docx"), stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    await asyncio.wait_for(process.wait(), 120)
    assert (tmp_path / "handbook.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.skipif(BROWSER is None, reason="no browser is installed")
async def test_the_page_fits_a_phone_loads_nothing_and_complains_of_nothing(client, tmp_path):
    await make_contact(client, organisation="<img src=x onerror=alert(1)>")
    answer = await client.get(f"{HANDBOOK}/html", headers={"accept": "*/*"})
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<img" not in answer.text
    page = tmp_path / "handbook.html"
    page.write_text(answer.text)
    async with Browser() as browser:
        await browser.open(page.as_uri())
        await asyncio.wait_for(_loaded(browser), 20)
        for width, shown in ((1280, "grid"), (360, "block")):
            await browser._call(
                "Emulation.setDeviceMetricsOverride", width=width, height=700, deviceScaleFactor=1, mobile=width < 400
            )
            assert await browser.run("document.documentElement.scrollWidth") <= width
            assert await browser.run("getComputedStyle(document.querySelector('.book')).display") == shown
        assert await browser.run("[...document.querySelectorAll('nav a')].every(a => document.querySelector(a.hash))")
        assert browser.complaints == []


async def _loaded(browser):
    while not await browser.run(
        "document.readyState === 'complete' && document.querySelectorAll('section').length === 12"
    ):
        pass


async def test_after_another_secret_key_the_same_people_are_the_same_state(client, database, settings):
    """Marks are made with FENGHUO_SECRET_KEY; what was marked under the previous one is known again."""
    await make_person(client, "publications:write")
    issued = await issue(client)
    [row] = await database.fetch(
        "select facts::text as facts from handbook_versions where number = $1", issued["number"]
    )
    facts = orjson.loads(row["facts"])
    turned = Settings(secret_key="another secret of this very test, 32+", previous_secret_keys=(settings.secret_key,))
    async with database.transaction() as tx:
        assert digest((await read_state(tx, turned, facts)).facts) == issued["sha256"]
        assert digest((await read_state(tx, turned, None)).facts) != issued["sha256"]
