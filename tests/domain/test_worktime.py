"""Working days, by the State Council's notice for 2026 and by a library that is not ours."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.worktime import (
    DAY,
    Calendar,
    DayKind,
    SpecialDay,
    WorkingDue,
    day_of,
    due,
    missing_year,
    on_the_way,
)

MICROSECOND = timedelta(microseconds=1)


def days(month: int, *numbers: int, year: int = 2026) -> set[date]:
    return {date(year, month, number) for number in numbers}


# 国务院办公厅关于2026年部分节假日安排的通知, copied by hand.
OFF_2026 = (
    days(1, 1, 2, 3) | days(2, *range(15, 24)) | days(4, 4, 5, 6) | days(5, 1, 2, 3, 4, 5) | days(6, 19, 20, 21)
    | days(9, 25, 26, 27) | days(10, *range(1, 8))
)  # fmt: skip
WORKED_2026 = days(1, 4) | days(2, 14, 28) | days(5, 9) | days(9, 20) | days(10, 10)


def official(off: set[date], worked: set[date], *years: int) -> Calendar:
    special = {day: SpecialDay(is_working=False, name="放假") for day in off}
    special |= {day: SpecialDay(is_working=True, name="调休") for day in worked}
    return Calendar(official=frozenset(years), loaded=frozenset(years), special=special)


NOTICE = official(OFF_2026, WORKED_2026, 2026)


def as_the_library_has_it(first: int, last: int) -> Calendar:
    """Another calendar altogether: what `chinesecalendar` knows."""
    all_days = [date(first, 1, 1) + n * DAY for n in range((date(last + 1, 1, 1) - date(first, 1, 1)).days)]
    worked = {day for day in all_days if chinese_calendar.is_workday(day)}
    return official(
        {day for day in all_days if day.weekday() < 5 and day not in worked},
        {day for day in worked if day.weekday() >= 5},
        *range(first, last + 1),
    )


LIBRARY = as_the_library_has_it(2004, 2026)


def shanghai(day: str, time: str = "12:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{time}+08:00")


def counted(day: str, *, working_days: int = 3, time: str = "12:00", calendar: Calendar = NOTICE) -> str:
    return due(calendar, shanghai(day, time), working_days).due_at.astimezone(ZoneInfo("Asia/Shanghai")).isoformat()


@pytest.mark.parametrize(
    ("calm", "review"),
    [
        ("2026-09-29", "2026-10-09"),  # over National Day
        ("2026-10-08", "2026-10-12"),  # Saturday the 10th is worked
        ("2026-09-18", "2026-09-22"),  # Sunday the 20th is worked
        ("2026-02-12", "2026-02-24"),  # Saturday the 14th is worked, then nine days off
    ],
)
def test_the_plans_own_numbers(calm: str, review: str) -> None:
    assert counted(calm) == f"{review}T23:59:59+08:00"
    assert due(NOTICE, shanghai(calm), 3).estimated is False


@pytest.mark.parametrize(
    ("day", "time", "review"),
    [
        ("2026-09-29", "00:00", "2026-10-09"),
        ("2026-09-29", "23:59:59.999999", "2026-10-09"),
        ("2026-09-30", "00:00", "2026-10-10"),
        ("2026-09-30", "00:00:00.000001", "2026-10-10"),
        ("2026-09-28", "23:59:59.999999", "2026-10-08"),
    ],
    ids=["at midnight", "a microsecond before the next", "at the next", "a microsecond after", "a microsecond before"],
)
def test_the_day_is_shanghais_to_the_microsecond(day: str, time: str, review: str) -> None:
    assert counted(day, time=time) == f"{review}T23:59:59+08:00"


def test_an_evening_in_london_is_the_next_day_in_shanghai() -> None:
    at = datetime(2026, 9, 28, 16, 0, tzinfo=UTC)
    assert due(NOTICE, at, 3) == due(NOTICE, shanghai("2026-09-29"), 3)
    assert due(NOTICE, at - MICROSECOND, 3) == due(NOTICE, shanghai("2026-09-28"), 3)


def test_due_is_an_instant_in_utc() -> None:
    assert due(NOTICE, shanghai("2026-10-08"), 3) == WorkingDue(datetime(2026, 10, 12, 15, 59, 59, tzinfo=UTC), False)


@pytest.mark.parametrize("day", ["2026-10-01", "2026-10-04", "2026-10-07"])
def test_the_day_itself_does_not_count_though_it_is_off(day: str) -> None:
    assert counted(day, working_days=1) == "2026-10-08T23:59:59+08:00"


@pytest.mark.parametrize(("working_days", "wrong"), [(0, "0"), (-3, "-3")])
def test_less_than_a_day_is_nothing_to_count(working_days: int, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        due(NOTICE, shanghai("2026-10-08"), working_days)


@pytest.mark.parametrize(
    ("calm", "working_days", "review", "estimated"),
    [
        ("2026-12-28", 3, "2026-12-31", False),  # the last day of what is known
        ("2026-12-29", 3, "2027-01-04", True),  # over New Year's Day and a weekend
        ("2026-12-31", 1, "2027-01-04", True),
        ("2025-12-31", 1, "2026-01-04", False),  # the day itself doesn't count, in whichever year: a Sunday, worked
        ("2025-12-30", 1, "2025-12-31", True),
        ("2025-12-29", 3, "2026-01-04", True),  # guessed on the way, though not at its end
        ("2031-03-03", 3, "2031-03-06", True),  # a year nobody ever loaded
        ("2031-09-30", 1, "2031-10-06", True),  # its fixed holidays, and a weekend
    ],
)
def test_a_date_says_whether_a_year_on_the_way_is_guessed(
    calm: str, working_days: int, review: str, estimated: bool
) -> None:
    assert counted(calm, working_days=working_days) == f"{review}T23:59:59+08:00"
    assert due(NOTICE, shanghai(calm), working_days).estimated is estimated


def test_monday_to_friday_is_wrong_on_25_days_of_2026() -> None:
    year = NOTICE.days(date(2026, 1, 1), date(2026, 12, 31))
    assert sum(day.is_working != (day.date.weekday() < 5) for day in year) == 25


def test_days_have_a_kind_and_the_name_of_their_holiday() -> None:
    kinds = {day.date.day: day.kind for day in NOTICE.days(date(2026, 9, 18), date(2026, 9, 26))}
    assert kinds == {
        18: DayKind.WORKING_DAY, 19: DayKind.WEEKEND, 20: DayKind.MAKE_UP_DAY, 21: DayKind.WORKING_DAY,
        22: DayKind.WORKING_DAY, 23: DayKind.WORKING_DAY, 24: DayKind.WORKING_DAY, 25: DayKind.HOLIDAY,
        26: DayKind.HOLIDAY,
    }  # fmt: skip
    assert NOTICE.day(date(2026, 9, 20)).name == "调休"
    assert NOTICE.day(date(2026, 9, 18)).name is None
    assert NOTICE.day(date(2050, 10, 1)) == (date(2050, 10, 1), DayKind.HOLIDAY, "国庆节", True)


@pytest.mark.parametrize(
    ("now", "year"),
    [
        ("2026-11-30T23:59:59.999999+08:00", None),
        ("2026-12-01T00:00:00+08:00", 2027),
        ("2026-12-31T23:59:59.999999+08:00", 2027),
        ("2027-01-01T00:00:00+08:00", 2027),  # it is here, and still only guessed
        ("2027-06-01T00:00:00+08:00", 2027),
        ("2025-12-01T00:00:00+08:00", 2025),
    ],
)
def test_the_next_years_notice_is_missed_from_december_on(now: str, year: int | None) -> None:
    assert missing_year(NOTICE, datetime.fromisoformat(now)) == year


def between(first: datetime, last: datetime) -> st.SearchStrategy[datetime]:
    return st.timedeltas(timedelta(0), last - first).map(lambda after: first + after)


instants = between(datetime(2004, 1, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC))
counts = st.integers(1, 15)


@given(instants, counts)
def test_exactly_so_many_working_days_lie_between_and_the_last_is_one(at: datetime, working_days: int) -> None:
    due_at, estimated = due(LIBRARY, at, working_days)
    first, last = day_of(at) + DAY, day_of(due_at)
    way = [first + n * DAY for n in range((last - first).days + 1)]
    assert sum(map(chinese_calendar.is_workday, way)) == working_days
    assert chinese_calendar.is_workday(last)
    assert not estimated
    assert day_of(due_at + timedelta(seconds=1)) == last + DAY


@given(instants, st.timedeltas(timedelta(0), timedelta(days=60)), counts)
@example(datetime(2026, 9, 28, 16, 0, tzinfo=UTC) - MICROSECOND, MICROSECOND, 3)
def test_later_is_never_due_earlier(at: datetime, later: timedelta, working_days: int) -> None:
    assert due(LIBRARY, at, working_days) <= due(LIBRARY, at + later, working_days)
    assert due(LIBRARY, at, working_days).due_at < due(LIBRARY, at, working_days + 1).due_at


@given(between(datetime(1970, 1, 2, tzinfo=UTC), datetime(2199, 6, 1, tzinfo=UTC)), st.integers(1, 60))
def test_a_calendar_of_nothing_counts_all_the_same_and_says_that_it_guesses(at: datetime, working_days: int) -> None:
    way = list(on_the_way(Calendar(), at, working_days))
    assert sum(day.date.weekday() < 5 and not day.name for day in way) == working_days
    assert due(Calendar(), at, working_days).estimated
