"""Working days 工作日 of mainland China: what a clock that counts them is due (方案 二(三): 3 个工作日).

Monday to Friday is not enough: each year the State Council moves days off and lets weekend days be worked 调休. Its
notice comes out in the autumn before; until then a year is a guess, and every date counted on it says so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
DAY: Final = timedelta(days=1)
END_OF_DAY: Final = time(23, 59, 59)
SATURDAY: Final = 5
DECEMBER: Final = 12
# As the instants that are taken in: nothing is dated before or after.
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2199
# (month, day) of the holidays that the law puts on the same day each year 元旦 劳动节 国庆节; the others follow the moon.
FIXED: Final = MappingProxyType(
    {(1, 1): "元旦", (5, 1): "劳动节", (10, 1): "国庆节", (10, 2): "国庆节", (10, 3): "国庆节"}
)


class DayKind(StrEnum):
    """Why a day is worked or not 工作日 周末 节假日 调休上班."""

    WORKING_DAY = "working_day"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKE_UP_DAY = "make_up_day"


class YearStatus(StrEnum):
    """Whether a year's notice is known 已公布, or its days are guessed 推定."""

    OFFICIAL = "official"
    ESTIMATED = "estimated"


class SpecialDay(NamedTuple):
    """A day that its weekday alone doesn't explain: a day off 放假, or a weekend day that is worked 调休上班."""

    is_working: bool
    name: str


class Day(NamedTuple):
    """One day as people read it; ``name`` is the holiday's, also on the days worked for it."""

    date: date
    kind: DayKind
    name: str | None
    estimated: bool

    @property
    def is_working(self) -> bool:
        return self.kind in (DayKind.WORKING_DAY, DayKind.MAKE_UP_DAY)


class WorkingDue(NamedTuple):
    """When something is due, and whether a day that was counted belongs to a year that is only guessed."""

    due_at: datetime
    estimated: bool


@dataclass(frozen=True, slots=True)
class Calendar:
    """The years whose notice is ``official``, and the special days of all years that somebody loaded.

    A year of which nothing is loaded has its fixed holidays and no others: a guess, but never a fault.
    """

    official: frozenset[int] = frozenset()
    loaded: frozenset[int] = frozenset()
    special: Mapping[date, SpecialDay] = field(default_factory=dict)

    def status(self, year: int) -> YearStatus:
        """Whether the days of the year are certain."""
        return YearStatus.OFFICIAL if year in self.official else YearStatus.ESTIMATED

    def day(self, day: date) -> Day:
        """What kind of day it is."""
        special = self.special.get(day)
        if special is None and day.year not in self.loaded and (name := FIXED.get((day.month, day.day))):
            special = SpecialDay(is_working=False, name=name)
        estimated = day.year not in self.official
        weekend = day.weekday() >= SATURDAY
        if special is None:
            return Day(day, DayKind.WEEKEND if weekend else DayKind.WORKING_DAY, None, estimated)
        if special.is_working:
            return Day(day, DayKind.MAKE_UP_DAY if weekend else DayKind.WORKING_DAY, special.name, estimated)
        return Day(day, DayKind.HOLIDAY, special.name, estimated)

    def days(self, first: date, last: date) -> list[Day]:
        """Every day from ``first`` to ``last``, both included."""
        return [self.day(first + n * DAY) for n in range((last - first).days + 1)]


def due(calendar: Calendar, at: datetime, working_days: int) -> WorkingDue:
    """The end (23:59:59) of the ``working_days``-th working day after the day of ``at``, both in Shanghai.

    The day itself doesn't count, worked or not. ValueError for fewer than one working day.
    """
    way = list(on_the_way(calendar, at, working_days))
    due_at = datetime.combine(way[-1].date, END_OF_DAY, SHANGHAI).astimezone(UTC)
    return WorkingDue(due_at, any(day.estimated for day in way))


def on_the_way(calendar: Calendar, at: datetime, working_days: int) -> Iterator[Day]:
    """The days after the day of ``at``, up to and with the one on which it is due."""
    if working_days < 1:
        raise ValueError(f"working_days must be at least 1, not {working_days}")
    date_, left = day_of(at), working_days
    while left:
        date_ += DAY
        day = calendar.day(date_)
        left -= day.is_working
        yield day


def day_of(at: datetime) -> date:
    """The day it is in Shanghai at an instant."""
    return at.astimezone(SHANGHAI).date()


def missing_year(calendar: Calendar, now: datetime) -> int | None:
    """The year whose notice should be here by now: this one, or in December the next. None where nothing is missing."""
    today = day_of(now)
    due_by_now = (today.year, today.year + 1) if today.month == DECEMBER else (today.year,)
    return next((year for year in due_by_now if year not in calendar.official), None)
