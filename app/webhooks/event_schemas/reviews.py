"""Events of reviews 复盘 on the wire: each on the timeline of each incident that the review covers."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.domain.vocabulary.reviews import ReviewChangeAction, ReviewDecisionKind, ReviewDecisionState, ReviewSubject
from app.webhooks.event_schemas.base import INCIDENT, EventBase, IncidentData, shown_as
from app.webhooks.event_types import EventType

_REVIEW: JsonDict = INCIDENT | {"seq": 31, "review_id": "0197a3f0-b000-7aaa-8bbb-0123456789ab"}
_DUE: JsonDict = {"decisions_due_at": "2026-03-12T15:59:59Z"}
_SUSPENDED: JsonDict = _REVIEW | {"reason": "It flared up again."}
_REPORTED: JsonDict = _REVIEW | {"happened_at": "2026-03-05T08:00:00Z", "report_id": None} | _DUE
_CHANGE: JsonDict = {"subject": "watch_rule", "subject_id": "0197a3ef-1000-7aaa-8bbb-0123456789ab", "action": "update"}
_DECIDED: JsonDict = _REVIEW | {"decision": "scope", "state": "applied", "reason": "", "changes": [_CHANGE]}
_OVERDUE: JsonDict = _REVIEW | {"decisions": ["process"], "due_at": "2026-03-12T15:59:59Z", "late_by_seconds": 4}
DECISIONS_DUE = "When the three decisions are due; null: seven days after the report."


class ReviewData(IncidentData):
    """Which review of which incident."""

    model_config = ConfigDict(json_schema_extra={"example": _REVIEW})

    review_id: UUID = Field(description="The review; `GET /v1/reviews/{review_id}` has all of it.")


class ReviewDueData(ReviewData):
    """And when its decisions are due."""

    model_config = ConfigDict(json_schema_extra={"example": _REVIEW | _DUE})

    decisions_due_at: datetime | None = Field(description=DECISIONS_DUE)


class ReviewSuspendedData(ReviewData):
    """Why it is put off."""

    model_config = ConfigDict(json_schema_extra={"example": _SUSPENDED})

    reason: str = Field(description="Why, in words.")


class ReviewReportedData(ReviewDueData):
    """When the report was issued."""

    model_config = ConfigDict(json_schema_extra={"example": _REPORTED})

    happened_at: datetime = Field(description="When it was issued, which may be before it was told.")
    report_id: UUID | None = Field(description="The report as it was issued; null: none was rendered here.")


class ReviewDecidedChange(BaseModel):
    """One thing that was changed."""

    model_config = ConfigDict(json_schema_extra={"example": _CHANGE})

    subject: ReviewSubject = Field(description="What it is.")
    subject_id: str = Field(description="Which, by its id; of a new version of a policy that version's.")
    action: ReviewChangeAction = Field(description="What was done to it.")


class ReviewDecidedData(ReviewData):
    """Which of the three was decided, and how."""

    model_config = ConfigDict(json_schema_extra={"example": _DECIDED})

    decision: ReviewDecisionKind = Field(description="Which of the three.")
    state: ReviewDecisionState = Field(description="`no_change` or `applied`.")
    reason: str = Field(description="Why nothing is changed, or what the change is for.")
    changes: list[ReviewDecidedChange] = Field(description="What was changed.")


class ReviewDecisionsOverdueData(ReviewData):
    """What is late."""

    model_config = ConfigDict(json_schema_extra={"example": _OVERDUE})

    decisions: list[ReviewDecisionKind] = Field(description="Which are open still.")
    due_at: datetime = Field(description="When they were due.")
    late_by_seconds: int = Field(description="How late this was said: more than a moment only after an outage.")


class ReviewOpenedEvent(EventBase):
    """What happened is looked back on: the incident is calm, or over."""

    model_config = shown_as("review.opened", _REVIEW | _DUE)

    type: Literal[EventType.REVIEW_OPENED] = Field(description="Always `review.opened`.")
    data: ReviewDueData = Field(description="The particulars.")


class ReviewSuspendedEvent(EventBase):
    """A review is put off, for what it is about burns again or was none of ours."""

    model_config = shown_as("review.suspended", _SUSPENDED)

    type: Literal[EventType.REVIEW_SUSPENDED] = Field(description="Always `review.suspended`.")
    data: ReviewSuspendedData = Field(description="The particulars.")


class ReviewResumedEvent(EventBase):
    """A review that was put off goes on."""

    model_config = shown_as("review.resumed", _REVIEW | _DUE)

    type: Literal[EventType.REVIEW_RESUMED] = Field(description="Always `review.resumed`.")
    data: ReviewDueData = Field(description="The particulars.")


class ReviewReportedEvent(EventBase):
    """A review's report was issued, after its meeting and with four answers: its clock is met."""

    model_config = shown_as("review.reported", _REPORTED)

    type: Literal[EventType.REVIEW_REPORTED] = Field(description="Always `review.reported`.")
    data: ReviewReportedData = Field(description="The particulars.")


class ReviewDecidedEvent(EventBase):
    """One of a review's three decisions was made, and applied where it is a change."""

    model_config = shown_as("review.decided", _DECIDED)

    type: Literal[EventType.REVIEW_DECIDED] = Field(description="Always `review.decided`.")
    data: ReviewDecidedData = Field(description="The particulars.")


class ReviewCompletedEvent(EventBase):
    """A review has its report and its three decisions."""

    model_config = shown_as("review.completed", _REVIEW)

    type: Literal[EventType.REVIEW_COMPLETED] = Field(description="Always `review.completed`.")
    data: ReviewData = Field(description="The particulars.")


class ReviewDecisionsOverdueEvent(EventBase):
    """A review's decisions are late. Once for each time that they are due at."""

    model_config = shown_as("review.decisions_overdue", _OVERDUE)

    type: Literal[EventType.REVIEW_DECISIONS_OVERDUE] = Field(description="Always `review.decisions_overdue`.")
    data: ReviewDecisionsOverdueData = Field(description="The particulars.")
