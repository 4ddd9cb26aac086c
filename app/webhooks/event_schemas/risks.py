"""Events of the risk register 风险清单 on the wire, and of incidents that are an earlier one again."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.domain.vocabulary.risks import RecurrenceReason, RiskCategory, RiskLevel
from app.webhooks.event_schemas.base import INCIDENT, EventBase, IncidentData, shown_as
from app.webhooks.event_types import EventType

_RISK: JsonDict = {
    "risk_id": "0197a3f0-b000-7aaa-8bbb-0123456789ab", "risk_number": "R-0001", "risk_category": "product_quality",
    "risk_level": "high", "owner_id": "0197a3f0-7000-7aaa-8bbb-0123456789ac",
}  # fmt: skip
_REVIEW: JsonDict = _RISK | {"due_on": "2026-02-28", "late_by_seconds": 0}
_MEASURE: JsonDict = _REVIEW | {"measure_id": "0197a3f0-c000-7aaa-8bbb-0123456789ab"}
_RECURRED: JsonDict = INCIDENT | {
    "seq": 2, "past_incident_id": "0197a3f0-6000-7aaa-8bbb-0123456789ab", "past_number": "2026-0012",
    "recurrence_reason": "rule", "closed_at": "2026-01-20T08:00:00Z", "days_between": 40,
}  # fmt: skip


class RiskData(BaseModel):
    """Which risk, and how great it is."""

    model_config = ConfigDict(json_schema_extra={"example": _RISK})

    risk_id: UUID = Field(description="The risk; `GET /v1/risks/{risk_id}` has all of it.")
    risk_number: str = Field(description="Its number, which people quote.")
    risk_category: RiskCategory = Field(description="What kind of thing it is.")
    risk_level: RiskLevel = Field(description="How great it is.")
    owner_id: UUID | None = Field(description="Who is to look after it; null: nobody.")


class RiskReviewOverdueData(RiskData):
    """Since when it is late."""

    model_config = ConfigDict(json_schema_extra={"example": _REVIEW})

    due_on: date = Field(description="The day by whose end in Shanghai it was to be looked at again.")
    late_by_seconds: int = Field(
        description="How long the day was over when this was told: more than some after an outage."
    )


class RiskMeasureOverdueData(RiskData):
    """Which measure, and since when it is late. `owner_id` is the measure's owner, else the risk's."""

    model_config = ConfigDict(json_schema_extra={"example": _MEASURE})

    measure_id: UUID = Field(description="The measure; `GET /v1/risk-measures/{measure_id}` has all of it.")
    due_on: date = Field(description="The day by whose end in Shanghai it was to be done.")
    late_by_seconds: int = Field(
        description="How long the day was over when this was told: more than some after an outage."
    )


class IncidentRecurredData(IncidentData):
    """Which incident it is again, and how soon."""

    model_config = ConfigDict(json_schema_extra={"example": _RECURRED})

    past_incident_id: UUID = Field(description="The earlier incident.")
    past_number: str = Field(description="Its number, which people quote.")
    recurrence_reason: RecurrenceReason = Field(description="By what the one is the other again.")
    closed_at: datetime = Field(description="When the earlier one was closed.")
    days_between: int = Field(description="How many whole days after that this one came, 90 at most.")


class RiskReviewOverdueEvent(EventBase):
    """A risk was to be looked at again 风险复评逾期, and nobody did. Once a due date."""

    model_config = shown_as("risk.review_overdue", _REVIEW)

    type: Literal[EventType.RISK_REVIEW_OVERDUE] = Field(description="Always `risk.review_overdue`.")
    data: RiskReviewOverdueData = Field(description="The particulars.")


class RiskMeasureOverdueEvent(EventBase):
    """A preventive measure 预防措施 was to be taken, and is not. Once a measure and due date."""

    model_config = shown_as("risk_measure.overdue", _MEASURE)

    type: Literal[EventType.RISK_MEASURE_OVERDUE] = Field(description="Always `risk_measure.overdue`.")
    data: RiskMeasureOverdueData = Field(description="The particulars.")


class IncidentRecurredEvent(EventBase):
    """An incident is an earlier one again 复发: the same watch rule or business unit within 90 days after that was closed."""

    model_config = shown_as("incident.recurred", _RECURRED)

    type: Literal[EventType.INCIDENT_RECURRED] = Field(description="Always `incident.recurred`.")
    data: IncidentRecurredData = Field(description="The particulars.")
