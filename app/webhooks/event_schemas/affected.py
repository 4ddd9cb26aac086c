"""Of affected users 受影响用户 on the wire: how many, never who."""

from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from app.webhooks.event_schemas.base import INCIDENT, EventBase, IncidentData, shown_as
from app.webhooks.event_types import EventType

_CHANGED: JsonDict = INCIDENT | {"seq": 11, "added": 498, "updated": 2, "erased": 0, "total": 500}


class AffectedUsersChangedData(IncidentData):
    """What changed, in figures."""

    model_config = ConfigDict(json_schema_extra={"example": _CHANGED})

    added: int = Field(description="How many were entered.")
    updated: int = Field(description="How many were corrected.")
    erased: int = Field(description="Of how many name and contact were destroyed.")
    total: int = Field(description="How many there are by now, those who were erased too.")


class AffectedUsersChangedEvent(EventBase):
    """Affected users were entered, corrected or erased. Ask for them by the incident."""

    model_config = shown_as("incident.affected_users_changed", _CHANGED)

    type: Literal[EventType.INCIDENT_AFFECTED_USERS_CHANGED] = Field(
        description="Always `incident.affected_users_changed`."
    )
    data: AffectedUsersChangedData = Field(description="The particulars.")
