"""The working calendar over HTTP: what is worked and why, when something is due, and a year that is published.

Years from 2090 on are for tests to publish; see also test_calendar_seed.py.
"""

import asyncio
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest

from tests.support.api import everything, good, problem

URL = "/v1/calendar"
_years = count(2101)


@pytest.fixture
def year() -> int:
    """A year that no other test publishes, and that nobody ever loaded."""
    return next(_years)


def a_day(year: int, weekday: int) -> date:
    """The first of its weekday after the first days of November."""
    start = date(year, 11, 3)
    return start + timedelta(days=(weekday - start.weekday()) % 7)


def weekend(year: int) -> str:
    return a_day(year, 5).isoformat()


def a_monday(year: int) -> str:
    return a_day(year, 0).isoformat()


def notice(year: int, *more: str, make_up_days: tuple[str, ...] = (), source: str = "放假通知") -> dict[str, Any]:
    law = (("01-01", "元旦"), ("05-01", "劳动节"), ("10-01", "国庆节"), ("10-02", "国庆节"), ("10-03", "国庆节"))
    return {
        "source": source,
        "days_off": [{"date": f"{year}-{day}", "name": name} for day, name in (*law, *((d, "春节") for d in more))],
        "make_up_days": [{"date": day, "name": "春节"} for day in make_up_days],
    }


async def publish(client, year: int, body: dict[str, Any], etag: str = "*") -> Any:
    return await client.put(f"{URL}/years/{year}", json=body, headers={"if-match": etag})


async def published_events(client, year: int) -> list[dict[str, Any]]:
    rows = await everything(client, "/v1/events", type="calendar.year_published")
    return [row["data"] for row in rows if row["data"]["year"] == year]


async def test_days_say_whether_they_are_worked_and_why(client):
    shown = good(await client.get(URL, params={"from": "2026-09-25", "to": "2026-10-12"}))
    assert shown["years"] == [{"year": 2026, "status": "official", "version": 1}]
    assert [day["date"] for day in shown["days"]] == [f"2026-09-{n}" for n in range(25, 31)] + [
        f"2026-10-{n:02}" for n in range(1, 13)
    ]
    by_day = {day["date"][5:]: (day["kind"], day["is_working"], day["name"]) for day in shown["days"]}
    assert by_day["09-25"] == ("holiday", False, "中秋节")
    assert by_day["09-26"] == ("weekend", False, None)
    assert by_day["09-30"] == ("working_day", True, None)
    assert by_day["10-07"] == ("holiday", False, "国庆节")
    assert by_day["10-10"] == ("make_up_day", True, "国庆节")
    assert not any(day["estimated"] for day in shown["days"])


async def test_a_guess_says_that_it_is_one_across_the_end_of_a_year(client):
    shown = good(await client.get(URL, params={"from": "2026-12-31", "to": "2027-01-01"}))
    assert [(year["year"], year["status"]) for year in shown["years"]] == [(2026, "official"), (2027, "estimated")]
    assert [(day["kind"], day["estimated"]) for day in shown["days"]] == [("working_day", False), ("holiday", True)]


@pytest.mark.parametrize("day", ["1970-01-01", "2003-12-31", "2101-10-01", "2199-12-31"])
async def test_a_year_that_nobody_loaded_is_a_guess_and_no_fault(client, day):
    shown = good(await client.get(URL, params={"from": day, "to": day}))
    assert (shown["years"][0]["status"], shown["days"][0]["estimated"]) == ("estimated", True)
    year = good(await client.get(f"{URL}/years/{day[:4]}"))
    assert (year["status"], year["source"], year["updated_at"]) == ("estimated", None, None)
    assert [off["name"] for off in year["days_off"]] == ["元旦", "劳动节", "国庆节", "国庆节", "国庆节"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"to": "2026-10-01"}, "?from"),
        ({"from": "2026-10-01"}, "?to"),
        ({"from": "2026-02-30", "to": "2026-03-01"}, "?from"),
        ({"from": "1760000000", "to": "2026-03-01"}, "?from"),
        ({"from": "2026-10-01T00:00:00Z", "to": "2026-10-02"}, "?from"),
        ({"from": "2026-10-01", "to": "2200-01-01"}, "?to"),
        ({"from": "2026-10-02", "to": "2026-10-01"}, "?"),
        ({"from": "2026-01-01", "to": "2027-02-05"}, "?"),
        ({"from": "2026-10-01", "to": "2026-10-01", "year": "2026"}, "?year"),
    ],
)
async def test_days_that_cannot_be_shown_are_refused_by_name(client, query, pointer):
    problem(await client.get(URL, params=query), 422, pointer)


async def test_400_days_are_the_most(client):
    assert len(good(await client.get(URL, params={"from": "2026-01-01", "to": "2027-02-04"}))["days"]) == 400


@pytest.mark.parametrize(
    ("at", "due", "skipped"),
    [
        ("2026-09-29T23:59:59.999999+08:00", "2026-10-09", 7),
        ("2026-10-08T00:00:00+08:00", "2026-10-12", 1),
        ("2026-09-18T12:00:00+08:00", "2026-09-22", 1),
        ("2026-02-12T12:00:00+08:00", "2026-02-24", 9),
    ],
)
async def test_the_plans_own_numbers_over_http(client, at, due, skipped):
    shown = good(await client.get(f"{URL}/due", params={"from": at, "working_days": 3}))
    assert (shown["due_on"], shown["due_at"], shown["estimated"]) == (due, f"{due}T15:59:59Z", False)
    assert len(shown["skipped"]) == skipped
    assert not any(day["is_working"] for day in shown["skipped"])


async def test_three_working_days_from_now_unless_something_else_is_asked(client):
    shown = good(await client.get(f"{URL}/due"))
    assert shown["working_days"] == 3
    assert shown == good(await client.get(f"{URL}/due", params={"from": shown["counted_from"], "working_days": 3}))


async def test_a_date_counted_on_a_guess_says_so(client):
    params = {"from": "2026-12-30T12:00:00+08:00", "working_days": 3}
    shown = good(await client.get(f"{URL}/due", params=params))
    assert (shown["due_on"], shown["estimated"]) == ("2027-01-05", True)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"working_days": 0}, "?working_days"),
        ({"working_days": 61}, "?working_days"),
        ({"from": "2026-10-01"}, "?from"),
    ],
)
async def test_what_cannot_be_counted_is_refused_by_name(client, query, pointer):
    problem(await client.get(f"{URL}/due", params=query), 422, pointer)


async def test_the_longest_count_at_the_end_of_time_is_counted(client):
    params = {"from": "2199-12-31T23:59:59Z", "working_days": 60}
    assert good(await client.get(f"{URL}/due", params=params))["estimated"] is True


async def test_2026_is_what_was_published(client):
    year = good(await client.get(f"{URL}/years/2026"))
    assert (year["status"], year["version"], year["working_days"]) == ("official", 1, 248)
    assert [day["date"] for day in year["make_up_days"]] == [
        "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10",
    ]  # fmt: skip


@pytest.mark.parametrize(("year", "status"), [("1969", 404), ("2200", 404), ("9999", 404), ("0", 422), ("heute", 422)])
async def test_there_are_no_other_years(client, year, status):
    problem(await client.get(f"{URL}/years/{year}"), status)
    problem(await publish(client, year, notice(2026)), status)


async def test_a_published_year_is_official_and_counted_on(client, year):
    saturday = weekend(year)
    after = f"{a_day(year, 5) - timedelta(days=1)}T12:00:00+08:00"
    before = good(await client.get(f"{URL}/due", params={"from": after, "working_days": 1}))
    assert before["estimated"] is True
    shown = good(await publish(client, year, notice(year, make_up_days=(saturday,))))
    assert (shown["status"], shown["version"], shown["source"]) == ("official", 1, "放假通知")
    assert shown == good(await client.get(f"{URL}/years/{year}"))
    assert [day["date"] for day in shown["make_up_days"]] == [saturday]
    now = good(await client.get(f"{URL}/due", params={"from": after, "working_days": 1}))
    assert (now["due_on"], now["estimated"]) == (saturday, False)
    assert await published_events(client, year) == [
        {"year": year, "version": 1, "previous_status": "estimated", "days_off": 5, "make_up_days": 1}
    ]


async def test_a_guessed_year_is_replaced_as_a_whole(client):
    before = good(await client.get(f"{URL}/years/2090"))
    assert (before["status"], before["version"]) == ("estimated", 1)
    assert len(before["days_off"]) > 5
    shown = good(await publish(client, 2090, notice(2090)))
    assert (shown["status"], shown["version"], len(shown["days_off"])) == ("official", 2, 5)


async def test_what_was_read_can_be_sent_back_and_the_same_again_changes_nothing(client, year):
    good(await publish(client, year, notice(year, "02-07", make_up_days=(weekend(year),))))
    read = await client.get(f"{URL}/years/{year}")
    body = {name: read.json()[name] for name in ("source", "days_off", "make_up_days")}
    again = await publish(client, year, body, read.headers["etag"])
    assert (good(again), again.headers["etag"]) == (read.json(), read.headers["etag"])
    assert len(await published_events(client, year)) == 1


async def test_a_correction_is_another_version_and_an_event(client, year):
    good(await publish(client, year, notice(year)))
    assert good(await publish(client, year, notice(year, "02-07")))["version"] == 2
    assert good(await publish(client, year, notice(year, "02-07", source="更正通知")))["version"] == 3
    assert [(event["version"], event["previous_status"]) for event in await published_events(client, year)] == [
        (1, "estimated"), (2, "official"), (3, "official"),
    ]  # fmt: skip


async def test_nobody_writes_over_what_they_did_not_read(client, year):
    unread = (await client.get(f"{URL}/years/{year}")).headers["etag"]
    good(await publish(client, year, notice(year), unread))
    problem(await publish(client, year, notice(year, "02-07"), unread), 412, code="stale")
    del client.headers["if-match"]
    try:
        problem(await client.put(f"{URL}/years/{year}", json=notice(year, "02-07")), 428)
    finally:
        client.headers["if-match"] = "*"
    assert good(await client.get(f"{URL}/years/{year}"))["version"] == 1


@pytest.mark.parametrize("loaded", [False, True])
async def test_of_several_at_once_one_is_first(client, year, loaded):
    if loaded:
        good(await publish(client, year, notice(year, "02-07")))
    etag = (await client.get(f"{URL}/years/{year}")).headers["etag"]
    bodies = [notice(year, source=f"通知{n}") for n in range(5)]
    answers = await asyncio.gather(*(publish(client, year, body, etag) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]
    assert len(await published_events(client, year)) == 1 + loaded


async def test_what_cannot_be_right_is_refused_day_by_day_and_nothing_changes(client, year):
    body = notice(year, make_up_days=(a_monday(year), weekend(year), weekend(year)))
    body["days_off"] += [{"date": f"{year + 1}-01-01", "name": "元旦"}, body["days_off"][0]]
    found = problem(await publish(client, year, body), 422)
    assert [(error["pointer"], error["code"]) for error in found["errors"]] == [
        ("/days_off/5/date", "outside_year"), ("/days_off/6/date", "day_twice"),
        ("/make_up_days/0/date", "not_weekend"), ("/make_up_days/2/date", "day_twice"),
    ]  # fmt: skip
    assert good(await client.get(f"{URL}/years/{year}"))["version"] == 0
    assert await published_events(client, year) == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"days_off": []}, "/days_off"),
        ({"days_off": [{"date": "2120-10-01", "name": "国庆节"}]}, "/days_off"),
        ({"days_off": [{"date": "2120-02-30", "name": "春节"}]}, "/days_off/0/date"),
        ({"days_off": [{"date": 4733510400, "name": "春节"}]}, "/days_off/0/date"),
        ({"days_off": [{"date": "2120-01-01", "name": " "}]}, "/days_off/0/name"),
        ({"days_off": [{"date": "2120-01-01", "name": "元旦", "is_working": True}]}, "/days_off/0/is_working"),
        ({"source": ""}, "/source"),
        ({"make_up_days": None}, "/make_up_days"),
        ({"status": "official"}, "/status"),
    ],
)
async def test_a_malformed_notice_is_refused_by_name(client, change, pointer):
    problem(await publish(client, 2120, notice(2120) | change), 422, pointer)


async def test_reading_and_publishing_need_their_scopes(client, year):
    key = good(await client.post("/v1/api-keys", json={"name": "日历", "scopes": ["rules:read"]}), 201)["key"]
    headers = {"authorization": f"Bearer {key}"}
    good(await client.get(f"{URL}/years/{year}", headers=headers))
    answer = await client.put(f"{URL}/years/{year}", json=notice(year), headers=headers)
    assert "rules:write" in problem(answer, 403)["detail"]
