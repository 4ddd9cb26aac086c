"""Of reviews 复盘 (方案 二(三)). Each stands on the timeline of each incident that the review covers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from app.domain.events.acts import IncidentAct
from app.domain.events.incidents import IncidentEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewEvent(IncidentEvent):
    """Something about a review of the incident."""

    review_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOpened(ReviewEvent):
    """What happened is looked back on from here: the incident is calm, or over."""

    type: ClassVar[str] = "review.opened"
    decisions_due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSuspended(ReviewEvent):
    """It burns again, or it was none of ours: there is nothing to look back on yet."""

    type: ClassVar[str] = "review.suspended"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewResumed(ReviewEvent):
    """Calm again, or over: the same review goes on."""

    type: ClassVar[str] = "review.resumed"
    decisions_due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewReported(IncidentAct):
    """The meeting was held, the four questions are answered and the report was issued: what the clock waited for (R57)."""

    type: ClassVar[str] = "review.reported"
    review_id: UUID
    report_id: UUID | None
    decisions_due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDecided(ReviewEvent):
    """One of the three decisions (R60-R62): nothing changes, and why; or what was changed, each with its subject, its id
    and what was done to it."""

    type: ClassVar[str] = "review.decided"
    decision: str
    state: str
    reason: str
    changes: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCompleted(ReviewEvent):
    """The report is issued and all three are decided."""

    type: ClassVar[str] = "review.completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDecisionsOverdue(ReviewEvent):
    """The time of the decisions is over, and these are open still. Once for each time that they are due at."""

    type: ClassVar[str] = "review.decisions_overdue"
    decisions: list[str]
    due_at: datetime
    late_by_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewIncidentMoved(ReviewEvent):
    """The incident is covered by this review from here on, or no more. ``action``: covered or left; ``other_review_id``:
    where it was covered before, or is from here on."""

    type: ClassVar[str] = "review.incident_moved"
    public: ClassVar[bool] = False
    action: str
    other_review_id: UUID | None
