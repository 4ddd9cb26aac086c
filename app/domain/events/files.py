"""Of evidence 证据: who read which file, and what it is evidence of. For timelines and the audit log."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.domain.events.base import Event
from app.domain.events.incidents import IncidentEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead(Event):
    """Somebody was given a file's content."""

    type: ClassVar[str] = "file.read"
    public: ClassVar[bool] = False
    file_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesUnmasked(Event):
    """Somebody with people:unmask was shown people's data in these files' names or addresses."""

    type: ClassVar[str] = "files.unmasked"
    public: ClassVar[bool] = False
    file_ids: list[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceChanged(IncidentEvent):
    """A file became evidence of something about the incident (``action`` attached), or is it no more (detached)."""

    type: ClassVar[str] = "incident.evidence_changed"
    public: ClassVar[bool] = False
    action: str
    attachment_id: UUID
    file_id: UUID
    subject: str
    subject_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAttachmentChanged(Event):
    """The same of a mention that belongs to no incident."""

    type: ClassVar[str] = "file.attachment_changed"
    public: ClassVar[bool] = False
    action: str
    attachment_id: UUID
    file_id: UUID
    subject: str
    subject_id: UUID
