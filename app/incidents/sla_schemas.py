"""Clocks 时限 and their policies on the wire (方案 一, 二)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Instant, Str, Visible, Wire
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.deadlines import MAX_SECONDS, MAX_WORKING_DAYS
from app.domain.grades import Grade
from app.domain.silence import LONGEST, SHORTEST
from app.domain.vocabulary import DeadlineKind, DeadlineState

_CLOCK: JsonDict = {"kind": "first_response", "grades": ["major"], "seconds": 1800, "working_days": None}
_SILENCE: JsonDict = {"major": 7200, "serious": 14400, "general": 28800}
_RING: JsonDict = {"threshold": 50, "at": "2026-03-01T08:15:00Z", "late_by_seconds": 0.012}
_DEADLINE: JsonDict = {
    "id": "0197a3f0-7000-7aaa-8bbb-0123456789ab", "kind": "first_response",
    "incident_id": "0197a3f0-7000-7aaa-8bbb-0123456789ac", "task_id": None, "mention_id": None, "grade": "major", "is_drill": False,
    "policy_id": "00000000-0000-0000-0000-000000000001", "state": "running", "started_at": "2026-03-01T08:00:00Z",
    "due_at": "2026-03-01T08:30:00Z", "estimated": False, "rings": [_RING], "met_at": None, "recorded_at": None,
    "met_by": None, "ended_at": None, "reason": None,
}  # fmt: skip
_SUMMARY: JsonDict = {
    "kind": "first_response", "grade": "major", "running": 1, "met": 8, "met_recorded_late": 1, "breached": 1,
    "cancelled": 0, "unpushed": 0, "not_reached": 0, "median_seconds": 412.0, "p90_seconds": 1310.5, "compliance": 0.9,
    "compliance_as_recorded": 0.8,
}  # fmt: skip


Silent = Annotated[
    int | None, Field(ge=SHORTEST, le=LONGEST, description="In seconds; null: as long as we like.")
]  # fmt: skip
MOST_GRACE = 86_400


class SlaClock(Wire):
    """How long one clock runs at some grades."""

    model_config = ConfigDict(json_schema_extra={"example": _CLOCK})

    kind: Annotated[DeadlineKind, Field(description="Which clock.")]
    grades: Annotated[list[Grade], Field(max_length=3, description="At these grades; empty: at all of them.")] = []
    seconds: Annotated[
        int | None, Field(ge=1, le=MAX_SECONDS, description="For how long; every kind but `review`.")
    ] = None  # fmt: skip
    working_days: Annotated[
        int | None,
        Field(ge=1, le=MAX_WORKING_DAYS, description="Of `review`: until the end of so many working days."),
    ] = None


class SilenceCadence(Wire):
    """How long we may say nothing in public at each grade 避免沉默失语."""

    model_config = ConfigDict(json_schema_extra={"example": _SILENCE})

    major: Silent = 7_200
    serious: Silent = 14_400
    general: Silent = 28_800


class SlaPolicyCreate(Wire):
    """A new policy, or a new version of one. No clock runs by it until it is activated."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "plan", "note": "夜间值守更快",
                "clocks": [
                    _CLOCK,
                    {"kind": "alert", "seconds": 300},
                    {"kind": "review", "working_days": 3},
                ],
            }
        }
    )  # fmt: skip

    name: Annotated[Visible, Field(min_length=1, max_length=50, description="The same name again is its next version.")]
    clocks: Annotated[
        list[SlaClock],
        Field(
            min_length=1,
            max_length=50,
            description="A kind that is not there does not run; but a remediation does, for 24 hours. A commitment runs until what "
            "was promised is due: no policy states it.",
        ),
    ]
    follow_ups_percent: Annotated[
        int,
        Field(
            ge=0,
            le=100,
            description="How many of an incident's follow-ups 回访, in per cent, are done or waived before it is closed.",
        ),
    ] = 90
    silence: Annotated[
        SilenceCadence,
        Field(description="After how long without a public word `incident.silent` rings, and each time as long again."),
    ] = SilenceCadence()
    origin_grace_seconds: Annotated[
        int,
        Field(
            ge=0,
            le=MOST_GRACE,
            description="How long a statement may be out elsewhere before `statement.origin_missing` tells that it is not "
            "where it began.",
        ),
    ] = 1_800
    note: Annotated[Str, Field(max_length=1_000, description="Why it is as it is.")] = ""


class SlaClockOut(BaseModel):
    """One clock of a stored policy."""

    model_config = ConfigDict(json_schema_extra={"example": _CLOCK})

    kind: DeadlineKind = Field(description="Which clock.")
    grades: list[Grade] = Field(description="At these grades; empty: at all of them.")
    seconds: int | None = Field(description="For how long; null where it counts working days.")
    working_days: int | None = Field(description="Until the end of so many working days; null where it counts seconds.")


class SilenceCadenceOut(BaseModel):
    """How long we may say nothing in public at each grade."""

    model_config = ConfigDict(json_schema_extra={"example": _SILENCE})

    major: int | None = Field(description="In seconds; null: as long as we like.")
    serious: int | None = Field(description="In seconds; null: as long as we like.")
    general: int | None = Field(description="In seconds; null: as long as we like.")


class SlaPolicy(BaseModel):
    """One version of an SLA policy; versions never change."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(description="This version's id.")
    name: str = Field(description="The policy's name.", examples=["plan"])
    version: int = Field(description="Which version, from 1.", examples=[1])
    clocks: list[SlaClockOut] = Field(description="How long each clock runs.")
    follow_ups_percent: int = Field(
        description="How many of the follow-ups, in per cent, are done or waived before an incident is closed.",
        examples=[90],
    )
    silence: SilenceCadenceOut = Field(description="After how long without a public word it rings.")
    origin_grace_seconds: int = Field(
        description="How long a statement may be out elsewhere and not where it began.", examples=[1800]
    )
    note: str = Field(description="Why it is as it is.", examples=["方案 二"])
    active: bool = Field(description="Whether clocks are started under it.", examples=[True])
    created_at: datetime = Field(description="When it was made.")
    created_by: str = Field(description="By whom.", examples=["system:fenghuo"])


class SlaPolicyPage(Page[SlaPolicy]):
    """Some versions of policies, newest first."""


class DeadlineRing(BaseModel):
    """A threshold that rang."""

    model_config = ConfigDict(json_schema_extra={"example": _RING})

    threshold: int = Field(description="50 and 80 per cent of the time are warnings, 100 is the breach.")
    at: datetime = Field(description="When it rang.")
    late_by_seconds: float = Field(description="How late that was: more than a moment only after an outage.")


class Deadline(BaseModel):
    """A named clock 时限. What is left of it is `due_at` less the time it is: no countdown is sent."""

    model_config = ConfigDict(json_schema_extra={"example": _DEADLINE})

    id: UUID = Field(description="Our id.")
    kind: DeadlineKind = Field(description="Which clock of the plan.")
    incident_id: UUID | None = Field(description="The incident; null for an alert of a mention that has none.")
    task_id: UUID | None = Field(
        description="The task it runs for; null for every kind but `remediation` and `commitment`."
    )
    mention_id: UUID | None = Field(description="The mention whose alert it is; null for every other kind.")
    grade: Grade | None = Field(description="The grade it runs at; null: none.")
    is_drill: bool = Field(description="Whether it belongs to an exercise 演练.")
    policy_id: UUID = Field(description="The SLA policy version it was started under.")
    state: DeadlineState = Field(description="How it stands.")
    started_at: datetime = Field(description="When it began to run.")
    due_at: datetime = Field(description="When its time is over; up to then is in time.")
    scenario_started_at: datetime | None = Field(
        description="When it began in the time of the scenario, where it belongs to a run of a drill."
    )
    scenario_due_at: datetime | None = Field(
        description="When its time is over there: the plan's minutes and hours, which pass `scale` times faster."
    )
    estimated: bool = Field(description="Whether it was counted on a calendar that is not official yet.")
    rings: list[DeadlineRing] = Field(description="What rang, in order.")
    met_at: datetime | None = Field(description="When what it waits for happened, be it too late; null: not yet.")
    recorded_at: datetime | None = Field(description="When that was told.")
    met_by: str | None = Field(description="Who told it.")
    ended_at: datetime | None = Field(description="When it ended, however; null while it runs.")
    reason: str | None = Field(description="Why it was called off.")


class DeadlinePage(Page[Deadline]):
    """Some clocks, the first due first."""


class DeadlineQuery(PageQuery):
    """Which clocks: values of one parameter are alternatives, different parameters all hold."""

    kind: Annotated[list[DeadlineKind], Field(max_length=20, description="Of one of these kinds.")] = []
    state: Annotated[list[DeadlineState], Field(max_length=20, description="In one of these states.")] = []
    grade: Annotated[list[Grade], Field(max_length=3, description="At one of these grades.")] = []
    incident_id: Annotated[list[UUID], Field(max_length=20, description="Of one of these incidents.")] = []
    due_after: Annotated[Instant | None, Field(description="Due after this instant.")] = None
    due_before: Annotated[Instant | None, Field(description="Due before this instant.")] = None
    is_drill: Annotated[
        bool,
        Field(description="Exercises 演练 instead of what is real; where an incident is named, it does not matter."),
    ] = False


class SlaSummaryQuery(BaseModel):
    """Which clocks are summed up."""

    model_config = ConfigDict(extra="forbid")

    started_after: Annotated[Instant | None, Field(description="Started after this instant; null: 30 days ago.")] = None
    started_before: Annotated[Instant | None, Field(description="Started before this instant.")] = None
    is_drill: Annotated[bool, Field(description="Exercises 演练 instead of what is real.")] = False


class SlaSummaryRow(BaseModel):
    """One kind at one grade."""

    model_config = ConfigDict(json_schema_extra={"example": _SUMMARY})

    kind: DeadlineKind = Field(description="Which clock.")
    grade: Grade | None = Field(description="At which grade; null: none.")
    running: int = Field(description="How many run.")
    met: int = Field(description="How many were met in time.")
    met_recorded_late: int = Field(description="How many were met in time and told after the breach 补录.")
    breached: int = Field(description="How many were not met in time.")
    cancelled: int = Field(description="How many were called off.")
    unpushed: int = Field(description="How many alerts had nobody to be sent to.")
    not_reached: int = Field(description="How many were due only after the end of their drill 演练.")
    median_seconds: float | None = Field(description="Half of those done took no longer; null: none was done.")
    p90_seconds: float | None = Field(description="Nine of ten of those done took no longer.")
    compliance: float | None = Field(description="The share met in time, by when it happened; null: none has ended.")
    compliance_as_recorded: float | None = Field(description="The same by when we knew: what was told late is late.")


class SlaSummary(BaseModel):
    """How the clocks were kept, by kind and grade."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"started_after": "2026-02-01T00:00:00Z", "started_before": None, "data": [_SUMMARY]}
        }
    )

    started_after: datetime = Field(description="Clocks started after this instant.")
    started_before: datetime | None = Field(description="And before this one; null: up to now.")
    data: list[SlaSummaryRow] = Field(description="By kind in the plan's order, then by grade, the gravest first.")
