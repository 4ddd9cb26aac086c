"""How an incident moves (方案 二(二)): watching -> responding -> handling -> closing -> closed, and its other ends.

Moves by people. The machine's own (a grade is set, subsiding, coming back) stand where they happen.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from app.domain.vocabulary import Guard, IncidentAction

FORWARD = ("watching", "responding", "handling", "closing", "closed")
ACCEPTING = FORWARD[:-1]
ENDED = ("closed", "subsided", "dismissed", "merged")
# What was done about it can be put on record late, but not of what was none of ours or is another's now.
RECORDING = FORWARD

# From a status to those a person may move it to. Merging is its own act; what was merged is over.
MOVES: dict[str, tuple[str, ...]] = {
    "watching": ("responding", "subsided", "dismissed"),
    "responding": ("handling", "dismissed"),
    "handling": ("closing", "responding"),
    "closing": ("closed", "handling"),
    "closed": ("responding",),
    "subsided": ("watching", "responding"),
    "dismissed": ("watching", "responding"),
    "merged": (),
}

# People talk about what is over; of what was merged they talk where it went.
DISCUSSED = tuple(status for status in MOVES if status != "merged")

QUIET = timedelta(hours=72)
STALE = timedelta(days=7)
STALE_GAIN = 10_000

FEWEST_SPLIT = 2
"""Mentions of an incident that can be split: one goes and one stays."""


def may_move(before: str, to: str) -> bool:
    """Whether a person may move an incident so, with a reason."""
    return to in MOVES[before]


def subsides(*, graded: bool, opened_at: datetime, last_gain_at: datetime, gained_last_day: int, now: datetime) -> bool:
    """Whether a watched incident ends by itself: 72 h without a gain, or a week without a grade and little news.

    The caller makes sure that nothing of it is waiting to be counted.
    """
    if now - last_gain_at >= QUIET:
        return True
    return not graded and now - opened_at >= STALE and gained_last_day < STALE_GAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is on record of an incident, as far as its moves depend on it."""

    major: bool = False
    fact_checked: bool = False
    # A meeting was held, and set a direction.
    directed: bool = False
    # More than a first word was said where it began, or it was decided not to, or to say it elsewhere, and it was.
    spoken: bool = False
    calmed: bool = False
    # Fewer of the affected users are followed up than the policy asks for. Where there is nobody, nothing is owed.
    follow_ups_owed: bool = False


class GuardRule(NamedTuple):
    """What a move by a person needs. ``says`` is what to do about it."""

    guard: Guard
    before: str
    to: str
    says: str
    met: Callable[[Facts], bool]


GUARDS: Final[tuple[GuardRule, ...]] = (
    GuardRule(
        Guard.FACT_CHECK, "responding", "handling", "Record a fact check.", lambda facts: facts.fact_checked
    ),
    GuardRule(
        Guard.MEETING_WITH_DIRECTION, "responding", "handling",
        "At major, record a meeting with a direction.", lambda facts: facts.directed or not facts.major,
    ),
    GuardRule(
        Guard.ORIGIN_STATEMENT, "handling", "closing",
        "Record a publication that is more than a first word on the platform where it began; or decide that this "
        "platform is not applicable, or that nothing is said.", lambda facts: facts.spoken,
    ),
    GuardRule(
        Guard.CALM, "closing", "closed", "Wait until the fire is out: the calm test has not passed.",
        lambda facts: facts.calmed,
    ),
    GuardRule(
        Guard.FOLLOW_UPS, "closing", "closed",
        "Finish or waive more of the follow-ups, and give one to each affected user who has none: fewer are than the SLA "
        "policy asks for, which is 90 % as shipped.",
        lambda facts: not facts.follow_ups_owed,
    ),
)  # fmt: skip
"""In the order they are named. Each can be passed by a lead with a reason 特批."""


def unmet(before: str, to: str, facts: Facts) -> tuple[GuardRule, ...]:
    """The guards that refuse a person's move."""
    return tuple(rule for rule in GUARDS if (rule.before, rule.to) == (before, to) and not rule.met(facts))


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing people may want to do, and what would be said to it. ``refusal`` is the code of the problem."""

    action: IncidentAction
    status: str | None = None
    missing: tuple[Guard, ...] = ()
    refusal: str | None = None


# What may be done, in which statuses, and the code of the refusal in any other.
_ACTS: Final[tuple[tuple[IncidentAction, tuple[str, ...], str], ...]] = (
    (IncidentAction.SET_GRADE, tuple(status for status in MOVES if status != "merged"), "move_not_allowed"),
    (IncidentAction.MERGE, tuple(status for status in MOVES if status != "merged"), "cannot_merge"),
    # Its mentions went with it.
    (IncidentAction.SPLIT, tuple(status for status in MOVES if status != "merged"), "nothing_to_split"),
    (IncidentAction.ATTACH_MENTIONS, ACCEPTING, "incident_not_accepting"),
    (IncidentAction.ACKNOWLEDGE, RECORDING, "incident_over"),
    (IncidentAction.CHANGE_TEAM, ACCEPTING, "incident_over"),
    (IncidentAction.RECORD_MEETING, RECORDING, "incident_over"),
    (IncidentAction.RECORD_FACT_CHECK, RECORDING, "incident_over"),
    (IncidentAction.RECORD_PUBLICATION, RECORDING, "incident_over"),
    (IncidentAction.RECORD_DECISION, RECORDING, "incident_over"),
    (IncidentAction.ADD_NOTE, DISCUSSED, "incident_over"),
    (IncidentAction.CREATE_TASK, RECORDING, "incident_over"),
)


def choices(status: str, facts: Facts, *, rule_taken: bool, mentions: int) -> tuple[Choice, ...]:
    """Everything people may want to do, with what would refuse it.

    ``rule_taken``: the incident's watch rule has another one that takes mentions, so that it can't come back.
    ``mentions``: how many it has.
    """
    return *_moves(status, facts, rule_taken), *_acts(status, mentions)


def _moves(status: str, facts: Facts, rule_taken: bool) -> Iterator[Choice]:
    for to in MOVES[status]:
        missing = tuple(rule.guard for rule in unmet(status, to, facts))
        taken = rule_taken and status not in ACCEPTING and to in ACCEPTING
        refusal = "rule_has_open_incident" if taken else "guards_missing" if missing else None
        yield Choice(IncidentAction.SET_STATUS, to, missing, refusal)


def _acts(status: str, mentions: int) -> Iterator[Choice]:
    for action, possible, refusal in _ACTS:
        lacking = action is IncidentAction.SPLIT and mentions < FEWEST_SPLIT
        yield Choice(action, refusal=refusal if lacking or status not in possible else None)
