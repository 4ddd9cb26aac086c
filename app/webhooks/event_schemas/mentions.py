"""Events of mentions 舆情 on the wire."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.domain.vocabulary import Platform
from app.webhooks.event_schemas.base import INCIDENT, RULE, EventBase, shown_as
from app.webhooks.schemas import EventType

_HIT: JsonDict = {
    "mention_id": "0197a3f0-6fff-7aaa-8bbb-0123456789ab",
    "incident_id": INCIDENT["incident_id"],
    "platform": "weibo",
    "rule_ids": [RULE],
}


class MentionHitData(BaseModel):
    """The mention and what it hit."""

    model_config = ConfigDict(json_schema_extra={"example": _HIT})

    mention_id: UUID = Field(description="The mention.")
    incident_id: UUID | None = Field(description="The incident it belongs to; null where it has none.")
    platform: Platform = Field(description="Where it was posted.")
    rule_ids: list[UUID] = Field(description="The watch rules it hit.")


class MentionHitEvent(EventBase):
    """A negative mention hit watch rules: the first spark of an alarm (方案 二(一)2)."""

    model_config = shown_as("mention.hit", _HIT)

    type: Literal[EventType.MENTION_HIT] = Field(description="Always `mention.hit`.")
    data: MentionHitData = Field(description="The particulars.")
