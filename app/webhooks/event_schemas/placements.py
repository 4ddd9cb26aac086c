"""A statement that is not where it began, on the wire."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from app.domain.vocabulary import Platform
from app.webhooks.event_schemas.base import INCIDENT, EventBase, IncidentData, shown_as
from app.webhooks.event_types import EventType

_MISSING: JsonDict = INCIDENT | {
    "seq": 21,
    "statement_id": "0197a3f0-7020-7aaa-8bbb-0123456789ab",
    "origin_platform": "douyin",
    "first_published_at": "2026-03-01T09:00:00Z",
    "due_at": "2026-03-01T09:30:00Z",
    "late_by_seconds": 0,
}


class StatementOriginMissingData(IncidentData):
    """Which statement, where it is missing, and since when it is out elsewhere."""

    model_config = ConfigDict(json_schema_extra={"example": _MISSING})

    statement_id: UUID = Field(
        description="The statement; `GET /v1/statements/{statement_id}/placements` shows where it is."
    )
    origin_platform: Platform = Field(description="首发平台, where it began and our word is missing.")
    first_published_at: datetime = Field(description="When it was first published elsewhere.")
    due_at: datetime = Field(description="Until when that is borne.")
    late_by_seconds: int = Field(description="How late this is told: more than 0 only after an outage.")


class StatementOriginMissingEvent(EventBase):
    """A statement is out elsewhere, and not on the platform where it began 首发平台缺席. Once a statement."""

    model_config = shown_as("statement.origin_missing", _MISSING)

    type: Literal[EventType.STATEMENT_ORIGIN_MISSING] = Field(description="Always `statement.origin_missing`.")
    data: StatementOriginMissingData = Field(description="The particulars.")
