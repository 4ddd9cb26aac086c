"""Events of patrols 人工巡查 on the wire."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.domain.vocabulary import Platform
from app.domain.vocabulary.patrols import PatrolState
from app.webhooks.event_schemas.base import EventBase, shown_as
from app.webhooks.event_types import EventType

_PERSON = "0197a3f0-7000-7aaa-8bbb-0123456789ac"
_PATROL: JsonDict = {
    "patrol_id": "0197a3f0-d000-7aaa-8bbb-0123456789ab", "slot_at": "2026-03-01T01:00:00Z",
    "due_by": "2026-03-01T02:00:00Z", "assignee_id": _PERSON, "platforms": ["weibo", "douyin"],
}  # fmt: skip
_MISSED: JsonDict = _PATROL | {"late_by_seconds": 0}
_CHECKED_IN: JsonDict = _PATROL | {
    "state": "done", "person_id": _PERSON, "happened_at": "2026-03-01T01:12:00Z", "looked_at": ["weibo", "douyin"],
    "mention_ids": ["0197a3f0-6fff-7aaa-8bbb-0123456789ab"], "new_mention_count": 1,
}  # fmt: skip


class PatrolData(BaseModel):
    """Which patrol, and whose it was."""

    model_config = ConfigDict(json_schema_extra={"example": _PATROL})

    patrol_id: UUID = Field(description="The patrol; `GET /v1/patrols/{patrol_id}` has all of it.")
    slot_at: datetime = Field(description="When it was to be walked.")
    due_by: datetime = Field(description="Until when it had to be walked.")
    assignee_id: UUID | None = Field(description="Whose turn it was; null: nobody's.")
    platforms: list[Platform] = Field(description="What was to be looked at.")


class PatrolMissedData(PatrolData):
    """How late this is told."""

    model_config = ConfigDict(json_schema_extra={"example": _MISSED})

    late_by_seconds: int = Field(
        description="How long after `due_by` this was told: more than some after an outage."
    )  # fmt: skip


class PatrolCheckedInData(PatrolData):
    """Who walked it, when, and what they found."""

    model_config = ConfigDict(json_schema_extra={"example": _CHECKED_IN})

    state: PatrolState = Field(description="Whether it was in time.")
    person_id: UUID = Field(description="Who walked it.")
    happened_at: datetime = Field(description="When they did.")
    looked_at: list[Platform] = Field(description="What they looked at.")
    mention_ids: list[UUID] = Field(description="The mentions they found, 50 at most.")
    new_mention_count: int = Field(description="How many of them nobody had reported before.")


class PatrolMissedEvent(EventBase):
    """Nobody walked a patrol in time 漏巡. Once a patrol."""

    model_config = shown_as("patrol.missed", _MISSED)

    type: Literal[EventType.PATROL_MISSED] = Field(description="Always `patrol.missed`.")
    data: PatrolMissedData = Field(description="The particulars.")


class PatrolCheckedInEvent(EventBase):
    """Somebody walked a patrol 巡查签到, in time or not. Once a patrol."""

    model_config = shown_as("patrol.checked_in", _CHECKED_IN)

    type: Literal[EventType.PATROL_CHECKED_IN] = Field(description="Always `patrol.checked_in`.")
    data: PatrolCheckedInData = Field(description="The particulars.")
