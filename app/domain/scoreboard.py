"""How well a drill went 演练评分 (方案 三; R68, R69): what became of each clock and each expected reaction, and the score.

A clock or a reaction that the drill did not last for counts neither way: who stopped early is neither praised nor blamed for
what was still to come. Shares are fractions, so that the score says the same whoever adds it up.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from app.domain.drills import Pace
from app.domain.vocabulary import DeadlineKind, DeadlineState
from app.domain.vocabulary.scenarios import DrillResult

WEIGHTS: Final[Mapping[DeadlineKind, int]] = MappingProxyType({
    DeadlineKind.ALERT: 10, DeadlineKind.FIRST_RESPONSE: 20, DeadlineKind.EMERGENCY_MEETING: 15, DeadlineKind.FACT_CHECK: 15,
    DeadlineKind.FIRST_WORD: 10, DeadlineKind.FIRST_STATEMENT: 15, DeadlineKind.REMEDIATION: 5, DeadlineKind.COMMITMENT: 5,
    DeadlineKind.CLOSING: 5, DeadlineKind.REVIEW: 5,
})  # fmt: skip
"""What all clocks of a kind weigh together: the steps of the plan (方案 二) that trainees can take in a drill weigh most."""
REACTIONS_WEIGH: Final = 40
"""What all expected reactions of the scenario weigh together."""
CREDITS: Final[Mapping[DrillResult, Fraction]] = MappingProxyType({
    DrillResult.MET: Fraction(1), DrillResult.LATE: Fraction(1, 2), DrillResult.BREACHED: Fraction(0),
})  # fmt: skip
"""What a result is worth; what is not decided has none, nor what nobody could do: whether anybody who reads asked to hear of
drills is a setting of the endpoints, and no merit or fault of those who train."""
FORMULA: Final = (
    "score = 100 × Σ(weight × credit) / Σ(weight), over what is decided. Credit: met 1, late 1/2, breached 0; what is running, "
    "was not reached or had nobody to be pushed to (unpushed) is in neither sum. The weight of a kind of clock is shared evenly by its clocks, that of the expected "
    "reactions by their own weights. Rounded to a tenth; null while nothing is decided."
)
FORMULA_ZH: Final = (
    "得分 = 100 × Σ(权重 × 得分率) ÷ Σ(权重)，只计已有结论的项。得分率：按时 1，迟到 1/2，超时 0；计时中、未到时限与无人可推的两边都不计。"
    "同类时限平分该类权重，预期反应按各自权重分摊。保留一位小数；尚无结论时为空。"
)
_MET: Final = (DeadlineState.MET, DeadlineState.MET_RECORDED_LATE)


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock of the drill's incidents, as it stands, on the real line of time."""

    id: UUID
    kind: DeadlineKind
    state: DeadlineState
    started_at: datetime
    due_at: datetime
    met_at: datetime | None
    ended_at: datetime | None = None

    def result(self, now: datetime) -> DrillResult:
        """What became of it. One that was called off before its time is not reached."""
        if self.state in _MET:
            return DrillResult.MET
        if self.state is DeadlineState.BREACHED:
            return DrillResult.BREACHED if self.met_at is None else DrillResult.LATE
        if self.state is DeadlineState.UNPUSHED:
            return DrillResult.UNPUSHED
        # The first word's time passes in silence: it runs on, and is called off when the drill ends.
        if self.state is not DeadlineState.RUNNING:
            passed = (
                self.state is DeadlineState.CANCELLED and self.ended_at is not None and self.ended_at >= self.due_at
            )
            return DrillResult.BREACHED if passed else DrillResult.NOT_REACHED
        return DrillResult.BREACHED if self.due_at <= now else DrillResult.RUNNING


def reaction_result(by_seconds: int, done_seconds: float | None, *, elapsed: float, over: bool) -> DrillResult:
    """What became of an expected reaction, in seconds of the scenario's time. ``over``: the drill has ended."""
    if done_seconds is not None:
        return DrillResult.MET if done_seconds <= by_seconds else DrillResult.LATE
    if elapsed >= by_seconds:
        return DrillResult.BREACHED
    return DrillResult.NOT_REACHED if over else DrillResult.RUNNING


def seconds_at(pace: Pace, instant: datetime) -> float:
    """The scenario's seconds since it began, at a real instant."""
    return (pace.scenario(instant) - pace.zero) / timedelta(seconds=1)


def seconds_until(pace: Pace, instant: datetime) -> float:
    """The same of something to come, that may lie after the end."""
    return (pace.end(instant) - pace.zero) / timedelta(seconds=1)


def graded_at(pace: Pace, at: datetime, data: Mapping[str, Any]) -> datetime:
    """The scenario's instant of a change of the grade that was recorded at a real one: the minute its window ended with, where a
    window decided, which is the same however fast the drill goes."""
    minute = (data.get("evidence") or {}).get("minute")
    return datetime.fromisoformat(minute) if minute else pace.scenario(at)


def clock_weights(kinds: Sequence[DeadlineKind]) -> list[Fraction]:
    """What each of these clocks weighs, whatever became of it."""
    counts = Counter(kinds)
    return [Fraction(WEIGHTS[kind], counts[kind]) for kind in kinds]


def reaction_weights(weights: Sequence[int]) -> list[Fraction]:
    """What each expected reaction weighs, of weights as the scenario states them."""
    return [Fraction(REACTIONS_WEIGH * weight, sum(weights)) for weight in weights]


@dataclass(frozen=True, slots=True)
class Score:
    """The sums that the score is made of; ``of_points`` is 0 while nothing is decided."""

    points: Fraction
    of_points: Fraction

    @property
    def value(self) -> float | None:
        """0 to 100, rounded to a tenth, halves up; None while nothing is decided."""
        if not self.of_points:
            return None
        return (2_000 * self.points + self.of_points) // (2 * self.of_points) / 10


def score(items: Iterable[tuple[Fraction, DrillResult]]) -> Score:
    """The score of items with their weights and results: see :data:`FORMULA`."""
    decided = [(weight, CREDITS[result]) for weight, result in items if result in CREDITS]
    points = sum((weight * credit for weight, credit in decided), Fraction(0))
    return Score(points, sum((weight for weight, _ in decided), Fraction(0)))
