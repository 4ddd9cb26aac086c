"""The three decisions of a review on the wire (R60-R62): what is to be changed, what it would do, what it did."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, RootModel
from pydantic.config import JsonDict

from app.core.bodies import Str, Wire
from app.domain.vocabulary import Platform
from app.domain.vocabulary.reviews import (
    ReviewChangeAction,
    ReviewDecisionKind,
    ReviewDecisionState,
    ReviewSubject,
)
from app.incidents.schemas import GradingPolicyCreate, Reason, TimelinePerson
from app.incidents.sla_schemas import SlaPolicyCreate
from app.mentions.rule_schemas import RULE_EXAMPLE, MediaOutletIn, WatchRuleCreate, WatchRulePatch
from app.reviews.risks_measure_schemas import RiskMeasureCreate
from app.reviews.risks_schemas import RiskCreate, RiskPatch
from app.statements.platform_schemas import PlatformRulePut

_REVIEW_ID = "0197a3f0-b000-7aaa-8bbb-0123456789ab"
_RULE_ID = "0197a3ef-1000-7aaa-8bbb-0123456789ab"
_STEP: JsonDict = {"action": "update", "rule_id": _RULE_ID, "fields": {"negative_words": ["投诉", "差评", "翻车"]}}
_OUTLET: JsonDict = {"name": "新华社", "tier": "central", "domains": ["news.cn"], "accounts": ["weibo:新华社"]}
_RISK: JsonDict = {"title": "供应商换料未报备", "category": "product_quality", "likelihood": 3, "impact": 5}
_RISK_STEP: JsonDict = {"action": "update", "risk_id": _RULE_ID, "fields": {"impact": 5, "reason": "涉及婴幼儿食品"}}
_PLATFORM: JsonDict = {"platform": "xiaohongshu", "fields": {"core": True, "max_chars": 1000, "max_title": 20}}
_SCOPE: JsonDict = {"kind": "scope", "watch_rules": [_STEP], "media_outlets": []}
_DIFFERENCE: JsonDict = {"path": "negative_words", "before": None, "after": None, "added": ["翻车"], "removed": []}
_SEEN: JsonDict = {
    "subject": "watch_rule", "subject_id": _RULE_ID, "action": "update", "name": "示例牌质量", "version": 3,
    "differences": [_DIFFERENCE],
}  # fmt: skip
_MADE: JsonDict = {
    "subject": "watch_rule", "subject_id": _RULE_ID, "action": "update", "name": "示例牌质量", "before_id": None,
    "before_version": 3, "after_version": 4,
}  # fmt: skip
_DECISION: JsonDict = {
    "review_id": _REVIEW_ID, "kind": "scope", "state": "open", "reason": "此次漏了“翻车”一词", "change": _SCOPE,
    "changes": [], "decided_at": None, "decided_by": None, "updated_at": "2026-03-05T08:00:00Z", "version": 2,
}  # fmt: skip
MOST_STEPS = 50


class WatchRuleCreation(Wire):
    """A new watch rule."""

    model_config = ConfigDict(json_schema_extra={"example": {"action": "create", "fields": RULE_EXAMPLE}})

    action: Annotated[Literal["create"], Field(description="Always `create`.")]
    fields: Annotated[WatchRuleCreate, Field(description="What it is, as where watch rules are created.")]


class WatchRuleUpdate(Wire):
    """A watch rule that is changed; with `enabled` false it hits nothing more."""

    model_config = ConfigDict(json_schema_extra={"example": _STEP})

    action: Annotated[Literal["update"], Field(description="Always `update`.")]
    rule_id: Annotated[UUID, Field(description="Which one.")]
    fields: Annotated[WatchRulePatch, Field(description="Only what is sent changes.")]


class WatchRuleStep(
    RootModel[Annotated[WatchRuleCreation | WatchRuleUpdate, Field(discriminator="action")]],
):  # fmt: skip
    """One thing that is done to the watch rules."""

    model_config = ConfigDict(json_schema_extra={"example": _STEP})


class MediaOutletCreation(Wire):
    """An outlet that is put on the list."""

    model_config = ConfigDict(json_schema_extra={"example": {"action": "create", "fields": _OUTLET}})

    action: Annotated[Literal["create"], Field(description="Always `create`.")]
    fields: Annotated[MediaOutletIn, Field(description="What it is.")]


class MediaOutletReplacement(Wire):
    """An outlet of which something else is known."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"action": "update", "outlet_id": _RULE_ID, "fields": _OUTLET}}
    )

    action: Annotated[Literal["update"], Field(description="Always `update`.")]
    outlet_id: Annotated[UUID, Field(description="Which one.")]
    fields: Annotated[MediaOutletIn, Field(description="All that is known of it.")]


class MediaOutletRemoval(Wire):
    """An outlet that is taken off the list."""

    model_config = ConfigDict(json_schema_extra={"example": {"action": "delete", "outlet_id": _RULE_ID}})

    action: Annotated[Literal["delete"], Field(description="Always `delete`.")]
    outlet_id: Annotated[UUID, Field(description="Which one.")]


class MediaOutletStep(
    RootModel[
        Annotated[MediaOutletCreation | MediaOutletReplacement | MediaOutletRemoval, Field(discriminator="action")]
    ]
):
    """One thing that is done to the list of media outlets."""

    model_config = ConfigDict(json_schema_extra={"example": {"action": "create", "fields": _OUTLET}})


class CorePlatformStep(Wire):
    """What holds for a platform from then on: above all whether every statement is planned there 核心平台."""

    model_config = ConfigDict(json_schema_extra={"example": _PLATFORM})

    platform: Annotated[Platform, Field(description="Which platform.")]
    fields: Annotated[PlatformRulePut, Field(description="All that is to hold for it.")]


class RiskCreation(Wire):
    """A risk that this taught us of. It is linked to the incidents that the review covers."""

    model_config = ConfigDict(json_schema_extra={"example": {"action": "create", "fields": _RISK}})

    action: Annotated[Literal["create"], Field(description="Always `create`.")]
    fields: Annotated[RiskCreate, Field(description="What it is, as where risks are entered.")]


class RiskUpdate(Wire):
    """A risk that is other than we thought, or has to be prevented otherwise. It is linked to the incidents covered."""

    model_config = ConfigDict(json_schema_extra={"example": _RISK_STEP})

    action: Annotated[Literal["update"], Field(description="Always `update`.")]
    risk_id: Annotated[UUID, Field(description="Which one.")]
    fields: Annotated[RiskPatch, Field(description="Only what is sent changes.")] = RiskPatch()
    measures: Annotated[
        list[RiskMeasureCreate], Field(max_length=20, description="What is done besides so that it does not come true.")
    ] = []


class RiskStep(RootModel[Annotated[RiskCreation | RiskUpdate, Field(discriminator="action")]]):
    """One thing that is done to the risk register."""

    model_config = ConfigDict(json_schema_extra={"example": _RISK_STEP})


class RisksChange(Wire):
    """What is changed about the risk register 风险清单."""

    model_config = ConfigDict(json_schema_extra={"example": {"kind": "risks", "risks": [_RISK_STEP]}})

    kind: Annotated[Literal[ReviewDecisionKind.RISKS], Field(description="Always `risks`.")]
    risks: Annotated[list[RiskStep], Field(max_length=MOST_STEPS, description="What is done to risks, in order.")] = []


class ProcessChange(Wire):
    """What is changed about the process 流程: other clocks, other grades, or both. Each is a new version, put in force."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "kind": "process",
                "grading_policy": {
                    "name": "plan", "note": "大促期间更敏感",
                    "rules": [{"id": "general-8h", "grade": "general", "window_seconds": 28800, "threshold": 5000}],
                },
            }
        }
    )  # fmt: skip

    kind: Annotated[Literal[ReviewDecisionKind.PROCESS], Field(description="Always `process`.")]
    grading_policy: Annotated[
        GradingPolicyCreate | None, Field(description="What incidents are graded by that are opened from then on.")
    ] = None
    sla_policy: Annotated[SlaPolicyCreate | None, Field(description="What clocks are started by from then on.")] = None


class ScopeChange(Wire):
    """What is changed about the scope of monitoring 监测范围."""

    model_config = ConfigDict(json_schema_extra={"example": _SCOPE})

    kind: Annotated[Literal[ReviewDecisionKind.SCOPE], Field(description="Always `scope`.")]
    watch_rules: Annotated[
        list[WatchRuleStep], Field(max_length=MOST_STEPS, description="What is done to watch rules, in order.")
    ] = []
    media_outlets: Annotated[
        list[MediaOutletStep], Field(max_length=MOST_STEPS, description="What is done to media outlets, in order.")
    ] = []
    core_platforms: Annotated[
        list[CorePlatformStep], Field(max_length=len(Platform), description="Which platforms are other, and how.")
    ] = []


class ReviewChange(RootModel[Annotated[RisksChange | ProcessChange | ScopeChange, Field(discriminator="kind")]]):
    """What one of the three decisions changes: `kind` is that of the decision."""

    model_config = ConfigDict(json_schema_extra={"example": _SCOPE})


class ReviewDecisionPut(Wire):
    """A draft of what is to be changed. Nothing is changed yet."""

    model_config = ConfigDict(json_schema_extra={"example": {"reason": "此次漏了“翻车”一词", "change": _SCOPE}})

    reason: Annotated[Str, Field(max_length=2_000, description="What the change is for.")] = ""
    change: Annotated[ReviewChange, Field(description="What is to be changed, all at once.")]


class ReviewDecisionKeep(Wire):
    """Why nothing changes."""

    model_config = ConfigDict(json_schema_extra={"example": {"reason": "规则已覆盖，无须调整"}})

    reason: Reason


class ReviewDifference(BaseModel):
    """One member that would be other."""

    model_config = ConfigDict(json_schema_extra={"example": _DIFFERENCE})

    path: str = Field(description="Which member, for example `rules/general-8h/threshold`.")
    before: str | None = Field(description="As it is; null: there is none, or it is a list of words.")
    after: str | None = Field(description="As it would be; null: it would be gone, or it is a list of words.")
    added: list[str] = Field(description="Of a list of words: which came.")
    removed: list[str] = Field(description="Of a list of words: which went.")


class ReviewChangePreviewed(BaseModel):
    """One thing that would be changed."""

    model_config = ConfigDict(json_schema_extra={"example": _SEEN})

    subject: ReviewSubject = Field(description="What it is.")
    subject_id: str | None = Field(description="Which, by its id; of policies the version in force. Null: it is new.")
    action: ReviewChangeAction = Field(description="What would be done to it.")
    name: str = Field(description="What it is called.")
    version: int | None = Field(description="In which version it was looked at; null: it is new.")
    differences: list[ReviewDifference] = Field(description="What would be other about it.")


class ReviewPreview(BaseModel):
    """What applying a decision would change. The ETag is good as If-Match when it is applied."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"review_id": _REVIEW_ID, "kind": "scope", "version": 311904417, "changes": [_SEEN]}
        }
    )

    review_id: UUID = Field(description="The review.")
    kind: ReviewDecisionKind = Field(description="Which of the three.")
    version: int = Field(description="Stands for the draft and for what it would change; the ETag begins with it.")
    changes: list[ReviewChangePreviewed] = Field(description="Each thing that would be changed, in the draft's order.")


class ReviewChangeMade(BaseModel):
    """One thing that a decision changed."""

    model_config = ConfigDict(json_schema_extra={"example": _MADE})

    subject: ReviewSubject = Field(description="What it is.")
    subject_id: str = Field(description="Which, by its id; of policies the new version's.")
    action: ReviewChangeAction = Field(description="What was done to it.")
    name: str = Field(description="What it was called then.")
    before_id: str | None = Field(description="Of policies: the version that was in force before.")
    before_version: int | None = Field(description="Its version before; null: it is new.")
    after_version: int | None = Field(description="Its version after; null: it is gone.")


class ReviewDecision(BaseModel):
    """One of the three decisions of a review."""

    model_config = ConfigDict(json_schema_extra={"example": _DECISION})

    review_id: UUID = Field(description="The review.")
    kind: ReviewDecisionKind = Field(description="Which of the three.")
    state: ReviewDecisionState = Field(description="How it stands.")
    reason: str = Field(description="What the change is for, or why nothing changes.")
    change: dict[str, Any] | None = Field(description="What is to be changed or was, as it was sent; null: nothing.")
    changes: list[ReviewChangeMade] = Field(description="What was changed.")
    decided_at: datetime | None = Field(description="When it was decided; null: it is not.")
    decided_by: TimelinePerson | None = Field(description="Who decided.")
    updated_at: datetime = Field(description="When it was changed last.")
    version: int = Field(description="Counts the changes; the ETag begins with it.")
