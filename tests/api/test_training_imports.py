"""Results by the sheet: days and scores as people write them, every row judged, all of them or none."""

import time
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from tests.support.api import everything, good, problem
from tests.support.people import bearer, make_key, make_person
from tests.support.sheets import as_csv, as_xlsx, send
from tests.support.staff import a_department
from tests.support.trainings import (
    COMPLETIONS,
    SESSIONS,
    TRAININGS,
    an_audience,
    day,
    hours,
    make_session,
    make_training,
)

HEAD = ["姓名", "邮箱", "手机", "部门", "完成日期", "成绩"]
MANY = 10_000


def url_of(training):
    return f"{TRAININGS}/{training['id']}/completion-imports"


async def load(client, training, *rows, head=HEAD, encoding="utf-8", **query):
    sheet = as_csv(head, *([*row, *[""] * (len(head) - len(row))] for row in rows), encoding=encoding)
    return good(await send(client, url_of(training), sheet, **query))


def told(report):
    return [(row["row"], row["state"], row["duplicate_of"], [(error["column"], error["code"]) for error in row["errors"]])
            for row in report["rows"]]  # fmt: skip


async def results(client, training):
    rows = await everything(client, COMPLETIONS, training_id=training["id"])
    return sorted((row["person"]["name"], row["completed_on"], row["score"], row["passed"]) for row in rows)


@pytest.fixture
async def staff(client):
    """A department with 王一 (mail), 李二 (phone) and two of the name 赵三, one of whom is elsewhere."""
    async with a_department(client) as department, a_department(client) as elsewhere:
        word = uuid4().hex[:8]
        here = {"department_id": department["id"]}
        phone = f"138{uuid4().int % 10**8:08}"
        yield {
            "department": department["name"], "mail": f"{word}@example.com", "phone": phone, "li": f"李二{word}",
            "zhao": f"赵三{word}", "wang": f"王一{word}", "word": word,
            "people": [
                await make_person(client, name=f"王一{word}", email=f"{word}@example.com", **here),
                await make_person(client, name=f"李二{word}", phone=phone, **here),
                await make_person(client, name=f"赵三{word}", **here),
                await make_person(client, name=f"赵三{word}", department_id=elsewhere["id"]),
            ],
        }  # fmt: skip


async def test_a_workbook_is_read_as_people_fill_it_in(client, staff):
    training = await make_training(client, pass_mark=60)
    wide = staff["phone"].translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    sheet = as_xlsx(
        ["2026年安全培训成绩", *[None] * 5], [*HEAD[:4], "完成日期（必填）", "成绩*"],
        [staff["wang"], staff["mail"].upper(), None, None, "２０２６年１月３日", "９５分"],
        [staff["li"], None, wide, None, date(2026, 1, 4), 95.5],
        [staff["zhao"], None, None, staff["department"], 46027, "合格"],
        [None] * 6,
        [None, staff["mail"], None, None, "2026/1/5", "不合格"], [staff["li"], None, None, None, "2026-01-06 09:30", 59],
    )  # fmt: skip
    tried = good(await send(client, url_of(training), sheet, dry_run=True))
    assert (tried["applied"], tried["counts"]["created"], await results(client, training)) == (False, 5, [])
    report = good(await send(client, url_of(training), sheet))
    assert [row[:2] for row in told(report)] == [(n, "created") for n in (3, 4, 5, 7, 8)]
    assert await results(client, training) == sorted([
        (staff["wang"], "2026-01-03", 95, None), (staff["li"], "2026-01-04", 95.5, None), (staff["zhao"], "2026-01-05", None, True),
        (staff["wang"], "2026-01-05", None, False), (staff["li"], "2026-01-06", 59, None),
    ])  # fmt: skip
    again = good(await send(client, url_of(training), sheet))
    assert (again["counts"]["unchanged"], again["applied"]) == (5, True)
    assert len(await results(client, training)) == 5


async def test_every_row_that_is_wrong_is_told_with_why_and_nothing_is_half_applied(client, staff):
    training = await make_training(client, pass_mark=60)
    mail, zhao = staff["mail"], staff["zhao"]
    rows = [
        ["", mail, "", "", "2026-01-03", "90"], ["", mail, "", "", "2026年1月3日", "９０分"], ["", mail, "", "", "2026-01-03", "80"],
        ["", mail, "", "", "1月3日", "90"], ["", mail, "", "", day(1), "90"], ["", mail, "", "", "", "90"],
        ["", mail, "", "", "2026-01-07", ""], ["", mail, "", "", "2026-01-08", "一百"], ["", mail, "", "", "2026-01-09", "101"],
        ["", "nobody@example.com", "", "", "2026-01-03", "90"], [zhao, "", "", "", "2026-01-03", "90"],
        ["陌生人", "", "", staff["department"], "2026-01-03", "90"], [zhao, "", "", "没有的部门", "2026-01-03", "90"],
        ["李二", mail, "", "", "2026-01-10", "90"], ["", "", "", "", "2026-01-03", "90"],
    ]  # fmt: skip
    report = await load(client, training, *rows)
    assert told(report) == [
        (2, "created", None, []), (3, "duplicate", 2, []), (4, "invalid", None, [("", "contradiction")]),
        (5, "invalid", None, [("completed_on", "value_error")]), (6, "invalid", None, [("completed_on", "in_the_future")]),
        (7, "invalid", None, [("completed_on", "missing")]), (8, "invalid", None, [("score", "missing")]),
        (9, "invalid", None, [("score", "value_error")]), (10, "invalid", None, [("score", "value_error")]),
        (11, "invalid", None, [("email", "not_found")]), (12, "invalid", None, [("name", "ambiguous")]),
        (13, "invalid", None, [("name", "not_found")]), (14, "invalid", None, [("department", "not_found")]),
        (15, "invalid", None, [("name", "name_mismatch")]), (16, "invalid", None, [("", "missing")]),
    ]  # fmt: skip
    details = {row["row"]: row["errors"][0] for row in report["rows"] if row["errors"]}
    assert "no whole year" in details[5]["detail"]
    assert (details[5]["heading"], "row 2" in details[4]["detail"]) == ("完成日期", True)
    assert not report["applied"]
    assert await results(client, training) == []
    assert not any(word in str(report) for word in (mail, zhao, "陌生人"))


async def leaver(database, department, **fields):
    """Somebody who was here from a hundred days ago until ten days ago."""
    columns = {"name": None, "email": None, "phone": None} | fields
    [row] = await database.fetch(
        "insert into people(id, name, email, phone, department_id, created_at, updated_at) values (gen_random_uuid(), $1, $2, "
        "$3, $4, now() - interval '100 days', now() - interval '100 days') returning id",
        *columns.values(), UUID(department["id"]),
    )  # fmt: skip
    await database.fetch(
        "update people set active = false, updated_at = now() - interval '10 days' where id = $1", row["id"]
    )
    return str(row["id"])


async def test_what_somebody_reached_before_they_left_is_entered_and_nothing_after(client, database):
    async with an_audience(client, people=0) as audience:
        course, word, here = await audience.course(), uuid4().hex[:8], audience.department
        mail, phone = f"{word}@example.com", f"139{uuid4().int % 10**8:08}"
        await leaver(database, here, name=f"周四{word}", email=mail)
        await leaver(database, here, name=f"郑五{word}", phone=f"+86{phone}")
        await leaver(database, here, name=f"吴六{word}")
        await database.fetch(
            "update training_versions set starts_at = now() - interval '90 days' where training_id = $1",
            UUID(course["id"]),
        )
        # 吴六 has a namesake, who is here.
        await make_person(client, name=f"吴六{word}", department_id=here["id"])
        late = await load(
            client, course, ["", mail, "", "", day(-9), ""], ["", "", phone, "", day(-9), ""],
            [f"周四{word}", "", "", "", day(-9), ""], [f"郑五{word}", "", "", here["name"], day(-9), ""],
            [f"吴六{word}", "", "", here["name"], day(-50), ""],
        )  # fmt: skip
        assert [(row[1], row[3]) for row in told(late)] == [
            ("invalid", [("email", "person_inactive")]), ("invalid", [("phone", "person_inactive")]),
            ("invalid", [("name", "person_inactive")]), ("invalid", [("name", "person_inactive")]),
            ("invalid", [("name", "ambiguous")]),
        ]  # fmt: skip
        assert "had left before that day" in late["rows"][0]["errors"][0]["detail"]
        assert await audience.share(day(-40)) == (0, 3)
        done = await load(
            client, course, ["", mail, "", "", day(-10), ""], [f"郑五{word}", "", "", here["name"], day(-50), ""],
            [f"吴六{word}", "", "", here["name"], day(-5), ""],
        )  # fmt: skip
        assert (done["applied"], done["counts"]["created"]) == (True, 3)
        assert [await audience.share(day(-back)) for back in (51, 50, 11)] == [(0, 3), (1, 3), (1, 3)]
        assert await audience.share() == (1, 1)


async def test_who_has_left_since_is_entered_and_was_there_by_hand_too(client, database):
    async with an_audience(client, people=0) as audience:
        course, gone = await audience.course(), await leaver(database, audience.department, name="周四")
        body = {"person_id": gone, "completed_on": day(-50)}
        url = f"{TRAININGS}/{course['id']}/completions"
        assert (await client.post(url, json=body)).status_code == 201
        problem(await client.post(url, json=body | {"completed_on": day(-9)}), 422, "/person_id")
        held = [
            await make_session(client, course, starts_at=hours(-24 * n), ends_at=hours(1 - 24 * n)) for n in (12, 5)
        ]
        attended = [await client.post(f"{SESSIONS}/{one['id']}/attendance", json={"attended": [gone]}) for one in held]
        assert good(attended[0])["attended"] == 1
        problem(attended[1], 422, "/attended/0")


async def test_another_result_of_the_same_day_is_a_correction(client, database, staff):
    training = await make_training(client, pass_mark=60)
    await load(client, training, ["", staff["mail"], "", "", "2026-01-03", "50"])
    report = await load(client, training, ["", staff["mail"], "", "", "2026-01-03", "95"])
    assert [row[1] for row in told(report)] == ["updated"]
    assert await results(client, training) == [(staff["wang"], "2026-01-03", 95, None)]
    events = await database.fetch(
        "select data->>'action' as action, data->'results'->0->>'score' as score from events "
        "where type = 'training.results_recorded' and data->>'training_id' = $1 order by id", training["id"],
    )  # fmt: skip
    assert [(row["action"], float(row["score"])) for row in events] == [("entered", 50), ("corrected", 95)]


async def test_a_sessions_results_are_of_its_day_and_whoever_has_one_was_there(client, staff):
    training = await make_training(client)
    session = await make_session(client, training, starts_at=hours(-30), ends_at=hours(-29))
    head = ["姓名", "部门", "是否合格"]
    rows = [[staff["wang"], staff["department"], "是"], [staff["zhao"], staff["department"], "否"]]
    report = await load(client, training, *rows, head=head, session_id=session["id"])
    assert report["counts"]["created"] == 2
    assert {(row[2], row[3]) for row in await results(client, training)} == {(None, True), (None, False)}
    assert good(await client.get(f"{SESSIONS}/{session['id']}"))["attended"] == 2
    ahead, other = await make_session(client, training), await make_session(client, await make_training(client))
    for wrong in (ahead["id"], other["id"], str(uuid4())):
        sent = await send(client, url_of(training), as_csv(head, *rows), session_id=wrong)
        problem(sent, 422, "?session_id")
    mixed = await load(client, training, [staff["wang"], staff["department"], "合格", "不合格"], head=["姓名", "部门", "成绩", "结果"],
                       session_id=session["id"])  # fmt: skip
    assert told(mixed) == [(2, "invalid", None, [("passed", "contradiction")])]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig", "utf-8", "utf-16"])
async def test_rare_characters_come_through_however_the_file_was_saved(client, encoding):
    """U+4DAE and U+20BB7 stand outside GBK: GB18030 writes them in four bytes."""
    training, names = await make_training(client), [f"{sign}某{uuid4().hex[:8]}" for sign in ("䶮", "𠮷", "镕")]
    async with a_department(client, name=f"𠮷野家{uuid4().hex[:8]}") as department:
        for name in names:
            await make_person(client, name=name, department_id=department["id"])
        rows = [[name, "", "", department["name"], "2026年3月5日 下午3点", "合格"] for name in names]
        assert (await load(client, training, *rows, encoding=encoding))["counts"]["created"] == 3
        assert {row[:2] for row in await results(client, training)} == {(name, "2026-03-05") for name in names}


async def test_who_may_not_change_trainings_and_what_is_no_sheet_is_refused(client, bare, staff):
    training = await make_training(client)
    sheet = as_csv(HEAD, ["", staff["mail"], "", "", "2026-01-03", "90"])
    headers = bearer((await make_key(client, "trainings:read"))["key"])
    problem(await send(bare, url_of(training), sheet, headers=headers), 403)
    problem(await send(client, f"{TRAININGS}/{uuid4()}/completion-imports", sheet), 404)
    problem(await send(client, url_of(training), as_csv(["a", "b"], [1, 2])), 422, code="column_missing")
    for encoding in ("utf-16-le", "utf-16-be", "utf-32"):
        unmarked = as_csv(HEAD, ["王", staff["mail"], "", "", "2026-01-03", "90"], encoding=encoding)
        assert (
            "UTF-8" in problem(await send(client, url_of(training), unmarked), 422, code="sheet_unreadable")["detail"]
        )


async def test_ten_thousand_rows_are_entered_in_a_moment(client, database):
    training = await make_training(client, pass_mark=60)
    async with a_department(client) as department:
        word = uuid4().hex[:8]
        await database.fetch(
            "insert into people(id, name, email, department_id) select gen_random_uuid(), '员工' || n, $1 || n || "
            "'@example.com', $2 from generate_series(1, 1000) n", word, UUID(department["id"]),
        )  # fmt: skip
        first = date(2026, 1, 1)
        rows = [
            ["", f"{word}{n % 1_000 + 1}@example.com", "", "", f"{on:%Y}年{on.month}月{on.day}日", f"{60 + n % 40}分"]
            for n in range(MANY) if (on := first + timedelta(days=n // 1_000))
        ]  # fmt: skip
        begun = time.monotonic()
        report = await load(client, training, *rows)
        spent = time.monotonic() - begun
        await database.fetch("update people set active = false where department_id = $1", UUID(department["id"]))
    assert (report["applied"], report["counts"]["created"], report["rows_left_off"]) == (True, MANY, MANY - 1_000)
    [stored] = await database.fetch(
        "select count(*) as n, sum(score) as score from training_completions where training_id = $1",
        UUID(training["id"]),
    )
    assert (stored["n"], stored["score"]) == (MANY, sum(60 + n % 40 for n in range(MANY)))
    assert spent < 15, "two seconds on a machine to itself"
    print("SPENT", spent)
