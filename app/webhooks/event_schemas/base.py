"""What every event on the wire has."""

from datetime import datetime
from types import NoneType
from typing import Any, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
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

    @model_validator(mode="before")
    @classmethod
    def _of_before(cls, data: Any) -> Any:
        """Events are kept for years: of what they did not tell yet when they were stored, they say null."""
        if not isinstance(data, dict):
            return data
        untold = {
            field.alias or name for name, field in cls.model_fields.items() if NoneType in get_args(field.annotation)
        }
        return dict.fromkeys(untold - data.keys()) | data


class EventBase(BaseModel):
    """What every event has."""

    id: str = Field(description="The event's id, the same as the header `webhook-id` of its deliveries.")
    timestamp: datetime = Field(description="When it happened.")
