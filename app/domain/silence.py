"""How long we may say nothing 避免沉默失语 (方案 二(二)2, R47): by grade, since the last public word.

The plan names no cadence. Shipped is the window of each grade's own rule (2, 4 and 8 hours, 方案 二(二)1): what makes a
fire this grave within that time, changes as fast.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from app.domain.grades import Grade
from app.domain.lifecycle import ENDED
from app.domain.vocabulary.placements import SilenceStop

Cadences = Mapping[Grade, timedelta]
"""How long we may be silent at each grade; a grade that is missing is never rung for."""

SHORTEST, LONGEST = 60, 7 * 86_400
PLAN: Final[Cadences] = MappingProxyType({
    Grade.MAJOR: timedelta(hours=2), Grade.SERIOUS: timedelta(hours=4), Grade.GENERAL: timedelta(hours=8),
})  # fmt: skip


def cadences_from(data: Mapping[str, Any]) -> Cadences:
    """From the stored form: grade -> seconds, null where it is never rung for."""
    return {Grade[word.upper()]: timedelta(seconds=seconds) for word, seconds in data.items() if seconds is not None}


def cadences_data(cadences: Cadences) -> dict[str, int | None]:
    """The stored form, with every grade."""
    return {
        grade.value: int(cadences[grade].total_seconds()) if grade in cadences else None for grade in Grade
    }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is known of an incident, as far as its silence depends on it."""

    status: str
    graded: bool
    calm: bool
    # A decision not to speak stands.
    decided: bool
    has_cadence: bool


def stopped_by(case: Case) -> SilenceStop | None:
    """Why nobody waits for our next word; None while everybody does."""
    found = (
        (case.status in ENDED, SilenceStop.ENDED),
        (case.status == "closing", SilenceStop.CLOSING),
        (case.calm, SilenceStop.CALM),
        (not case.graded, SilenceStop.UNGRADED),
        (case.status == "watching", SilenceStop.WATCHING),
        (case.decided, SilenceStop.NO_STATEMENT),
        (not case.has_cadence, SilenceStop.NO_CADENCE),
    )
    return next((why for holds, why in found if holds), None)


def next_due(since: datetime, cadence: timedelta, after: datetime) -> datetime:
    """The first instant later than ``after`` at which a silence that began at ``since`` has lasted whole cadences."""
    return since + max((after - since) // cadence + 1, 1) * cadence
