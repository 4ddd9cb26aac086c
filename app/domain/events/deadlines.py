"""Of clocks 时限: started, ringing, met (方案 一, 二)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from app.domain.events.incidents import IncidentEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlinesSet(IncidentEvent):
    """Clocks were started, or are due earlier than before, or were called off: what, and why."""

    type: ClassVar[str] = "incident.deadlines_set"
    public: ClassVar[bool] = False
    reason: str
    # Each with deadline_id, clock, task_id, due_at, estimated and action: started, tightened, redated or cancelled.
    deadlines: list[dict[str, Any]]
    # How many they are in all: the first hundred are named.
    deadline_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineEvent(IncidentEvent):
    """Something about one clock of an incident. ``task_id``: the task it runs for, where it runs for one."""

    deadline_id: UUID
    clock: str
    task_id: UUID | None = None
    grade: str | None
    started_at: datetime
    due_at: datetime
    # Counted on a calendar that is not official yet: it may be dated anew.
    estimated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineRedated(DeadlineEvent):
    """The working calendar changed under a clock that runs: it is due at another time, or certainly at the same."""

    type: ClassVar[str] = "deadline.redated"
    previous_due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaWarning(DeadlineEvent):
    """A part of a clock's time is over: 50 or 80 per cent. Once each."""

    type: ClassVar[str] = "sla.warning"
    threshold: int
    late_by_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaBreached(DeadlineEvent):
    """A clock's time is over 超时, and what it waited for is not known to have happened. Once."""

    type: ClassVar[str] = "sla.breached"
    late_by_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaMet(DeadlineEvent):
    """What a clock waited for happened in time. ``state`` met_recorded_late (补录): it was told only after the breach."""

    type: ClassVar[str] = "sla.met"
    state: str
    happened_at: datetime
