"""Events on the wire: when the fire is out, and when it flares up again."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.domain.grades import Grade
from app.domain.vocabulary import Platform
from app.webhooks.event_schemas.base import INCIDENT, EventBase, IncidentData, shown_as
from app.webhooks.event_types import EventType

_SHARE: JsonDict = {"platform": "weibo", "spread": 61_240}
_CALMED: JsonDict = INCIDENT | {
    "seq": 12,
    "calmed_at": "2026-03-02T04:00:21.123456Z",
    "evidence": {
        "minute": "2026-03-02T04:00:00Z",
        "passes": True,
        "tail": {"met": True, "window_seconds": 7200, "gained": 310, "allowed": 2512, "peak": 50240},
    },
    "began_at": "2026-03-01T07:30:00.123456Z",
    "grade": "serious",
    "origin_platform": "weibo",
    "spread": 61_240,
    "spread_by_platform": [_SHARE],
}
_REBOUNDED: JsonDict = INCIDENT | {
    "seq": 14,
    "calmed_at": "2026-03-02T04:00:21.123456Z",
    "reason": "Rule general-8h holds again: 10,420 in 8 h, more than 10,000, at 2026-03-02T09:12:00Z.",
    "evidence": {"rule": "general-8h", "window_seconds": 28800, "threshold": 10000, "sum": 10420},
}


class PlatformSpread(BaseModel):
    """A platform's part of an incident's spread."""

    model_config = ConfigDict(json_schema_extra={"example": _SHARE})

    platform: Platform = Field(description="Which platform.")
    spread: int = Field(description="What was counted there.")


class IncidentCalmedData(IncidentData):
    """When calm was recorded, and on what evidence."""

    model_config = ConfigDict(json_schema_extra={"example": _CALMED})

    calmed_at: datetime = Field(description="When it was recorded. Provisional: a relapse takes it back.")
    evidence: dict[str, Any] = Field(
        description="The four conditions with their figures, as `GET /v1/incidents/{incident_id}/calm` told them then."
    )
    began_at: datetime | None = Field(
        description="When a response was first called for; null in events from before this was told."
    )
    grade: Grade | None = Field(description="The grade in force then; null: none.")
    origin_platform: Platform | None = Field(
        description="首发平台, where it began as far as was known then; null: it has no posts."
    )
    spread: int | None = Field(description="The spread counted by then; null in events from before this was told.")
    spread_by_platform: list[PlatformSpread] | None = Field(
        description="The same by platform, the greatest part first; null in events from before this was told."
    )


class IncidentReboundedData(IncidentData):
    """Which calm is over, and why."""

    model_config = ConfigDict(json_schema_extra={"example": _REBOUNDED})

    calmed_at: datetime = Field(description="When the calm was recorded that is over now.")
    reason: str = Field(description="Why, in words.")
    evidence: dict[str, Any] = Field(
        description="The rule that holds again with window, sum and threshold; or when listed media reported."
    )


class IncidentCalmedEvent(EventBase):
    """The calm test passed: the fire is out, for now (方案 二(二)3)."""

    model_config = shown_as("incident.calmed", _CALMED)

    type: Literal[EventType.INCIDENT_CALMED] = Field(description="Always `incident.calmed`.")
    data: IncidentCalmedData = Field(description="The particulars.")


class IncidentReboundedEvent(EventBase):
    """It flared up again after it was calm 二次发酵."""

    model_config = shown_as("incident.rebounded", _REBOUNDED)

    type: Literal[EventType.INCIDENT_REBOUNDED] = Field(description="Always `incident.rebounded`.")
    data: IncidentReboundedData = Field(description="The particulars.")
