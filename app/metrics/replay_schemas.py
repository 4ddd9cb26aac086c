"""Replays on the wire: a watch rule or a grading policy, tried on history before it is applied (方案 三, 调整灵敏度: R72)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Instant, Wire
from app.core.paging import Page
from app.domain.grades import Grade, HarmClass
from app.domain.vocabulary import Platform
from app.domain.vocabulary.quality import ReplayFailure, ReplayKind, ReplayState
from app.incidents.schemas import PolicyRule, PolicyRuleOut
from app.mentions.rule_schemas import RuleWordList

_ID, _RULE = "0197a3f0-e000-7aaa-8bbb-0123456789ab", "0197a3ef-1000-7aaa-8bbb-0123456789ab"
_MENTION = "0197a3f0-7000-7aaa-8bbb-0123456789ab"
_COUNTS: JsonDict = {
    "in_history": 12, "as_replayed": 14, "more": 3, "missed": 1, "changed": 1, "unchanged": 10, "set_apart": 0,
}  # fmt: skip
_HITS: JsonDict = {"before": 312, "after": 340, "more": 40, "fewer": 12}
HIT: JsonDict = {"mention_id": _MENTION, "platform": "weibo", "excerpt": "示例牌 翻车，客服 138****8000 不理"}
_INCIDENT: JsonDict = {
    "incident_id": None, "number": None, "opened_at": "2026-11-03T02:10:00Z", "first_mention_id": _MENTION,
    "excerpt": "示例牌 翻车", "mention_count": 9, "spread": 12100, "grade_before": None, "minute_before": None,
    "grade_after": "general", "rule_after": "general-8h", "minute_after": "2026-11-03T06:31:00Z",
    "already_in_incidents": 0, "joined_with": None,
}  # fmt: skip
_RESULT: JsonDict = {
    "summary": "回放 14 起事件，历史 12 起：多 3 起，漏 1 起，等级有变 1 起", "mentions_looked_at": 4210,
    "readings_looked_at": 9800, "incidents": _COUNTS, "more_incidents": [_INCIDENT], "missed_incidents": [],
    "changed_incidents": [], "hits": _HITS, "more_hits": [HIT], "fewer_hits": [],
}  # fmt: skip
_ASKED: JsonDict = {
    "rule_id": _RULE, "brand_words": ["示例牌"], "negative_words": ["投诉", "差评", "避雷", "翻车"], "exclusions": ["避雷针"],
    "harm_class": "user_rights", "policy_id": None, "policy_rules": None,
}  # fmt: skip
_REPLAY: JsonDict = {
    "id": _ID, "kind": "rule", "asked": _ASKED, "starts_at": "2026-11-01T00:00:00Z", "ends_at": "2026-11-26T00:00:00Z",
    "state": "running", "progress": 40, "asked_by": "person:0197a3f0-7000-7aaa-8bbb-0123456789ac",
    "created_at": "2026-11-26T01:00:00Z", "finished_at": None, "failure": None, "detail": "",
    "result": None,
}  # fmt: skip

Rules = Annotated[list[PolicyRule], Field(min_length=1, max_length=30, description="The rules, as a policy has them.")]


class HistoryReplayCreate(Wire):
    """What is to be tried, and on which span of history."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "kind": "rule", "rule_id": _RULE, "negative_words": ["投诉", "差评", "避雷", "翻车"],
                "starts_at": "2026-11-01T00:00:00+08:00",
            }
        }
    )  # fmt: skip

    kind: Annotated[ReplayKind, Field(description="`rule`: words. `policy`: grades.")]
    rule_id: Annotated[
        UUID | None,
        Field(description="The watch rule whose change is tried; null: a new one. Words not said are its own."),
    ] = None
    brand_words: Annotated[RuleWordList | None, Field(description="主体词.")] = None
    negative_words: Annotated[RuleWordList | None, Field(description="负面词.")] = None
    exclusions: Annotated[RuleWordList | None, Field(description="屏蔽词.")] = None
    harm_class: Annotated[HarmClass | None, Field(description="Whose interests its mentions harm.")] = None
    policy_id: Annotated[UUID | None, Field(description="A stored version of a grading policy, or:")] = None
    policy_rules: Annotated[Rules | None, Field(description="The rules of one that is stored nowhere yet.")] = None
    starts_at: Annotated[Instant, Field(description="From when on; 366 days at most.")]
    ends_at: Annotated[Instant | None, Field(description="Until when; null: now.")] = None


class ReplayAsked(BaseModel):
    """What is tried, whole: what was not said was taken from the rule."""

    model_config = ConfigDict(json_schema_extra={"example": _ASKED})

    rule_id: UUID | None = Field(description="The watch rule; null: a new one, or none.")
    brand_words: list[str] | None = Field(description="主体词; null of a policy.")
    negative_words: list[str] | None = Field(description="负面词; null of a policy.")
    exclusions: list[str] | None = Field(description="屏蔽词; null of a policy.")
    harm_class: HarmClass | None = Field(description="Whose interests its mentions harm; null of a policy.")
    policy_id: UUID | None = Field(description="The stored policy; null: none.")
    policy_rules: list[PolicyRuleOut] | None = Field(description="The rules; null of a watch rule.")


class ReplayCounts(BaseModel):
    """How many incidents, in history and as replayed. Of a policy those count that have a grade."""

    model_config = ConfigDict(json_schema_extra={"example": _COUNTS})

    in_history: int = Field(description="How many there were.")
    as_replayed: int = Field(description="How many there would have been.")
    more: int = Field(description="多: would have been, and were not.")
    missed: int = Field(description="漏: were, and would not have been.")
    changed: int = Field(description="Would have had another grade, or the same at another minute.")
    unchanged: int = Field(description="Would have been as they were.")
    set_apart: int = Field(
        description="Whose grade can't be replayed: people moved mentions in or out of them, or merged them."
    )


class ReplayHits(BaseModel):
    """How many mentions the rule hit, and would hit."""

    model_config = ConfigDict(json_schema_extra={"example": _HITS})

    before: int = Field(description="As history has it.")
    after: int = Field(description="By the words that are tried.")
    more: int = Field(description="Only by these.")
    fewer: int = Field(description="No more by these.")


class ReplayHit(BaseModel):
    """A mention that the words hit, or hit no more."""

    model_config = ConfigDict(json_schema_extra={"example": HIT})

    mention_id: UUID = Field(description="The mention.")
    platform: Platform = Field(description="Where it was posted.")
    excerpt: str = Field(description="How it begins, masked.")


class ReplayedIncident(BaseModel):
    """An incident that would have been other than history has it. Grades are the machine's own."""

    model_config = ConfigDict(json_schema_extra={"example": _INCIDENT})

    incident_id: UUID | None = Field(description="The real one; null: there was none.")
    number: str | None = Field(description="Its number; null: there was none.")
    opened_at: datetime = Field(description="When it was opened, or would have been.")
    first_mention_id: UUID | None = Field(description="What would have opened it; null of a real one.")
    excerpt: str | None = Field(description="How that begins, masked; null of a real one, or where it is gone.")
    mention_count: int | None = Field(description="Whose spread it would count; null: there would be none.")
    spread: int | None = Field(description="传播量 that it would have; null: there would be none.")
    grade_before: Grade | None = Field(description="The grade that it reached; null: none.")
    minute_before: datetime | None = Field(description="At which minute; null: none, or by harm and media alone.")
    grade_after: Grade | None = Field(description="The grade that it would have reached; null: none.")
    rule_after: str | None = Field(description="By which rule of the policy.")
    minute_after: datetime | None = Field(description="At which minute; null: none, or by harm and media alone.")
    already_in_incidents: int | None = Field(
        description="How many of its mentions other rules' incidents have; null of a real one."
    )
    joined_with: UUID | None = Field(
        description="The incident that its mentions would have joined instead; null: none."
    )


class ReplayResult(BaseModel):
    """What would have been other. Lists have 100 incidents and 20 mentions at most; the counts are of all."""

    model_config = ConfigDict(json_schema_extra={"example": _RESULT})

    summary: str = Field(description="The figures in a sentence.")
    mentions_looked_at: int = Field(description="How many mentions were gone through.")
    readings_looked_at: int = Field(description="How many readings were counted again.")
    incidents: ReplayCounts = Field(description="How many incidents, and how many other ones.")
    more_incidents: list[ReplayedIncident] = Field(description="多: these would have been too.")
    missed_incidents: list[ReplayedIncident] = Field(description="漏: these would not have been.")
    changed_incidents: list[ReplayedIncident] = Field(
        description="These would have had another grade, or another minute."
    )
    hits: ReplayHits | None = Field(description="How many hits; null of a policy.")
    more_hits: list[ReplayHit] = Field(description="The newest that only the tried words hit.")
    fewer_hits: list[ReplayHit] = Field(description="The newest that they hit no more.")


class HistoryReplay(BaseModel):
    """A watch rule or a grading policy on history 回放. Nothing real is changed by it, and exercises 演练 are left out.

    Of a rule its own incidents are played again; other rules' are taken as they were. What people said, moved, closed or
    dismissed stands.
    """

    model_config = ConfigDict(json_schema_extra={"example": _REPLAY})

    id: UUID = Field(description="Our id.")
    kind: ReplayKind = Field(description="What is tried.")
    asked: ReplayAsked = Field(description="The words or rules.")
    starts_at: datetime = Field(description="From when on.")
    ends_at: datetime = Field(description="Until when.")
    state: ReplayState = Field(description="How far it is.")
    progress: int = Field(description="The same in per cent.")
    asked_by: str = Field(description="By whom, as events name it.")
    created_at: datetime = Field(description="When it was asked for.")
    finished_at: datetime | None = Field(description="When it was done or failed; null: not yet.")
    failure: ReplayFailure | None = Field(description="Why there is no result; null: there is, or will be.")
    detail: str = Field(description="The same in words, with what to do.")
    result: ReplayResult | None = Field(description="What would have been other; null: not yet, or never.")


class HistoryReplayPage(Page[HistoryReplay]):
    """Some replays, the newest first."""
