"""Incidents, their spread and the grading policies on the wire (方案 二(二)1)."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.core.bodies import Instant, Str, Visible, Wire
from app.core.paging import Page
from app.domain.grades import Grade, HarmClass, grade_of
from app.domain.lifecycle import Choice
from app.domain.vocabulary import GradeSource, IncidentStatus
from app.incidents.action_schemas import AllowedAction
from app.incidents.hold_schemas import LegalHold
from app.incidents.screen_schemas import IncidentLive
from app.models import Incident as IncidentRow


class MediaFollowUp(StrEnum):
    """Whether listed media report it 媒体跟进; suspected asks a person."""

    NONE = "none"
    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"


Title = Annotated[Visible, Field(min_length=1, max_length=200, description="What people call it.")]
Summary = Annotated[Str, Field(max_length=5_000, description="What it is about.")]
Reason = Annotated[Visible, Field(min_length=1, max_length=1_000, description="Why; it stands on the timeline.")]
Unit = Annotated[Str | None, Field(max_length=100, description="The business unit concerned 业务部门.")]


class IncidentOpen(Wire):
    """An incident opened by a person."""

    model_config = ConfigDict(json_schema_extra={"example": {"title": "牛奶异物", "harm_class": "user_rights"}})

    title: Title
    summary: Summary = ""
    harm_class: Annotated[HarmClass | None, Field(description="Whose interests are harmed.")] = None
    business_unit: Unit = None
    mention_ids: Annotated[
        list[UUID], Field(max_length=1000, description="Mentions it starts with, out of whatever they were in.")
    ] = []
    is_drill: Annotated[
        bool,
        Field(
            description="A table-top exercise 桌面演练: graded and moved by people, without mentions, and heard of only "
            "by who asks for drills. It stays one."
        ),
    ] = False


class IncidentPatch(Wire):
    """What people may change. Only the fields that are sent change."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"harm_class": "core_interest", "reason": "涉及婴幼儿食品安全"}}
    )

    title: Title = "…"
    summary: Summary = ""
    harm_class: Annotated[
        HarmClass | None, Field(description="Grades anew at once; null gives it back to the watch rule.")
    ] = None
    business_unit: Unit = None
    media_follow_up: Annotated[MediaFollowUp, Field(description="A person's word on media follow-up.")] = (
        MediaFollowUp.NONE
    )
    policy_id: Annotated[UUID, Field(description="Grades by another policy from now on.")] = UUID(int=1)
    reason: Annotated[Str, Field(max_length=1_000, description="Why; it stands on the timeline.")] = ""


class GradePut(Wire):
    """A grade set by a person. It stands until the machine finds something more severe than at the decision."""

    model_config = ConfigDict(json_schema_extra={"example": {"grade": "serious", "reason": "品牌形象严重受损"}})

    grade: Annotated[Grade | None, Field(description="The grade from now on; null for none.")]
    reason: Reason


class StatusPut(Wire):
    """A move made by a person."""

    model_config = ConfigDict(json_schema_extra={"example": {"status": "dismissed", "reason": "同名不同品牌"}})

    status: Annotated[IncidentStatus, Field(description="Where to; `merged` has its own operation.")]
    reason: Reason
    override: Annotated[
        bool,
        Field(
            description="Pass what is `missing` 特批, for this reason; for a person with the scope `incidents:override`."
        ),
    ] = False


class MentionsMove(Wire):
    """Which mentions to attach or detach."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"mention_ids": ["0190f5a2-7b5e-7c3d-8a1f-0123456789ab"], "reason": "同一事件"}}
    )

    mention_ids: Annotated[list[UUID], Field(min_length=1, max_length=1000, description="At most 1,000.")]
    reason: Reason


class IncidentMerge(Wire):
    """Which incident goes on."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"into_incident_id": "0190f5a2-7b5e-7c3d-8a1f-0123456789ab", "reason": "同一事件"}
        }
    )

    into_incident_id: Annotated[UUID, Field(description="It takes all the mentions and goes on.")]
    reason: Reason


class Incident(BaseModel):
    """Mentions handled as one case 危机事件. Live figures are in `/spread`.

    Phones, mails and @names in `title`, `summary` and `grade_reason` are masked unless you have `people:unmask`: don't
    send back what you read masked.
    """

    id: UUID = Field(description="Our id.")
    number: str = Field(
        description="What people quote: 2026-0031, or D2026-0001 for an exercise.", examples=["2026-0031"]
    )
    title: str = Field(description="What people call it.", examples=["牛奶异物"])
    summary: str = Field(description="What it is about.", examples=["多名用户称示例牌牛奶中有异物"])
    is_drill: bool = Field(description="Whether it is an exercise 演练: nothing of it is real.", examples=[False])
    drill_id: UUID | None = Field(
        description="The run of a drill that it came of; null: it is real, or an exercise that people opened by hand.",
        examples=[None],
    )
    status: IncidentStatus = Field(description="Where it stands.", examples=["responding"])
    grade: Grade | None = Field(description="The grade in force; null: watched, no crisis.", examples=["major"])
    level: int | None = Field(
        description="1 major 一级, 2 serious 二级, 3 general 三级; null where there is no grade.", examples=[1]
    )
    grade_label: str | None = Field(
        description="The grade with both words, for example 一级(重大).", examples=["一级(重大)"]
    )
    auto_grade: Grade | None = Field(
        description="What the rules say of what was reached; it may fall.", examples=["major"]
    )
    suggested_grade: Grade | None = Field(
        description="What the figures suggest now, also from stale data or baseline.", examples=["major"]
    )
    grade_source: GradeSource | None = Field(description="Who set the grade.")
    grade_reason: str | None = Field(
        description="Why the grade was set.", examples=["Rule major-2h: 130,000 in 2 h, more than 100,000."]
    )
    graded_at: datetime | None = Field(description="When the grade was set.")
    harm_class: HarmClass | None = Field(description="Whose interests are harmed.", examples=["user_rights"])
    business_unit: str | None = Field(description="The business unit concerned.", examples=["乳品事业部"])
    media_follow_up: MediaFollowUp = Field(description="Whether listed media report it.", examples=["none"])
    rule_id: UUID | None = Field(description="The watch rule it was opened by; null where a person did.")
    policy_id: UUID = Field(description="The grading policy version it is graded by.")
    calmed_at: datetime | None = Field(
        description="When calm was recorded; null: it was not, or a relapse 二次发酵 took it back.", examples=[None]
    )
    total: int = Field(description="传播量 counted so far.", examples=[130000])
    baseline: int = Field(description="Spread that is older than our looking: shown, in no window.", examples=[0])
    mention_count: int = Field(description="Mentions that belong to it.", examples=[42])
    opened_at: datetime = Field(description="When it was opened.")
    updated_at: datetime = Field(description="When people or the grade last changed it.")
    ended_at: datetime | None = Field(description="When it was closed, subsided, dismissed or merged.", examples=[None])
    merged_into: UUID | None = Field(description="The incident that goes on in its place.", examples=[None])
    recurrence_of: UUID | None = Field(
        description="The earlier incident that it is again 复发: the same watch rule or business unit, closed at most 90 days "
        "before. `/similar` has what did not hold.",
        examples=[None],
    )
    legal_hold: LegalHold | None = Field(description="The legal hold 法务保全 that stands.", examples=[None])
    version: int = Field(description="Counts the changes by people and of the grade.", examples=[3])
    allowed_actions: list[AllowedAction] = Field(
        description="The moves that lead on from here, and what else can be done, in the order of a screen's buttons."
    )
    live: IncidentLive | None = Field(description="What was asked for by `include`; null where nothing was.")

    @classmethod
    def of(
        cls, row: IncidentRow, choices: Iterable[Choice], words: dict[str, Any], live: dict[str, Any] | None = None
    ) -> Self:
        """Grades are always shown with both words: 重大 alone is the second grade in the state's own scale. ``words`` are
        the members that people wrote, as the caller may see them."""
        grade = grade_of(row.grade)
        shown = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)} | words | {"live": live}
        return cls(
            **shown, level=grade.level if grade else None, grade_label=grade.label if grade else None,
            allowed_actions=[AllowedAction.of(choice) for choice in choices],
        )  # fmt: skip


class TimelinePerson(BaseModel):
    """A person who did something."""

    id: UUID = Field(description="Our id.")
    name: str = Field(description="The name, for example 王**; whole with `people:unmask`.")


class TimelineEvent(BaseModel):
    """Something that happened, as everybody hears of it."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(description="The event's id.", examples=[7001])
    seq: int = Field(description="Its place on the incident's timeline, from 1 without a gap.", examples=[4])
    type: str = Field(
        description="What happened, for example incident.grade_changed.", examples=["incident.grade_changed"]
    )
    at: datetime = Field(description="When.")
    actor: str = Field(
        description="By whom: person:<id>, key:<id>, cli:<name> or system:fenghuo.", examples=["system:fenghuo"]
    )
    via: str | None = Field(
        description="What carried a person's act: key:<id>, link:<id> or oidc; null where no person acted."
    )
    person: TimelinePerson | None = Field(description="The person behind the actor; null where there is none.")
    data: dict[str, Any] = Field(
        description="The particulars, as in the webhook.", examples=[{"from": "general", "to": "major"}]
    )


class PolicyRule(Wire):
    """One rule. All that it states must be true together; the most severe rule that was reached decides."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"id": "major-2h", "grade": "major", "window_seconds": 7200, "threshold": 100000}}
    )

    id: Annotated[Str, Field(min_length=1, max_length=50, description="A short name of its own.")]
    grade: Annotated[Grade, Field(description="What it sets.")]
    window_seconds: Annotated[
        int | None,
        Field(ge=60, le=604_800, multiple_of=60, description="With `threshold`: more than that in this time."),
    ] = None
    threshold: Annotated[int | None, Field(ge=0, le=10**15, description="Strictly more than this.")] = None
    harm_classes: Annotated[list[HarmClass], Field(max_length=3, description="Any of these; empty: whatever.")] = []
    media_follow_up: Annotated[bool, Field(description="Whether media follow-up is needed.")] = False


class GradingPolicyCreate(Wire):
    """A new policy, or a new version of one. Nothing is graded by it until it is activated or given to an incident."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "plan",
                "note": "大促期间更敏感",
                "rules": [{"id": "general-8h", "grade": "general", "window_seconds": 28800, "threshold": 5000}],
            }
        }
    )

    name: Annotated[Visible, Field(min_length=1, max_length=50, description="The same name again is its next version.")]
    rules: Annotated[list[PolicyRule], Field(min_length=1, max_length=30, description="In order.")]
    note: Annotated[Str, Field(max_length=1_000, description="Why it is as it is.")] = ""


class PolicyRuleOut(BaseModel):
    """One rule of a stored policy."""

    id: str = Field(description="Its name in the policy.", examples=["major-2h"])
    grade: Grade = Field(description="What it sets.")
    window_seconds: int | None = Field(
        description="How long its window is; null: no volume is asked for.", examples=[7200]
    )
    threshold: int | None = Field(description="Strictly more than this.", examples=[100000])
    harm_classes: list[HarmClass] = Field(description="Any of these; empty: whatever.", examples=[[]])
    media_follow_up: bool = Field(description="Whether media follow-up is needed.", examples=[False])


class GradingPolicy(BaseModel):
    """One version of a grading policy; versions never change."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(description="This version's id.")
    name: str = Field(description="The policy's name.", examples=["plan"])
    version: int = Field(description="Which version, from 1.", examples=[1])
    rules: list[PolicyRuleOut] = Field(description="In order.")
    note: str = Field(description="Why it is as it is.", examples=["方案 二(二)1"])
    active: bool = Field(description="Whether new incidents are opened under it.", examples=[True])
    created_at: datetime = Field(description="When it was made.")
    created_by: str = Field(description="By whom.", examples=["system:fenghuo"])


class PolicySimulate(Wire):
    """Which past incidents to try the policy on."""

    model_config = ConfigDict(json_schema_extra={"example": {"opened_after": "2026-10-01T00:00:00+08:00"}})

    incident_ids: Annotated[list[UUID], Field(max_length=200, description="Only these; empty: any.")] = []
    opened_after: Annotated[Instant | None, Field(description="Opened after this instant.")] = None
    opened_before: Annotated[Instant | None, Field(description="Opened before this instant.")] = None
    limit: Annotated[int, Field(ge=1, le=200, description="The newest so many.")] = 100


class SimulatedGrade(BaseModel):
    """A grade an incident would have had."""

    grade: Grade = Field(description="The grade.")
    rule: str = Field(description="The rule that would have set it.", examples=["major-2h"])
    at: datetime = Field(description="The minute the rule first held.")


class SimulatedIncident(BaseModel):
    """One past incident under the policy."""

    incident_id: UUID = Field(description="The incident.")
    number: str = Field(description="Its number.", examples=["2026-0031"])
    grade: Grade | None = Field(description="The grade it has.")
    simulated_grade: Grade | None = Field(description="The most severe grade it would have had; null: none.")
    grades: list[SimulatedGrade] = Field(description="Each rise, in order.")


class PolicySimulation(BaseModel):
    """What a policy would have said of past incidents, as they are counted and judged today."""

    policy_id: UUID = Field(description="The policy version tried.")
    more_severe: int = Field(description="Incidents it would have graded more severely than they are.", examples=[1])
    less_severe: int = Field(description="Incidents it would have graded less severely.", examples=[0])
    incidents: list[SimulatedIncident] = Field(description="Newest first.")


class IncidentPage(Page[Incident]):
    """Some incidents, newest first."""


class TimelinePage(Page[TimelineEvent]):
    """Some of what happened to one incident, in order."""


class GradingPolicyPage(Page[GradingPolicy]):
    """Some versions of policies, newest first."""
