"""Of notes 备注: what people write to each other beside what they do."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.domain.events.incidents import IncidentEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAdded(IncidentEvent):
    """Somebody wrote a note, or another one in place of one. ``mentions`` are the ids of the people it calls."""

    type: ClassVar[str] = "note.added"
    note_id: UUID
    subject: str
    subject_id: UUID
    mentions: list[UUID]
    corrects: UUID | None
