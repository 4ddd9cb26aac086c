"""What became of spread and sentiment after a statement, on the wire (方案 二(二)2)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.domain.vocabulary import Platform

MOST_PUBLICATIONS = 50

_BEFORE: JsonDict = {
    "starts_at": "2026-11-23T00:00:00Z", "ends_at": "2026-11-23T02:00:00Z", "counted_seconds": 7200, "gained": 48000,
    "gained_per_hour": 24000.0, "mentions": {"negative": 61, "neutral": 4, "positive": 2, "unknown": 9}, "media": 3,
}  # fmt: skip
_AFTER: JsonDict = {
    "starts_at": "2026-11-23T02:00:00Z", "ends_at": "2026-11-23T04:00:00Z", "counted_seconds": 7200, "gained": 12000,
    "gained_per_hour": 6000.0, "mentions": {"negative": 22, "neutral": 15, "positive": 8, "unknown": 3}, "media": 1,
}  # fmt: skip
_PUBLICATION: JsonDict = {
    "publication_id": "0197a3f0-9200-7aaa-8bbb-0123456789ab", "platform": "weibo", "happened_at": "2026-11-23T02:00:31Z",
    "first": True, "before": _BEFORE, "after": _AFTER, "ratio": 0.25, "complete": True,
    "complete_at": "2026-11-23T04:00:00Z", "other_publications": 0,
}  # fmt: skip


class EffectQuery(BaseModel):
    """How long the windows are."""

    model_config = ConfigDict(extra="forbid")

    window_minutes: Annotated[
        int, Field(ge=10, le=10_080, description="How long each of the two windows is, in minutes: 10 to 7 days.")
    ] = 120


class EffectMentions(BaseModel):
    """How many mentions were posted, by how they speak of us."""

    negative: int = Field(description="负面.", examples=[61])
    neutral: int = Field(description="中性.", examples=[4])
    positive: int = Field(description="正面.", examples=[2])
    unknown: int = Field(description="Nobody has said, nor do words tell.", examples=[9])


class EffectWindow(BaseModel):
    """What happened in whole UTC minutes, from `starts_at` up to, and without, `ends_at`."""

    model_config = ConfigDict(json_schema_extra={"example": _BEFORE})

    starts_at: datetime = Field(description="The beginning of its first minute.")
    ends_at: datetime = Field(description="The end of its last minute.")
    counted_seconds: int = Field(description="How much of it has passed.")
    gained: int = Field(
        description="传播量: reposts, comments and likes of the incident's buckets of these minutes, thus of negative mentions alone, "
        "each dated as GET /v1/incidents/{incident_id}/spread dates them."
    )
    gained_per_hour: float = Field(description="The same an hour of what has passed; 0 where nothing has.")
    mentions: EffectMentions = Field(
        description="Mentions posted in these minutes that belong to the incident, or hit its watch rule and belong to none. Posted: "
        "as a person corrected it, else as stated, else when first seen."
    )
    media: int = Field(description="How many of them were by listed media outlets.")


class PublicationEffect(BaseModel):
    """Before and after one publication. The minute in which it happened is the first one after."""

    model_config = ConfigDict(json_schema_extra={"example": _PUBLICATION})

    publication_id: UUID = Field(description="The publication.")
    platform: Platform = Field(description="Where.")
    happened_at: datetime = Field(description="When.")
    first: bool = Field(description="Whether it was the statement's first.")
    before: EffectWindow = Field(description="The window that ends where the other begins.")
    after: EffectWindow = Field(description="The window that begins with the minute of the publication.")
    ratio: float | None = Field(
        description="`gained_per_hour` after, divided by that before: below 1 it spread more slowly. Null: nothing was gained before."
    )
    complete: bool = Field(
        description="Whether the window after is over. What is reported late can change it all the same."
    )
    complete_at: datetime = Field(description="When it is over.")
    other_publications: int = Field(
        description="Other publications of the incident in either window, of this statement or another: their effects can't be told "
        "apart."
    )


class StatementEffect(BaseModel):
    """Spread and sentiment before and after a statement was said in public."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "statement_id": "0197a3f0-9000-7aaa-8bbb-0123456789ab",
                "incident_id": "0197a3f0-7000-7aaa-8bbb-0123456789ab", "window_minutes": 120,
                "as_of": "2026-11-23T09:00:00Z", "publications": [_PUBLICATION],
            }
        }
    )  # fmt: skip

    statement_id: UUID = Field(description="The statement.")
    incident_id: UUID = Field(description="The incident whose spread it is.")
    window_minutes: int = Field(description="How long each window is.")
    as_of: datetime = Field(description="When it was counted.")
    publications: list[PublicationEffect] = Field(
        description=f"The statement's publications in the order in which they happened, the first {MOST_PUBLICATIONS}; empty: it was "
        "not said in public.",
        max_length=MOST_PUBLICATIONS,
    )
