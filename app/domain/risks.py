"""How great a risk is, and when it is looked at again (方案 二(一)1: 定期梳理高风险点).

Likelihood and impact are told from 1 to 5 and multiplied, as risk registers do it (ISO 31000's matrix); the level is the
word that people read it by. Days are Shanghai's.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from app.domain.vocabulary.risks import RiskLevel
from app.domain.worktime import DAY, SHANGHAI, day_of

MOST: Final = 25
# The least score of each level, the greatest first.
_FROM: Final = ((RiskLevel.CRITICAL, 20), (RiskLevel.HIGH, 12), (RiskLevel.MEDIUM, 6), (RiskLevel.LOW, 1))


def score(likelihood: int, impact: int) -> int:
    """1 to 25."""
    return likelihood * impact


def level_of(value: int) -> RiskLevel:
    """The word for a score."""
    return next(level for level, least in _FROM if value >= least)


def scores_of(level: RiskLevel) -> tuple[int, int]:
    """The least and the greatest score of a level."""
    most = MOST
    for one, least in _FROM:
        if one is level:
            return least, most
        most = least - 1
    raise AssertionError("unreachable: every level has its scores")


def next_review(now: datetime, every_days: int) -> date:
    """The day on which what was looked at now is due again."""
    return day_of(now) + every_days * DAY


def is_overdue(due_on: date, now: datetime) -> bool:
    """Whether the day is over in Shanghai: what is due on a day may be done until its end."""
    return due_on < day_of(now)


def late_by(due_on: date, now: datetime) -> timedelta:
    """How long the day has been over; nothing while it is not."""
    return max(now - over_at(due_on), timedelta())


def over_at(due_on: date) -> datetime:
    """The instant at which a day ends in Shanghai."""
    return datetime.combine(due_on + DAY, time(), SHANGHAI).astimezone(UTC)


def number_of(place: int) -> str:
    """R-0031: what people quote."""
    return f"R-{place:04d}"


def next_number(last: str | None) -> str:
    """The number after the last one that was given."""
    return number_of(1 + (int(last.removeprefix("R-")) if last else 0))
