"""Too long a silence, on the wire."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from app.domain.grades import Grade
from app.webhooks.event_schemas.base import INCIDENT, EventBase, IncidentData, shown_as
from app.webhooks.event_types import EventType

_SILENT: JsonDict = INCIDENT | {
    "seq": 17,
    "grade": "major",
    "silent_since": "2026-03-01T08:00:00Z",
    "due_at": "2026-03-01T10:00:00Z",
    "late_by_seconds": 0,
}


class IncidentSilentData(IncidentData):
    """Since when, and how late we say so."""

    model_config = ConfigDict(json_schema_extra={"example": _SILENT})

    grade: Grade = Field(description="The grade in force, which says how long we may be silent.")
    silent_since: datetime = Field(
        description="Since when it is counted: our last public word, or when a grade was set or the incident came back."
    )
    due_at: datetime = Field(description="When it had lasted as long as the grade allows, or as long again.")
    late_by_seconds: int = Field(
        description="How late this is told: more than 0 only after an outage, when it is told once for all that passed."
    )


class IncidentSilentEvent(EventBase):
    """We have said nothing in public for as long as the grade allows 避免沉默失语. Again each time it has lasted as long."""

    model_config = shown_as("incident.silent", _SILENT)

    type: Literal[EventType.INCIDENT_SILENT] = Field(description="Always `incident.silent`.")
    data: IncidentSilentData = Field(description="The particulars.")
