"""Of patrols 人工巡查 (方案 二(一)2, R22)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.domain.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PatrolEvent(Event):
    """Something about one patrol. Where nobody walked it, nobody looked at these platforms."""

    patrol_id: UUID
    slot_at: datetime
    due_by: datetime
    assignee_id: UUID | None
    platforms: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PatrolMissed(PatrolEvent):
    """The time to walk a patrol is over, and nobody did. Once a patrol."""

    type: ClassVar[str] = "patrol.missed"
    late_by_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PatrolCheckedIn(PatrolEvent):
    """Somebody walked a patrol: what they looked at, and the mentions they found. Once a patrol."""

    type: ClassVar[str] = "patrol.checked_in"
    state: str
    person_id: UUID
    happened_at: datetime
    looked_at: list[str]
    mention_ids: list[UUID]
    new_mention_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PatrolsUnmasked(Event):
    """Somebody with people:unmask was shown people's data in the notes of these patrols: for the audit log only."""

    type: ClassVar[str] = "patrols.unmasked"
    public: ClassVar[bool] = False
    patrol_ids: list[UUID]
