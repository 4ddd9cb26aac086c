"""The days that the service is born with: what one library says of 2004 to 2100, and another, day by day, to 2026."""

from datetime import date

import chinese_calendar
import pytest
from alembic.script import ScriptDirectory

from app.core.db import Database
from app.core.migrations import configuration
from app.domain.worktime import DAY, Calendar, YearStatus
from app.incidents.calendar import read_calendar
from tests.support.statutory import FIRST, LAST, LAST_OFFICIAL, line_of

# 国办发明电〔2005〕35号: 12月31日(星期六)上班. The oracle begins to read that notice with January.
MISSED_BY_THE_ORACLE = {date(2005, 12, 31)}


@pytest.fixture(scope="module")
async def calendar(database: Database) -> Calendar:
    async with database.transaction() as tx:
        return await read_calendar(tx, FIRST, LAST)


@pytest.mark.parametrize("year", range(FIRST, LAST_OFFICIAL + 1))
def test_every_day_of_a_published_year_is_what_another_library_says(year: int, calendar: Calendar) -> None:
    assert calendar.status(year) is YearStatus.OFFICIAL
    days = calendar.days(date(year, 1, 1), date(year, 12, 31))
    wrong = {day.date for day in days if day.is_working != chinese_calendar.is_workday(day.date)}
    assert wrong == {day for day in MISSED_BY_THE_ORACLE if day.year == year}
    assert not any(day.estimated for day in days)


def test_what_the_oracle_does_not_know_is_a_guess_that_moves_no_weekend(calendar: Calendar) -> None:
    with pytest.raises(NotImplementedError):
        chinese_calendar.is_workday(date(LAST_OFFICIAL + 1, 1, 1))
    # Tests publish years from 2090 on.
    days = calendar.days(date(LAST_OFFICIAL + 1, 1, 1), date(2089, 12, 31))
    assert all(day.estimated for day in days)
    assert not [day.date for day in days if day.is_working and day.date.weekday() >= 5]


def test_the_seed_is_what_holidays_says() -> None:
    """Red after an update of `holidays` that knows another year: load it by a migration of its own, as official where
    the year is still estimated, and move LAST_OFFICIAL."""
    script = ScriptDirectory.from_config(configuration("")).get_revision("working_calendar")
    assert script is not None
    seeded: dict[int, str] = script.module.OFFICIAL | script.module.ESTIMATED
    assert seeded == {year: line_of(year) for year in range(FIRST, LAST + 1)}
    assert max(script.module.OFFICIAL) == LAST_OFFICIAL


def test_the_year_is_counted_right_across_its_end(calendar: Calendar) -> None:
    eve = date(2005, 12, 30)
    assert [day.is_working for day in calendar.days(eve, eve + 5 * DAY)] == [True, True, False, False, False, True]
