"""Who is covered by trainings 培训覆盖率 (方案 一: 95%, R07).

Coverage on a day = people on the roster at the day's end who hold a valid completion of every mandatory course of their
department / people on the roster then. What a course asks for is the rule that held at that moment: its audience, whether it
is mandatory, how long a completion is good and what must be reached. A failed score is no completion; of several completions
the newest valid one counts. Days are Shanghai's.
"""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Final
from uuid import UUID

from app.domain.vocabulary.trainings import CoverageGap
from app.domain.worktime import DAY, LAST_YEAR, SHANGHAI, day_of

FULL_MARKS: Final = 100
MOMENT: Final = timedelta(microseconds=1)
_MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class Rule:
    """What a course asks for. ``departments``: of whom; None: of everybody, those without a department too."""

    departments: frozenset[UUID] | None = None
    mandatory: bool = True
    validity_months: int | None = None
    validity_days: int | None = None
    # None: attendance is enough.
    pass_mark: float | None = None
    retired: bool = False

    def asks(self, department_id: UUID | None) -> bool:
        """Whether everybody of the department has to hold a completion."""
        meant = self.departments is None or department_id in self.departments
        return self.mandatory and not self.retired and meant

    def passes(self, result: "Result") -> bool:
        """Whether a result is a completion. The score decides where there is a pass mark and a score; without a score
        somebody must have said that it was passed."""
        if result.passed is False:
            return False
        if self.pass_mark is None:
            return True
        return result.passed is True if result.score is None else result.score >= self.pass_mark

    def good_until(self, completed_on: date) -> date | None:
        """The last day on which a completion is good; None: for good."""
        if self.validity_months is None and self.validity_days is None:
            return None
        return months_after(completed_on, self.validity_months or 0) + (self.validity_days or 0) * DAY


@dataclass(frozen=True, slots=True)
class Result:
    """What somebody reached on a day. ``passed``: what was said of it, where it was said."""

    completed_on: date
    score: float | None = None
    passed: bool | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    covered: int
    roster: int

    @property
    def percent(self) -> float | None:
        """In hundredths of a percent, cut and not rounded: 94.999 is not 95. None of nobody."""
        return self.covered * 100 * FULL_MARKS // self.roster / 100 if self.roster else None

    def meets(self, target_percent: float) -> bool | None:
        """Whether the target is reached, by the figures and not by what is shown; None of nobody."""
        return Fraction(self.covered * FULL_MARKS, self.roster) >= Fraction(target_percent) if self.roster else None


def gap(rule: Rule, results: Iterable[Result], day: date) -> CoverageGap | None:
    """Why somebody with these results holds no valid completion on a day; None where they hold one."""
    known = [result for result in results if result.completed_on <= day]
    if not known:
        return CoverageGap.NEVER
    ends = [rule.good_until(result.completed_on) for result in known if rule.passes(result)]
    if not ends:
        return CoverageGap.FAILED
    return None if any(end is None or end >= day for end in ends) else CoverageGap.EXPIRED


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the month's last where it has no such day."""
    year, month = divmod(day.year * _MONTHS + day.month - 1 + months, _MONTHS)
    if year > LAST_YEAR:
        return date(LAST_YEAR, _MONTHS, 31)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def judged_at(day: date, now: datetime) -> datetime:
    """The moment that stands for a day: its last, or now while it is not over. ValueError for a day to come."""
    if day > day_of(now):
        raise ValueError("lies ahead; nobody knows who will be on the roster then")
    end = datetime.combine(day + DAY, time(), SHANGHAI).astimezone(UTC) - MOMENT
    return min(end, now)


def fell(share: Share, target_percent: float, was_below: bool) -> bool | None:
    """What is to be kept of whether it is below the target; None where nothing is known, because there is nobody.

    It fell where this is true and ``was_below`` is not: told once, and again only after it had risen to the target."""
    meets = share.meets(target_percent)
    return was_below if meets is None else not meets
