"""Events of who reports mentions 来源 on the wire."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.domain.vocabulary import Platform
from app.domain.vocabulary.sources import SourceKind
from app.webhooks.event_schemas.base import EventBase, shown_as
from app.webhooks.event_types import EventType

_SOURCE: JsonDict = {
    "source_id": "0197a3f0-d000-7aaa-8bbb-0123456789ab", "source_kind": "tool", "platforms": ["weibo", "douyin"],
    "rhythm_seconds": 900,
}  # fmt: skip
_SILENT: JsonDict = _SOURCE | {
    "last_heard_at": "2026-03-01T07:45:00Z", "silent_since": "2026-03-01T07:45:00Z", "due_at": "2026-03-01T08:01:00Z",
    "late_by_seconds": 4,
}  # fmt: skip
_AGAIN: JsonDict = _SOURCE | {
    "silent_since": "2026-03-01T07:45:00Z", "heard_at": "2026-03-01T08:30:00Z", "silent_seconds": 2700,
}  # fmt: skip


class SourceData(BaseModel):
    """Which source."""

    model_config = ConfigDict(json_schema_extra={"example": _SOURCE})

    source_id: UUID = Field(description="The source; `GET /v1/sources/{source_id}` has its name and state.")
    source_kind: SourceKind = Field(description="What it is.")
    platforms: list[Platform] = Field(description="Which platforms it covers.")
    rhythm_seconds: int = Field(description="How long it may say nothing.")


class SourceSilentData(SourceData):
    """Since when it is not heard."""

    model_config = ConfigDict(json_schema_extra={"example": _SILENT})

    last_heard_at: datetime | None = Field(
        description="The minute of its last sign of life since it was registered or changed; null: there was none yet."
    )
    silent_since: datetime = Field(description="That minute, or when it began to be listened for.")
    due_at: datetime = Field(description="When its rhythm was over.")
    late_by_seconds: int = Field(
        description="How long it was over when this was told: more than a minute only after an outage."
    )


class SourceHeardAgainData(SourceData):
    """How long it was not heard."""

    model_config = ConfigDict(json_schema_extra={"example": _AGAIN})

    silent_since: datetime = Field(description="As `source.silent` said.")
    heard_at: datetime = Field(description="The minute in which it was heard again.")
    silent_seconds: int = Field(description="How long it was silent, from its last sign of life on.")


class SourceSilentEvent(EventBase):
    """A source 来源 has said nothing for longer than its rhythm 静默. Once a silence."""

    model_config = shown_as("source.silent", _SILENT)

    type: Literal[EventType.SOURCE_SILENT] = Field(description="Always `source.silent`.")
    data: SourceSilentData = Field(description="The particulars.")


class SourceHeardAgainEvent(EventBase):
    """A source 来源 that was silent is heard again 恢复上报."""

    model_config = shown_as("source.heard_again", _AGAIN)

    type: Literal[EventType.SOURCE_HEARD_AGAIN] = Field(description="Always `source.heard_again`.")
    data: SourceHeardAgainData = Field(description="The particulars.")
