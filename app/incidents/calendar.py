"""The working calendar 工作日历 as rows: read, counted on, and replaced year by year as notices come out."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.core.auth import Caller
from app.core.conditional import ANY, Expected
from app.core.db import Tx
from app.core.doorbell import CALENDAR
from app.core.errors import FieldError, Invalid, NotFound
from app.core.outbox import record
from app.domain.events import CalendarYearPublished
from app.domain.notice import faults
from app.domain.worktime import (
    FIRST_YEAR,
    LAST_YEAR,
    Calendar,
    DayKind,
    SpecialDay,
    WorkingDue,
    YearStatus,
    day_of,
    due,
    on_the_way,
)
from app.incidents.calendar_schemas import CalendarYearPut
from app.models import CalendarDay, CalendarYear

# Sixty working days, the most that is counted, end within the next year.
AHEAD = 1


async def review_due(tx: Tx, at: datetime, working_days: int) -> WorkingDue:
    """When something is due that has so many working days from ``at`` (方案 二(三): 3 个工作日), 23:59:59 in Shanghai."""
    return due(await _calendar_from(tx, at), at, working_days)


async def _calendar_from(tx: Tx, at: datetime) -> Calendar:
    year = day_of(at).year
    return await read_calendar(tx, year, year + AHEAD)


async def read_calendar(tx: Tx, first: int, last: int) -> Calendar:
    """What is known of the years from ``first`` to ``last``."""
    years = (await tx.execute(
        select(CalendarYear.year, CalendarYear.status).where(CalendarYear.year.between(first, last))
    )).all()  # fmt: skip
    days = await tx.execute(
        select(CalendarDay.day, CalendarDay.is_working, CalendarDay.name)
        .where(CalendarDay.day.between(*_bounds(first, last)))
    )  # fmt: skip
    return Calendar(
        official=frozenset(year for year, status in years if status == YearStatus.OFFICIAL),
        loaded=frozenset(year for year, _ in years),
        special={day: SpecialDay(is_working, name) for day, is_working, name in days},
    )


async def show_days(tx: Tx, first: date, last: date) -> dict[str, Any]:
    """Every day from ``first`` to ``last``, and the standing of their years."""
    calendar = await read_calendar(tx, first.year, last.year)
    query = select(CalendarYear.year, CalendarYear.version).where(CalendarYear.year.between(first.year, last.year))
    versions = {row.year: row.version for row in await tx.execute(query)}
    years = range(first.year, last.year + 1)
    return {
        "years": [{"year": y, "status": calendar.status(y), "version": versions.get(y, 0)} for y in years],
        "days": calendar.days(first, last),
    }


async def show_due(tx: Tx, at: datetime, working_days: int) -> dict[str, Any]:
    """When something is due, with what was skipped on the way."""
    calendar = await _calendar_from(tx, at)
    way = list(on_the_way(calendar, at, working_days))
    due_at, estimated = due(calendar, at, working_days)
    return {
        "counted_from": at, "working_days": working_days, "due_at": due_at, "due_on": way[-1].date,
        "estimated": estimated, "skipped": [day for day in way if not day.is_working],
    }  # fmt: skip


async def show_year(tx: Tx, year: int) -> dict[str, Any]:
    """A year as its notice has it; NotFound for one so far away that nothing is dated in it."""
    _within_reach(year)
    row = await tx.get(CalendarYear, year)
    days = (await read_calendar(tx, year, year)).days(*_bounds(year, year))
    return {
        "year": year, "status": row.status if row else YearStatus.ESTIMATED, "version": row.version if row else 0,
        "source": row.source if row else None, "updated_at": row.updated_at if row else None,
        "working_days": sum(day.is_working for day in days),
        "days_off": [day for day in days if day.kind is DayKind.HOLIDAY],
        "make_up_days": [day for day in days if day.kind is DayKind.MAKE_UP_DAY],
    }  # fmt: skip


async def publish_year(
    tx: Tx, year: int, notice: CalendarYearPut, *, expected: Expected = ANY, caller: Caller, now: datetime
) -> dict[str, Any]:
    """Replaces a year by its notice; Invalid names each day that can't be right. Running reviews are dated anew by
    :mod:`app.incidents.redating`, which the bell wakes."""
    _within_reach(year)
    row = await _locked(tx, year, caller)
    expected.meet(row.version)
    _refuse_faults(year, notice)
    before = await _rows(tx, year)
    days = {day.date: (False, day.name) for day in notice.days_off}
    days |= {day.date: (True, day.name) for day in notice.make_up_days}
    if (row.status, row.source, before) != (YearStatus.OFFICIAL, notice.source, days):
        event = CalendarYearPublished(
            year=year, version=row.version + 1, previous_status=row.status, days_off=len(notice.days_off),
            make_up_days=len(notice.make_up_days),
        )  # fmt: skip
        await tx.execute(delete(CalendarDay).where(CalendarDay.day.between(*_bounds(year, year))))
        tx.add_all(CalendarDay(day=day, is_working=works, name=name) for day, (works, name) in days.items())
        row.status, row.source, row.version = YearStatus.OFFICIAL, notice.source, row.version + 1
        row.updated_at, row.updated_by = now, caller.actor
        tx.ring(CALENDAR)
        await record(tx, event, caller=caller)
    return await show_year(tx, year)


def _within_reach(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFound(f"There is no calendar of the year {year}: it reaches from {FIRST_YEAR} to {LAST_YEAR}.")


async def _locked(tx: Tx, year: int, caller: Caller) -> CalendarYear:
    """The year's row, made where there is none, so that two who load it at once come one after the other."""
    new = insert(CalendarYear).values(
        year=year, status=YearStatus.ESTIMATED, source="", version=0, updated_by=caller.actor
    )
    await tx.execute(new.on_conflict_do_nothing())
    return (await tx.scalars(select(CalendarYear).where(CalendarYear.year == year).with_for_update())).one()


def _refuse_faults(year: int, notice: CalendarYearPut) -> None:
    found = faults(year, [day.date for day in notice.days_off], [day.date for day in notice.make_up_days])
    errors = [
        FieldError(f"/{part}" if place is None else f"/{part}/{place}/date", detail, code)
        for part, place, detail, code in found
    ]
    if errors:
        raise Invalid("; ".join(f"{error.pointer}: {error.detail}" for error in errors[:3]) + ".", errors=errors)


async def _rows(tx: Tx, year: int) -> dict[date, tuple[bool, str]]:
    query = select(CalendarDay.day, CalendarDay.is_working, CalendarDay.name)
    rows = await tx.execute(query.where(CalendarDay.day.between(*_bounds(year, year))))
    return {day: (is_working, name) for day, is_working, name in rows}


def _bounds(first: int, last: int) -> tuple[date, date]:
    return date(first, 1, 1), date(last, 12, 31)
