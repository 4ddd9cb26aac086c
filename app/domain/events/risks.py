"""Of the risk register 风险清单 (方案 二(一)1, 二(三)), and of incidents that are an earlier one again."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from app.domain.events.base import Event
from app.domain.events.incidents import IncidentEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskEvent(Event):
    """Something about one risk. Its title is read by its id."""

    risk_id: UUID
    risk_number: str
    risk_category: str
    risk_level: str
    owner_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskReviewOverdue(RiskEvent):
    """The day on which a risk was to be looked at again is over, and nobody did. Once a due date."""

    type: ClassVar[str] = "risk.review_overdue"
    due_on: date
    late_by_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskMeasureOverdue(RiskEvent):
    """The day by which a preventive measure was to be taken is over, and it is not. Once a measure and due date."""

    type: ClassVar[str] = "risk_measure.overdue"
    measure_id: UUID
    due_on: date
    late_by_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskChanged(RiskEvent):
    """A risk has another version, as a person or a review's decision made it: for the audit log only."""

    type: ClassVar[str] = "risk.changed"
    public: ClassVar[bool] = False
    risk_version: int
    fields: list[str]
    review_id: UUID | None
    status: str
    next_review_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskLinked(Event):
    """A risk and an incident belong together, or don't any more: for the audit log only."""

    type: ClassVar[str] = "risk.linked"
    public: ClassVar[bool] = False
    risk_id: UUID
    incident_ids: list[UUID]
    action: str
    review_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterUnmasked(Event):
    """Somebody with people:unmask was shown people's data in what was written about these risks or in these checked texts:
    for the audit log only."""

    type: ClassVar[str] = "register.unmasked"
    public: ClassVar[bool] = False
    subject_ids: list[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRecurred(IncidentEvent):
    """It is an earlier incident again: the same watch rule or business unit, within 90 days after that one was closed."""

    type: ClassVar[str] = "incident.recurred"
    past_incident_id: UUID
    past_number: str
    recurrence_reason: str
    closed_at: datetime
    days_between: int
