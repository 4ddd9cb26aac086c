"""How a review 复盘 goes (方案 二(三)): when an incident has one, what its report needs, what may be done, what is due.

It is born when calm is recorded, or an incident is closed without. A relapse 二次发酵 puts it off; calm anew goes on with the
same one. Its clock waits for the meeting, four answers and the report; the three decisions have seven days more.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from app.domain.spelling import is_visible
from app.domain.vocabulary.reviews import ReviewAction, ReviewDecisionKind, ReviewGap, ReviewQuestion, ReviewStatus

DECISIONS_TIME: Final = timedelta(days=7)
"""What the decisions get beyond the review's own clock."""
UNDER_WAY: Final = (ReviewStatus.OPEN, ReviewStatus.SUSPENDED)
UNFINISHED: Final = (*UNDER_WAY, ReviewStatus.REPORTED)
COVERABLE: Final = "general"
"""Only incidents of this grade share a review: each graver one is worth its own."""
REVIEWABLE: Final = ("closed", "subsided", "dismissed")
"""What is over can be reviewed; so can what is calm."""

SAYS: Final[Mapping[str, str]] = {
    "review_suspended": "It is put off: what it is about burns again. It goes on when that is calm, or over.",
    "review_settled": "Its report was issued: what that says stays as it is.",
    "review_completed": "It is completed.",
    "review_merged": "Another review covers its incident: look at that one.",
    "decision_made": "It is decided already.",
    "review_incomplete": "Something is missing for its report.",
}
"""What a refusal means, by its code."""
GAPS: Final[Mapping[ReviewGap, str]] = {
    ReviewGap.MEETING: "Hold the meeting, after the calm, and say when it was (`meeting_at`).",
    ReviewGap.CAUSE: "Answer what started it (`answers.cause`).",
    ReviewGap.TIMELY: "Answer whether we were in time (`answers.timely`).",
    ReviewGap.EFFECTIVE: "Answer whether what we did worked (`answers.effective`).",
    ReviewGap.GAPS: "Answer which gaps it showed (`answers.gaps`).",
    ReviewGap.REPORT: "Have the report rendered as the review is now (POST /v1/reviews/{review_id}/report), and look.",
}
"""What the report is not issued without, and what to do about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFacts:
    """What decides what may be done about a review."""

    status: ReviewStatus
    since: datetime
    meeting_at: datetime | None = None
    answers: Mapping[str, str]
    # A report was rendered of the review as it is.
    rendered: bool = False
    decided: Collection[ReviewDecisionKind] = ()


class ReviewChoice(NamedTuple):
    """One thing people may want to do, and the code of the problem that would be answered. ``decision``: which of three."""

    action: ReviewAction
    decision: ReviewDecisionKind | None = None
    missing: tuple[ReviewGap, ...] = ()
    refusal: str | None = None


def gaps(facts: ReviewFacts) -> tuple[ReviewGap, ...]:
    """What the report is not issued without. A meeting before the last calm spoke of half of it."""
    held = facts.meeting_at is not None and facts.meeting_at >= facts.since
    answered = {question for question in ReviewQuestion if is_visible(facts.answers.get(question, ""))}
    missing = (ReviewGap(question.value) for question in ReviewQuestion if question not in answered)
    first, last = () if held else (ReviewGap.MEETING,), () if facts.rendered else (ReviewGap.REPORT,)
    return *first, *missing, *last


def refusal(action: ReviewAction, facts: ReviewFacts, decision: ReviewDecisionKind | None = None) -> str | None:
    """Why an action is refused, as a code of :data:`SAYS`; None where it is not."""
    if facts.status is ReviewStatus.MERGED:
        return "review_merged"
    if action is ReviewAction.DECIDE:
        if facts.status is ReviewStatus.SUSPENDED:
            return "review_suspended"
        return "decision_made" if decision in facts.decided else None
    if facts.status is ReviewStatus.COMPLETED:
        return "review_completed"
    if facts.status is ReviewStatus.REPORTED:
        return "review_settled"
    if action is ReviewAction.UPDATE:
        return None
    if facts.status is ReviewStatus.SUSPENDED:
        return "review_suspended"
    return "review_incomplete" if action is ReviewAction.ISSUE_REPORT and gaps(facts) else None


def choices(facts: ReviewFacts) -> tuple[ReviewChoice, ...]:
    """Everything people may want to do, with what would refuse it."""
    plain = (_choice(action, None, facts) for action in ReviewAction if action is not ReviewAction.DECIDE)
    return *plain, *(_choice(ReviewAction.DECIDE, kind, facts) for kind in ReviewDecisionKind)


def _choice(action: ReviewAction, kind: ReviewDecisionKind | None, facts: ReviewFacts) -> ReviewChoice:
    code = refusal(action, facts, kind)
    missing = gaps(facts) if code == "review_incomplete" else ()
    return ReviewChoice(action, kind, missing, code)


def is_complete(facts: ReviewFacts) -> bool:
    """Whether nothing of it is left to do: reported, and all three decided (R60-R62)."""
    return facts.status is ReviewStatus.REPORTED and set(facts.decided) == set(ReviewDecisionKind)


def decisions_due(clocks: Iterable[datetime], reported_at: datetime | None) -> datetime | None:
    """When the decisions are due: seven days after the earliest of the incidents' review clocks, so that covering one more
    never puts them off. Where no clock ever ran, because a person began it, seven days after the report."""
    first = min(clocks, default=reported_at)
    return None if first is None else first + DECISIONS_TIME


def may_begin(incident_status: str, *, calm: bool) -> bool:
    """Whether a person may begin a review of an incident: while it burns there is nothing to look back on."""
    return incident_status in REVIEWABLE or (calm and incident_status != "merged")
