"""Events of the alert clock 预警时限 on the wire."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.webhooks.event_schemas.base import INCIDENT, EventBase, shown_as
from app.webhooks.event_types import EventType

_UNHEARD: JsonDict = {
    "mention_id": "0197a3f0-6fff-7aaa-8bbb-0123456789ab",
    "incident_id": INCIDENT["incident_id"],
    "is_drill": False,
    "received_at": "2026-03-01T08:00:00Z",
}
_BREACHED: JsonDict = _UNHEARD | {
    "deadline_id": "0197a3f0-7002-7aaa-8bbb-0123456789ab",
    "due_at": "2026-03-01T08:10:00Z",
    "late_by_seconds": 0,
}


class AlertData(BaseModel):
    """Which hit."""

    mention_id: UUID = Field(description="The mention.")
    incident_id: UUID | None = Field(description="The incident it belonged to then; null where it had none.")
    is_drill: bool = Field(description="Whether it is of an exercise 演练: nothing of it is real.")
    received_at: datetime = Field(description="When we were told of what makes it a hit.")


class AlertBreachedData(AlertData):
    """Which hit, and since when it is late."""

    model_config = ConfigDict(json_schema_extra={"example": _BREACHED})

    deadline_id: UUID = Field(description="The clock.")
    due_at: datetime = Field(description="Until when people were to hear of it.")
    late_by_seconds: int = Field(description="How long after that this was noticed: 0 unless we were away.")


class AlertNoReceiverData(AlertData):
    """The first such hit of the hour."""

    model_config = ConfigDict(json_schema_extra={"example": _UNHEARD})


class AlertBreachedEvent(EventBase):
    """A hit reached no endpoint that people read within the time the plan gives (方案 二(一)2)."""

    model_config = shown_as("alert.breached", _BREACHED)

    type: Literal[EventType.ALERT_BREACHED] = Field(description="Always `alert.breached`.")
    data: AlertBreachedData = Field(description="The particulars.")


class AlertNoReceiverEvent(EventBase):
    """A hit can reach nobody: no enabled endpoint that people read takes hits. At most one an hour."""

    model_config = shown_as("alert.no_receiver", _UNHEARD)

    type: Literal[EventType.ALERT_NO_RECEIVER] = Field(description="Always `alert.no_receiver`.")
    data: AlertNoReceiverData = Field(description="The particulars.")
