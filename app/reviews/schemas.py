"""Reviews 复盘 on the wire (方案 二(三))."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Instant, Str, Wire
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.grades import Grade
from app.domain.vocabulary import IncidentStatus
from app.domain.vocabulary.reports import FactSource
from app.domain.vocabulary.reviews import (
    ReviewAction,
    ReviewDecisionKind,
    ReviewDecisionState,
    ReviewGap,
    ReviewStatus,
)
from app.incidents.schemas import TimelinePerson

_ID = "0197a3f0-b000-7aaa-8bbb-0123456789ab"
_INCIDENT_ID = "0197a3f0-7000-7aaa-8bbb-0123456789ab"
_PERSON: JsonDict = {"id": "0197a3f0-7000-7aaa-8bbb-0123456789ac", "name": "王**"}
_SENTENCE: JsonDict = {
    "incident_id": _INCIDENT_ID, "text": "首次会议于 2026-03-01 16:20:00，在事件开启后 20 分钟。", "event_ids": [7004],
    "sources": [],
}  # fmt: skip
_FOUND: JsonDict = {"cause": [], "timely": [_SENTENCE], "effective": [], "gaps": []}
_ANSWERS: JsonDict = {"cause": "供应商换料未报备", "timely": "首次会议按时召开", "effective": "", "gaps": ""}
_EFFORT: JsonDict = {"person": _PERSON, "department_id": None, "hours": 6.5}
_ALLOWED: JsonDict = {
    "action": "issue_report", "decision": None, "allowed": False, "missing": ["effective", "gaps"],
    "refusal": "review_incomplete",
}  # fmt: skip
_STATE: JsonDict = {"kind": "risks", "state": "open", "decided_at": None}
_COVERED: JsonDict = {
    "incident_id": _INCIDENT_ID, "number": "2026-0031", "title": "牛奶异物", "grade": "general", "status": "closing",
    "due_at": "2026-03-05T15:59:59Z", "left_at": None,
}  # fmt: skip
_REVIEW: JsonDict = {
    "id": _ID, "is_drill": False, "status": "open", "merged_into": None, "incidents": [_COVERED],
    "since": "2026-03-02T04:00:00Z", "found": _FOUND, "found_at": "2026-03-02T04:00:00Z", "answers": _ANSWERS,
    "participants": [_PERSON], "meeting_at": "2026-03-04T01:00:00Z", "meeting_note": "", "efforts": [_EFFORT],
    "due_at": "2026-03-05T15:59:59Z", "reported_at": None, "reported_by": None, "report_id": None,
    "decisions": [_STATE], "decisions_due_at": "2026-03-12T15:59:59Z", "completed_at": None,
    "created_at": "2026-03-02T04:00:00Z", "updated_at": "2026-03-04T02:00:00Z", "version": 3,
    "allowed_actions": [_ALLOWED],
}  # fmt: skip
MOST_PARTICIPANTS = 100
MOST_COVERED = 50

Answer = Annotated[Str, Field(max_length=20_000, description="What people answer; empty: nothing yet.")]
Cause = Annotated[Answer, Field(description="What started it 起因.")]
Timely = Annotated[Answer, Field(description="Whether we were in time 响应是否及时.")]
Effective = Annotated[Answer, Field(description="Whether what we did worked 处置是否有效.")]
Gaps = Annotated[Answer, Field(description="Which gaps it showed 存在漏洞.")]


class ReviewAnswersPatch(Wire):
    """Answers to the four questions (方案 二(三)); those that are not sent stay."""

    model_config = ConfigDict(json_schema_extra={"example": {"cause": "供应商换料未报备"}})

    cause: Cause = ""
    timely: Timely = ""
    effective: Effective = ""
    gaps: Gaps = ""


class ReviewEffortIn(Wire):
    """Hours that somebody spent on it: of a person or of a department, one of the two."""

    model_config = ConfigDict(json_schema_extra={"example": {"person_id": _PERSON["id"], "hours": 6.5}})

    person_id: Annotated[UUID | None, Field(description="Whose; null: a department's.")] = None
    department_id: Annotated[UUID | None, Field(description="Which department's; null: a person's.")] = None
    hours: Annotated[float, Field(ge=0.25, le=10_000, multiple_of=0.25, description="How many, in quarters.")]


class ReviewPatch(Wire):
    """What people say of what happened. Only the fields that are sent change."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"answers": {"cause": "供应商换料未报备"}, "meeting_at": "2026-03-04T09:00:00+08:00"}
        }
    )

    answers: Annotated[ReviewAnswersPatch, Field(description="The answers that change.")] = ReviewAnswersPatch()
    participant_ids: Annotated[
        list[UUID], Field(max_length=MOST_PARTICIPANTS, description="Who took part: active people.")
    ] = []
    meeting_at: Annotated[
        Instant | None, Field(description="When the meeting was held, after the calm or the end; null: not yet.")
    ] = None
    meeting_note: Annotated[Str, Field(max_length=20_000, description="What else is remembered of it.")] = ""
    efforts: Annotated[
        list[ReviewEffortIn], Field(max_length=200, description="All hours, in place of those before.")
    ] = []


class ReviewIncidentsAdd(Wire):
    """Which incidents are covered as well."""

    model_config = ConfigDict(json_schema_extra={"example": {"incident_ids": [_INCIDENT_ID]}})

    incident_ids: Annotated[
        list[UUID], Field(min_length=1, max_length=MOST_COVERED, description="General incidents with an open review.")
    ]


class ReviewReportIssue(Wire):
    """When the report was issued."""

    model_config = ConfigDict(json_schema_extra={"example": {"happened_at": "2026-03-05T16:00:00+08:00"}})

    happened_at: Annotated[
        Instant | None, Field(description="When, after the meeting; null: now. Clocks judge by it.")
    ] = None


class ReviewSentence(BaseModel):
    """One thing that the machine found, and what it rests on."""

    model_config = ConfigDict(json_schema_extra={"example": _SENTENCE})

    incident_id: UUID = Field(description="Of which incident.")
    text: str = Field(description="What was found, in words and figures.")
    event_ids: list[int] = Field(description="The events on its timeline that it rests on.")
    sources: list[FactSource] = Field(description="The answers of this API that it was counted from.")


class ReviewFound(BaseModel):
    """What the machine found for each of the four questions. What to make of it is people's to answer."""

    model_config = ConfigDict(json_schema_extra={"example": _FOUND})

    cause: list[ReviewSentence] = Field(description="What started it 起因.")
    timely: list[ReviewSentence] = Field(description="Whether we were in time 响应是否及时.")
    effective: list[ReviewSentence] = Field(description="Whether what we did worked 处置是否有效.")
    gaps: list[ReviewSentence] = Field(description="Which gaps it showed 存在漏洞.")


class ReviewAnswers(BaseModel):
    """What people answer."""

    model_config = ConfigDict(json_schema_extra={"example": _ANSWERS})

    cause: str = Field(description="What started it 起因.")
    timely: str = Field(description="Whether we were in time 响应是否及时.")
    effective: str = Field(description="Whether what we did worked 处置是否有效.")
    gaps: str = Field(description="Which gaps it showed 存在漏洞.")


class ReviewEffort(BaseModel):
    """Hours that somebody spent on it."""

    model_config = ConfigDict(json_schema_extra={"example": _EFFORT})

    person: TimelinePerson | None = Field(description="Whose; null: a department's.")
    department_id: UUID | None = Field(description="Which department's; null: a person's.")
    hours: float = Field(description="How many.")


class ReviewCovered(BaseModel):
    """An incident that the review covers, or did."""

    model_config = ConfigDict(json_schema_extra={"example": _COVERED})

    incident_id: UUID = Field(description="The incident.")
    number: str = Field(description="Its number, which people quote.")
    title: str = Field(description="What it is about.")
    grade: Grade | None = Field(description="Its grade; null: none.")
    status: IncidentStatus = Field(description="How it stands.")
    due_at: datetime | None = Field(description="When its own clock `review` is or was due; null: it has none.")
    left_at: datetime | None = Field(description="Since when it is covered by another review; null: by this one.")


class ReviewDecisionSummary(BaseModel):
    """How one of the three decisions stands."""

    model_config = ConfigDict(json_schema_extra={"example": _STATE})

    kind: ReviewDecisionKind = Field(description="Which of the three.")
    state: ReviewDecisionState = Field(description="How it stands.")
    decided_at: datetime | None = Field(description="When it was decided; null: it is not.")


class ReviewAllowedAction(BaseModel):
    """One thing people may want to do about a review, and whether it would be refused: a button for a screen. Scopes come
    on top."""

    model_config = ConfigDict(json_schema_extra={"example": _ALLOWED})

    action: ReviewAction = Field(description="What.")
    decision: ReviewDecisionKind | None = Field(description="Of `decide`: which of the three.")
    allowed: bool = Field(description="Whether it can be done as things stand.")
    missing: list[ReviewGap] = Field(description="What must be there first.")
    refusal: str | None = Field(description="The `code` of the problem that would be answered; null: it is allowed.")


class Review(BaseModel):
    """What is learned from one incident, or from several general ones 复盘.

    Phones, mails and @names in what people wrote are masked unless you have `people:unmask`: don't send back what you read
    masked.
    """

    model_config = ConfigDict(json_schema_extra={"example": _REVIEW})

    id: UUID = Field(description="Our id.")
    is_drill: bool = Field(description="Whether it is of an exercise 演练.")
    status: ReviewStatus = Field(description="How it stands.")
    merged_into: UUID | None = Field(description="The review that covers its incident now.")
    incidents: list[ReviewCovered] = Field(
        description="The incidents that it covers, and did, the first covered first."
    )
    since: datetime = Field(description="When the incident was calm or over: a meeting before it does not count.")
    found: ReviewFound = Field(description="What the machine found, as of `found_at`.")
    found_at: datetime | None = Field(description="When that was; null: not yet.")
    answers: ReviewAnswers = Field(description="What people answer to the four questions.")
    participants: list[TimelinePerson] = Field(description="Who took part.")
    meeting_at: datetime | None = Field(description="When the meeting was held; null: not yet.")
    meeting_note: str = Field(description="What else is remembered of it.")
    efforts: list[ReviewEffort] = Field(description="Hours spent on it, where people entered them.")
    due_at: datetime | None = Field(description="When the first of its incidents' clocks is due; null: none has one.")
    reported_at: datetime | None = Field(description="When its report was issued; null: not yet.")
    reported_by: TimelinePerson | None = Field(description="Who said so.")
    report_id: UUID | None = Field(description="The report as it was issued.")
    decisions: list[ReviewDecisionSummary] = Field(description="Its three decisions.")
    decisions_due_at: datetime | None = Field(description="When the decisions are due: seven days after `due_at`.")
    completed_at: datetime | None = Field(description="When it had its report and its decisions; null: not yet.")
    created_at: datetime = Field(description="When it was born.")
    updated_at: datetime = Field(description="When it was changed last.")
    version: int = Field(description="Counts the changes; the ETag begins with it.")
    allowed_actions: list[ReviewAllowedAction] = Field(description="What may be done about it.")


class ReviewPage(Page[Review]):
    """Some reviews, the newest first."""


class ReviewQuery(PageQuery):
    """Which reviews: values of one parameter are alternatives, different parameters all hold."""

    status: Annotated[list[ReviewStatus], Field(max_length=5, description="In one of these states.")] = []
    incident_id: Annotated[
        list[UUID], Field(max_length=20, description="That cover one of these incidents, or did.")
    ] = []
    changed: Annotated[
        list[Annotated[Str, Field(min_length=1, max_length=100)]],
        Field(max_length=20, description="That changed one of these: the id of a policy's version, a watch rule, a risk ..."),
    ] = []  # fmt: skip
    overdue: Annotated[
        bool, Field(description="Only what is late: the report by its clock, or the decisions by their date.")
    ] = False
    is_drill: Annotated[
        bool,
        Field(description="Exercises 演练 instead of what is real; where an incident is named, it does not matter."),
    ] = False
