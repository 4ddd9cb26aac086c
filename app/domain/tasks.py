"""Tasks 任务 (方案 二(二)2, 二(三)): what is to be done about an incident, how it moves, and what it needs to be done.

A takedown report 侵权投诉举报 goes its own way, because criticism is no infringement: it names the law it rests on, a second
person approves it for legal, and a person files it. No machine posts, votes or deletes anything.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID

from app.domain.lifecycle import RECORDING
from app.domain.vocabulary import DeadlineKind, TaskAction, TaskKind, TaskState

FINISHED: Final = (TaskState.DONE, TaskState.WAIVED)
UNFINISHED: Final = tuple(state for state in TaskState if state not in FINISHED)
MOST_AT_ONCE = 1_000
"""Tasks that one call changes or creates."""

TIMED: Final = MappingProxyType({
    TaskKind.REMEDIATION: DeadlineKind.REMEDIATION, TaskKind.COMMITMENT: DeadlineKind.COMMITMENT,
})  # fmt: skip
"""The kinds that have a clock, and which (方案 二(二)2). All else is due when somebody says so, and nothing rings."""
# What a drill taught is real work: it stands on the incident of the drill, and is done when that is long over.
OF_A_DRILL: Final = frozenset({TaskKind.IMPROVEMENT})
# Nobody makes up what was promised in public, nor when it is due: a publication says so, and stands.
PUBLISHED: Final = frozenset({TaskKind.COMMITMENT})

# Kinds that are asked for their result when they are done, and not before.
STATED_AT_THE_END: Final = frozenset({TaskKind.MEETING, TaskKind.FACT_CHECK, TaskKind.FOLLOW_UP})
# What an approval is of: another of these is another report.
_APPROVED: Final = ("platform", "url", "legal_basis")
_OF_A_TAKEDOWN: Final = (TaskAction.SUBMIT, TaskAction.APPROVE, TaskAction.REJECT)

SAYS: Final[Mapping[str, str]] = {
    "incident_over": "Its incident has ended or is another one's now: nothing but waiving it is left.",
    "task_over": "It is done or waived; reopen it first.",
    "task_not_over": "It is neither done nor waived.",
    "takedown_only": "Only takedown reports go to legal.",
    "already_submitted": "It is with legal, or approved already.",
    "legal_basis_missing": "State its platform, url and legal basis first.",
    "not_in_review": "It is not with legal: it has to be submitted first.",
    "approval_needed": "Legal has to approve it before it is filed.",
    "wrong_kind": "The result is of another kind than the task, or the task's kind has none.",
    "not_yet": "The result of this kind is stated when the task is finished.",
    "approved_as_it_is": "It is filed as it was approved: to state something else, change it and have it approved again.",
    "result_needed": "This kind is finished with a result.",
    "no_change": "It is so already.",
    "person_needed": "A person files it, never a machine.",
    "not_by_hand": "What we promise is said in public: publish a statement that promises it, and this task is there.",
    "not_of_a_drill": "What a drill taught is told at the drill: POST /v1/drills/{id}/improvements.",
    "promised": "It was promised in public for that time. Publish a statement that promises another, and waive this one.",
}
"""What a refusal means, by its code; :func:`says` adds what helps a kind."""
# An example of what each is finished with that is finished with something.
_SHAPES: Final[Mapping[TaskKind, str]] = {
    TaskKind.MEETING: 'a meeting is finished with {"kind": "meeting", "direction": "what it decided"}',
    TaskKind.FACT_CHECK: 'a fact check is finished with {"kind": "fact_check", "truth": "confirmed", '
    '"responsibility": "supplier", "evidence": "what that rests on"}',
    TaskKind.FOLLOW_UP: 'a follow-up is finished with {"kind": "follow_up", "solved": true, "satisfaction": 5}',
}


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """What decides what may be done about a task. ``incident``: its incident's status."""

    kind: TaskKind
    state: TaskState
    incident: str
    # Of a takedown report: whether it says which law it rests on.
    has_basis: bool = False


class TaskChoice(NamedTuple):
    """One thing people may want to do, and the code of the problem that would be answered."""

    action: TaskAction
    refusal: str | None


def first_state(kind: TaskKind) -> TaskState:
    """The state of a task that was just created or reopened."""
    return TaskState.DRAFT if kind is TaskKind.TAKEDOWN_REPORT else TaskState.OPEN


def state_after(action: TaskAction, facts: TaskFacts) -> TaskState:
    """Where an action leads that is not refused."""
    match action:
        case TaskAction.COMPLETE:
            return TaskState.DONE
        case TaskAction.WAIVE:
            return TaskState.WAIVED
        case TaskAction.REOPEN:
            return first_state(facts.kind)
        case TaskAction.SUBMIT:
            return TaskState.LEGAL_REVIEW
        case TaskAction.APPROVE:
            return TaskState.APPROVED
        case TaskAction.REJECT:
            return TaskState.REJECTED
        case TaskAction.UPDATE:
            return facts.state


def refusal(action: TaskAction, facts: TaskFacts) -> str | None:
    """Why an action is refused, as a code of :data:`SAYS`; None where it is not. It is about the task, not the caller."""
    if facts.incident not in RECORDING and action is not TaskAction.WAIVE and facts.kind not in OF_A_DRILL:
        return "incident_over"
    over = facts.state in FINISHED
    if action is TaskAction.REOPEN:
        return None if over else "task_not_over"
    takedown = facts.kind is TaskKind.TAKEDOWN_REPORT
    if action in _OF_A_TAKEDOWN and not takedown:
        return "takedown_only"
    if over:
        return "task_over"
    if action is TaskAction.COMPLETE:
        return "approval_needed" if takedown and facts.state is not TaskState.APPROVED else None
    if action is TaskAction.SUBMIT:
        if facts.state in (TaskState.LEGAL_REVIEW, TaskState.APPROVED):
            return "already_submitted"
        return None if facts.has_basis else "legal_basis_missing"
    if action in _OF_A_TAKEDOWN and facts.state is not TaskState.LEGAL_REVIEW:
        return "not_in_review"
    return None


def choices(facts: TaskFacts) -> tuple[TaskChoice, ...]:
    """Everything people may want to do about a task of its kind, with what would refuse it."""
    takedown = facts.kind is TaskKind.TAKEDOWN_REPORT
    actions = (action for action in TaskAction if takedown or action not in _OF_A_TAKEDOWN)
    return tuple(TaskChoice(action, refusal(action, facts)) for action in actions)


def result_fault(kind: TaskKind, result: Mapping[str, Any] | None, *, finishing: bool) -> str | None:
    """Why a result (its member ``kind`` says of what) is refused, as a code of :data:`SAYS`: while the task is prepared,
    or when it is finished."""
    if result is None:
        return "result_needed" if finishing and kind in STATED_AT_THE_END else None
    if result["kind"] != kind:
        return "wrong_kind"
    if finishing:
        return "approved_as_it_is" if kind is TaskKind.TAKEDOWN_REPORT else None
    return "not_yet" if kind in STATED_AT_THE_END else None


def says(code: str, kind: TaskKind) -> str:
    """What a refusal means for a task of this kind, with an example where its result is missing or another's."""
    shape = _SHAPES.get(kind) if code in ("result_needed", "wrong_kind") else None
    return f"{SAYS[code].removesuffix('.')}: {shape}" if shape else SAYS[code]


def has_basis(result: Mapping[str, Any] | None) -> bool:
    """Whether a takedown report says which law it rests on."""
    return bool(result and result.get("legal_basis"))


def is_another_report(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> bool:
    """Whether an approval of what a takedown report said before is none of what it says now."""
    was, is_ = before or {}, after or {}
    return any(was.get(name) != is_.get(name) for name in _APPROVED)


def clock_due(stated: datetime | None, now: datetime, time: timedelta | None) -> datetime:
    """When a task is due whose clock starts now: as stated, where that lies ahead, else in the policy's time.

    What was promised in public has no other ``time``: it is due as it was said, even where that has passed.
    """
    if stated is not None and (stated > now or time is None):
        return stated
    assert time is not None, "what no policy times was promised for some time"
    return now + time


class FollowUps(NamedTuple):
    """What of an incident is followed up 回访 (R56): a follow-up is owed to each affected user, and besides them each is
    owed that was made for none of them. Of several for one user the newest counts.

    Who was erased without one is owed none: nobody can reach them any more. Who was erased with one is owed it still: it
    is finished or waived.
    """

    users: int = 0
    users_over: int = 0
    """Of whom the newest is done or waived."""
    unreachable: int = 0
    """Who were erased without one."""
    others: int = 0
    """For none of the users."""
    others_over: int = 0

    @property
    def owed(self) -> int:
        return self.users - self.unreachable + self.others

    def enough(self, percent: int) -> bool:
        """Whether so many of a hundred are done or waived. Where none are owed, that is enough."""
        return (self.users_over + self.others_over) * 100 >= percent * self.owed


def percent_of(part: int, whole: int) -> float | None:
    """The completion rate 完成率 (R56), rounded down to a tenth: 90 is never said of less. None where there is nothing."""
    return part * 1_000 // whole / 10 if whole else None


def average_of(answers: Mapping[int, int]) -> float | None:
    """The average of so many answers of each satisfaction 满意度, to the hundredth, halves up; None where nobody answered."""
    count = sum(answers.values())
    total = sum(satisfaction * times for satisfaction, times in answers.items())
    return (200 * total + count) // (2 * count) / 100 if count else None


def version_of(tasks: Iterable[tuple[UUID, int]]) -> int:
    """A version of many tasks by their ids and versions: another one as soon as one of them changes, comes or goes."""
    digest = hashlib.blake2b(digest_size=8)
    for id_, version in sorted(tasks):
        digest.update(id_.bytes + version.to_bytes(8, "big"))
    # An ETag's version has nine digits.
    return int.from_bytes(digest.digest(), "big") % 10**9
