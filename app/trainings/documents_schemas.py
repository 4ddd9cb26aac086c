"""Documents that people have to have read 制度文件 on the wire (方案 二(一)1, R14)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Str, Visible, Wire
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.documents import LONGEST_TEXT
from app.domain.vocabulary.documents import DocumentKind

DOCUMENT = "0197a3f0-d000-7aaa-8bbb-0123456789ab"
_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_BY = "person:0197a3f0-7000-7aaa-8bbb-0123456789ac"
_AT = "2026-11-25T08:00:00Z"
_SAID: JsonDict = {"text": "# 员工社交行为准则\n\n一、不泄密……", "file_id": None, "note": "新增第四条"}
_CURRENT: JsonDict = {"number": 2, "sha256": _HASH, "published_at": _AT}
_FIGURES: JsonDict = {"audience": 300, "acknowledged": 285, "waiting": 15, "percent": 95.0}
_DOCUMENT: JsonDict = {
    "id": DOCUMENT, "kind": "code_of_conduct", "title": "员工社交行为准则", "department_ids": None, "latest_number": 2,
    "draft_number": None, "current": _CURRENT, "acknowledgements": _FIGURES, "created_by": _BY, "created_at": _AT,
    "updated_at": _AT, "version": 3,
}  # fmt: skip
_SUMMARY: JsonDict = {
    "document_id": DOCUMENT, "number": 2, "file_id": None, "file_sha256": None, "note": "新增第四条", "sha256": _HASH,
    "published_at": _AT, "published_by": _BY, "superseded_at": None, "created_by": _BY, "created_at": _AT,
    "updated_at": _AT, "version": 2,
}  # fmt: skip


def _each_once(ids: list[UUID] | None) -> list[UUID] | None:
    return sorted(set(ids)) if ids is not None else None


Title = Annotated[Visible, Field(min_length=1, max_length=200, description="What people call it.")]
Audience = Annotated[
    list[UUID] | None,
    Field(min_length=1, max_length=100, description="Whom it is for, departments by id; null: everybody."),
    AfterValidator(_each_once),
]
Text = Annotated[
    Str, Field(max_length=LONGEST_TEXT, description="Markdown, shown to people as it is; empty where the file is all.")
]
FileId = Annotated[UUID | None, Field(description="A file of `POST /v1/files`, a PDF for example; null: none.")]
VersionNote = Annotated[
    Str, Field(max_length=2_000, description="What is other than before, for those who read it again.")
]


class DocumentCreate(Wire):
    """A document with its first version, which is a draft until it is published."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"kind": "other", "title": "直播间用语规范", "department_ids": None, **_SAID}}
    )

    kind: Annotated[DocumentKind, Field(description="What it is; it stays so.")]
    title: Title
    department_ids: Audience = None
    text: Text = ""
    file_id: FileId = None
    note: VersionNote = ""


class DocumentPatch(Wire):
    """Only the fields that are sent change. Of days before today the audience stays what it was."""

    model_config = ConfigDict(json_schema_extra={"example": {"title": "直播用语规范"}})

    title: Title = "…"
    department_ids: Audience = None


class DocumentVersionCreate(Wire):
    """What a document is to say next."""

    model_config = ConfigDict(json_schema_extra={"example": _SAID})

    text: Text = ""
    file_id: FileId = None
    note: VersionNote = ""


class DocumentVersionPatch(Wire):
    """Only the fields that are sent change, of a draft."""

    model_config = ConfigDict(json_schema_extra={"example": {"note": "按法务意见修改"}})

    text: Text = ""
    file_id: FileId = None
    note: VersionNote = ""


class DocumentAcknowledgementCreate(Wire):
    """That one has read this very version."""

    model_config = ConfigDict(json_schema_extra={"example": {"sha256": _HASH}})

    sha256: Annotated[
        str, Field(pattern="^[0-9a-f]{64}$", description="The version's hash, as it was shown with what was read.")
    ]


class DocumentFigures(BaseModel):
    """Of how many how many have acknowledged the version in force."""

    model_config = ConfigDict(json_schema_extra={"example": _FIGURES})

    audience: int = Field(description="How many people it is for.")
    acknowledged: int = Field(description="How many of them said that they read it.")
    waiting: int = Field(description="How many did not yet.")
    percent: float | None = Field(
        description="Of a hundred, rounded down to a tenth: 100 is said only of all. Null where it is for nobody."
    )


class DocumentInForce(BaseModel):
    """The version that is in force."""

    model_config = ConfigDict(json_schema_extra={"example": _CURRENT})

    number: int = Field(description="Which version, from 1.")
    sha256: str = Field(description="The hash of its exact content.")
    published_at: datetime = Field(description="Since when it is in force.")


class Document(BaseModel):
    """A document 制度文件, and how many have acknowledged what is in force."""

    model_config = ConfigDict(json_schema_extra={"example": _DOCUMENT})

    id: UUID = Field(description="Our id.")
    kind: DocumentKind = Field(description="What it is.")
    title: str = Field(description="What people call it.")
    department_ids: list[UUID] | None = Field(description="Whom it is for; null: everybody.")
    latest_number: int = Field(description="The last of its versions, a draft too.")
    draft_number: int | None = Field(description="The version that is being written; null: none.")
    current: DocumentInForce | None = Field(
        description="The version in force; null: it is not published, or withdrawn."
    )
    acknowledgements: DocumentFigures | None = Field(description="Of the version in force; null where there is none.")
    created_by: str = Field(description="Who made it, as events name them.")
    created_at: datetime = Field(description="When it was made.")
    updated_at: datetime = Field(description="When title, audience or what is in force was last changed.")
    version: int = Field(description="Counts these changes; the ETag begins with it. Versions have their own.")


class DocumentVersionSummary(BaseModel):
    """A version of a document without its text. Published, it never changes."""

    model_config = ConfigDict(json_schema_extra={"example": _SUMMARY})

    document_id: UUID = Field(description="The document.")
    number: int = Field(description="Which version, from 1.")
    file_id: UUID | None = Field(description="The file; null: the text is all.")
    file_sha256: str | None = Field(description="The file's own hash.")
    note: str = Field(description="What is other than before.")
    sha256: str = Field(
        description="SHA-256 over the exact content: `file_sha256` (nothing without a file), a line feed, `text`, in UTF-8."
    )
    published_at: datetime | None = Field(description="Since when it was in force; null: a draft.")
    published_by: str | None = Field(description="Who published it, as events name them.")
    superseded_at: datetime | None = Field(description="When the next one came, or it was withdrawn.")
    created_by: str = Field(description="Who began it, as events name them.")
    created_at: datetime = Field(description="When it was begun.")
    updated_at: datetime = Field(description="When the draft was last changed.")
    version: int = Field(description="Counts the changes of the draft; the ETag begins with it.")


class DocumentVersion(DocumentVersionSummary):
    """A version of a document, with its text. Published, it never changes."""

    model_config = ConfigDict(json_schema_extra={"example": _SUMMARY | {"text": _SAID["text"]}})

    text: str = Field(description="Markdown; empty where the file is all of it.")


class DocumentPage(Page[Document]):
    """Some documents, the newest first."""


class DocumentVersionPage(Page[DocumentVersionSummary]):
    """Some versions of a document, the newest first."""


class DocumentQuery(PageQuery):
    """Which documents: values of one parameter are alternatives, different parameters all hold."""

    kind: Annotated[list[DocumentKind], Field(max_length=3, description="Of one of these kinds.")] = []
    in_force: Annotated[
        bool | None, Field(description="Only those of which a version is in force, or only the others.")
    ] = None
