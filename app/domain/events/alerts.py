"""Of the alert clock (方案 二(一)2): people are to hear of a hit within 10 minutes.

They are no incident's: a busy hour may bring thousands, and a timeline is for what people do.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.domain.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertBreached(Event):
    """A hit reached nobody in time."""

    type: ClassVar[str] = "alert.breached"
    deadline_id: UUID
    mention_id: UUID
    incident_id: UUID | None
    is_drill: bool
    received_at: datetime
    due_at: datetime
    late_by_seconds: int

    @property
    def of_drill(self) -> bool:
        return self.is_drill


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertNoReceiver(Event):
    """A hit can reach nobody: no endpoint that people read takes it. Said once an hour, of the first such hit."""

    type: ClassVar[str] = "alert.no_receiver"
    mention_id: UUID
    incident_id: UUID | None
    is_drill: bool = False
    received_at: datetime

    @property
    def of_drill(self) -> bool:
        return self.is_drill
