"""Of documents that people have to have read 制度文件 (R14, R65). Titles and texts are read by their ids."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.domain.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentEvent(Event):
    """Something about one document and one of its versions."""

    document_id: UUID
    document_kind: str
    version_number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentVersionPublished(DocumentEvent):
    """A version is in force from now on; whoever acknowledged the one before is asked again."""

    type: ClassVar[str] = "document.version_published"
    sha256: str
    audience_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentAcknowledged(DocumentEvent):
    """Somebody said that they read the version in force. Once a person and version."""

    type: ClassVar[str] = "document.acknowledged"
    person_id: UUID
