"""What people did about an incident, on the wire. What they wrote about it is not in events: ask for it by its id."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from app.domain.vocabulary import DecisionKind, Platform, Responsibility, StatementKind, Truth
from app.webhooks.event_schemas.base import INCIDENT, EventBase, IncidentData, shown_as
from app.webhooks.event_types import EventType

_ACT: JsonDict = INCIDENT | {"seq": 9, "happened_at": "2026-03-01T07:50:00Z"}
_ID = "0197a3f0-8000-7aaa-8bbb-0123456789ab"
_ACKNOWLEDGED: JsonDict = _ACT | {"acknowledgement_id": _ID, "member_id": "0197a3f0-8100-7aaa-8bbb-0123456789ab"}
_MET: JsonDict = _ACT | {"meeting_id": _ID, "has_direction": True}
_CHECKED: JsonDict = _ACT | {"fact_check_id": _ID, "truth": "partly_confirmed", "responsibility": "supplier"}
MADE = (
    "Whether by now a statement, more than a first word, stands where it began or where that was decided, or it was decided "
    "not to make one: what the clock `first_statement` waits for."
)
_SPOKEN: JsonDict = _ACT | {
    "publication_id": _ID,
    "platform": "weibo",
    "statement_kind": "clarification",
    "on_origin": True,
    "statement_made": True,
}
_DECIDED: JsonDict = _ACT | {
    "decision_id": _ID,
    "decision_kind": "no_statement",
    "corrects": None,
    "statement_made": True,
}


class ActData(IncidentData):
    """Something that people did; `timestamp` says when it was recorded."""

    happened_at: datetime = Field(description="When it happened, which may be long before it was recorded.")


class IncidentAcknowledgedData(ActData):
    """Who took it on is the event's actor on the timeline."""

    model_config = ConfigDict(json_schema_extra={"example": _ACKNOWLEDGED})

    acknowledgement_id: UUID = Field(description="The acknowledgement.")
    member_id: UUID | None = Field(description="As which member of its team; null: as none.")


class MeetingHeldData(ActData):
    """The meeting."""

    model_config = ConfigDict(json_schema_extra={"example": _MET})

    meeting_id: UUID = Field(description="The meeting.")
    has_direction: bool = Field(description="Whether it set a direction: without one it is not complete.")


class FactCheckedData(ActData):
    """What was found."""

    model_config = ConfigDict(json_schema_extra={"example": _CHECKED})

    fact_check_id: UUID = Field(description="The fact check.")
    truth: Truth = Field(description="What of it is true.")
    responsibility: Responsibility = Field(description="Who answers for it.")


class PublicationRecordedData(ActData):
    """What was said where."""

    model_config = ConfigDict(json_schema_extra={"example": _SPOKEN})

    publication_id: UUID = Field(description="The publication.")
    platform: Platform = Field(description="Where.")
    statement_kind: StatementKind = Field(description="What was said.")
    on_origin: bool = Field(description="Whether it is the platform where it began, as known when it was recorded.")
    statement_made: bool = Field(description=MADE)


class DecisionMadeData(ActData):
    """What kind of decision."""

    model_config = ConfigDict(json_schema_extra={"example": _DECIDED})

    decision_id: UUID = Field(description="The decision.")
    decision_kind: DecisionKind = Field(description="What kind.")
    corrects: UUID | None = Field(description="The decision it takes the place of; null where it is a new one.")
    statement_made: bool = Field(description=MADE)


class IncidentAcknowledgedEvent(EventBase):
    """A person took the incident on: the first response (方案 一, 响应)."""

    model_config = shown_as("incident.acknowledged", _ACKNOWLEDGED)

    type: Literal[EventType.INCIDENT_ACKNOWLEDGED] = Field(description="Always `incident.acknowledged`.")
    data: IncidentAcknowledgedData = Field(description="The particulars.")


class MeetingHeldEvent(EventBase):
    """The emergency meeting took place (方案 二(二)1)."""

    model_config = shown_as("incident.meeting_held", _MET)

    type: Literal[EventType.INCIDENT_MEETING_HELD] = Field(description="Always `incident.meeting_held`.")
    data: MeetingHeldData = Field(description="The particulars.")


class FactCheckedEvent(EventBase):
    """The facts were checked (方案 二(二)2)."""

    model_config = shown_as("incident.fact_checked", _CHECKED)

    type: Literal[EventType.INCIDENT_FACT_CHECKED] = Field(description="Always `incident.fact_checked`.")
    data: FactCheckedData = Field(description="The particulars.")


class PublicationRecordedEvent(EventBase):
    """We spoke in public (方案 二(二)2)."""

    model_config = shown_as("incident.publication_recorded", _SPOKEN)

    type: Literal[EventType.INCIDENT_PUBLICATION_RECORDED] = Field(
        description="Always `incident.publication_recorded`."
    )
    data: PublicationRecordedData = Field(description="The particulars.")


class DecisionMadeEvent(EventBase):
    """A decision stands in the log, with what was known when it was made."""

    model_config = shown_as("incident.decision_made", _DECIDED)

    type: Literal[EventType.INCIDENT_DECISION_MADE] = Field(description="Always `incident.decision_made`.")
    data: DecisionMadeData = Field(description="The particulars.")
