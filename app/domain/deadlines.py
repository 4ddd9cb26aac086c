"""Clocks 时限 (方案 一, 二): which run for a grade, when they are due, when they ring, and what counts as in time.

A clock rings at 50 and 80 per cent of its time (warnings) and at its end (the breach). Times are instants that are
given; nothing here looks at a clock. Acts are judged by when they happened, not by when somebody told us.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from app.domain.drills import REAL, Pace
from app.domain.grades import Grade
from app.domain.vocabulary import DeadlineKind, DeadlineState

BREACH = 100
WARNINGS = (50, 80)
MAX_SECONDS = 366 * 86_400
MAX_WORKING_DAYS = 60

# An alert has no half time: it is pushed or it is not. The first word only warns (软): its time may pass in silence.
_RINGS: Mapping[DeadlineKind, tuple[int, ...]] = {
    **dict.fromkeys(DeadlineKind, (*WARNINGS, BREACH)),
    DeadlineKind.ALERT: (BREACH,),
    DeadlineKind.FIRST_WORD: WARNINGS,
}

# What a grade starts, in the order of the plan. The review's clock starts when it is calm, an alert's with the hit, a
# remediation's and a promise's with its task.
OF_A_GRADE = (
    DeadlineKind.FIRST_RESPONSE, DeadlineKind.EMERGENCY_MEETING, DeadlineKind.FACT_CHECK, DeadlineKind.FIRST_WORD,
    DeadlineKind.FIRST_STATEMENT, DeadlineKind.CLOSING,
)  # fmt: skip
ANEW_AT_EACH_RAISE = frozenset({DeadlineKind.FIRST_RESPONSE, DeadlineKind.EMERGENCY_MEETING})


@dataclass(frozen=True, slots=True)
class Clock:
    """How long one kind runs at some grades (none named: at all). Either seconds or working days.

    Raises ValueError, naming the clock and what to change.
    """

    kind: DeadlineKind
    grades: frozenset[Grade] = frozenset()
    seconds: int | None = None
    working_days: int | None = None

    def __post_init__(self) -> None:
        if self.kind is DeadlineKind.COMMITMENT:
            raise ValueError("the clock 'commitment' runs until what was promised is due: no policy states it")
        if self.kind is DeadlineKind.REVIEW:
            if self.seconds is not None or self.working_days is None:
                raise ValueError("the clock 'review' counts working days: state working_days, and no seconds")
            if not 1 <= self.working_days <= MAX_WORKING_DAYS:
                raise ValueError(f"the clock 'review': working_days must be 1 to {MAX_WORKING_DAYS}")
        elif self.seconds is None or self.working_days is not None:
            raise ValueError(f"the clock '{self.kind}' counts seconds: state seconds, and no working_days")
        elif not 1 <= self.seconds <= MAX_SECONDS:
            raise ValueError(f"the clock '{self.kind}': seconds must be 1 to {MAX_SECONDS} (a year)")
        if self.grades and self.kind not in OF_A_GRADE:
            raise ValueError(f"the clock '{self.kind}' does not depend on the grade: name no grades")


@dataclass(frozen=True, slots=True)
class SlaPolicy:
    """Each clock's time by grade. A kind that has none for a grade does not run there. ``scale``: how many times faster it
    all goes in a drill.

    Raises ValueError when two clocks of one kind name one grade, or one of them names none, or alert or review is
    missing: those two run whatever the grade.
    """

    clocks: tuple[Clock, ...]
    scale: int = 1

    def __post_init__(self) -> None:
        seen: set[tuple[DeadlineKind, Grade]] = set()
        for clock in self.clocks:
            for grade in clock.grades or frozenset(Grade):
                if (clock.kind, grade) in seen:
                    raise ValueError(f"the clock '{clock.kind}' is stated twice for the grade '{grade}'")
                seen.add((clock.kind, grade))
        for kind in (DeadlineKind.ALERT, DeadlineKind.REVIEW):
            if not any(clock.kind is kind for clock in self.clocks):
                raise ValueError(f"the clock '{kind}' is missing: it runs whatever the grade")

    def clock(self, kind: DeadlineKind, grade: Grade | None = None) -> Clock | None:
        """The clock of a kind at a grade, None where it does not run."""
        return next(
            (c for c in self.clocks if c.kind is kind and (not c.grades or grade in c.grades)), None
        )  # fmt: skip

    def time(self, kind: DeadlineKind, grade: Grade | None = None) -> timedelta | None:
        """How long a kind that counts seconds runs at a grade, None where it does not run."""
        clock = self.clock(kind, grade)
        return timedelta(seconds=clock.seconds) / self.scale if clock and clock.seconds else None


_REMEDIATION = Clock(DeadlineKind.REMEDIATION, seconds=24 * 3_600)
_GRAVE, _LESS = frozenset({Grade.MAJOR}), frozenset({Grade.SERIOUS, Grade.GENERAL})
PLAN = SlaPolicy(
    (
        Clock(DeadlineKind.ALERT, seconds=10 * 60),
        Clock(DeadlineKind.FIRST_RESPONSE, _GRAVE, seconds=30 * 60),
        Clock(DeadlineKind.FIRST_RESPONSE, _LESS, seconds=3_600),
        Clock(DeadlineKind.EMERGENCY_MEETING, _GRAVE, seconds=30 * 60),
        Clock(DeadlineKind.FACT_CHECK, seconds=3_600),
        Clock(DeadlineKind.FIRST_WORD, _GRAVE, seconds=2 * 3_600),
        Clock(DeadlineKind.FIRST_WORD, _LESS, seconds=4 * 3_600),
        Clock(DeadlineKind.FIRST_STATEMENT, seconds=24 * 3_600),
        Clock(DeadlineKind.CLOSING, seconds=72 * 3_600),
        Clock(DeadlineKind.REVIEW, working_days=3),
        _REMEDIATION,
    )
)
"""The plan's own times (方案 一, 二(一)2, 二(二), 二(三))."""


def policy_from(data: Iterable[Mapping[str, Any]]) -> SlaPolicy:
    """A policy from its stored form: objects with kind, grades, seconds and working_days. ValueError says what is
    wrong with it.

    Every remediation has a clock: one that the policy does not state runs as long as the plan says.
    """
    clocks = tuple(
        Clock(
            DeadlineKind(entry["kind"]), frozenset(Grade[word.upper()] for word in entry["grades"]),
            entry["seconds"], entry["working_days"],
        )
        for entry in data
    )  # fmt: skip
    stated = any(clock.kind is DeadlineKind.REMEDIATION for clock in clocks)
    return SlaPolicy(clocks if stated else (*clocks, _REMEDIATION))


def policy_data(policy: SlaPolicy) -> list[dict[str, Any]]:
    """The stored form of a policy, with every key; grades by severity."""
    return [
        {
            "kind": clock.kind.value,
            "grades": [grade.value for grade in Grade if grade in clock.grades],
            "seconds": clock.seconds,
            "working_days": clock.working_days,
        }
        for clock in policy.clocks
    ]


def rings_of(kind: DeadlineKind) -> tuple[int, ...]:
    """The thresholds of a kind, in per cent of its time, in the order they ring."""
    return _RINGS[kind]


def _instants(kind: DeadlineKind, started_at: datetime, due_at: datetime, pace: Pace) -> list[tuple[int, datetime]]:
    """When each threshold rings. A time that was over before it began has no parts: nothing warns of it."""
    thresholds = rings_of(kind) if due_at > started_at else (BREACH,)
    return [(threshold, rings_at(started_at, due_at, threshold, pace)) for threshold in thresholds]


def rings_at(started_at: datetime, due_at: datetime, threshold: int, pace: Pace = REAL) -> datetime:
    """When a threshold rings: that share of the time, rounded up to a microsecond, so that it is never early. In a drill the
    time of its pauses is none."""
    if threshold == BREACH:
        return due_at
    began, end = pace.scenario(started_at), pace.end(due_at)
    microseconds = (end - began) // timedelta(microseconds=1)
    return pace.real(began + timedelta(microseconds=-(-microseconds * threshold // 100)))


class Ring(NamedTuple):
    """A threshold that rings, and by how much it is late."""

    threshold: int
    late_by: timedelta


def due_rings(
    kind: DeadlineKind, started_at: datetime, due_at: datetime, set_at: datetime, now: datetime, pace: Pace = REAL
) -> list[Ring]:
    """What rings by now, whether or not it rang before, in order.

    What had passed already when the due time was set (a raise tightened it) is not late before that. In a drill nothing rings
    that its scenario does not reach, however late its end is noted.
    """
    return [
        Ring(threshold, now - max(at, set_at))
        for threshold, at in _instants(kind, started_at, due_at, pace)
        if at <= now and pace.outlasts(at)
    ]


def next_ring(
    kind: DeadlineKind, started_at: datetime, due_at: datetime, rung: Collection[int], pace: Pace = REAL
) -> datetime | None:
    """When the clock rings next, None when it has nothing more to say, or its drill is paused or over by then. The thresholds
    in ``rung`` stay rung."""
    if pace.paused:
        return None
    instants = _instants(kind, started_at, due_at, pace)
    coming = (at for threshold, at in instants if threshold not in rung and pace.outlasts(at))
    return min(coming, default=None)


class Plan(NamedTuple):
    """What a grade does to the clocks: kinds that start, and those that run and are now due earlier."""

    start: dict[DeadlineKind, datetime]
    tighten: dict[DeadlineKind, datetime]


def on_grade(
    policy: SlaPolicy,
    grade: Grade,
    at: datetime,
    *,
    running: Mapping[DeadlineKind, datetime],
    settled: Collection[DeadlineKind],
) -> Plan:
    """A grade is set or raised ``at`` an instant, by machine or person.

    What runs is due at the earlier of its old end and a new one (``running`` maps kinds to when they are due); never
    later. The first response and the emergency meeting are called for anew; what was ``settled`` (met, breached or
    done before) is not.
    """
    start, tighten = {}, {}
    for kind in OF_A_GRADE:
        time = policy.time(kind, grade)
        if time is None:
            continue
        if kind in running:
            if at + time < running[kind]:
                tighten[kind] = at + time
        elif kind in ANEW_AT_EACH_RAISE or kind not in settled:
            start[kind] = at + time
    return Plan(start, tighten)


def is_late(due_at: datetime, happened_at: datetime, pace: Pace = REAL) -> bool:
    """Whether something happened after the end of a clock. What happens in a pause of a drill happens when that began."""
    return pace.scenario(happened_at) > pace.end(due_at)


def judge(due_at: datetime, happened_at: datetime, *, breached: bool, pace: Pace = REAL) -> DeadlineState:
    """The state of a clock whose act happened at an instant. ``breached``: whether the breach rang before we knew.

    In time is up to the very end. A first word that comes too late is counted as such, though nothing rang.
    """
    if is_late(due_at, happened_at, pace):
        return DeadlineState.BREACHED
    return DeadlineState.MET_RECORDED_LATE if breached else DeadlineState.MET
