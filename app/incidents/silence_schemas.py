"""The silence between our public words on the wire (方案 二(二)2, R47)."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.domain.vocabulary.placements import SilenceStop

_RING: JsonDict = {
    "due_at": "2026-03-01T10:00:00Z", "since": "2026-03-01T08:00:00Z", "at": "2026-03-01T10:00:00.312Z",
    "late_by_seconds": 0.312,
}  # fmt: skip
# How many of the last rings are shown.
MOST_SHOWN = 50


class SilenceRing(BaseModel):
    """Once that the silence had lasted too long."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _RING})

    due_at: datetime = Field(description="When it had lasted as long as the grade allows, or as long again.")
    since: datetime = Field(description="Since when it had lasted.")
    at: datetime = Field(description="When it rang.")
    late_by_seconds: float = Field(description="How late that was: more than a moment only after an outage.")


class Silence(BaseModel):
    """How long we have said nothing in public about an incident, and when that is too long 避免沉默失语."""

    incident_id: UUID = Field(description="The incident.")
    stopped_by: SilenceStop | None = Field(
        description="Why nobody waits for our next word; null while everybody does.", examples=[None]
    )
    cadence_seconds: int | None = Field(
        description="How long we may be silent at this grade, by the SLA policy in force; null: as long as we like.",
        examples=[7200],
    )
    silent_since: datetime | None = Field(
        description="Since when it is counted: the last public word, or when a grade was set or the incident came back "
        "where that was later. Null while nobody waits."
    )
    next_due_at: datetime | None = Field(
        description="When `incident.silent` rings next unless we speak. Null while nobody waits."
    )
    last_word_at: datetime | None = Field(
        description="When we last said anything in public, a first word included; null: never yet."
    )
    rings: list[SilenceRing] = Field(description="When it rang, the last 50, the newest first.", max_length=MOST_SHOWN)
