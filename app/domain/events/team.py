"""Of an incident's team (R38, R40): who belongs to it, and who is called because a member keeps silent."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from app.domain.events.incidents import IncidentEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamChanged(IncidentEvent):
    """Members joined the team, were called again, have another position, or left it. Of many at once some a time.

    ``members``: each with member_id, person_id, position, reason, for_person_id and link_id.
    """

    type: ClassVar[str] = "incident.team_changed"
    change: str
    reason: str
    members: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCalled(IncidentEvent):
    """A member has not acknowledged, so somebody is called in their place. Once each.

    ``member_id`` is the new member's, ``threshold`` the part of the silent one's time that is over, in per cent.
    """

    type: ClassVar[str] = "escalation.person"
    member_id: UUID
    person_id: UUID
    position: str
    step: str
    for_person_id: UUID
    for_member_id: UUID
    link_id: UUID
    threshold: int
    late_by_seconds: int
