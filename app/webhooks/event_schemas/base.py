"""What every event on the wire has."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

INCIDENT: JsonDict = {"incident_id": "0197a3f0-7000-7aaa-8bbb-0123456789ab", "number": "2026-0031", "is_drill": False}
RULE = "0197a3ef-1000-7aaa-8bbb-0123456789ab"


def shown_as(type_: str, data: JsonDict) -> ConfigDict:
    example: JsonDict = {"id": "evt_7001", "type": type_, "timestamp": "2026-03-01T08:00:00.123456Z", "data": data}
    return ConfigDict(json_schema_extra={"example": example})


class IncidentData(BaseModel):
    """Which incident, and where on its timeline."""

    incident_id: UUID = Field(description="The incident.")
    number: str = Field(description="Its number, which people quote.")
    seq: int = Field(description="The event's place on the incident's timeline, from 1 without a gap.")
    is_drill: bool = Field(description="Whether it is an exercise 演练: nothing of it is real.")


class EventBase(BaseModel):
    """What every event has."""

    id: str = Field(description="The event's id, the same as the header `webhook-id` of its deliveries.")
    timestamp: datetime = Field(description="When it happened.")
