"""Events of documents that people have to have read 制度文件 on the wire."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.domain.vocabulary.documents import DocumentKind
from app.webhooks.event_schemas.base import EventBase, shown_as
from app.webhooks.event_types import EventType

_DOCUMENT: JsonDict = {
    "document_id": "0197a3f0-d000-7aaa-8bbb-0123456789ab", "document_kind": "code_of_conduct", "version_number": 2,
}  # fmt: skip
_PUBLISHED: JsonDict = _DOCUMENT | {
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "audience_count": 300,
}  # fmt: skip
_ACKNOWLEDGED: JsonDict = _DOCUMENT | {"person_id": "0197a3f0-7000-7aaa-8bbb-0123456789ac"}


class DocumentData(BaseModel):
    """Which document, and which of its versions."""

    model_config = ConfigDict(json_schema_extra={"example": _DOCUMENT})

    document_id: UUID = Field(description="The document; `GET /v1/documents/{document_id}` has its title.")
    document_kind: DocumentKind = Field(description="What it is.")
    version_number: int = Field(description="Which version, from 1.")


class DocumentVersionPublishedData(DocumentData):
    """What is in force, and how many are asked to acknowledge it."""

    model_config = ConfigDict(json_schema_extra={"example": _PUBLISHED})

    sha256: str = Field(description="The hash of its exact content, which acknowledgements name.")
    audience_count: int = Field(description="How many people it is for, as the roster is now.")


class DocumentAcknowledgedData(DocumentData):
    """Who acknowledged it."""

    model_config = ConfigDict(json_schema_extra={"example": _ACKNOWLEDGED})

    person_id: UUID = Field(description="The person, who said so themself.")


class DocumentVersionPublishedEvent(EventBase):
    """A version of a document is in force 制度文件发布; whoever acknowledged the one before is asked again."""

    model_config = shown_as("document.version_published", _PUBLISHED)

    type: Literal[EventType.DOCUMENT_VERSION_PUBLISHED] = Field(description="Always `document.version_published`.")
    data: DocumentVersionPublishedData = Field(description="The particulars.")


class DocumentAcknowledgedEvent(EventBase):
    """Somebody said that they read the version in force 制度文件确认. Once a person and version."""

    model_config = shown_as("document.acknowledged", _ACKNOWLEDGED)

    type: Literal[EventType.DOCUMENT_ACKNOWLEDGED] = Field(description="Always `document.acknowledged`.")
    data: DocumentAcknowledgedData = Field(description="The particulars.")
