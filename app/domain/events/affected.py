"""Of the people whom an incident affects 受影响用户 (R50b). Ids and figures only: who they are stays in their table."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.domain.events.base import Event
from app.domain.events.incidents import IncidentEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedUsersChanged(IncidentEvent):
    """Affected users were entered, corrected or erased. ``total`` counts those who were erased too."""

    type: ClassVar[str] = "incident.affected_users_changed"
    added: int
    updated: int
    erased: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedUsersUnmasked(Event):
    """Somebody with people:unmask was shown names and contacts of these affected users: for the audit log only."""

    type: ClassVar[str] = "affected_users.unmasked"
    public: ClassVar[bool] = False
    incident_id: UUID
    affected_user_ids: list[UUID]
