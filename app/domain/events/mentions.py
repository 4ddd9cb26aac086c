"""Of mentions 舆情."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.domain.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionHit(Event):
    """A negative mention matches watch rules: the alarm's first spark (方案 二(一)2, within 10 minutes)."""

    type: ClassVar[str] = "mention.hit"
    mention_id: UUID
    incident_id: UUID | None
    platform: str
    rule_ids: list[UUID]
