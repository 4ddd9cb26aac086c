"""Events of trainings 培训 on the wire (R07)."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.webhooks.event_schemas.base import EventBase, shown_as
from app.webhooks.event_types import EventType

_ENDING: JsonDict = {
    "training_id": "0197a3f0-d000-7aaa-8bbb-0123456789ab", "ends_on": "2026-12-03",
    "completion_ids": ["0197a3f0-d300-7aaa-8bbb-0123456789ab"], "person_ids": ["0197a3f0-7000-7aaa-8bbb-0123456789ac"],
    "late_by_seconds": 0,
}  # fmt: skip
_BELOW: JsonDict = {
    "department_id": "0197a3f0-5000-7aaa-8bbb-0123456789ab", "covered": 71, "roster": 75, "percent": 94.66,
    "target_percent": 95,
}  # fmt: skip


class TrainingValidityEndingData(BaseModel):
    """Whose completions of which course end when: a hundred at most in one event."""

    model_config = ConfigDict(json_schema_extra={"example": _ENDING})

    training_id: UUID = Field(description="The course; `GET /v1/trainings/{training_id}` has it.")
    ends_on: date = Field(description="The last day on which these completions are good.")
    completion_ids: list[UUID] = Field(description="The completions, each told of once.", max_length=100)
    person_ids: list[UUID] = Field(description="Whose they are, in the same order.", max_length=100)
    late_by_seconds: int = Field(
        description="How long it was to be told when this was told: more than a minute or so after an outage."
    )


class TrainingCoverageBelowTargetData(BaseModel):
    """Whose coverage it is, and how far it fell."""

    model_config = ConfigDict(json_schema_extra={"example": _BELOW})

    department_id: UUID | None = Field(description="The department; null: the company.")
    covered: int = Field(description="How many are covered.")
    roster: int = Field(description="Of how many on the roster.")
    percent: float = Field(description="The one in percent of the other, never rounded up.")
    target_percent: float = Field(description="The target that is no more reached.")


class TrainingValidityEndingEvent(EventBase):
    """Completions of a mandatory course end soon 培训即将过期, and there are no newer ones. Each completion once."""

    model_config = shown_as("training.validity_ending", _ENDING)

    type: Literal[EventType.TRAINING_VALIDITY_ENDING] = Field(description="Always `training.validity_ending`.")
    data: TrainingValidityEndingData = Field(description="The particulars.")


class TrainingCoverageBelowTargetEvent(EventBase):
    """Coverage by trainings fell below the target 培训覆盖率低于目标. Once per fall: again only after it had risen to it."""

    model_config = shown_as("training.coverage_below_target", _BELOW)

    type: Literal[EventType.TRAINING_COVERAGE_BELOW_TARGET] = Field(
        description="Always `training.coverage_below_target`."
    )
    data: TrainingCoverageBelowTargetData = Field(description="The particulars.")
