"""Of drills 模拟演练 (方案 三): started, paused, resumed and ended. Nobody hears of them who did not ask for exercises."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.domain.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillEvent(Event):
    """Something about one run. ``scenario_at`` is the instant on its own line of time."""

    drill_id: UUID
    drill_number: str
    scenario_key: str
    scale: int
    scenario_at: datetime
    is_drill: bool = True

    @property
    def of_drill(self) -> bool:
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillStarted(DrillEvent):
    """Its scenario is played from now on."""

    type: ClassVar[str] = "drill.started"
    duration_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillPaused(DrillEvent):
    """Its time and all its clocks stand still."""

    type: ClassVar[str] = "drill.paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillResumed(DrillEvent):
    """Its time goes on."""

    type: ClassVar[str] = "drill.resumed"
    paused_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillEnded(DrillEvent):
    """It is over: its scenario was played to its end, somebody stopped it, or it could not be played on."""

    type: ClassVar[str] = "drill.ended"
    state: str
    played_count: int
    inject_count: int
    incident_ids: list[UUID]
    reason: str
