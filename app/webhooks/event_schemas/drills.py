"""Events of drills 模拟演练 on the wire. Only who asks for exercises hears of them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.domain.vocabulary.drills import DrillState
from app.webhooks.event_schemas.base import INCIDENT, EventBase, shown_as
from app.webhooks.event_types import EventType

_DRILL: JsonDict = {
    "drill_id": "0197a3f0-d000-7aaa-8bbb-0123456789ab", "drill_number": "DR-0007", "scenario_key": "product-quality",
    "scale": 600, "scenario_at": "2026-03-01T08:00:00Z", "is_drill": True,
}  # fmt: skip
_STARTED: JsonDict = _DRILL | {"duration_seconds": 28_800}
_RESUMED: JsonDict = _DRILL | {"paused_seconds": 300.0}
_ENDED: JsonDict = _DRILL | {
    "state": "finished", "played_count": 24, "inject_count": 24, "incident_ids": [INCIDENT["incident_id"]],
    "reason": "The scenario is over.",
}  # fmt: skip


class DrillData(BaseModel):
    """Which drill, and how far it is."""

    model_config = ConfigDict(json_schema_extra={"example": _DRILL})

    drill_id: UUID = Field(description="The drill; `GET /v1/drills/{drill_id}` has all of it.")
    drill_number: str = Field(description="Its number, which people quote.")
    scenario_key: str = Field(description="The scenario that it plays.")
    scale: int = Field(description="How many times faster than the scenario.")
    scenario_at: datetime = Field(description="The instant in the scenario's time.")
    is_drill: bool = Field(description="Always true: nothing of it is real.")


class DrillStartedData(DrillData):
    """How long it takes."""

    model_config = ConfigDict(json_schema_extra={"example": _STARTED})

    duration_seconds: int = Field(description="How long the scenario lasts, in its own time.")


class DrillPausedData(DrillData):
    """When it stood still."""

    model_config = ConfigDict(json_schema_extra={"example": _DRILL})


class DrillResumedData(DrillData):
    """How long it stood still."""

    model_config = ConfigDict(json_schema_extra={"example": _RESUMED})

    paused_seconds: float = Field(description="For how long, in real time.")


class DrillEndedData(DrillData):
    """How it ended."""

    model_config = ConfigDict(json_schema_extra={"example": _ENDED})

    state: DrillState = Field(description="`finished`, `stopped` by somebody, or `failed`: it could not be played on.")
    played_count: int = Field(description="How much was played.")
    inject_count: int = Field(description="Of how much.")
    incident_ids: list[UUID] = Field(description="The incidents that came of it.")
    reason: str = Field(description="Why it ended.")


class DrillStartedEvent(EventBase):
    """A drill was started 演练开始."""

    model_config = shown_as("drill.started", _STARTED)

    type: Literal[EventType.DRILL_STARTED] = Field(description="Always `drill.started`.")
    data: DrillStartedData = Field(description="The particulars.")


class DrillPausedEvent(EventBase):
    """A drill's time stands still 演练暂停."""

    model_config = shown_as("drill.paused", _DRILL)

    type: Literal[EventType.DRILL_PAUSED] = Field(description="Always `drill.paused`.")
    data: DrillPausedData = Field(description="The particulars.")


class DrillResumedEvent(EventBase):
    """A drill's time goes on 演练继续."""

    model_config = shown_as("drill.resumed", _RESUMED)

    type: Literal[EventType.DRILL_RESUMED] = Field(description="Always `drill.resumed`.")
    data: DrillResumedData = Field(description="The particulars.")


class DrillEndedEvent(EventBase):
    """A drill is over 演练结束: its scenario was played, or somebody stopped it."""

    model_config = shown_as("drill.ended", _ENDED)

    type: Literal[EventType.DRILL_ENDED] = Field(description="Always `drill.ended`.")
    data: DrillEndedData = Field(description="The particulars.")
