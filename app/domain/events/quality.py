"""Of digests 简报 (R71) and of the trial 试运行 (R70)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from app.domain.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestEvent(Event):
    """What happened in a period, in figures, beside those of the period before. Exercises are in neither."""

    digest_id: UUID
    starts_at: datetime
    ends_at: datetime
    late_by_seconds: int
    is_trial: bool
    figures: dict[str, Any]
    before: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestDaily(DigestEvent):
    """Yesterday, told in the morning."""

    type: ClassVar[str] = "digest.daily"


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestWeekly(DigestEvent):
    """The week before, told on Monday."""

    type: ClassVar[str] = "digest.weekly"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialStarted(Event):
    """From now on the service is on trial: what it tells is shown as such."""

    type: ClassVar[str] = "trial.started"
    trial_id: UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialEnded(Event):
    """The trial is over: from now on everything is meant."""

    type: ClassVar[str] = "trial.ended"
    trial_id: UUID
    started_at: datetime
    reason: str
