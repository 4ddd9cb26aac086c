"""The handbook 《危机应对手册》 on the wire (R64-R65)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Visible, Wire
from app.core.paging import Page
from app.domain.vocabulary.handbook import HandbookBlockKind, HandbookSection

_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_BLOCK: JsonDict = {
    "kind": "table", "text": None, "lines": [], "columns": ["等级", "条件"],
    "rows": [["一级(重大)", "2 小时内新增传播量超过 100,000"]],
}  # fmt: skip
_SECTION: JsonDict = {"key": "grades", "heading": "分级标准", "sha256": _HASH, "blocks": [_BLOCK]}
_ISSUED: JsonDict = {
    "number": 3, "sha256": _HASH, "note": "试运行后调整", "issued_at": "2026-11-26T08:00:00Z",
    "issued_by": "person:0197a3f0-7000-7aaa-8bbb-0123456789ac",
}  # fmt: skip
_CHANGE: JsonDict = {"key": "grades", "heading": "分级标准", "added": 1, "removed": 1}


class HandbookBlock(BaseModel):
    """A part of a section: what `kind` says decides which of the members is filled."""

    model_config = ConfigDict(json_schema_extra={"example": _BLOCK})

    kind: HandbookBlockKind = Field(description="What it is.")
    text: str | None = Field(description="Of headings, notes and texts; null otherwise.")
    lines: list[str] = Field(description="Of lines; empty otherwise.")
    columns: list[str] = Field(description="Of tables: what heads them.")
    rows: list[list[str]] = Field(description="Of tables: their rows, with a cell for each column.")


class HandbookSectionOut(BaseModel):
    """A section of the handbook, made of what is in force."""

    model_config = ConfigDict(json_schema_extra={"example": _SECTION})

    key: HandbookSection = Field(description="Which it is.")
    heading: str = Field(description="What it is called.")
    sha256: str = Field(description="The hash of what it is made of: another one, where something of it is other.")
    blocks: list[HandbookBlock] = Field(description="What it says, in order.")


class Handbook(BaseModel):
    """The handbook 《危机应对手册》 as things stand. Names and numbers are masked unless you have `people:unmask`."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"sha256": _HASH, "issued_number": 3, "sections": [_SECTION]}}
    )

    sha256: str = Field(description="The hash of the state: the same for whoever asks, while nothing of it changes.")
    issued_number: int | None = Field(
        description="The number under which this very state was issued last; null: it was not."
    )
    sections: list[HandbookSectionOut] = Field(description="Its sections, in order.")


class HandbookVersion(BaseModel):
    """A handbook that was issued. It never changes."""

    model_config = ConfigDict(json_schema_extra={"example": _ISSUED})

    number: int = Field(description="Which it is, from 1.")
    sha256: str = Field(description="The hash of the state that was issued.")
    note: str = Field(description="What is other than before, as whoever issued it said.")
    issued_at: datetime = Field(description="When it was issued.")
    issued_by: str = Field(description="By whom, as events name them.")


class IssuedHandbook(HandbookVersion):
    """A handbook as it was issued. With `people:unmask` names and numbers are those behind the masks, where they have not changed
    since; of contacts who were erased nothing is left."""

    model_config = ConfigDict(json_schema_extra={"example": _ISSUED | {"sections": [_SECTION]}})

    sections: list[HandbookSectionOut] = Field(description="Its sections, in order.")


class HandbookVersionPage(Page[HandbookVersion]):
    """Some handbooks that were issued, the newest first."""


class HandbookIssue(Wire):
    """The handbook, issued as things stand."""

    model_config = ConfigDict(json_schema_extra={"example": {"note": "试运行后调整分级标准"}})

    note: Annotated[Visible, Field(min_length=1, max_length=2_000, description="What is other than before.")]


class HandbookDocumentCreate(Wire):
    """A version of the handbook's document, made of what was issued."""

    model_config = ConfigDict(json_schema_extra={"example": {"document_id": None}})

    document_id: Annotated[
        UUID | None,
        Field(description="A document of the kind `handbook`; null: the first there is, or a new one for everybody."),
    ]


class HandbookChange(BaseModel):
    """A section that is other than it was."""

    model_config = ConfigDict(json_schema_extra={"example": _CHANGE})

    key: HandbookSection = Field(description="Which section.")
    heading: str = Field(description="What it is called.")
    added: int = Field(description="How many of its lines and rows were not there.")
    removed: int = Field(description="How many are not there any more.")


class HandbookChanges(BaseModel):
    """What is other now than in a handbook that was issued."""

    model_config = ConfigDict(json_schema_extra={"example": {"since": 3, "sha256": _HASH, "sections": [_CHANGE]}})

    since: int = Field(description="The handbook that it is compared with.")
    sha256: str = Field(description="The hash of the state now.")
    sections: list[HandbookChange] = Field(description="The sections that are other; none: nothing is.")


class HandbookChangesQuery(BaseModel):
    """Since which handbook."""

    model_config = ConfigDict(extra="forbid")

    since: Annotated[int, Field(ge=1, le=1_000_000, description="The number of a handbook that was issued.")]
