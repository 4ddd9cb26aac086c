"""Events of mentions 舆情 on the wire."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.domain.vocabulary import LegalThreshold, Platform
from app.webhooks.event_schemas.base import INCIDENT, RULE, EventBase, shown_as
from app.webhooks.event_types import EventType

_HIT: JsonDict = {
    "mention_id": "0197a3f0-6fff-7aaa-8bbb-0123456789ab",
    "incident_id": INCIDENT["incident_id"],
    "is_drill": False,
    "drill_id": None,
    "platform": "weibo",
    "rule_ids": [RULE],
    "received_at": "2026-03-01T08:00:00Z",
}
_FIGURES: JsonDict = {
    "mention_id": _HIT["mention_id"],
    "incident_id": INCIDENT["incident_id"],
    "is_drill": False,
    "drill_id": None,
    "platform": "weibo",
    "observed_at": "2026-03-01T08:00:00Z",
    "reposts": 1203,
    "comments": 845,
    "likes": 12000,
    "views": 510000,
}
_LEGAL: JsonDict = _FIGURES | {
    "reached": ["views", "reposts"],
    "snapshot_id": "0197a3f0-7001-7aaa-8bbb-0123456789ab",
}
_VIEWS: JsonDict = _FIGURES | {"threshold": 100_000}
_JUDGE: JsonDict = _FIGURES | {"incident_id": None, "spread": 14_048, "threshold": 10_000}


class MentionHitData(BaseModel):
    """The mention and what it hit."""

    model_config = ConfigDict(json_schema_extra={"example": _HIT})

    mention_id: UUID = Field(description="The mention.")
    incident_id: UUID | None = Field(description="The incident it belongs to; null where it has none.")
    is_drill: bool = Field(description="Whether it was made up for an exercise 演练: nothing of it is real.")
    drill_id: UUID | None = Field(description="The run that it was made up for; null: it is real.")
    platform: Platform = Field(description="Where it was posted.")
    rule_ids: list[UUID] = Field(description="The watch rules it hit.")
    received_at: datetime = Field(description="When we were told of what makes it a hit: the alert clock starts here.")


class MentionFiguresData(BaseModel):
    """The mention and its counters, each the greatest read so far."""

    mention_id: UUID = Field(description="The mention.")
    incident_id: UUID | None = Field(description="The incident it belongs to; null where it has none.")
    is_drill: bool = Field(description="Whether it was made up for an exercise 演练: nothing of it is real.")
    drill_id: UUID | None = Field(description="The run that it was made up for; null: it is real.")
    platform: Platform = Field(description="Where it was posted.")
    observed_at: datetime = Field(description="The newest reading.")
    reposts: int | None = Field(description="转发; null: never read.")
    comments: int | None = Field(description="评论; null: never read.")
    likes: int | None = Field(description="点赞; null: never read.")
    views: int | None = Field(description="阅读; null: never read.")


class MentionLegalThresholdData(MentionFiguresData):
    """What was reached, and where the copy is."""

    model_config = ConfigDict(json_schema_extra={"example": _LEGAL})

    reached: list[LegalThreshold] = Field(description="Which thresholds: 5,000 views, 500 reposts.")
    snapshot_id: UUID = Field(description="The copy that was kept, among the mention's snapshots.")


class MentionViewsHighData(MentionFiguresData):
    """What was exceeded."""

    model_config = ConfigDict(json_schema_extra={"example": _VIEWS})

    threshold: int = Field(description="The views it has more of.")


class MentionNeedsJudgementData(MentionFiguresData):
    """How far it has spread without a judgement."""

    model_config = ConfigDict(json_schema_extra={"example": _JUDGE})

    spread: int = Field(description="传播量: reposts + comments + likes.")
    threshold: int = Field(description="The spread it has more of: 1,000, and again 10,000.")


class MentionHitEvent(EventBase):
    """A negative mention hit watch rules: the first spark of an alarm (方案 二(一)2)."""

    model_config = shown_as("mention.hit", _HIT)

    type: Literal[EventType.MENTION_HIT] = Field(description="Always `mention.hit`.")
    data: MentionHitData = Field(description="The particulars.")


class MentionLegalThresholdEvent(EventBase):
    """A mention reached what the law on defamation asks for (法释〔2013〕21号): 5,000 views or 500 reposts. Once."""

    model_config = shown_as("mention.legal_threshold", _LEGAL)

    type: Literal[EventType.MENTION_LEGAL_THRESHOLD] = Field(description="Always `mention.legal_threshold`.")
    data: MentionLegalThresholdData = Field(description="The particulars.")


class MentionViewsHighEvent(EventBase):
    """A mention has more than 100,000 views, whatever its spread. Once."""

    model_config = shown_as("mention.views_high", _VIEWS)

    type: Literal[EventType.MENTION_VIEWS_HIGH] = Field(description="Always `mention.views_high`.")
    data: MentionViewsHighData = Field(description="The particulars.")


class MentionNeedsJudgementEvent(EventBase):
    """A mention hits and spreads, and nobody has said how it speaks of us. Once above 1,000, and above 10,000."""

    model_config = shown_as("mention.needs_judgement", _JUDGE)

    type: Literal[EventType.MENTION_NEEDS_JUDGEMENT] = Field(description="Always `mention.needs_judgement`.")
    data: MentionNeedsJudgementData = Field(description="The particulars.")
