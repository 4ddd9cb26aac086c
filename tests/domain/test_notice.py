"""What can't be right in a year's notice is named, each day by its place."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.notice import faults

LAW = [date(2030, 1, 1), date(2030, 5, 1), date(2030, 10, 1), date(2030, 10, 2), date(2030, 10, 3)]
SATURDAY, SUNDAY, MONDAY = date(2030, 10, 12), date(2030, 9, 29), date(2030, 9, 30)


def test_a_good_notice_has_no_faults() -> None:
    assert faults(2030, [*LAW, MONDAY, date(2030, 10, 5)], [SATURDAY, SUNDAY]) == []


@pytest.mark.parametrize(
    ("days_off", "make_up_days", "fault", "named"),
    [
        ([*LAW, date(2031, 1, 1)], [], ("days_off", 5, "outside_year"), "2031-01-01 belongs to the calendar of 2031"),
        (LAW, [date(2029, 12, 29)], ("make_up_days", 0, "outside_year"), "change it there"),
        ([*LAW, LAW[0]], [], ("days_off", 5, "day_twice"), "/days_off/0"),
        (LAW, [SATURDAY, SATURDAY], ("make_up_days", 1, "day_twice"), "/make_up_days/0"),
        ([*LAW, SATURDAY], [SATURDAY], ("make_up_days", 0, "day_twice"), "/days_off/5"),
        (LAW, [MONDAY], ("make_up_days", 0, "not_weekend"), "2030-09-30 is a Monday"),
        (LAW, [date(2030, 9, 27)], ("make_up_days", 0, "not_weekend"), "Friday"),
        (LAW[:4], [], ("days_off", None, "days_missing"), "lacks 2030-10-03 国庆节"),
        (LAW[1:], [], ("days_off", None, "days_missing"), "lacks 2030-01-01 元旦"),
    ],
)
def test_a_fault_says_where_it_is_and_what_to_do(
    days_off: list[date], make_up_days: list[date], fault: tuple[str, int | None, str], named: str
) -> None:
    [found] = faults(2030, days_off, make_up_days)
    assert (found.part, found.place, found.code) == fault
    assert named in found.detail


def test_every_fault_is_named_at_once() -> None:
    found = faults(2030, [date(2031, 5, 1), LAW[0], LAW[0]], [MONDAY])
    assert [fault.code for fault in found] == ["outside_year", "day_twice", "not_weekend", "days_missing"]


days = st.integers(-400, 800).map(lambda n: date(2030, 1, 1) + timedelta(days=n))


@given(st.lists(days, max_size=20), st.lists(days, max_size=20))
def test_what_has_no_fault_is_a_calendar(days_off: list[date], make_up_days: list[date]) -> None:
    off, worked = [*LAW, *days_off], make_up_days
    fine = not faults(2030, off, worked)
    assert fine == (
        len({*off, *worked}) == len(off) + len(worked)
        and all(day.year == 2030 for day in off + worked)
        and all(day.weekday() >= 5 for day in worked)
    )
