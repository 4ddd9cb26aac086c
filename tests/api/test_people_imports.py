"""People by the sheet: every row judged, all of them or none; nobody is given what the caller lacks."""

import asyncio
import time
from uuid import UUID, uuid4

import pytest

from tests.support.api import everything, good, problem
from tests.support.people import bearer, make_key, make_person, mint
from tests.support.sheets import as_csv, as_xlsx, send

URL = "/v1/people-imports"
HEAD = ["姓名", "邮箱", "手机", "部门", "角色", "B角", "在岗", "单点登录标识"]


def mail():
    return f"{uuid4().hex[:12]}@example.com"


def mobile():
    return f"138{uuid4().int % 10**8:08}"


@pytest.fixture
async def department(client, database):
    """A department of this test's own, whose people are inactive at the end, by one statement: they may be many."""
    body = {"name": f"部门{uuid4().hex[:8]}", "kind": "business"}
    made = good(await client.post("/v1/departments", json=body), 201)
    yield made
    await database.fetch("update people set active = false, email = null where department_id = $1", UUID(made["id"]))
    good(await client.patch(f"/v1/departments/{made['id']}", json={"active": False}))


async def load(client, *rows, **query):
    return good(await send(client, URL, as_csv(HEAD, *([*row, *[""] * (8 - len(row))] for row in rows)), **query))


async def members(client, department):
    return await everything(client, "/v1/people", department_id=department["id"], limit=200)


def told(report):
    return [(row["row"], row["state"], row["duplicate_of"], [(error["column"], error["code"]) for error in row["errors"]])
            for row in report["rows"]]  # fmt: skip


async def test_a_sheet_with_merged_cells_full_width_digits_and_duplicates_is_reported_row_by_row(client, department):
    first, phone = mail(), mobile()
    wide = phone.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    sheet = as_xlsx(
        ["应急小组名单", *[None] * 7], HEAD, ["王一", first, wide, department["name"], "组长、法务", None, "是", None],
        ["李二", mail(), None, None, "处置人员", first, "否", None], [None] * 8,
        ["王一一", first.upper(), None, None, None, None, None, None], ["赵三", None, phone, None, "厨师", None, "也许", None],
        merge=["A1:H1", "D3:D7"],
    )  # fmt: skip
    report = good(await send(client, URL, sheet))
    assert told(report) == [
        (3, "created", None, []), (4, "created", None, []), (6, "duplicate", 3, []),
        (7, "invalid", None, [("roles", "value_error"), ("on_duty", "value_error")]),
    ]  # fmt: skip
    assert not report["applied"]
    assert await members(client, department) == []
    assert not any(word in str(report) for word in ("王一", first, phone))


async def test_people_are_added_with_department_roles_deputy_and_duty(client, department):
    lead, deputy = mail(), mail()
    report = await load(
        client, ["王一", lead, mobile(), department["name"], "组长，legal", "李二甲", "在岗", f"sub-{lead}"],
        ["李二甲", deputy, "", department["name"], "处置人员", "", "否"],
    )  # fmt: skip
    assert (report["applied"], report["counts"]["created"]) == (True, 2)
    by_mail = {person["email"]: person for person in await members(client, department)}
    assert by_mail[lead]["roles"] == ["lead", "legal"]
    assert by_mail[lead]["deputy_id"] == by_mail[deputy]["id"]
    assert (by_mail[lead]["on_duty"], by_mail[deputy]["on_duty"]) == (True, False)
    assert by_mail[lead]["oidc_subject"] == f"sub-{lead}"
    assert by_mail[lead]["phone"].startswith("+86138")


@pytest.mark.parametrize("shared", ["phone", "name"])
async def test_thousands_with_one_number_or_one_name_take_no_longer_than_others(client, department, shared):
    one, head = mobile() if shared == "phone" else "", uuid4().hex[:8]
    rows = [
        ["同名" if shared == "name" else f"员工{number}", f"{head}.{number}@example.com", one, department["name"]]
        for number in range(10_000)
    ]
    begun, longest = time.monotonic(), 0.0
    asked = asyncio.create_task(load(client, *rows, dry_run="true"))
    while not asked.done():
        before = time.monotonic()
        await asyncio.sleep(0.01)
        longest = max(longest, time.monotonic() - before)
    assert (await asked)["counts"]["created"] == 10_000
    assert longest < 2, "others have their turn, also where nobody else is busy"
    assert time.monotonic() - begun < 30


async def test_whoever_is_known_is_changed_and_blank_cells_leave_what_is_there(client, department):
    phone, known = mobile(), mail()
    await load(client, ["王一", known, "", department["name"], "组长"], ["李二", "", phone, department["name"], "法务"],
               ["赵三", "", "", department["name"], "查看者"])  # fmt: skip
    before = {person["name"]: person for person in await members(client, department)}
    report = await load(client, ["王一", known, mobile(), department["name"]], ["李二", mail(), phone, department["name"]],
                        ["赵三", "", "", department["name"], "reader"], ["钱四", "", "", department["name"]])  # fmt: skip
    assert [state for _, state, _, _ in told(report)] == ["updated", "updated", "unchanged", "created"]
    after = {person["name"]: person for person in await members(client, department)}
    assert len(after) == 4
    for name in ("王一", "李二", "赵三"):
        assert (after[name]["id"], after[name]["roles"]) == (before[name]["id"], before[name]["roles"])
    assert (after["王一"]["version"], after["赵三"]["version"]) == (2, 1)
    assert after["李二"]["email"] is not None


async def test_a_dry_run_says_the_same_and_changes_nothing(client, department):
    rows = [["王一", mail(), "", department["name"]], ["李二", mail(), "", department["name"], "", "王一"]]
    tried = await load(client, *rows, dry_run=True)
    assert (tried["applied"], tried["dry_run"]) == (False, True)
    assert await members(client, department) == []
    assert await load(client, *rows) == tried | {"applied": True, "dry_run": False}


async def test_each_change_of_a_person_is_on_record_without_their_data(client, department, database):
    known = mail()
    await load(client, ["王一", known, "", department["name"]])
    await load(client, ["王一甲", known])
    [person] = await members(client, department)
    rows = await database.fetch(
        "select type, data::text as data from events where data->>'subject_id' = $1 order by id", person["id"]
    )
    assert [row["type"] for row in rows] == ["person.created", "person.updated"]
    assert '["name"]' in rows[1]["data"]
    assert not any(known in row["data"] or "王一" in row["data"] for row in rows)


async def test_what_a_row_names_must_be_there(client, department):
    twin, left = f"双生{uuid4().hex[:6]}", mail()
    for _ in range(2):
        await make_person(client, name=twin, email=mail(), department_id=department["id"])
    gone = await make_person(client, email=left, department_id=department["id"])
    good(await client.patch(f"/v1/people/{gone['id']}", json={"active": False}))
    subject = f"sub-{uuid4().hex}"
    await make_person(client, oidc_subject=subject, department_id=department["id"])
    report = await load(
        client, ["甲", mail(), "", "没有这个部门"], ["乙", mail(), "", "", "", twin], ["丙", mail(), "", "", "", "无此人"],
        ["丁", left], [twin, "", "", department["name"]], ["戊", mail(), "", "", "", "", "", subject],
        ["己", (own := mail()), "", "", "", own],
    )  # fmt: skip
    assert [errors for _, _, _, errors in told(report)] == [
        [("department", "not_found")], [("deputy", "ambiguous")], [("deputy", "not_found")],
        [("email", "person_inactive")], [("name", "ambiguous")], [("oidc_subject", "taken")], [("deputy", "own_deputy")],
    ]  # fmt: skip


def fault(report, row):
    """What is said first of a row: heading, column and words."""
    error = next(each for each in report["rows"] if each["row"] == row)["errors"][0]
    return error["heading"], error["column"], error["detail"]


async def test_a_deputy_in_a_row_that_is_invalid_itself_is_told_from_nobody(client, department):
    bad, late = mail(), mail()
    report = await load(
        client, ["甲", mail(), "12", department["name"], "", "乙的B角"], ["乙的B角", bad, "12", department["name"]],
        ["丙", mail(), "", department["name"], "", bad], ["丁", mail(), "", department["name"], "", late],
        ["戊", late, "", "没有这个部门"],
    )  # fmt: skip
    assert [error["column"] for error in report["rows"][0]["errors"]] == ["phone"]
    for row, named in ((4, 3), (5, 6)):
        heading, column, detail = fault(report, row)
        assert (heading, column) == ("B角", "deputy")
        assert detail == f"row {named}, which names them, is itself invalid; mend that row first"


async def test_a_fault_names_the_sheets_own_heading_and_a_bad_role_the_choices(client):
    head = ["* 姓名（必填）", "Mail", "roles", "部门"]
    sheet = as_csv(
        head, ["甲", "no mail", "", ""], ["", mail(), "", ""], ["乙", mail(), "组长、老板", ""], ["丙", "", "", "无"]
    )
    report = good(await send(client, URL, sheet))
    assert fault(report, 2) == ("Mail", "email", "is no mail address: write name@example.com")
    assert fault(report, 3)[:2] == ("* 姓名（必填）", "name")
    heading, column, detail = fault(report, 4)
    assert (heading, column) == ("roles", "roles")
    assert detail == (
        "'老板' is no role; write 查看者 (reader), 处置人员 (responder), 组长 (lead), 法务 (legal), 管理员 (admin), "
        "系统集成 (integration)"
    )
    assert fault(report, 5)[0] == "部门"


async def test_a_row_is_told_all_its_faults_at_once(client):
    report = await load(client, ["甲", mail(), "12", "没有这个部门", "老板", "", "也许"])
    [row] = report["rows"]
    assert {error["column"] for error in row["errors"]} == {"phone", "department", "roles", "on_duty"}


@pytest.mark.parametrize(("cell", "value", "code"), [
    (1, "no mail", "string_pattern_mismatch"), (2, "12", "value_error"), (4, "组长,厨师", "value_error"),
    (6, "maybe", "value_error"), (7, "a\tb", "value_error"), (0, "长" * 101, "too_long"),
])  # fmt: skip
async def test_a_cell_that_makes_no_sense_is_named(client, cell, value, code):
    row = ["甲", mail(), "", "", "", "", "", ""]
    row[cell] = value
    report = await load(client, row)
    [[_, state, _, [(column, found)]]] = told(report)
    assert (state, found) == ("invalid", code)
    assert column == ["name", "email", "phone", "", "roles", "", "on_duty", "oidc_subject"][cell]


async def test_nobody_gives_what_they_lack(client, bare, department):
    key = bearer((await make_key(client, "people:write", "people:read", "incidents:read"))["key"])
    known = mail()
    await load(client, ["王一", known, "", department["name"], "组长"])
    rows = [["甲", mail(), "", department["name"], "管理员"], ["王一", known, "", department["name"], "组长", "", "", "sub-x"],
            ["乙", mail(), "", department["name"]]]  # fmt: skip
    report = await load(bare, *rows, headers=key)
    assert [errors for _, _, _, errors in told(report)] == [
        [("roles", "not_yours_to_give")], [("oidc_subject", "not_yours_to_give")], [],
    ]  # fmt: skip
    assert len(await members(client, department)) == 1
    assert (await load(bare, ["王一甲", known, "", department["name"], "组长"], headers=key))["applied"], (
        "they had it before"
    )


async def test_a_minted_token_gives_no_sign_in(client, bare, department):
    writer = await make_person(client, "people:write", department_id=department["id"])
    backend = await make_key(client, "people:act")
    token = await mint(bare, backend, writer)
    report = await load(bare, ["甲", mail(), "", "", "", "", "", f"sub-{uuid4()}"], headers=bearer(token["token"]))
    assert told(report)[0][3] == [("oidc_subject", "not_yours_to_give")]


async def test_only_those_who_may_change_people_import_them(client, bare):
    readers = bearer((await make_key(client, "people:read"))["key"])
    problem(await send(bare, URL, as_csv(HEAD), headers=readers), 403)
    problem(await send(client, URL, as_csv(["邮箱"], [mail()])), 422, code="column_missing")
    problem(await send(client, URL, as_csv(HEAD), colour="red"), 422, "?colour")
    problem(await client.post(URL, json={}), 415)
    assert good(await send(client, URL, as_csv(HEAD)))["rows_total"] == 0


async def test_two_imports_at_once_add_everybody_once(client, department):
    rows = [[f"同时{n}", mail(), "", department["name"]] for n in range(200)]
    reports = await asyncio.gather(*(load(client, *rows[at:]) for at in (0, 0, 50)))
    assert all(report["applied"] for report in reports)
    assert sum(report["counts"]["created"] for report in reports) == 200
    assert len(await members(client, department)) == 200


async def test_ten_thousand_people_take_seconds(client, department):
    rows = [
        [f"万人{n}", f"{n}.{uuid4().hex[:8]}@example.com", "", department["name"], "查看者", "", "是"]
        for n in range(10_000)
    ]
    started = time.monotonic()
    report = await load(client, *rows)
    assert time.monotonic() - started < 30, "a few seconds, where nobody else is busy"
    assert (report["applied"], report["counts"]["created"]) == (True, 10_000)
    assert (await load(client, *rows))["counts"]["unchanged"] == 10_000
