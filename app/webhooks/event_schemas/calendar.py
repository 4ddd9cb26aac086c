"""Events of the working calendar 工作日历 on the wire."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.domain.worktime import YearStatus
from app.webhooks.event_schemas.base import EventBase, shown_as
from app.webhooks.event_types import EventType

_PUBLISHED: JsonDict = {
    "year": 2027, "version": 2, "previous_status": "estimated", "days_off": 33, "make_up_days": 6,
}  # fmt: skip
_MISSING: JsonDict = {"year": 2027}


class CalendarYearPublishedData(BaseModel):
    """Which year, and how it was before."""

    model_config = ConfigDict(json_schema_extra={"example": _PUBLISHED})

    year: int = Field(description="The year; `GET /v1/calendar/years/{year}` has its days.")
    version: int = Field(description="The version it has now.")
    previous_status: YearStatus = Field(description="What it was before; `official`: it was corrected.")
    days_off: int = Field(description="How many days off it has.")
    make_up_days: int = Field(description="How many Saturdays and Sundays are worked 调休上班.")


class CalendarYearMissingData(BaseModel):
    """Which year."""

    model_config = ConfigDict(json_schema_extra={"example": _MISSING})

    year: int = Field(description="The year; publish it with `PUT /v1/calendar/years/{year}`.")


class CalendarYearPublishedEvent(EventBase):
    """A year's working days are official now, or were corrected. Review clocks that run are dated anew."""

    model_config = shown_as("calendar.year_published", _PUBLISHED)

    type: Literal[EventType.CALENDAR_YEAR_PUBLISHED] = Field(description="Always `calendar.year_published`.")
    data: CalendarYearPublishedData = Field(description="The particulars.")


class CalendarYearMissingEvent(EventBase):
    """It is December, or the year itself, and its notice 放假安排通知 is not here: dates in it are guesses. Once a week."""

    model_config = shown_as("calendar.year_missing", _MISSING)

    type: Literal[EventType.CALENDAR_YEAR_MISSING] = Field(description="Always `calendar.year_missing`.")
    data: CalendarYearMissingData = Field(description="The particulars.")
