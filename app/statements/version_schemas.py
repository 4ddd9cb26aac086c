"""A statement's versions on the wire, and what changed from one to another."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict, JsonValue

from app.core.paging import Page
from app.domain.vocabulary import Platform
from app.domain.vocabulary.statements import DiffChange, StatementPart, StatementSection
from app.incidents.schemas import TimelinePerson

_PERSON: JsonDict = {"id": "0197a3f0-7000-7aaa-8bbb-0123456789ac", "name": "王**"}
_TEXT = (
    "关于网传异物的致歉声明\n\n给您带来不安，我们深表歉意。\n\n经查，批次 20261101 的产品中混入包装残片。\n\n"
    "该批次已全部下架，购买者凭订单全额退款。\n\n公布第三方检测结果（2026年11月26日18:00前）"
)
VERSION: JsonDict = {
    "id": "0197a3f0-9100-7aaa-8bbb-0123456789ab", "statement_id": "0197a3f0-9000-7aaa-8bbb-0123456789ab",
    "incident_id": "0197a3f0-7000-7aaa-8bbb-0123456789ab", "number": 2,
    "title": "关于网传异物的致歉声明", "attitude": "给您带来不安，我们深表歉意。",
    "facts": "经查，批次 20261101 的产品中混入包装残片。", "solution": "该批次已全部下架，购买者凭订单全额退款。",
    "commitments": [{"text": "公布第三方检测结果", "due_at": "2026-11-26T10:00:00Z", "owner": _PERSON}],
    "next_update_at": None, "waivers": [], "platform_texts": [], "text": _TEXT,
    "sections": [{"section": "title", "start": 0, "end": 11}], "cites": [], "template_version_id": None,
    "authors": [_PERSON], "created_at": "2026-11-23T01:20:00Z", "updated_at": "2026-11-23T01:30:00Z",
    "submitted_at": "2026-11-23T01:30:00Z", "submitter": _PERSON, "published": False,
}  # fmt: skip
_SEGMENTS: list[JsonValue] = [
    {"change": "unchanged", "text": "关于网传", "before": {"start": 0, "end": 4}, "after": {"start": 0, "end": 4}},
    {"change": "added", "text": "牛奶", "before": None, "after": {"start": 4, "end": 6}},
    {"change": "unchanged", "text": "异物的说明", "before": {"start": 4, "end": 9}, "after": {"start": 6, "end": 11}},
]


class StatementCommitment(BaseModel):
    """Something that is promised 进度承诺."""

    text: str = Field(description="What is promised, as it is said.", examples=["公布第三方检测结果"])
    due_at: datetime | None = Field(description="By when; null: at no stated time.")
    owner: TimelinePerson | None = Field(description="Who keeps it; null: nobody yet.")


class StatementWaiver(BaseModel):
    """A part that is left out, and why."""

    part: StatementPart = Field(description="Which.")
    reason: str = Field(description="Why.", examples=["不实信息，无需补救"])


class PlatformText(BaseModel):
    """What is said on one platform, where it is not the whole text."""

    platform: Platform = Field(description="Where.")
    text: str = Field(description="What is said there.", examples=["我们深表歉意，详情见长图。"])


class StatementPlace(BaseModel):
    """Where in the text a section stands: code points from `start` up to, and without, `end`."""

    section: StatementSection = Field(description="Which section.")
    start: int = Field(description="Its first code point, from 0.", examples=[0])
    end: int = Field(description="The code point after its last.", examples=[11])


class StatementVersion(BaseModel):
    """What a statement says. Once it was submitted, or said in public, it is never changed: a change is another version."""

    model_config = ConfigDict(json_schema_extra={"example": VERSION})

    id: UUID = Field(description="Our id.")
    statement_id: UUID = Field(description="The statement.")
    incident_id: UUID = Field(description="The incident.")
    number: int = Field(description="Which version, from 1.")
    title: str = Field(description="Its title; empty: none.")
    attitude: str = Field(description="真诚致歉.")
    facts: str = Field(description="事实澄清.")
    solution: str = Field(description="解决方案.")
    commitments: list[StatementCommitment] = Field(description="进度承诺, in order.")
    next_update_at: datetime | None = Field(description="When we speak again; null: that is not said.")
    waivers: list[StatementWaiver] = Field(description="Parts that are left out, each with its reason.")
    platform_texts: list[PlatformText] = Field(description="Where other words are used than the whole text.")
    text: str = Field(
        description="Title and parts as they are read, one below the other, dates by Shanghai's clock. Spans of comments and "
        "findings are of its code points."
    )
    sections: list[StatementPlace] = Field(description="Where in the text each section stands.")
    cites: list[UUID] = Field(description="Earlier promises whose progress it reports.")
    template_version_id: UUID | None = Field(description="The version of a template it was begun from.")
    authors: list[TimelinePerson] = Field(
        description="Everybody who wrote in it: they approve no version of the statement."
    )
    created_at: datetime = Field(description="When it was begun.")
    updated_at: datetime = Field(description="When it was changed last.")
    submitted_at: datetime | None = Field(description="When it was closed to changes: submitted, or said in public.")
    submitter: TimelinePerson | None = Field(description="Who submitted it; null: nobody, or a machine.")
    published: bool = Field(description="Whether it was said in public.")


class StatementVersionPage(Page[StatementVersion]):
    """Some versions of a statement, the newest first."""


class DiffSpan(BaseModel):
    """Code points of a text, from `start` up to, and without, `end`."""

    start: int = Field(description="The first, from 0.", examples=[4])
    end: int = Field(description="The one after the last.", examples=[6])


class DiffSegment(BaseModel):
    """Some words, and what became of them."""

    model_config = ConfigDict(json_schema_extra={"example": _SEGMENTS[1]})

    change: DiffChange = Field(description="What became of them.")
    text: str = Field(description="The words.")
    before: DiffSpan | None = Field(description="Where they stand in the text before; null: they came.")
    after: DiffSpan | None = Field(description="Where they stand in the text after; null: they went.")


class SectionDiff(BaseModel):
    """What changed in one section. Spans are of the versions' whole `text`."""

    section: StatementSection = Field(description="Which section.")
    changed: bool = Field(description="Whether anything did.", examples=[True])
    segments: list[DiffSegment] = Field(description="Its words in reading order: what went stands before what came.")


class PlatformDiff(BaseModel):
    """What changed in what is said on one platform. Spans are of its texts there."""

    platform: Platform = Field(description="Where.")
    changed: bool = Field(description="Whether anything did.", examples=[True])
    segments: list[DiffSegment] = Field(description="Its words in reading order: what went stands before what came.")


class StatementDiff(BaseModel):
    """What changed from one version to another. Put together, what stayed and came is the text after."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "number": 2, "against": 1, "platform_texts": [],
                "sections": [{"section": "title", "changed": True, "segments": _SEGMENTS}],
            }
        }
    )  # fmt: skip

    number: int = Field(description="The version after.")
    against: int | None = Field(description="The version before; null: nothing, for it is the first.")
    sections: list[SectionDiff] = Field(description="Each section that either of them has, in reading order.")
    platform_texts: list[PlatformDiff] = Field(description="Each platform for which either of them has other words.")


class DiffQuery(BaseModel):
    """What a version is compared with."""

    model_config = ConfigDict(extra="forbid")

    against: Annotated[
        int | None,
        Field(ge=1, le=2_147_483_647, description="Another version's number; the one before it where missing."),
    ] = None
