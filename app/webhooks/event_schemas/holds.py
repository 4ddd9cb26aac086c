"""Legal holds, on the wire."""

from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from app.webhooks.event_schemas.base import INCIDENT, EventBase, IncidentData, shown_as
from app.webhooks.event_types import EventType

_HELD: JsonDict = INCIDENT | {"seq": 11, "reason": "法院受理名誉权纠纷"}


class LegalHoldData(IncidentData):
    """Why. Who did it is the event's actor on the timeline."""

    model_config = ConfigDict(json_schema_extra={"example": _HELD})

    reason: str = Field(description="Why, in the person's words.")


class LegalHoldSetEvent(EventBase):
    """A legal hold 法务保全 was set: nothing of the incident is deleted."""

    model_config = shown_as("incident.legal_hold_set", _HELD)

    type: Literal[EventType.INCIDENT_LEGAL_HOLD_SET] = Field(description="Always `incident.legal_hold_set`.")
    data: LegalHoldData = Field(description="The particulars.")


class LegalHoldLiftedEvent(EventBase):
    """The legal hold was lifted: what is due is deleted again."""

    model_config = shown_as("incident.legal_hold_lifted", _HELD)

    type: Literal[EventType.INCIDENT_LEGAL_HOLD_LIFTED] = Field(description="Always `incident.legal_hold_lifted`.")
    data: LegalHoldData = Field(description="The particulars.")
