"""Reviews that are dated anew when a year's notice comes out, and the notice that is missed in December.

They run in years from 2151 on, which no other test publishes.
"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from app.core.db import Database
from app.core.doorbell import BELLS, CALENDAR, CLOCKS, Doorbell, listen
from app.core.doorbell import connect as connect_redis
from app.domain.events import IncidentCalmed
from app.incidents.redating import misdated, redate, warn_of_missing_year
from tests.support.api import everything, good
from tests.support.clocks import clocks, graded, tell
from tests.support.waiting import eventually
from workers.calendar import follow_calendar

_years = count(2151, 2)

# Starts the review at an instant of one's choice, due in an hour: whatever the calendar says, it is wrong.
_BEGIN = """
update deadlines set started_at = $2::timestamptz, set_at = $2, due_at = $2 + interval '1 hour', next_at = $2
where incident_id = $1 and kind = 'review'"""


@pytest.fixture
def thursday() -> date:
    """A Thursday in June of a year that is only guessed, three working days before a Tuesday."""
    first = date(next(_years), 6, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def ends(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 15, 59, 59, tzinfo=UTC)


async def review(client, database: Database, day: date) -> str:
    """An incident whose review began at noon of a day and is dated by the calendar."""
    incident_id = await graded(client)
    calm = {"calmed_at": datetime(2026, 1, 5, tzinfo=UTC), "evidence": {}}
    await tell(database, incident_id, lambda place: IncidentCalmed(**place, **calm))
    await database.fetch(_BEGIN, UUID(incident_id), noon(day))
    assert await again(database, incident_id) == 1
    return incident_id


async def again(database: Database, incident_id: str) -> int:
    return await database.run(lambda tx: redate(tx, UUID(incident_id)))


async def publish(client, year: int, *off: date, make_up: tuple[date, ...] = ()) -> None:
    law = [date(year, 1, 1), date(year, 5, 1), *(date(year, 10, day) for day in (1, 2, 3))]
    body = {
        "source": "放假通知",
        "days_off": [{"date": day.isoformat(), "name": "端午节"} for day in (*law, *off)],
        "make_up_days": [{"date": day.isoformat(), "name": "端午节"} for day in make_up],
    }
    good(await client.put(f"/v1/calendar/years/{year}", json=body))


async def row(database: Database, incident_id: str) -> Any:
    [found] = await database.fetch(
        "select * from deadlines where incident_id = $1 and kind = 'review'", UUID(incident_id)
    )
    return found


async def redated(client, incident_id: str) -> list[dict[str, Any]]:
    """What was said of it after the review() above."""
    rows = await everything(client, "/v1/events", type="deadline.redated", incident_id=incident_id)
    return [event["data"] for event in rows[1:]]


def days(count: int) -> timedelta:
    return timedelta(days=count)


@pytest.mark.parametrize(
    ("off", "make_up", "due_after"),
    [((), (2,), 4), ((1,), (), 6), ((1, 4), (), 7), ((1,), (2, 3), 4), ((), (), 5)],
    ids=["a Saturday is worked", "Friday is off", "Friday and Monday are", "a swap", "as it was guessed"],
)
async def test_a_review_is_due_anew_when_its_year_is_published(client, database, thursday, off, make_up, due_after):
    incident_id = await review(client, database, thursday)
    before = await row(database, incident_id)
    assert (before["due_at"], before["estimated"]) == (ends(thursday + days(5)), True)
    await publish(
        client, thursday.year, *(thursday + days(n) for n in off), make_up=tuple(thursday + days(n) for n in make_up)
    )
    assert await again(database, incident_id) == 1
    after = await row(database, incident_id)
    due_at = ends(thursday + days(due_after))
    assert (after["due_at"], after["estimated"], after["state"]) == (due_at, False, "running")
    assert after["next_at"] == noon(thursday) + (due_at - noon(thursday)) / 2
    assert (after["set_at"] == before["set_at"]) is (due_at == before["due_at"])
    [said] = await redated(client, incident_id)
    assert said["deadline_id"] == str(before["id"])
    assert [datetime.fromisoformat(said[name]) for name in ("previous_due_at", "due_at")] == [before["due_at"], due_at]
    assert (said["clock"], said["estimated"]) == ("review", False)
    shown = (await clocks(client, incident_id))["review"]
    assert (datetime.fromisoformat(shown["due_at"]), shown["estimated"]) == (due_at, False)


async def test_what_did_not_change_is_not_touched_and_not_told(client, database, thursday):
    incident_id = await review(client, database, thursday)
    await publish(client, thursday.year)
    assert [await again(database, incident_id) for _ in range(3)] == [1, 0, 0]
    await publish(client, thursday.year, thursday + days(14))
    assert await again(database, incident_id) == 0
    assert len(await redated(client, incident_id)) == 1


async def test_it_stands_on_the_timeline_without_a_gap(client, database, thursday):
    incident_id = await review(client, database, thursday)
    await publish(client, thursday.year, thursday + days(1))
    await again(database, incident_id)
    timeline = await everything(client, f"/v1/incidents/{incident_id}/timeline")
    assert [entry["seq"] for entry in timeline] == list(range(1, len(timeline) + 1))
    assert (timeline[-1]["type"], timeline[-1]["actor"]) == ("deadline.redated", "system:fenghuo")


async def test_a_correction_dates_it_anew_once_more(client, database, thursday):
    incident_id = await review(client, database, thursday)
    for off, due_after in ((1, 6), (4, 6), (9, 5)):
        await publish(client, thursday.year, thursday + days(off))
        await again(database, incident_id)
        assert (await row(database, incident_id))["due_at"] == ends(thursday + days(due_after))
    assert len(await redated(client, incident_id)) == 2


async def test_what_rang_stays_rung(client, database, thursday):
    incident_id = await review(client, database, thursday)
    clock = await row(database, incident_id)
    await database.fetch("insert into deadline_firings values ($1, 50, now(), 0)", clock["id"])
    await publish(client, thursday.year, thursday + days(1), thursday + days(4))
    await again(database, incident_id)
    due_at = ends(thursday + days(7))
    assert (await row(database, incident_id))["next_at"] == noon(thursday) + (due_at - noon(thursday)) * 0.8


@pytest.mark.parametrize("change", ["state = 'met'", "state = 'breached'", "state = 'cancelled'", "is_drill = true"])
async def test_what_is_over_or_an_exercise_stays_as_it_is(client, database, thursday, change):
    incident_id = await review(client, database, thursday)
    next_at = "next_at" if "drill" in change else "null"
    await database.fetch(
        f"update deadlines set {change}, next_at = {next_at} where incident_id = $1 and kind = 'review'",
        UUID(incident_id),
    )
    before = await row(database, incident_id)
    await publish(client, thursday.year, thursday + days(1))
    assert UUID(incident_id) not in await database.run(misdated)
    assert await again(database, incident_id) == 0
    assert await row(database, incident_id) == before


async def test_the_worker_finds_them_and_several_at_once_say_it_once(client, database, thursday):
    ids = [await review(client, database, thursday + days(7 * n)) for n in range(3)]
    await publish(client, thursday.year, thursday + days(1), thursday + days(8))
    assert {UUID(id_) for id_ in ids} <= set(await database.run(misdated))
    await asyncio.gather(*(follow_calendar(database) for _ in range(4)))
    for id_, due_after in zip(ids, (6, 6, 5), strict=True):
        assert len(await redated(client, id_)) == 1
        clock = await row(database, id_)
        assert clock["due_at"] == ends(clock["started_at"].date() + days(due_after))
    assert not {UUID(id_) for id_ in ids} & set(await database.run(misdated))


async def test_a_clock_that_began_just_when_the_year_came_out_comes_right(client, database, thursday):
    """It was counted on the guess and stored after the year: nothing told it."""
    await publish(client, thursday.year, thursday + days(1))
    incident_id = await review(client, database, thursday)
    await database.fetch(
        "update deadlines set due_at = $2, estimated = true where incident_id = $1 and kind = 'review'",
        UUID(incident_id), ends(thursday + days(5)),
    )  # fmt: skip
    await follow_calendar(database)
    clock = await row(database, incident_id)
    assert (clock["due_at"], clock["estimated"]) == (ends(thursday + days(6)), False)


async def test_a_published_year_wakes_the_worker_and_a_moved_clock_the_sweeper(client, database, settings, thursday):
    redis, rung = connect_redis(settings.redis_url), list[str]()
    listening = asyncio.create_task(listen(redis, rung.append))
    try:
        doorbell = Doorbell(redis)

        async def heard() -> bool:
            doorbell.ring(BELLS[0])
            return bool(rung)

        await eventually(heard, what="the listener")
        incident_id = await review(client, database, thursday)
        await publish(client, thursday.year, thursday + days(1))
        await eventually(lambda: CALENDAR in rung, what="the bell of the calendar")
        rung.clear()
        await again(database, incident_id)
        await eventually(lambda: CLOCKS in rung, what="the bell of the clocks")
    finally:
        listening.cancel()
        await redis.aclose()


@pytest.fixture
async def known(client) -> int:
    """A year whose notice is known, before one whose notice is not."""
    year = next(_years)
    await publish(client, year)
    return year


@pytest.fixture
def shanghai(known) -> Iterator[Any]:
    """An instant of the known year in Shanghai."""
    return lambda month, day, *time: datetime(known, month, day, *time, tzinfo=UTC) - timedelta(hours=8)


async def warn(database: Database, now: datetime) -> int:
    return await database.run(lambda tx: warn_of_missing_year(tx, now))


async def missed(client, year: int) -> int:
    rows = await everything(client, "/v1/events", type="calendar.year_missing")
    return sum(row["data"] == {"year": year} for row in rows)


async def test_the_next_years_notice_is_missed_once_a_week_from_december_on(client, database, known, shanghai):
    assert await warn(database, shanghai(12, 1) - timedelta(microseconds=1)) == 0
    assert await warn(database, shanghai(12, 1)) == 1
    first = shanghai(12, 1)
    rounds = [await warn(database, first + timedelta(hours=6 * n)) for n in range(4 * 31)]
    weeks = {(first + timedelta(days=n, hours=8)).isocalendar()[:2] for n in range(31)}
    assert 1 + sum(rounds) == len(weeks) in (5, 6)
    assert await missed(client, known + 1) == len(weeks)


async def test_a_week_begins_on_monday_in_shanghai(client, database, known, shanghai):
    second = shanghai(12, 8)
    monday = second + timedelta(days=-(second + timedelta(hours=8)).weekday() % 7)
    assert await warn(database, monday - timedelta(microseconds=1)) == 1
    assert [await warn(database, monday + timedelta(hours=8 * n)) for n in (0, 1, 2)] == [1, 0, 0]


async def test_a_notice_that_came_is_missed_no_more(client, database, known, shanghai):
    assert await warn(database, shanghai(12, 1)) == 1
    await publish(client, known + 1)
    assert await warn(database, shanghai(12, 20)) == 0


async def test_a_year_that_is_here_and_not_known_is_missed_too(client, database, known, shanghai):
    assert await warn(database, shanghai(12, 31, 23, 59) + timedelta(minutes=1)) == 1
    assert await missed(client, known + 1) == 1


async def test_of_several_who_miss_it_at_once_one_says_so(client, database, known, shanghai):
    assert sum(await asyncio.gather(*(warn(database, shanghai(12, 8)) for _ in range(5)))) == 1
    assert await missed(client, known + 1) == 1
