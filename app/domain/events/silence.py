"""Of what we did not say: too long a silence (方案 二(二)2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from app.domain.events.incidents import IncidentEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSilent(IncidentEvent):
    """We have said nothing in public for as long as the grade allows. Once each due instant, again each cadence."""

    type: ClassVar[str] = "incident.silent"
    grade: str
    silent_since: datetime
    due_at: datetime
    late_by_seconds: int
