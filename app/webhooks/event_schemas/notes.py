"""Events of notes 备注 on the wire. What was written is not in them: ask for the note by its id."""

from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from app.domain.vocabulary import NoteSubject
from app.webhooks.event_schemas.base import INCIDENT, EventBase, IncidentData, shown_as
from app.webhooks.event_types import EventType

_ADDED: JsonDict = INCIDENT | {
    "seq": 10,
    "note_id": "0197a3f0-9000-7aaa-8bbb-0123456789ab",
    "subject": "incident",
    "subject_id": INCIDENT["incident_id"],
    "mentions": ["0197a3ee-2000-7aaa-8bbb-0123456789ab"],
    "corrects": None,
}


class NoteAddedData(IncidentData):
    """Which note, on what, and whom it calls."""

    model_config = ConfigDict(json_schema_extra={"example": _ADDED})

    note_id: UUID = Field(description="The note.")
    subject: NoteSubject = Field(description="What it is written on.")
    subject_id: UUID = Field(description="Which one.")
    mentions: list[UUID] = Field(description="The people it calls, by their ids.")
    corrects: UUID | None = Field(description="The note it takes the place of; null where it is a new one.")


class NoteAddedEvent(EventBase):
    """Somebody wrote a note on an incident, or on what belongs to it."""

    model_config = shown_as("note.added", _ADDED)

    type: Literal[EventType.NOTE_ADDED] = Field(description="Always `note.added`.")
    data: NoteAddedData = Field(description="The particulars.")
