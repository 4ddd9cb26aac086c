"""Digests 简报 on the wire (R71)."""

from datetime import datetime, time
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.config import JsonDict

from app.core.bodies import Wire
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.vocabulary.quality import DigestKind
from app.mentions.patrol_schemas import TIME
from app.metrics.mechanism_schemas import IS_TRIAL
from app.webhooks.event_schemas.quality import FIGURES, DigestFigures

_TOLD: JsonDict = {
    "is_trial": False,
    "figures": FIGURES,
    "before": FIGURES,
    "text": "每日简报 11-25\n舆情 4,210 条（上期 4,210）",
}
_DIGEST: JsonDict = _TOLD | {
    "id": "0197a3f0-d000-7aaa-8bbb-0123456789ab", "kind": "daily", "starts_at": "2026-11-24T16:00:00Z",
    "ends_at": "2026-11-25T16:00:00Z", "due_at": "2026-11-26T01:00:00Z", "issued_at": "2026-11-26T01:00:03Z",
    "late_by_seconds": 3,
}  # fmt: skip
_PREVIEW: JsonDict = _TOLD | {
    "kind": "daily", "starts_at": "2026-11-25T16:00:00Z", "as_of": "2026-11-26T03:00:00Z", "due_at": "2026-11-27T01:00:00Z",
}  # fmt: skip
_PUT: JsonDict = {"daily_enabled": True, "daily_at": "09:00", "weekly_enabled": True, "weekly_at": "09:00"}

TEXT = "The same in words, as chat robots say it."
FIGURES_OF = "The period."


class Digest(BaseModel):
    """A digest 每日简报 or 每周小结 as it was issued: what became known later does not change it."""

    model_config = ConfigDict(json_schema_extra={"example": _DIGEST})

    id: UUID = Field(description="Our id.")
    kind: DigestKind = Field(description="Of a day, or of a week from Monday.")
    starts_at: datetime = Field(description="When its period began: a midnight in Shanghai.")
    ends_at: datetime = Field(description="When it ended; that instant is the next one's.")
    due_at: datetime = Field(description="When it was to be issued.")
    issued_at: datetime = Field(description="When it was.")
    late_by_seconds: int = Field(description="The difference: more than some after an outage.")
    is_trial: bool = Field(description=IS_TRIAL)
    figures: DigestFigures = Field(description=FIGURES_OF)
    before: DigestFigures = Field(description="The period before, as known when this was issued.")
    text: str = Field(description=TEXT)


class DigestPage(Page[Digest]):
    """Some digests, the newest period first."""


class DigestPreview(BaseModel):
    """The period that goes on, as far as it went. It is stored nowhere, and told to nobody."""

    model_config = ConfigDict(json_schema_extra={"example": _PREVIEW})

    kind: DigestKind = Field(description="Of a day, or of a week from Monday.")
    starts_at: datetime = Field(description="When the period began.")
    as_of: datetime = Field(description="Until when it is counted: now.")
    due_at: datetime = Field(description="When its digest will be issued.")
    is_trial: bool = Field(description=IS_TRIAL)
    figures: DigestFigures = Field(description=FIGURES_OF)
    before: DigestFigures = Field(description="As much of the period before.")
    text: str = Field(description=TEXT)


class DigestQuery(PageQuery):
    """Which digests."""

    kind: Annotated[list[DigestKind], Field(max_length=2, description="Daily ones, or weekly ones.")] = []


class DigestPreviewQuery(BaseModel):
    """Of which kind."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[DigestKind, Field(description="Of the day, or of the week.")] = DigestKind.DAILY


class DigestSettingsPut(Wire):
    """When digests are issued, all of it."""

    model_config = ConfigDict(json_schema_extra={"example": _PUT})

    daily_enabled: Annotated[bool, Field(description="Whether there are daily ones.")]
    daily_at: Annotated[str, TIME, Field(description="When yesterday's is issued, by Shanghai's clock.")]
    weekly_enabled: Annotated[bool, Field(description="Whether there are weekly ones.")]
    weekly_at: Annotated[str, TIME, Field(description="When, on Monday, the last week's is issued.")]


class DigestSettings(BaseModel):
    """When digests are issued. Shipped: each day and each Monday at 9:00 in Shanghai (方案 三)."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={"example": _PUT | {"updated_at": "2026-11-26T01:00:00Z", "version": 1}},
    )

    daily_enabled: bool = Field(description="Whether there are daily ones.")
    daily_at: str = Field(description="When yesterday's is issued, by Shanghai's clock.")
    weekly_enabled: bool = Field(description="Whether there are weekly ones.")
    weekly_at: str = Field(description="When, on Monday, the last week's is issued.")
    updated_at: datetime = Field(description="When it was changed last.")
    version: int = Field(description="Counts the changes; the ETag begins with it.")

    @field_validator("daily_at", "weekly_at", mode="before")
    @classmethod
    def _as_written(cls, value: object) -> object:
        return f"{value:%H:%M}" if isinstance(value, time) else value
