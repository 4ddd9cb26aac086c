"""Events of clocks 时限 on the wire."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from app.domain.grades import Grade
from app.domain.vocabulary import DeadlineKind, DeadlineState
from app.webhooks.event_schemas.base import INCIDENT, EventBase, IncidentData, shown_as
from app.webhooks.event_types import EventType

_CLOCK: JsonDict = INCIDENT | {
    "seq": 9,
    "deadline_id": "0197a3f0-7010-7aaa-8bbb-0123456789ab",
    "clock": "first_response",
    "task_id": None,
    "grade": "major",
    "started_at": "2026-03-01T07:30:00Z",
    "due_at": "2026-03-01T08:00:00Z",
    "estimated": False,
}
_REDATED: JsonDict = INCIDENT | {
    "seq": 31,
    "deadline_id": "0197a3f0-7011-7aaa-8bbb-0123456789ab",
    "clock": "review",
    "task_id": None,
    "grade": "major",
    "started_at": "2026-12-30T08:00:00Z",
    "due_at": "2027-01-05T15:59:59Z",
    "estimated": False,
    "previous_due_at": "2027-01-04T15:59:59Z",
}
_WARNING: JsonDict = _CLOCK | {"threshold": 80, "late_by_seconds": 0}
_BREACHED: JsonDict = _CLOCK | {"late_by_seconds": 0}
_MET: JsonDict = _CLOCK | {"state": "met", "happened_at": "2026-03-01T07:41:00Z"}


class DeadlineData(IncidentData):
    """Which clock of which incident."""

    model_config = ConfigDict(json_schema_extra={"example": _CLOCK})

    deadline_id: UUID = Field(description="The clock; `GET /v1/deadlines/{deadline_id}` has all of it.")
    clock: DeadlineKind = Field(description="Which clock of the plan.")
    task_id: UUID | None = Field(
        description="The task it runs for; null for every clock but `remediation` and `commitment`."
    )
    grade: Grade | None = Field(description="The grade it runs at; null: none.")
    started_at: datetime = Field(description="When it began to run.")
    due_at: datetime = Field(description="When its time is over.")
    estimated: bool = Field(
        description="Whether it was counted on a working calendar that is not official yet: then it may be dated anew."
    )


class DeadlineRedatedData(DeadlineData):
    """What it was before."""

    model_config = ConfigDict(json_schema_extra={"example": _REDATED})

    previous_due_at: datetime = Field(
        description="When its time would have been over. The same as `due_at` where it only became certain."
    )


class SlaWarningData(DeadlineData):
    """How much of the time is over."""

    model_config = ConfigDict(json_schema_extra={"example": _WARNING})

    threshold: int = Field(description="50 or 80 per cent of the time.")
    late_by_seconds: int = Field(description="How late this warning is: more than 0 only after an outage.")


class SlaBreachedData(DeadlineData):
    """How late we say so."""

    model_config = ConfigDict(json_schema_extra={"example": _BREACHED})

    late_by_seconds: int = Field(description="How late this breach is told: more than 0 only after an outage.")


class SlaMetData(DeadlineData):
    """When it happened."""

    model_config = ConfigDict(json_schema_extra={"example": _MET})

    state: DeadlineState = Field(description="`met`, or `met_recorded_late` where it was told only after the breach.")
    happened_at: datetime = Field(description="When what the clock waited for happened.")


class DeadlineRedatedEvent(EventBase):
    """The working calendar changed under a review clock that runs, and with it when it is due."""

    model_config = shown_as("deadline.redated", _REDATED)

    type: Literal[EventType.DEADLINE_REDATED] = Field(description="Always `deadline.redated`.")
    data: DeadlineRedatedData = Field(description="The particulars.")


class SlaWarningEvent(EventBase):
    """A part of a clock's time is over. Once at 50 and once at 80 per cent."""

    model_config = shown_as("sla.warning", _WARNING)

    type: Literal[EventType.SLA_WARNING] = Field(description="Always `sla.warning`.")
    data: SlaWarningData = Field(description="The particulars.")


class SlaBreachedEvent(EventBase):
    """A clock's time is over 超时, and nobody told us that it was met. Once."""

    model_config = shown_as("sla.breached", _BREACHED)

    type: Literal[EventType.SLA_BREACHED] = Field(description="Always `sla.breached`.")
    data: SlaBreachedData = Field(description="The particulars.")


class SlaMetEvent(EventBase):
    """What a clock waited for happened in time. Of clocks whose tasks were finished many at once `tasks.changed` tells."""

    model_config = shown_as("sla.met", _MET)

    type: Literal[EventType.SLA_MET] = Field(description="Always `sla.met`.")
    data: SlaMetData = Field(description="The particulars.")
