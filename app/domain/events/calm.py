"""When the fire is out, and when it flares up again (方案 二(二)3)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from app.domain.events.incidents import IncidentEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentCalmed(IncidentEvent):
    """The calm test passed at a minute. Provisional: a relapse takes it back."""

    type: ClassVar[str] = "incident.calmed"
    calmed_at: datetime
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRebounded(IncidentEvent):
    """It flared up again after it was calm 二次发酵."""

    type: ClassVar[str] = "incident.rebounded"
    calmed_at: datetime
    reason: str
    evidence: dict[str, Any]
