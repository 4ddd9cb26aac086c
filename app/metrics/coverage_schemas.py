"""Platform coverage on the wire (方案 一: 核心平台监测覆盖率 100%, R04)."""

from datetime import datetime
from typing import Annotated

from pydantic import AliasChoices, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Instant
from app.domain.vocabulary import Platform

MOST_DAYS = 93
_HOUR: JsonDict = {
    "start": "2026-03-01T08:00:00Z", "core_count": 4, "covered_count": 3, "percent": 75.0,
    "covered": ["wechat_official", "weibo", "douyin"], "dark": ["wechat_channels"],
}  # fmt: skip
_COVERAGE: JsonDict = {
    "start": "2026-03-01T08:00:00Z", "end": "2026-03-01T09:00:00Z", "numerator": 3, "denominator": 4, "percent": 75.0,
    "hours": [_HOUR],
}  # fmt: skip


class CoverageQuery(BaseModel):
    """Which hours."""

    model_config = ConfigDict(extra="forbid")

    from_: Annotated[
        Instant | None,
        Field(
            validation_alias=AliasChoices("from"), alias="from",
            description="Hours that begin at this instant or later; unless it is given: 30 days before the end.",
        ),
    ] = None  # fmt: skip
    to: Annotated[
        Instant | None,
        Field(
            description=f"Hours that end at this instant or earlier, {MOST_DAYS} days later at most; unless it is given: now."
        ),
    ] = None


class CoverageHour(BaseModel):
    """One hour: which core platforms we had fresh data of."""

    model_config = ConfigDict(json_schema_extra={"example": _HOUR})

    start: datetime = Field(description="Its beginning.")
    core_count: int = Field(description="How many platforms were core when it began.")
    covered_count: int = Field(description="Of how many of them something was received, or a source looked at them.")
    percent: float | None = Field(description="The one of the other; null: nothing was core.")
    covered: list[Platform] = Field(description="Those.")
    dark: list[Platform] = Field(description="The core platforms that nobody looked at.")


class Coverage(BaseModel):
    """Platform coverage by the hour 平台监测覆盖率: `percent` is `numerator` of `denominator`, core platforms hour by hour.

    Only whole hours that are over count, each with the core platforms of its time. What was loaded from the past, and
    drills, cover nothing.
    """

    model_config = ConfigDict(json_schema_extra={"example": _COVERAGE})

    start: datetime = Field(description="The beginning of the first hour.")
    end: datetime = Field(description="The end of the last.")
    numerator: int = Field(description="Core platforms that were covered, summed over the hours.")
    denominator: int = Field(description="Core platforms, summed over the hours.")
    percent: float | None = Field(
        description="100 only where every hour was covered; null: there was nothing to cover."
    )
    hours: list[CoverageHour] = Field(description="The hours in order.", max_length=MOST_DAYS * 24)
