"""The roll-out 推进计划 on the wire (方案 三, R01, R64-R74)."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Str, Wire
from app.domain.programme import REMARK
from app.domain.vocabulary.quality import Light, ProgrammeCheck, ProgrammePhase, ProgrammeState
from app.incidents.calendar_schemas import Date

_CHECK: JsonDict = {
    "check": "team_complete", "light": "red", "done": 3, "wanted": 4, "why": "4 个部门中 3 个有负责人和 B 角",
    "items": ["法务部"],
}  # fmt: skip
_PHASE: JsonDict = {
    "phase": "set_up", "starts_on": "2026-12-01", "ends_on": "2026-12-14", "state": "running", "light": "red",
    "checks": [_CHECK],
}  # fmt: skip
_TRIAL: JsonDict = {
    "id": "0197a3f0-d100-7aaa-8bbb-0123456789ab", "starts_at": "2026-12-29T01:00:00Z", "ends_at": None,
    "reason": "试运行一个月", "end_reason": "", "started_by": "person:0197a3f0-7000-7aaa-8bbb-0123456789ac", "ended_by": None,
}  # fmt: skip
_ANSWER: JsonDict = {
    "department_id": "0197a3f0-7100-7aaa-8bbb-0123456789ab", "name": "公关部", "called": 3, "answered": 3,
    "median_seconds": 420,
}  # fmt: skip
_PROGRAMME: JsonDict = {
    "started_on": "2026-12-01", "aimed_on": "2027-01-31", "ends_on": "2027-02-28", "remark": REMARK, "light": "red",
    "is_trial": True, "policies_confirmed_at": None, "policies_confirmed_by": None, "phases": [_PHASE],
    "drill_answers": [_ANSWER], "trials": [_TRIAL], "updated_at": "2026-12-01T01:00:00Z", "version": 2,
}  # fmt: skip


class ProgrammePut(Wire):
    """What people set of the roll-out, all of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "started_on": "2026-12-01", "policies_confirmed": True, "is_trial": True, "reason": "试运行一个月",
            }
        }
    )  # fmt: skip

    started_on: Annotated[Date | None, Field(description="The first day of the first phase; null: not known yet.")]
    policies_confirmed: Annotated[
        bool,
        Field(
            description="That the grading and SLA policies in force are what the company wants; a later one asks again."
        ),
    ]
    is_trial: Annotated[
        bool, Field(description="Whether there is a trial 试运行: what is told and counted meanwhile is shown as such.")
    ]
    reason: Annotated[Str, Field(max_length=1_000, description="Why a trial begins or ends; needed then.")] = ""


class ProgrammeChecked(BaseModel):
    """One thing that a phase is judged by, from live data."""

    model_config = ConfigDict(json_schema_extra={"example": _CHECK})

    check: ProgrammeCheck = Field(description="What is looked at.")
    light: Light = Field(description="Green when all that is wanted is there.")
    done: int = Field(description="How much is there.")
    wanted: int = Field(description="How much is wanted. 0: nothing can be said yet.")
    why: str = Field(description="Why, in words, with the figures.")
    items: list[str] = Field(description="What is missing, 20 at most: names, or words of ours.")


class ProgrammePhaseShown(BaseModel):
    """A phase of the roll-out."""

    model_config = ConfigDict(json_schema_extra={"example": _PHASE})

    phase: ProgrammePhase = Field(description="Which: 2 weeks, 2 weeks, 1 month, 1 month.")
    starts_on: date | None = Field(description="Its first day; null: the start is not known.")
    ends_on: date | None = Field(description="Its last day; null: the start is not known.")
    state: ProgrammeState = Field(description="Where today lies.")
    light: Light = Field(description="Green when each of its checks is, whatever the day.")
    checks: list[ProgrammeChecked] = Field(description="What it is judged by.")


class TrialPeriod(BaseModel):
    """A trial 试运行 (R70), with who switched it on and off, and why."""

    model_config = ConfigDict(json_schema_extra={"example": _TRIAL})

    id: UUID = Field(description="Our id.")
    starts_at: datetime = Field(description="When it began.")
    ends_at: datetime | None = Field(description="When it was over; null: it goes on.")
    reason: str = Field(description="Why it began, with people's data masked.")
    end_reason: str = Field(description="Why it ended, with people's data masked.")
    started_by: str = Field(description="Who began it, as events name it.")
    ended_by: str | None = Field(description="Who ended it; null: it goes on.")


class DrillAnswer(BaseModel):
    """How soon a department's people answered in the second drill 团队协同 (R74)."""

    model_config = ConfigDict(json_schema_extra={"example": _ANSWER})

    department_id: UUID | None = Field(description="The department they were in then; null: none.")
    name: str | None = Field(description="What it is called; null: none.")
    called: int = Field(description="How often somebody was called.")
    answered: int = Field(description="How often they acknowledged.")
    median_seconds: int | None = Field(description="How long that took, in the scenario's time; null: nobody did.")


class Programme(BaseModel):
    """The plan's roll-out 推进计划: its phases, dated from the start, and their checks from live data."""

    model_config = ConfigDict(json_schema_extra={"example": _PROGRAMME})

    started_on: date | None = Field(description="The first day; null: not known yet.")
    aimed_on: date | None = Field(description="By when the plan's aim, 1-2 months, wants it done at the latest.")
    ends_on: date | None = Field(description="The last day of the last phase: 3 months on.")
    remark: str = Field(description="That the two differ in the plan itself.")
    light: Light = Field(description="Green when every phase is.")
    is_trial: bool = Field(description="Whether there is a trial 试运行 now.")
    policies_confirmed_at: datetime | None = Field(
        description="When somebody confirmed the policies; null: nobody did."
    )
    policies_confirmed_by: str | None = Field(description="Who, as events name it.")
    phases: list[ProgrammePhaseShown] = Field(description="The four phases.")
    drill_answers: list[DrillAnswer] = Field(description="Who answered how soon in the second drill since the start.")
    trials: list[TrialPeriod] = Field(description="The trials there were, the newest first, 50 at most.")
    updated_at: datetime = Field(description="When people changed it last.")
    version: int = Field(description="Counts their changes; the ETag begins with it.")
