"""Events of promises 承诺 on the wire. What was promised is not in them: ask for it by its id."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from app.webhooks.event_schemas.base import INCIDENT, EventBase, IncidentData, shown_as
from app.webhooks.event_types import EventType

_BROKEN: JsonDict = INCIDENT | {
    "seq": 41,
    "commitment_id": "0197a3f0-9100-7aaa-8bbb-0123456789ab",
    "statement_id": "0197a3f0-9200-7aaa-8bbb-0123456789ab",
    "task_id": "0197a3f0-9000-7aaa-8bbb-0123456789ab",
    "owner_id": "0197a3ee-2000-7aaa-8bbb-0123456789ab",
    "made_at": "2026-03-01T08:00:00Z",
    "due_at": "2026-03-02T10:00:00Z",
}


class CommitmentBrokenData(IncidentData):
    """Which promise, and whose it was."""

    model_config = ConfigDict(json_schema_extra={"example": _BROKEN})

    commitment_id: UUID = Field(description="The promise, one of `GET /v1/statements/{statement_id}/commitments`.")
    statement_id: UUID = Field(description="The statement that promised it.")
    task_id: UUID = Field(description="The task that keeps it.")
    owner_id: UUID | None = Field(description="Whose the task is; null: nobody's yet.")
    made_at: datetime = Field(description="When it was first said in public.")
    due_at: datetime = Field(description="Until when it was promised.")


class CommitmentBrokenEvent(EventBase):
    """The time of a promise made in public is over, and it is not known to have been kept. Once for each promise."""

    model_config = shown_as("commitment.broken", _BROKEN)

    type: Literal[EventType.COMMITMENT_BROKEN] = Field(description="Always `commitment.broken`.")
    data: CommitmentBrokenData = Field(description="The particulars.")
