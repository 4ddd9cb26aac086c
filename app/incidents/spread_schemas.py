"""An incident's spread on the wire (方案 二(二)1)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from app.core.bodies import Instant
from app.domain.grades import Grade
from app.domain.vocabulary import Platform


class SpreadQuery(BaseModel):
    """Which part of the life, how finely."""

    model_config = ConfigDict(extra="forbid")

    from_: Annotated[
        Instant | None,
        Field(validation_alias=AliasChoices("from"), alias="from", description="From this minute on, included."),
    ] = None
    to: Annotated[Instant | None, Field(description="Up to this minute, excluded.")] = None
    resolution_seconds: Annotated[
        int, Field(ge=60, le=86_400, multiple_of=60, description="How long a bucket is: whole minutes.")
    ] = 60


class Bucket(BaseModel):
    """What was gained in one minute, or in one step of the resolution."""

    minute: datetime = Field(description="Its beginning.")
    reposts: int = Field(description="转发.", examples=[1203])
    comments: int = Field(description="评论.", examples=[845])
    likes: int = Field(description="点赞.", examples=[12000])


class Window(BaseModel):
    """One volume rule and where the incident stands to it."""

    rule: str = Field(description="The rule's id in the policy.", examples=["major-2h"])
    window_seconds: int = Field(description="How long the window is.", examples=[7200])
    current: int = Field(description="Gained in the window that ends with this minute.", examples=[130000])
    peak: int = Field(description="The most ever gained in such a window.", examples=[130000])
    peak_at: datetime | None = Field(description="The first minute with which a window of that sum ends.")
    threshold: int = Field(description="The rule holds above this.", examples=[100000])
    grade: Grade = Field(description="What the rule sets.")


class Forecast(BaseModel):
    """When a rule would hold if the last 30 minutes went on."""

    rule: str = Field(description="The rule's id in the policy.", examples=["serious-4h"])
    grade: Grade = Field(description="What the rule sets.")
    minutes: int | None = Field(description="Minutes until it holds; 0: it does; null: it would not.", examples=[12])


class SpreadGap(BaseModel):
    """A span in which a source 来源 of the incident's platforms said nothing: a flat curve means nothing there 来源静默."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "source_id": "0197a3f0-d000-7aaa-8bbb-0123456789ab", "platforms": ["weibo"],
                "start": "2026-03-01T07:45:00Z", "end": "2026-03-01T08:30:00Z",
            }
        }
    )  # fmt: skip

    source_id: UUID = Field(description="The source; `GET /v1/sources/{source_id}` has its name.")
    platforms: list[Platform] = Field(description="Which of the incident's platforms it covered.")
    start: datetime = Field(description="Its last sign of life before.")
    end: datetime | None = Field(description="When it was heard again; null: it is silent still.")


class Spread(BaseModel):
    """Everything that is needed to count an incident again."""

    incident_id: UUID = Field(description="The incident.")
    grade: Grade | None = Field(description="Its grade in force; null where there is none.")
    total: int = Field(description="Everything in all buckets.", examples=[130000])
    baseline: int = Field(description="Counted in no bucket: older than our looking.", examples=[0])
    as_of: datetime = Field(description="The minute the current windows end with.")
    buckets: list[Bucket] = Field(description="By minute, empty ones left out.")
    windows: list[Window] = Field(description="One for each rule of volume, in the policy's order.")
    forecast: list[Forecast] = Field(description="One for each rule of volume, in the policy's order.")
    gaps: list[SpreadGap] = Field(
        description="Where it is not known what was gained, in the part that was asked for: the last 200 at most.",
        max_length=200,
    )
