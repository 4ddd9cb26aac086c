"""Of legal holds 法务保全: nothing of an incident is deleted while one stands."""

from dataclasses import dataclass
from typing import ClassVar

from app.domain.events.incidents import IncidentEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHoldSet(IncidentEvent):
    """Nothing of the incident is deleted from here on, whatever its age, and whoever asks."""

    type: ClassVar[str] = "incident.legal_hold_set"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHoldLifted(IncidentEvent):
    """What is due is deleted again."""

    type: ClassVar[str] = "incident.legal_hold_lifted"
    reason: str
