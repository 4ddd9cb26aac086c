"""Where statements are published, on the wire 发布矩阵 (方案 二(二)2)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import WEB, Instant, Str, Visible, Wire
from app.domain.vocabulary import Platform
from app.domain.vocabulary.placements import PlacementState

_STATEMENT = "0197a3f0-7020-7aaa-8bbb-0123456789ab"
_ROW: JsonDict = {
    "platform": "weibo", "state": "published", "is_origin": True, "is_core": True, "planned_at": None,
    "not_applicable": False, "reason": "", "substitute_platform": None, "decision_id": None,
    "published_at": "2026-03-01T09:00:00Z", "url": "https://weibo.com/1/OAbCdEfGi", "approved": True,
    "publication_id": "0197a3f0-7021-7aaa-8bbb-0123456789ab",
    "publication_ids": ["0197a3f0-7021-7aaa-8bbb-0123456789ab"],
    "file_ids": ["0197a3f0-7022-7aaa-8bbb-0123456789ab"], "version_number": 2, "title": "关于网传异物的说明",
    "text": "我们对此深表歉意。", "title_length": 9, "length": 9, "max_title": None, "max_chars": 2000,
    "over_limit": False, "version": 1,
}  # fmt: skip
_REPORT: JsonDict = {
    "statement_id": _STATEMENT, "platform": "weibo", "url": "https://weibo.com/1/OAbCdEfGi",
    "external_id": "5099000000000000", "happened_at": "2026-03-01T17:00:00+08:00",
}  # fmt: skip


class PlacementPut(Wire):
    """All that is planned of a statement on one platform."""

    model_config = ConfigDict(json_schema_extra={"example": {"planned_at": "2026-12-01T18:00:00+08:00"}})

    planned_at: Annotated[
        Instant | None, Field(description="When it is to be published there; null: at the same time as the others.")
    ] = None
    not_applicable: Annotated[
        bool,
        Field(
            description="Whether it is not to be published there: with a reason or a substitute. Of the platform where it "
            "began that is a decision of the incident, of the kind `origin_not_applicable`."
        ),
    ] = False
    reason: Annotated[Str, Field(max_length=5_000, description="Why it is not to be there.")] = ""
    substitute_platform: Annotated[
        Platform | None, Field(description="Where it is said instead: there it is planned too.")
    ] = None


class Placement(BaseModel):
    """One statement on one platform: what is planned, and what was published."""

    model_config = ConfigDict(json_schema_extra={"example": _ROW})

    platform: Platform = Field(description="Which platform.")
    state: PlacementState = Field(
        description="What has become of it. `missing`: the statement is out elsewhere, or its planned time has passed."
    )
    is_origin: bool = Field(description="Whether it is 首发平台, where it began, as known now.")
    is_core: bool = Field(description="Whether it is a core platform 核心平台 now.")
    planned_at: datetime | None = Field(description="When it is to be published there; null: no time was said.")
    not_applicable: bool = Field(description="Whether it is not to be published there.")
    reason: str = Field(description="Why not. Masked unless you have `people:unmask`.")
    substitute_platform: Platform | None = Field(description="Where it is said instead.")
    decision_id: UUID | None = Field(
        description="The decision by which the platform where it began is not applicable, while it stands."
    )
    published_at: datetime | None = Field(description="When it was first published there; null: not yet.")
    url: str | None = Field(description="Where that can be read.")
    approved: bool | None = Field(description="Whether what was published there first was approved when it was.")
    publication_id: UUID | None = Field(description="The first publication there, as the incident has it.")
    publication_ids: list[UUID] = Field(
        description="All publications of the statement there, in order.", max_length=10_000
    )
    file_ids: list[UUID] = Field(
        description="Files that are evidence of them, screenshots for example.", max_length=10_000
    )
    version_number: int = Field(description="Which version's words these are: what was published, or the newest.")
    title: str = Field(description="Its title. Masked until it is published there, unless you have `people:unmask`.")
    text: str = Field(description="Its text for this platform, or the whole. Masked as the title.")
    title_length: int = Field(description="Characters (code points) of the title as it was written.")
    length: int = Field(description="Characters of the text as it was written.")
    max_title: int | None = Field(description="Characters of a title that the platform takes; null: any number.")
    max_chars: int | None = Field(description="Characters of a text that the platform takes; null: any number.")
    over_limit: bool = Field(description="Whether title or text are longer than the platform takes.")
    version: int = Field(description="Counts what people changed of it; 0: nobody planned it yet.")


class PlacementMatrix(BaseModel):
    """Where a statement is and should be 发布矩阵: where it began first, then core platforms, then the others."""

    statement_id: UUID = Field(description="The statement.")
    incident_id: UUID = Field(description="Its incident.")
    origin_platform: Platform | None = Field(
        description="首发平台, that of the incident's earliest post; null: none is known."
    )
    first_published_at: datetime | None = Field(description="When it was first published anywhere.")
    last_published_at: datetime | None = Field(
        description="When it was first published on the platform that came last."
    )
    sync_gap_seconds: int | None = Field(
        description="发布时差: from the first platform to the last, of each its first publication; null: it is out nowhere.",
        examples=[480],
    )
    origin_due_at: datetime | None = Field(
        description="When `statement.origin_missing` tells that it is out and not where it began; null: nothing is amiss, or "
        "it was told.",
        examples=[None],
    )
    origin_missed_at: datetime | None = Field(description="When that was told: once, for good.", examples=[None])
    data: list[Placement] = Field(description="A row for each platform.", max_length=100)


class PublicationReportCreate(Wire):
    """What an integration has published. Told again, by its address or by the platform's id, it is the same one."""

    model_config = ConfigDict(json_schema_extra={"example": _REPORT})

    statement_id: Annotated[UUID, Field(description="The statement.")]
    platform: Annotated[Platform, Field(description="Where.")]
    url: Annotated[
        Annotated[str, Field(max_length=2_000), WEB] | None,
        Field(description="Where it can be read. This or `external_id` is needed."),
    ] = None
    external_id: Annotated[
        Visible | None, Field(min_length=1, max_length=200, description="The platform's own id of it.")
    ] = None
    happened_at: Annotated[
        Instant | None,
        Field(description="When it was published; now where missing. Not before the incident nor in the future."),
    ] = None
    version: Annotated[
        int | None, Field(ge=1, le=1_000_000, description="Which version of it was published; null: the newest.")
    ] = None
    title: Annotated[Str, Field(max_length=200, description="Its title there.")] = ""


class PublicationReport(BaseModel):
    """What an integration told us, and the publication it became."""

    id: UUID = Field(description="Our id of the report.")
    statement_id: UUID = Field(description="The statement.")
    incident_id: UUID = Field(description="Its incident.")
    platform: Platform = Field(description="Where.")
    url: str | None = Field(description="Where it can be read.", examples=["https://weibo.com/1/OAbCdEfGi"])
    external_id: str | None = Field(description="The platform's own id of it.", examples=["5099000000000000"])
    publication_id: UUID = Field(description="The publication, as the incident has it.")
    happened_at: datetime = Field(description="When it was published.")
    approved: bool = Field(
        description="Whether that version was approved when it was published. What was not is recorded all the same."
    )
    reported_by: str = Field(description="Who told us first, as events name them.", examples=["key:crawler"])
    reported_at: datetime = Field(description="When we were told first.")
