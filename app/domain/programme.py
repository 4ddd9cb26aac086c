"""The plan's roll-out 推进计划 (方案 三, R01, R64-R74): four phases, their dates, and what each is judged by.

2 weeks, 2 weeks, 1 month and 1 month add up to 3 months, while the plan's aim says 1 to 2: both are shown as they stand.
"""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple

from app.domain.vocabulary.quality import Light, ProgrammeCheck, ProgrammePhase, ProgrammeState

REMARK: Final = "方案的目标写的是未来 1-2 个月建立体系，而其四个阶段为 2 周、2 周、1 个月、1 个月，相加为 3 个月；此处按原文列示，两个日期都给出。"
AIM_MONTHS: Final = 2
DAY: Final = timedelta(days=1)


class Length(NamedTuple):
    """How long a phase lasts."""

    weeks: int = 0
    months: int = 0


class Phase(NamedTuple):
    """One phase: how long it lasts, and its checks."""

    phase: ProgrammePhase
    length: Length
    checks: tuple[ProgrammeCheck, ...]


PHASES: Final = (
    Phase(
        ProgrammePhase.SET_UP, Length(weeks=2),
        (
            ProgrammeCheck.TEAM_COMPLETE, ProgrammeCheck.TOOLS_ALIVE, ProgrammeCheck.WATCH_RULES_SET,
            ProgrammeCheck.POLICIES_CONFIRMED, ProgrammeCheck.TEMPLATES_READY, ProgrammeCheck.DOCUMENTS_PUBLISHED,
        ),
    ),
    Phase(
        ProgrammePhase.TRAIN, Length(weeks=2),
        (ProgrammeCheck.TRAINING_COVERED, ProgrammeCheck.DOCUMENTS_READ, ProgrammeCheck.FIRST_DRILL),
    ),
    Phase(
        ProgrammePhase.TRIAL, Length(months=1),
        (ProgrammeCheck.TRIAL_BEGUN, ProgrammeCheck.DIGESTS_ISSUED, ProgrammeCheck.SENSITIVITY_TRIED),
    ),
    Phase(
        ProgrammePhase.SETTLE, Length(months=1),
        (
            ProgrammeCheck.SECOND_DRILL, ProgrammeCheck.TEAM_ANSWERED, ProgrammeCheck.REVIEWS_HELD,
            ProgrammeCheck.MECHANISMS_GREEN, ProgrammeCheck.TRIAL_ENDED,
        ),
    ),
)  # fmt: skip
"""As the plan has them."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a check found: how many of how many, and which are amiss, as people find them again. ``why`` in words."""

    done: int
    wanted: int
    why: str
    items: tuple[str, ...] = ()

    @property
    def light(self) -> Light:
        """Green where all that is wanted is there. Where nothing is wanted something is missing."""
        return Light.GREEN if self.done >= self.wanted > 0 else Light.RED


class Dated(NamedTuple):
    """A phase with its dates, both included; null before the start is known. ``state`` says where today is."""

    phase: Phase
    starts_on: date | None
    ends_on: date | None
    state: ProgrammeState


def after(day: date, length: Length) -> date:
    """The day a phase that begins on ``day`` is over: the next one's first. What a short month lacks is the next's first."""
    day += timedelta(weeks=length.weeks)
    month = day.month - 1 + length.months
    year, month = day.year + month // 12, month % 12 + 1
    last = monthrange(year, month)[1]
    return date(year, month, day.day) if day.day <= last else date(year, month, last) + DAY


def dated(started_on: date | None, today: date) -> list[Dated]:
    """The phases one after the other."""
    if started_on is None:
        return [Dated(phase, None, None, ProgrammeState.AHEAD) for phase in PHASES]
    found, begins, length = [], started_on, Length()
    for phase in PHASES:
        # From the start, so that a short month takes no day from the next phase.
        length = Length(length.weeks + phase.length.weeks, length.months + phase.length.months)
        next_one = after(started_on, length)
        found.append(Dated(phase, begins, next_one - DAY, state_of(begins, next_one - DAY, today)))
        begins = next_one
    return found


def state_of(starts_on: date, ends_on: date, today: date) -> ProgrammeState:
    """Where a day lies."""
    if today < starts_on:
        return ProgrammeState.AHEAD
    return ProgrammeState.RUNNING if today <= ends_on else ProgrammeState.OVER


def aimed_on(started_on: date | None) -> date | None:
    """By when the plan's aim wants it done: the later of its one to two months."""
    return None if started_on is None else after(started_on, Length(months=AIM_MONTHS)) - DAY


def light_of(phase: Phase, seen: Mapping[ProgrammeCheck, Seen]) -> Light:
    """Green when each check of the phase is."""
    return Light.RED if any(seen[check].light is Light.RED for check in phase.checks) else Light.GREEN
