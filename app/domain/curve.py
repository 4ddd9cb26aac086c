"""The curve of an incident's spread 传播曲线 (R58): how finely it is drawn, and what is marked on it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from app.domain.grades import Grade
from app.domain.vocabulary.reports import CurveMark

STEPS: Final = (1, 5, 10, 30, 60, 180, 360, 720, 1_440, 2_880, 10_080)
"""Minutes that a point may stand for: whole parts of an hour, of a day, or whole days."""
MOST_POINTS: Final = 240


class Point(NamedTuple):
    """What was gained from this instant on, for one step."""

    start: datetime
    amount: int


class Mark(NamedTuple):
    """Something that happened while it spread. Words are ours alone."""

    at: datetime
    kind: CurveMark
    label: str
    event_id: int | None


class Band(NamedTuple):
    """From when until when a grade was in force."""

    start: datetime
    end: datetime
    grade: Grade


class Gap(NamedTuple):
    """From when until when a source was silent: what was gained then is not known."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve. Points of nothing are left out."""

    step_minutes: int
    start: datetime
    end: datetime
    points: Sequence[Point]
    bands: Sequence[Band]
    marks: Sequence[Mark]
    more_marks: int = 0
    gaps: Sequence[Gap] = ()

    @property
    def step(self) -> timedelta:
        return timedelta(minutes=self.step_minutes)


def joined(gaps: Iterable[Gap], start: datetime, end: datetime) -> list[Gap]:
    """The gaps as they are seen between two instants, in order: those that touch are one."""
    found: list[Gap] = []
    for gap in sorted(gaps):
        cut = Gap(max(gap.start, start), min(gap.end, end))
        if cut.start >= cut.end:
            continue
        if found and cut.start <= found[-1].end:
            found[-1] = Gap(found[-1].start, max(found[-1].end, cut.end))
        else:
            found.append(cut)
    return found


def step_for(minutes: int) -> int:
    """The finest step in which so many minutes are at most 240 points: by minute up to 4 hours, 5 up to 20, and so on."""
    return next((step for step in STEPS if minutes <= step * MOST_POINTS), STEPS[-1])
