"""Digests 简报 and the trial 试运行 on the wire (R70, R71)."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.domain.grades import Grade
from app.domain.vocabulary import DeadlineKind, IncidentStatus
from app.domain.vocabulary.quality import Violation
from app.webhooks.event_schemas.base import EventBase, shown_as
from app.webhooks.event_types import EventType

_GRADE: JsonDict = {"grade": "major", "count": 1}
_STATUS: JsonDict = {"status": "handling", "count": 1}
_CLOCK: JsonDict = {"clock": "first_response", "count": 1}
_VIOLATION: JsonDict = {"violation": "leak", "count": 1}
FIGURES: JsonDict = {
    "mentions": 4210, "hits": 312, "alerts_late": 1, "incidents_opened": 2, "opened_by_grade": [_GRADE],
    "incidents_open": 3, "open_by_status": [_STATUS], "open_by_grade": [_GRADE], "incidents_calmed": 1,
    "incidents_closed": 1, "clocks_breached": 1, "breached_by_clock": [_CLOCK], "statements_published": 2,
    "patrols_done": 3, "patrols_missed": 0, "sources_silent": 0, "training_coverage": 0.96, "reviews_overdue": 0,
    "risks_overdue": 1, "tasks_overdue": 2, "employee_posts": 1, "employee_violations": [_VIOLATION],
}  # fmt: skip
PERIOD: JsonDict = {
    "digest_id": "0197a3f0-d000-7aaa-8bbb-0123456789ab", "starts_at": "2026-11-24T16:00:00Z",
    "ends_at": "2026-11-25T16:00:00Z", "late_by_seconds": 0, "is_trial": False,
}  # fmt: skip
_DIGEST: JsonDict = PERIOD | {"figures": FIGURES, "before": FIGURES}
_TRIAL: JsonDict = {"trial_id": "0197a3f0-d100-7aaa-8bbb-0123456789ab", "reason": "试运行一个月"}
_ENDED: JsonDict = _TRIAL | {"started_at": "2026-11-24T16:00:00Z"}


class DigestGradeCount(BaseModel):
    """How many incidents of one grade."""

    model_config = ConfigDict(json_schema_extra={"example": _GRADE})

    grade: Grade | None = Field(description="The grade; null: none.")
    count: int = Field(description="How many.")


class DigestStatusCount(BaseModel):
    """How many incidents stand there."""

    model_config = ConfigDict(json_schema_extra={"example": _STATUS})

    status: IncidentStatus = Field(description="Where they stand.")
    count: int = Field(description="How many.")


class DigestClockCount(BaseModel):
    """How many clocks of one kind."""

    model_config = ConfigDict(json_schema_extra={"example": _CLOCK})

    clock: DeadlineKind = Field(description="The clock.")
    count: int = Field(description="How many.")


class DigestViolationCount(BaseModel):
    """How many employees' posts of one kind."""

    model_config = ConfigDict(json_schema_extra={"example": _VIOLATION})

    violation: Violation | None = Field(description="What they violate; null: nothing.")
    count: int = Field(description="How many.")


class DigestFigures(BaseModel):
    """What happened in a period, and how things stood at its end. Exercises 演练 are left out."""

    model_config = ConfigDict(json_schema_extra={"example": FIGURES})

    mentions: int = Field(description="Mentions first heard of.")
    hits: int = Field(description="Negative hits of which people were to hear.")
    alerts_late: int = Field(description="Alerts that fell due and had not reached anybody by then.")
    incidents_opened: int = Field(description="Incidents opened.")
    opened_by_grade: list[DigestGradeCount] = Field(description="Those, by their grade at the end.")
    incidents_open: int = Field(description="Incidents that were open at the end.")
    open_by_status: list[DigestStatusCount] = Field(description="Those, by where they stood.")
    open_by_grade: list[DigestGradeCount] = Field(description="Those, by their grade.")
    incidents_calmed: int = Field(description="Incidents that became calm.")
    incidents_closed: int = Field(description="Incidents that were closed.")
    clocks_breached: int = Field(
        description="Clocks of incidents and tasks that fell due and were breached; no alerts."
    )
    breached_by_clock: list[DigestClockCount] = Field(description="Those, by kind.")
    statements_published: int = Field(description="What we said in public, a platform each.")
    patrols_done: int = Field(description="Patrols that were walked, of those that began.")
    patrols_missed: int = Field(description="Patrols that were not walked in time, of those that began.")
    sources_silent: int = Field(description="Sources that were silent at the end.")
    training_coverage: float | None = Field(
        description="The share of people on the roster at the end who hold all they must, 0 to 1; null: nobody was."
    )
    reviews_overdue: int = Field(description="Reviews that were late at the end.")
    risks_overdue: int = Field(description="Risks that nobody had looked at again in time, at the end.")
    tasks_overdue: int = Field(description="Tasks that were late at the end.")
    employee_posts: int = Field(description="Mentions that people labelled as an employee's 员工账号.")
    employee_violations: list[DigestViolationCount] = Field(description="Those, by what they violate.")


class DigestData(BaseModel):
    """A digest as it was issued."""

    model_config = ConfigDict(json_schema_extra={"example": _DIGEST})

    digest_id: UUID = Field(description="The digest; `GET /v1/metrics/digests/{digest_id}` has it.")
    starts_at: datetime = Field(description="When its period began: a midnight in Shanghai.")
    ends_at: datetime = Field(description="When it ended; that instant is the next one's.")
    late_by_seconds: int = Field(description="How long after its time it was issued: more than some after an outage.")
    is_trial: bool = Field(
        description="Whether there was a trial 试运行 in the period: then don't take it for the real thing."
    )
    figures: DigestFigures = Field(description="The period.")
    before: DigestFigures = Field(description="The period before.")


class TrialStartedData(BaseModel):
    """Which trial, and why."""

    model_config = ConfigDict(json_schema_extra={"example": _TRIAL})

    trial_id: UUID = Field(description="The trial; `GET /v1/programme` has all.")
    reason: str = Field(description="Why, as it was said.")


class TrialEndedData(TrialStartedData):
    """Since when it had gone on."""

    model_config = ConfigDict(json_schema_extra={"example": _ENDED})

    started_at: datetime = Field(description="When it began.")


class DigestDailyEvent(EventBase):
    """Yesterday in figures 每日简报, beside the day before. Once a day."""

    model_config = shown_as("digest.daily", _DIGEST)

    type: Literal[EventType.DIGEST_DAILY] = Field(description="Always `digest.daily`.")
    data: DigestData = Field(description="The particulars.")


class DigestWeeklyEvent(EventBase):
    """The last week in figures 每周小结, beside the week before. Once a week, on Monday."""

    model_config = shown_as("digest.weekly", _DIGEST)

    type: Literal[EventType.DIGEST_WEEKLY] = Field(description="Always `digest.weekly`.")
    data: DigestData = Field(description="The particulars.")


class TrialStartedEvent(EventBase):
    """A trial 试运行 began: robots' messages say so until it is over."""

    model_config = shown_as("trial.started", _TRIAL)

    type: Literal[EventType.TRIAL_STARTED] = Field(description="Always `trial.started`.")
    data: TrialStartedData = Field(description="The particulars.")


class TrialEndedEvent(EventBase):
    """A trial 试运行 is over: from now on everything is meant."""

    model_config = shown_as("trial.ended", _ENDED)

    type: Literal[EventType.TRIAL_ENDED] = Field(description="Always `trial.ended`.")
    data: TrialEndedData = Field(description="The particulars.")
