"""The working calendar over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

from app.core.bodies import JsonBody
from app.core.conditional import IfMatch
from app.core.deps import InRetries, InTransaction, RulesRead, RulesWrite
from app.core.routing import Operation
from app.incidents import calendar
from app.incidents import calendar_schemas as schemas

router = APIRouter(prefix="/v1/calendar", tags=["Calendar"], route_class=Operation)

Put = Annotated[schemas.CalendarYearPut, Depends(JsonBody(schemas.CalendarYearPut))]
Year = Annotated[int, Path(ge=1, le=9999, description="The year, 1970 to 2199.", examples=[2026])]


@router.get("", operation_id="getCalendar", response_model=schemas.Calendar)
async def get_calendar(
    query: Annotated[schemas.CalendarQuery, Query()], tx: InTransaction, _: RulesRead
) -> dict[str, Any]:
    """Shows which days are worked 工作日, with make-up days 调休, and whether that is official or a guess."""
    return await calendar.show_days(tx, query.from_, query.to)


@router.get("/due", operation_id="getWorkingDue", response_model=schemas.WorkingDue)
async def get_working_due(
    query: Annotated[schemas.DueQuery, Query()], tx: InTransaction, _: RulesRead
) -> dict[str, Any]:
    """Counts working days: when something is due, 23:59:59 in Shanghai, and which days on the way are skipped."""
    return await calendar.show_due(tx, query.from_ or await tx.now(), query.working_days)


@router.get("/years/{year}", operation_id="getCalendarYear", response_model=schemas.CalendarYear)
async def get_calendar_year(year: Year, tx: InTransaction, _: RulesRead) -> dict[str, Any]:
    """One year: its days off and its make-up days. One that nobody loaded is a guess, with version 0."""
    return await calendar.show_year(tx, year)


@router.put("/years/{year}", operation_id="publishCalendarYear", response_model=schemas.CalendarYear)
async def publish_calendar_year(
    year: Year, caller: RulesWrite, body: Put, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Replaces a year by its notice 放假安排通知 and makes it official. Running review clocks are dated anew at once.

    The same again changes nothing.
    """
    return await run(lambda tx, now: calendar.publish_year(tx, year, body, expected=expected, caller=caller, now=now))
