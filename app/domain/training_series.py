"""When sessions recur 定期培训 (R16): every so many weeks or months from a first one, on Shanghai's wall clock.

Each is reckoned from the first and not from the one before, so that the 31st comes back after a shorter month.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from app.domain.trainings import months_after
from app.domain.vocabulary.trainings import SeriesUnit
from app.domain.worktime import LAST_YEAR, SHANGHAI, day_of

AHEAD: Final = timedelta(days=90)
"""How far ahead sessions are made."""
AT_ONCE: Final = 200
_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A rule. It ends with ``until``, a day that is included, or after ``count`` sessions; with neither it goes on."""

    first: datetime
    every: int
    unit: SeriesUnit
    until: date | None = None
    count: int | None = None

    def day(self, place: int) -> date:
        """The day of the session at a place, from 1."""
        first, steps = day_of(self.first), (place - 1) * self.every
        if self.unit is SeriesUnit.MONTH:
            return months_after(first, steps)
        return first + timedelta(days=steps * _WEEK)

    def starts_at(self, place: int) -> datetime:
        """When the session at a place begins."""
        clock = self.first.astimezone(SHANGHAI).time()
        return datetime.combine(self.day(place), clock, SHANGHAI).astimezone(UTC)

    def has(self, place: int) -> bool:
        """Whether there is a session at a place."""
        if self.count is not None and place > self.count:
            return False
        day = self.day(place)
        return day.year < LAST_YEAR and (self.until is None or day <= self.until)


class Occurrence(NamedTuple):
    """A session of a series: its place, from 1, and when it begins unless somebody moves it."""

    place: int
    starts_at: datetime


def to_make(rule: Recurrence, made: int, now: datetime) -> Iterator[Occurrence]:
    """The sessions to be made after the first ``made``, as far ahead as is looked: those that were missed meanwhile too, so
    that none is ever left out. Some at a time."""
    for place in range(made + 1, made + 1 + AT_ONCE):
        if not rule.has(place) or (starts_at := rule.starts_at(place)) > now + AHEAD:
            return
        yield Occurrence(place, starts_at)
