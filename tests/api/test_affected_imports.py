"""Affected users by the sheet: every row judged, all of them or none."""

import asyncio
import time
from uuid import uuid4

import pytest

from tests.support.acts import URL, move, opened
from tests.support.api import everything, good, problem, timeline
from tests.support.people import bearer, make_key
from tests.support.sheets import as_csv, as_xlsx, bomb, send

HEAD = ["姓名", "手机", "诉求"]


async def load(client, incident_id, sheet, **query):
    query = {"purpose": "联系退款"} | query
    return await send(client, f"{URL}/{incident_id}/affected-user-imports", sheet, **query)


async def done(client, incident_id, sheet, **query):
    return good(await load(client, incident_id, sheet, **query))


async def listed(client, incident_id):
    rows = await everything(client, f"{URL}/{incident_id}/affected-users", limit=200)
    return [(row["name"], row["contact"], row["claim"]) for row in rows[::-1]]


def told(report):
    return [(row["row"], row["state"], row["duplicate_of"], [error["column"] for error in row["errors"]])
            for row in report["rows"]]  # fmt: skip


BAD = [
    ["受影响用户名单", None, None], HEAD, ["王一", "１３８ ００１３ ８００１", "退款"], ["李二", "13800138002", None],
    ["赵三", "12", "赔偿"], [None, None, None], ["钱四", "+86 138-0013-8001", "退款"], [None, None, "只有诉求"],
    ["长" * 101, "13800138003", None],
]  # fmt: skip


@pytest.mark.parametrize("sheet", [as_xlsx(*BAD, merge=["A1:C1", "C3:C4"]), as_csv(*BAD, encoding="gb18030")],
                         ids=["xlsx", "csv"])  # fmt: skip
async def test_with_a_bad_row_nothing_is_changed_and_every_row_is_reported(client, sheet):
    incident_id = await opened(client)
    before = len(await timeline(client, incident_id))
    report = await done(client, incident_id, sheet)
    assert told(report) == [
        (3, "created", None, []), (4, "created", None, []), (5, "invalid", None, ["phone"]),
        (7, "duplicate", 3, []), (8, "invalid", None, ["contact"]), (9, "invalid", None, ["name"]),
    ]  # fmt: skip
    assert (report["applied"], report["dry_run"], report["rows_total"]) == (False, False, 6)
    assert report["counts"] == {"created": 2, "updated": 0, "unchanged": 0, "duplicate": 1, "invalid": 3}
    assert not any(word in str(report) for word in ("王一", "13800138001", "赵三"))
    assert await listed(client, incident_id) == []
    assert len(await timeline(client, incident_id)) == before


async def test_what_is_good_is_entered_and_what_is_merged_counts_for_every_row(client):
    incident_id = await opened(client)
    sheet = as_xlsx(HEAD, ["王一", "１３８００１３８００１", "退款"], ["李二", 13800138002, None], merge=["C2:C3"])
    report = await done(client, incident_id, sheet)
    assert report["applied"]
    assert await listed(client, incident_id) == [("王一", "+8613800138001", "退款"), ("李二", "+8613800138002", "退款")]
    [event] = [event for event in await timeline(client, incident_id) if "affected" in event["type"]]
    assert (event["data"]["added"], event["data"]["total"]) == (2, 2)


async def test_a_dry_run_says_the_same_and_changes_nothing(client):
    incident_id, sheet = await opened(client), as_csv(HEAD, ["王一", "13800138001", "退款"])
    tried = await done(client, incident_id, sheet, dry_run=True)
    assert (tried["applied"], tried["dry_run"], await listed(client, incident_id)) == (False, True, [])
    report = await done(client, incident_id, sheet)
    assert report | {"applied": False, "dry_run": True} == tried
    assert len(await listed(client, incident_id)) == 1


async def test_again_corrects_and_blank_cells_leave_what_is_there(client):
    incident_id = await opened(client)
    await done(client, incident_id, as_csv(HEAD, ["王一", "13800138001", "退款"], ["李二", "13800138002", "赔偿"]))
    again = as_csv(HEAD, ["王一", "13800138001", ""], ["李二二", "13800138002", "赔偿"], ["赵三", "13800138003", ""])
    assert [state for _, state, _, _ in told(await done(client, incident_id, again))] == [
        "unchanged",
        "updated",
        "created",
    ]
    assert await listed(client, incident_id) == [
        ("王一", "+8613800138001", "退款"), ("李二二", "+8613800138002", "赔偿"), ("赵三", "+8613800138003", ""),
    ]  # fmt: skip
    last = (await timeline(client, incident_id))[-1]["data"]
    assert (last["added"], last["updated"], last["total"]) == (1, 1, 3)
    seq = last["seq"]
    assert (await done(client, incident_id, again))["counts"]["unchanged"] == 3
    assert (await timeline(client, incident_id))[-1]["data"]["seq"] == seq, "nothing changed, nothing is told"


async def test_contacts_are_told_apart_by_what_they_are_and_columns_by_their_titles(client):
    incident_id = await opened(client)
    sheet = as_csv(
        ["称呼", "联系方式", "微信号", "渠道", "联系方式类型", "门店"], ["甲", "a@example.com", "", "微博", "", "x"],
        ["乙", "13800138001", "", "weibo", "手机", ""], ["丙", "", "wx_bing", "", "", ""], ["丁", "抖音私信", "", "抖音", "", ""],
    )  # fmt: skip
    report = await done(client, incident_id, sheet)
    assert report["unknown_columns"] == ["门店"]
    rows = await everything(client, f"{URL}/{incident_id}/affected-users")
    assert [(row["name"], row["contact_kind"], row["platform"]) for row in rows[::-1]] == [
        ("甲", "email", "weibo"), ("乙", "phone", "weibo"), ("丙", "wechat", None), ("丁", "other", "douyin"),
    ]  # fmt: skip


async def test_a_contact_in_another_spelling_is_the_same_one(client):
    incident_id = await opened(client)
    sheet = as_csv(["微信号", "邮箱"], ["WX_bing", ""], ["ｗｘ_BING", ""], ["", "A@example.com"], ["", "a@EXAMPLE.com"])
    report = await done(client, incident_id, sheet)
    assert [(state, of) for _, state, of, _ in told(report)] == [
        ("created", None), ("duplicate", 2), ("created", None), ("duplicate", 4),
    ]  # fmt: skip
    body = {"contact_kind": "wechat", "contact": "ＷＸ_bing", "purpose": "回访"}
    problem(await client.post(f"{URL}/{incident_id}/affected-users", json=body), 409, code="affected_user_known")


async def test_a_row_has_one_contact_and_a_purpose(client):
    incident_id = await opened(client)
    sheet = as_csv(
        ["姓名", "手机", "邮箱", "处理目的"],
        ["甲", "13800138001", "a@example.com", "回访"],
        ["乙", "13800138002", "", ""],
    )
    report = good(await send(client, f"{URL}/{incident_id}/affected-user-imports", sheet))
    assert told(report) == [(2, "invalid", None, ["email"]), (3, "invalid", None, ["purpose"])]
    assert [error["heading"] for row in report["rows"] for error in row["errors"]] == ["邮箱", "处理目的"]
    sheet = as_csv(["姓名", "手机", "处理目的"], ["甲", "13800138001", "回访"], ["乙", "13800138002", ""])
    await done(client, incident_id, sheet)
    rows = await everything(client, f"{URL}/{incident_id}/affected-users")
    assert [row["purpose"] for row in rows[::-1]] == ["回访", "联系退款"]


async def test_a_purpose_that_is_given_nowhere_is_said_once(client):
    incident_id = await opened(client)
    sheet = as_csv(HEAD, *(["甲", f"1380013800{n}", ""] for n in range(3)))
    url = f"{URL}/{incident_id}/affected-user-imports"
    found = problem(await send(client, url, sheet), 422, "?purpose")
    assert "处理目的" in found["detail"]
    assert "?purpose=" in found["detail"]


async def test_a_row_without_contact_has_no_heading_for_it(client):
    report = await done(client, await opened(client), as_csv(["姓名", "平台"], ["甲", "火星"]))
    [row] = report["rows"]
    told = {error["column"]: (error["heading"], error["detail"]) for error in row["errors"]}
    assert told["contact"][0] is None
    assert told["platform"][0] == "平台"
    masked = await done(client, await opened(client), as_csv(["手机", "平台"], ["13800138001", "13800138001"]))
    assert "13800138001" not in str(masked), "a column may be another than it should be"
    assert told["platform"][1].startswith("'火星' is no platform; write 微信公众号 (wechat_official), ")


async def test_a_formula_that_failed_is_named(client):
    def formula(sheet):
        sheet["B2"] = "=A1"

    report = await done(client, await opened(client), as_xlsx(HEAD, ["甲", None, None], then=formula))
    [row] = report["rows"]
    assert ("phone", "formula_without_result") in [(error["column"], error["code"]) for error in row["errors"]]


@pytest.mark.parametrize(("sheet", "code"), [
    (b"", "sheet_empty"), (b"\xff\xff", "sheet_unreadable"), (as_csv(["部门"], ["x"]), "column_missing"),
    (as_xlsx(HEAD)[:-9], "sheet_damaged"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "sheet_encrypted"),
    (bomb(as_xlsx(HEAD), "xl/worksheets/sheet1.xml", 1 / 4, stated=99), "sheet_too_big"),
    (as_csv(HEAD, *(["甲", n, ""] for n in range(10_001))), "sheet_too_long"),
])  # fmt: skip
async def test_what_is_no_sheet_says_why(client, sheet, code):
    found = problem(await load(client, await opened(client), sheet), 422, code=code)
    assert len(found["detail"]) < 1_000


async def test_a_sheet_is_sent_as_bytes_and_has_a_bound(client):
    incident_id = await opened(client)
    url = f"{URL}/{incident_id}/affected-user-imports"
    problem(await client.post(url, content=b"x", headers={"content-type": "text/csv"}), 415)
    problem(await client.post(url, json={}), 415)
    problem(await send(client, url, b"x" * (8 * 2**20 + 1)), 413)
    problem(await send(client, url, as_csv(HEAD), colour="red"), 422, "?colour")
    problem(await send(client, url, as_csv(HEAD), dry_run="perhaps"), 422, "?dry_run")
    problem(await send(client, url, as_csv(HEAD), purpose=" "), 422, "?purpose")
    problem(await send(client, f"{URL}/{uuid4()}/affected-user-imports", as_csv(HEAD)), 404)
    good(await move(client, incident_id, "dismissed"))
    problem(await load(client, incident_id, as_csv(HEAD)), 409, code="incident_over")


async def test_the_scope_is_asked_before_anything_is_read(client, bare):
    readers = bearer((await make_key(client, "affected:read", "incidents:write"))["key"])
    url = f"{URL}/{await opened(client)}/affected-user-imports"
    problem(await send(bare, url, as_csv(HEAD), headers=readers), 403)


async def test_ten_thousand_rows_take_seconds_and_others_are_served_meanwhile(client):
    incident_id = await opened(client)
    sheet = as_xlsx(HEAD, *([f"用户{n}", 13_000_000_000 + n, "退款"] for n in range(10_000)))
    started, waited = time.monotonic(), []
    importing = asyncio.create_task(done(client, incident_id, sheet))
    while not importing.done():
        asked = time.monotonic()
        good(await client.get(f"{URL}/{incident_id}"))
        waited.append(time.monotonic() - asked)
    report = await importing
    assert time.monotonic() - started < 30, "a few seconds, where nobody else is busy"
    assert len(waited) > 10
    assert max(waited) < 2, "nobody waits for it long"
    assert (report["applied"], report["counts"]["created"]) == (True, 10_000)
    assert (len(report["rows"]), report["rows_left_off"]) == (1_000, 9_000)
    again = await done(client, incident_id, sheet)
    assert again["counts"]["unchanged"] == 10_000
    figures = good(await client.get(f"{URL}/{incident_id}/affected-user-summary"))
    assert figures["total"] == 10_000


async def test_of_many_rows_the_gravest_are_reported(client):
    rows = [["甲", 13_000_000_000 + n, ""] for n in range(1_500)] + [["乙", "12", ""]]
    report = await done(client, await opened(client), as_csv(HEAD, *rows))
    assert told(report)[-1] == (1502, "invalid", None, ["phone"])
    assert (len(report["rows"]), report["rows_left_off"]) == (1_000, 501)


async def test_the_same_key_imports_once(client):
    incident_id, headers = await opened(client), {"idempotency-key": uuid4().hex}
    sheet = as_csv(HEAD, ["王一", "13800138001", "退款"])
    first, again = [await load(client, incident_id, sheet, headers=headers) for _ in "12"]
    assert good(first) == good(again)
    assert again.headers["idempotent-replayed"] == "true"
