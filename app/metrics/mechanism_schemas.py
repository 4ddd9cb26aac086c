"""The plan's three mechanisms on the wire (方案 一, R08)."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Instant
from app.domain.vocabulary.quality import Light, Mechanism, MechanismCheck

_CHECK: JsonDict = {
    "check": "alerts_pushed", "light": "red", "checked": 12, "amiss": 1, "why": "近一天 12 条预警中有 1 条未按时送达",
    "items": ["0197a3f0-7000-7aaa-8bbb-0123456789ab"],
}  # fmt: skip
_ONE: JsonDict = {"mechanism": "monitoring", "light": "red", "checks": [_CHECK]}

IS_TRIAL = "Whether it falls into a trial 试运行: then don't take it for the real thing."


class CheckedMechanism(BaseModel):
    """One thing that a mechanism is judged by."""

    model_config = ConfigDict(json_schema_extra={"example": _CHECK})

    check: MechanismCheck = Field(description="What is looked at.")
    light: Light = Field(description="Red where anything is amiss.")
    checked: int = Field(description="How many were due, or under way. 0: nothing was.")
    amiss: int = Field(description="How many of them are amiss.")
    why: str = Field(description="Why, in words, with the figures.")
    items: list[str] = Field(
        description="What is amiss, 20 at most: platforms, mentions' ids, incidents' or risks' numbers, or what nobody "
        "looked at."
    )


class MechanismStanding(BaseModel):
    """One of the three mechanisms: green when all its checks are."""

    model_config = ConfigDict(json_schema_extra={"example": _ONE})

    mechanism: Mechanism = Field(description="Which of the three.")
    light: Light = Field(description="Green when each of its checks is.")
    checks: list[CheckedMechanism] = Field(description="What it is judged by.")


class MechanismReport(BaseModel):
    """The plan's three lasting mechanisms 三项长效机制, as they stood at an instant."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"at": "2026-11-26T01:00:00Z", "is_trial": False, "mechanisms": [_ONE]}}
    )

    at: datetime = Field(description="The instant they are judged at.")
    is_trial: bool = Field(description=IS_TRIAL)
    mechanisms: list[MechanismStanding] = Field(description="监测, 复盘, 升级.")


class MechanismQuery(BaseModel):
    """As of when."""

    model_config = ConfigDict(extra="forbid")

    at: Annotated[Instant | None, Field(description="As they stood then; now where missing. Not ahead.")] = None
