"""The working calendar 工作日历 as rows: read for the dates that are counted on it."""

from datetime import date, datetime

from sqlalchemy import select

from app.core.db import Tx
from app.domain.worktime import Calendar, SpecialDay, WorkingDue, YearStatus, day_of, due
from app.models import CalendarDay, CalendarYear

# Sixty working days, the most a policy may state, end within the next year.
AHEAD = 1


async def review_due(tx: Tx, at: datetime, working_days: int) -> WorkingDue:
    """When something is due that has so many working days from ``at`` (方案 二(三): 3 个工作日), 23:59:59 in Shanghai."""
    year = day_of(at).year
    return due(await read_calendar(tx, year, year + AHEAD), at, working_days)


async def read_calendar(tx: Tx, first: int, last: int) -> Calendar:
    """What is known of the years from ``first`` to ``last``."""
    years = (await tx.execute(
        select(CalendarYear.year, CalendarYear.status).where(CalendarYear.year.between(first, last))
    )).all()  # fmt: skip
    days = await tx.execute(
        select(CalendarDay.day, CalendarDay.is_working, CalendarDay.name)
        .where(CalendarDay.day.between(date(first, 1, 1), date(last, 12, 31)))
    )  # fmt: skip
    return Calendar(
        official=frozenset(year for year, status in years if status == YearStatus.OFFICIAL),
        loaded=frozenset(year for year, _ in years),
        special={day: SpecialDay(is_working, name) for day, is_working, name in days},
    )
