"""Who has acknowledged a document 阅读确认, and what oneself has to, on the wire (R14)."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.vocabulary.documents import AcknowledgementState, DocumentKind
from app.incidents.calendar_schemas import Date
from app.incidents.schemas import TimelinePerson
from app.trainings.documents_schemas import DOCUMENT, DocumentFigures, DocumentInForce

_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_PERSON: JsonDict = {"id": "0197a3f0-7000-7aaa-8bbb-0123456789ac", "name": "王**"}
_DEPARTMENT = "0197a3f0-7100-7aaa-8bbb-0123456789ab"
_AT = "2026-11-25T08:00:00Z"
_ACK: JsonDict = {
    "document_id": DOCUMENT, "version_number": 2, "sha256": _HASH, "person": _PERSON, "acknowledged_at": _AT,
}  # fmt: skip
_ROW: JsonDict = {
    "person": _PERSON, "department_id": _DEPARTMENT, "state": "acknowledged", "acknowledged_at": _AT,
}  # fmt: skip
_FIGURES: JsonDict = {"audience": 300, "acknowledged": 285, "waiting": 15, "percent": 95.0}
_BY: JsonDict = _FIGURES | {"department_id": _DEPARTMENT, "name": "公关部"}
_CURRENT: JsonDict = {"number": 2, "sha256": _HASH, "published_at": _AT}
_COVERAGE: JsonDict = {
    "document_id": DOCUMENT, "on": "2026-11-25", "current": _CURRENT, "company": _FIGURES, "departments": [_BY],
}  # fmt: skip
_MINE: JsonDict = {
    "document_id": DOCUMENT, "kind": "code_of_conduct", "title": "员工社交行为准则", "number": 2, "sha256": _HASH,
    "published_at": _AT, "note": "新增第四条", "file_id": None, "state": "waiting", "acknowledged_at": None,
    "acknowledged_before": 1,
}  # fmt: skip

On = Annotated[
    Date | None,
    Field(
        description="A day in Shanghai, told as it was at its end, with that day's roster, audience and version; now."
    ),
]
WhoseDepartment = Annotated[list[UUID], Field(max_length=50, description="Who was in one of these departments.")]


class DocumentAcknowledgement(BaseModel):
    """That somebody has read a version of a document."""

    model_config = ConfigDict(json_schema_extra={"example": _ACK})

    document_id: UUID = Field(description="The document.")
    version_number: int = Field(description="Which of its versions.")
    sha256: str = Field(description="The hash of what they read.")
    person: TimelinePerson = Field(description="Who.")
    acknowledged_at: datetime = Field(description="When they said so first.")


class DocumentReader(BaseModel):
    """Somebody whom a document is for, and whether they have read the version in force."""

    model_config = ConfigDict(json_schema_extra={"example": _ROW})

    person: TimelinePerson = Field(description="Who. Names are masked without `people:unmask`.")
    department_id: UUID | None = Field(description="The department they were in; null: none.")
    state: AcknowledgementState = Field(description="Whether they have acknowledged it.")
    acknowledged_at: datetime | None = Field(description="When; null: not yet.")


class DocumentReaderPage(Page[DocumentReader]):
    """Some of those whom a document is for."""


class DocumentReaderQuery(PageQuery):
    """Which of them, and on which day."""

    state: Annotated[
        AcknowledgementState | None, Field(description="Only those who have acknowledged it, or only the others.")
    ] = None
    on: On = None
    department_id: WhoseDepartment = []


class CoverageQuery(BaseModel):
    """Which day."""

    model_config = ConfigDict(extra="forbid")

    on: On = None


class DepartmentFigures(DocumentFigures):
    """The same of one department."""

    model_config = ConfigDict(json_schema_extra={"example": _BY})

    department_id: UUID | None = Field(description="The department they were in; null: those in none.")
    name: str | None = Field(description="What it is called now.")


class DocumentCoverage(BaseModel):
    """How many had acknowledged what was in force, of the company and by department."""

    model_config = ConfigDict(json_schema_extra={"example": _COVERAGE})

    document_id: UUID = Field(description="The document.")
    on: date = Field(description="The day in Shanghai.")
    current: DocumentInForce | None = Field(
        description="The version that was in force; null: none, so nobody was asked."
    )
    company: DocumentFigures = Field(description="All whom it was for.")
    departments: list[DepartmentFigures] = Field(description="By department, those with most who had not, first.")


class MyDocument(BaseModel):
    """A document in force that is for oneself."""

    model_config = ConfigDict(json_schema_extra={"example": _MINE})

    document_id: UUID = Field(description="The document.")
    kind: DocumentKind = Field(description="What it is.")
    title: str = Field(description="What people call it.")
    number: int = Field(description="The version in force.")
    sha256: str = Field(description="Its hash, to acknowledge it by.")
    published_at: datetime = Field(description="Since when it is in force.")
    note: str = Field(description="What is other than before.")
    file_id: UUID | None = Field(description="Its file; null: the text is all.")
    state: AcknowledgementState = Field(description="Whether one has acknowledged it.")
    acknowledged_at: datetime | None = Field(description="When; null: not yet.")
    acknowledged_before: int | None = Field(description="The last version before it that one acknowledged; null: none.")


class MyDocumentText(MyDocument):
    """The same with its text, to read."""

    model_config = ConfigDict(json_schema_extra={"example": _MINE | {"text": "# 员工社交行为准则\n\n一、不泄密……"}})

    text: str = Field(description="Markdown; empty where the file is all of it.")


class MyDocumentPage(Page[MyDocument]):
    """Some of one's documents, the newest first."""


class MyDocumentQuery(PageQuery):
    """Which of one's documents."""

    waiting: Annotated[
        bool | None, Field(description="Only those that wait for one's acknowledgement, or only the others.")
    ] = None
