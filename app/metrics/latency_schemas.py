"""How soon people hear of hits 预警时延, on the wire (方案 二(一)2, R23)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AliasChoices, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Instant
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.vocabulary import Platform
from app.domain.vocabulary.sources import AlertMissReason as Why

_SPANS: JsonDict = {
    "count": 120, "p50_seconds": 0.4, "p95_seconds": 2.1, "p99_seconds": 8.8, "max_seconds": 31.5,
}  # fmt: skip
_LATENCY: JsonDict = {
    "start": "2026-03-01T00:00:00Z", "end": "2026-03-08T00:00:00Z", "within_seconds": 600, "hits": 122, "pending": 1,
    "numerator": 119, "denominator": 121, "percent": 98.35, "misses": 2,
    "misses_by_reason": {"late": 1, "no_receiver": 1}, "push": _SPANS, "acknowledgement": _SPANS, "publish_lag": _SPANS,
}  # fmt: skip
_MISS: JsonDict = {
    "mention_id": "0197a3ef-2000-7aaa-8bbb-0123456789ab", "incident_id": "0197a3f0-7000-7aaa-8bbb-0123456789ab",
    "platform": "weibo", "received_at": "2026-03-01T08:00:00Z", "pushed_at": "2026-03-01T08:12:30Z",
    "acknowledged_at": "2026-03-01T08:20:00Z", "push_seconds": 750.0, "why": "late",
}  # fmt: skip

From = Annotated[
    Instant | None,
    Field(
        validation_alias=AliasChoices("from"), alias="from",
        description="Received from this instant on; unless it is given: from 30 days before the end on.",
    ),
]  # fmt: skip
To = Annotated[Instant | None, Field(description="Received before this instant; unless it is given: until now.")]


class AlertLatencyQuery(BaseModel):
    """Which hits."""

    model_config = ConfigDict(extra="forbid")

    from_: From = None
    to: To = None


class AlertMissQuery(PageQuery):
    """Which hits, and which page of them."""

    from_: From = None
    to: To = None
    why: Annotated[Why | None, Field(description="Only those that were missed for this reason.")] = None


class LatencySpans(BaseModel):
    """How long something took. Percentiles are by nearest rank: no more than so many per cent took longer."""

    model_config = ConfigDict(json_schema_extra={"example": _SPANS})

    count: int = Field(description="Of how many hits it is known.")
    p50_seconds: float | None = Field(description="Half took no longer; null: of none is it known.")
    p95_seconds: float | None = Field(description="95 of 100 took no longer.")
    p99_seconds: float | None = Field(description="99 of 100 took no longer.")
    max_seconds: float | None = Field(description="None took longer.")


class AlertMissCounts(BaseModel):
    """Why hits were not pushed in time."""

    model_config = ConfigDict(json_schema_extra={"example": {"late": 1, "no_receiver": 1}})

    late: int = Field(description="The push came later than that, or none arrived.")
    no_receiver: int = Field(description="No endpoint that people read was there to be told.")


class AlertLatency(BaseModel):
    """How soon people heard of negative hits 预警时延: `percent` is `numerator` of `denominator`.

    Drills and what was loaded from the past are left out.
    """

    model_config = ConfigDict(json_schema_extra={"example": _LATENCY})

    start: datetime = Field(description="Hits received from here on,")
    end: datetime = Field(description="and before here.")
    within_seconds: int = Field(description="What the plan allows from our being told of it to the first push.")
    hits: int = Field(description="All of them.")
    pending: int = Field(description="Those whose time is not over and that nobody heard of yet.")
    numerator: int = Field(description="Pushed in time to an endpoint that people read.")
    denominator: int = Field(description="All but the pending ones.")
    percent: float | None = Field(description="100 only where none was missed; null: there were none.")
    misses: int = Field(description="Those that were not: `/misses` lists them.")
    misses_by_reason: AlertMissCounts = Field(description="The same by reason.")
    push: LatencySpans = Field(
        description="From our being told of it to the first push that people read, late ones too."
    )
    acknowledgement: LatencySpans = Field(
        description="From our being told of it to the first acknowledgement after it of the incident it joined, if any."
    )
    publish_lag: LatencySpans = Field(
        description="From its publication to our being told of it: not ours to answer for."
    )


class AlertMiss(BaseModel):
    """A hit that was not pushed within the time the plan allows, and why."""

    model_config = ConfigDict(json_schema_extra={"example": _MISS})

    mention_id: UUID = Field(description="The mention.")
    incident_id: UUID | None = Field(description="The incident it joined; null: none.")
    platform: Platform = Field(description="Where it was posted.")
    received_at: datetime = Field(description="When we were told of it.")
    pushed_at: datetime | None = Field(description="The first push that people read; null: none arrived.")
    acknowledged_at: datetime | None = Field(description="The first acknowledgement of its incident after it.")
    push_seconds: float | None = Field(description="How long the push took; null: none arrived.")
    why: Why = Field(description="Why it was missed.")


class AlertMissPage(Page[AlertMiss]):
    """Some misses, the newest first."""
