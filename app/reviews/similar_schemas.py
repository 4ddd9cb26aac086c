"""Past incidents that are like one, and those that came again, on the wire (R63)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Instant, Str
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.grades import Grade, HarmClass
from app.domain.vocabulary import IncidentStatus
from app.domain.vocabulary.reviews import ReviewDecisionKind, ReviewDecisionState
from app.domain.vocabulary.risks import RecurrenceReason, SimilarityPart
from app.reviews.risks_measure_schemas import MEASURE, RiskMeasure

_PAST = "0197a3f0-6000-7aaa-8bbb-0123456789ab"
_NOW = "0197a3f0-7000-7aaa-8bbb-0123456789ab"
_REVIEW = "0197a3f0-d000-7aaa-8bbb-0123456789ab"
_ONE: JsonDict = {
    "incident_id": _NOW, "number": "2026-0031", "title": "牛奶异物", "status": "responding", "grade": "serious",
    "opened_at": "2026-03-01T08:00:00Z", "ended_at": None,
}  # fmt: skip
_BEFORE: JsonDict = _ONE | {
    "incident_id": _PAST, "number": "2026-0012", "status": "closed", "opened_at": "2026-01-10T08:00:00Z",
    "ended_at": "2026-01-20T08:00:00Z",
}  # fmt: skip
_PART: JsonDict = {"part": "words", "likeness": 0.6, "weight": 0.3}
_SIMILAR: JsonDict = _BEFORE | {
    "harm_class": "user_rights", "business_unit": "乳品事业部", "total": 130000, "score": 0.79, "same_rule": True,
    "same_business_unit": True, "common_words": ["异物", "牛奶"], "spread_seconds": 93600, "review_id": _REVIEW,
    "parts": [
        {"part": "product", "likeness": 1.0, "weight": 0.35}, _PART,
        {"part": "curve", "likeness": 0.55, "weight": 0.2}, {"part": "harm_class", "likeness": 1.0, "weight": 0.15},
    ],
    "why": "同一监测规则（100%）；共有词：异物、牛奶（60%）；传播曲线（55%）；危害类别（100%）",
}  # fmt: skip
_DECIDED: JsonDict = {
    "kind": "process", "state": "no_change", "reason": "流程有效", "decided_at": "2026-01-25T08:00:00Z",
}  # fmt: skip
_RECURRENCE: JsonDict = {
    "incident": _ONE, "past_incident": _BEFORE, "reason": "rule", "closed_at": "2026-01-20T08:00:00Z", "days_between": 40,
    "review_id": _REVIEW, "measures": [MEASURE], "decisions": [_DECIDED],
}  # fmt: skip
_BY_UNIT: JsonDict = {"business_unit": "乳品事业部", "opened": 4, "recurred": 1}
_BY_REASON: JsonDict = {"reason": "rule", "count": 1}


class SimilarityFigure(BaseModel):
    """One part of a likeness."""

    model_config = ConfigDict(json_schema_extra={"example": _PART})

    part: SimilarityPart = Field(description="By what they are compared.")
    likeness: float = Field(description="How alike they are in it, from 0 to 1.")
    weight: float = Field(description="How much it weighs: the weights of what could be compared sum up to 1.")


class SimilarIncident(BaseModel):
    """A past incident that is like the one asked about, how much, and why."""

    model_config = ConfigDict(json_schema_extra={"example": _SIMILAR})

    incident_id: UUID = Field(description="The past incident.")
    number: str = Field(description="Its number, which people quote.")
    title: str = Field(description="What people call it, people's data masked unless you have `people:unmask`.")
    status: IncidentStatus = Field(description="Where it stands: a `dismissed` one was a false alarm.")
    grade: Grade | None = Field(description="Its grade in force.")
    harm_class: HarmClass | None = Field(description="Whose interests it harmed.")
    business_unit: str | None = Field(description="The business unit it concerned.")
    opened_at: datetime = Field(description="When it was opened.")
    ended_at: datetime | None = Field(description="When it ended; null: it has not.")
    total: int = Field(description="传播量 counted of it.")
    score: float = Field(description="How alike the two are in all, from 0 to 1: the sum of likeness times weight.")
    parts: list[SimilarityFigure] = Field(description="By what; what neither states is left out.")
    same_rule: bool = Field(description="Whether one watch rule opened both.")
    same_business_unit: bool = Field(description="Whether both concern one business unit.")
    common_words: list[str] = Field(description="The longest runs of characters that both say, five at most.")
    spread_seconds: int = Field(description="How long its spread took, from the first gain to the last.")
    review_id: UUID | None = Field(description="The review that says what was learned from it; null: none yet.")
    why: str = Field(description="The same in Chinese, for people.")


class RecurrenceIncident(BaseModel):
    """One of the two incidents of a recurrence."""

    model_config = ConfigDict(json_schema_extra={"example": _ONE})

    incident_id: UUID = Field(description="The incident.")
    number: str = Field(description="Its number, which people quote.")
    title: str = Field(description="What people call it, people's data masked unless you have `people:unmask`.")
    status: IncidentStatus = Field(description="Where it stands.")
    grade: Grade | None = Field(description="Its grade in force.")
    opened_at: datetime = Field(description="When it was opened.")
    ended_at: datetime | None = Field(description="When it ended; null: it has not.")


class RecurrenceDecision(BaseModel):
    """What the review of the earlier incident decided."""

    model_config = ConfigDict(json_schema_extra={"example": _DECIDED})

    kind: ReviewDecisionKind = Field(description="About what.")
    state: ReviewDecisionState = Field(description="What became of it.")
    reason: str = Field(description="Why.")
    decided_at: datetime | None = Field(description="When; null: it is not decided.")


class Recurrence(BaseModel):
    """An incident that is an earlier one again 复发, and what was done after that one and did not hold."""

    model_config = ConfigDict(json_schema_extra={"example": _RECURRENCE})

    incident: RecurrenceIncident = Field(description="The incident.")
    past_incident: RecurrenceIncident = Field(description="The earlier one.")
    reason: RecurrenceReason = Field(description="By what the one is the other again.")
    closed_at: datetime = Field(description="When the earlier one was closed; it may have been reopened since.")
    days_between: int = Field(description="How many whole days after that this one came, 90 at most.")
    review_id: UUID | None = Field(description="The review of the earlier one; null: none.")
    measures: list[RiskMeasure] = Field(
        description="Measures against the risks that came true in the earlier one, as far as they were asked for before "
        "this one."
    )
    decisions: list[RecurrenceDecision] = Field(description="What its review decided.")


class IncidentSimilarity(BaseModel):
    """Past incidents that are like one, the most alike first, and whether it is one of them again."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"incident_id": _NOW, "data": [_SIMILAR], "recurrence": None}}
    )

    incident_id: UUID = Field(description="The incident that was asked about.")
    data: list[SimilarIncident] = Field(description="Those with a score of 0.3 and more.", max_length=50)
    recurrence: Recurrence | None = Field(description="What it is again; null: nothing within 90 days.")


class ReviewSimilarity(BaseModel):
    """What came before the incidents of a review."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"review_id": _REVIEW, "data": [{"incident_id": _NOW, "data": [_SIMILAR], "recurrence": None}]}
        }
    )

    review_id: UUID = Field(description="The review.")
    data: list[IncidentSimilarity] = Field(description="Of each incident that it covers.", max_length=20)


class SimilarQuery(BaseModel):
    """How many of them."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=50, description="How many at most, 1 to 50.")] = 10


class RecurrencePage(Page[Recurrence]):
    """Some recurrences, the newest first."""


class RecurrenceUnitCount(BaseModel):
    """How often incidents of one business unit came again."""

    model_config = ConfigDict(json_schema_extra={"example": _BY_UNIT})

    business_unit: str | None = Field(description="The business unit; null: incidents that name none.")
    opened: int = Field(description="Its incidents.")
    recurred: int = Field(description="Those of them that were an earlier one again.")


class RecurrenceReasonCount(BaseModel):
    """How often incidents came again by one reason."""

    model_config = ConfigDict(json_schema_extra={"example": _BY_REASON})

    reason: RecurrenceReason = Field(description="By what they are earlier ones again.")
    count: int = Field(description="How many.")


class RecurrenceCounts(BaseModel):
    """How many incidents were an earlier one again. False alarms 误报 and merged ones are not counted."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "opened": 4, "recurred": 1, "by_reason": [_BY_REASON], "by_business_unit": [_BY_UNIT],
    }})  # fmt: skip

    opened: int = Field(description="Incidents that were opened.")
    recurred: int = Field(description="Those of them that were an earlier one again.")
    by_reason: list[RecurrenceReasonCount] = Field(description="By what, each reason.")
    by_business_unit: list[RecurrenceUnitCount] = Field(description="By business unit, the most recurrences first.")


_AFTER = Annotated[Instant | None, Field(description="Opened after this instant.")]
_UNTIL = Annotated[Instant | None, Field(description="Opened before this instant.")]
_UNITS = Annotated[list[Str], Field(max_length=20, description="Of one of these business units.")]
_RULES = Annotated[list[UUID], Field(max_length=20, description="Opened by one of these watch rules.")]
_DRILLS = Annotated[bool, Field(description="Exercises 演练 instead of what is real.")]


class RecurrenceFilters(BaseModel):
    """Which incidents are counted: values of one parameter are alternatives, different parameters all hold."""

    model_config = ConfigDict(extra="forbid")

    opened_after: _AFTER = None
    opened_before: _UNTIL = None
    business_unit: _UNITS = []
    rule_id: _RULES = []
    is_drill: _DRILLS = False


class RecurrenceQuery(PageQuery, RecurrenceFilters):
    """Which recurrences."""

    past_incident_id: Annotated[list[UUID], Field(max_length=20, description="Of one of these incidents again.")] = []
