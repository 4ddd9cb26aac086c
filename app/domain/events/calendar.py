"""Of the working calendar 工作日历 (方案 二(三))."""

from dataclasses import dataclass
from typing import ClassVar

from app.domain.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarYearPublished(Event):
    """The days of a year are official now, or were corrected. Review clocks counted on it are dated anew."""

    type: ClassVar[str] = "calendar.year_published"
    year: int
    version: int
    # What it was before: estimated, or official and now corrected.
    previous_status: str
    days_off: int
    make_up_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarYearMissing(Event):
    """A year's notice should be here by now and is not: what is counted in it is a guess. Once a week."""

    type: ClassVar[str] = "calendar.year_missing"
    year: int
