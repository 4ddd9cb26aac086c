"""Affected users 受影响用户 on the wire (R50b)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Str, Visible, Wire
from app.core.imports import ImportQuery
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.vocabulary import CareState, ContactKind, Platform, TaskState

_CREATE: JsonDict = {
    "name": "李女士", "contact_kind": "phone", "contact": "13800138000", "purpose": "联系退款并回访", "claim": "要求退款并致歉",
    "platform": "weibo",
}  # fmt: skip
_TASK: JsonDict = {
    "task_id": "0197a3f0-9000-7aaa-8bbb-0123456789ab", "state": "open", "due_at": "2026-11-24T01:00:00Z", "owner_id": None,
}  # fmt: skip
_FOLLOW_UP: JsonDict = _TASK | {"state": "done", "due_at": None, "solved": True, "satisfaction": 5}

Name = Annotated[
    Visible | None, Field(min_length=1, max_length=100, description="Their name, or how they call themselves.")
]
Kind = Annotated[ContactKind, Field(description="How they are reached.")]
ContactText = Annotated[
    Visible,
    Field(min_length=1, max_length=254, description="What reaches them. A phone number is kept as +8613800138000."),
]
Purpose = Annotated[
    Visible,
    Field(min_length=1, max_length=200, description="Why it is held 处理目的: nothing is held without a reason."),
]
Claim = Annotated[Str, Field(max_length=2_000, description="What they ask for 诉求.")]
Note = Annotated[Str, Field(max_length=2_000, description="What else is to be remembered of them.")]
Where = Annotated[Platform | None, Field(description="Where they spoke up.")]
Post = Annotated[UUID | None, Field(description="The mention by which they did.")]
Remedied = Annotated[
    list[CareState], Field(max_length=10, description="Whose newest remediation is in one of these states.")
]
FollowedUp = Annotated[
    list[CareState], Field(max_length=10, description="Whose newest follow-up is in one of these states.")
]


class AffectedUserCreate(Wire):
    """Somebody whom the incident affects."""

    model_config = ConfigDict(json_schema_extra={"example": _CREATE})

    name: Name = None
    contact_kind: Kind
    contact: ContactText
    purpose: Purpose
    claim: Claim = ""
    platform: Where = None
    mention_id: Post = None
    note: Note = ""


class AffectedUserPatch(Wire):
    """Only the fields that are sent change. Another kind of contact needs the contact too."""

    model_config = ConfigDict(json_schema_extra={"example": {"claim": "要求退款、致歉并更换经销商"}})

    name: Name = None
    contact_kind: Kind = ContactKind.PHONE
    contact: ContactText = "…"
    purpose: Purpose = "…"
    claim: Claim = ""
    platform: Where = None
    mention_id: Post = None
    note: Note = ""


class AffectedUserTask(BaseModel):
    """The newest task of a kind that was made for somebody. What people wrote in it is read by its id."""

    model_config = ConfigDict(json_schema_extra={"example": _TASK})

    task_id: UUID = Field(description="The task.")
    state: TaskState = Field(description="How it stands.")
    due_at: datetime | None = Field(description="When it is due; null: at no stated time.")
    owner_id: UUID | None = Field(description="Whose it is; null: nobody's yet.")


class AffectedUserFollowUp(AffectedUserTask):
    """The newest follow-up 回访 of somebody, and what they said."""

    model_config = ConfigDict(json_schema_extra={"example": _FOLLOW_UP})

    solved: bool | None = Field(description="Whether it is solved for them; null: they were not asked yet.")
    satisfaction: int | None = Field(
        ge=1, le=5, description="1 to 5, the more the better; null: they were not asked yet, or did not say."
    )


class AffectedUser(BaseModel):
    """Somebody whom the incident affects 受影响用户, and how they are looked after. Name and contact are masked without
    `people:unmask`."""

    id: UUID = Field(description="Our id; events and tasks name them by it.")
    incident_id: UUID = Field(description="The incident.")
    name: str | None = Field(description="Their name, for example 李**; null where it was not given or is erased.")
    contact_kind: ContactKind = Field(description="How they are reached.")
    contact: str | None = Field(description="What reaches them; null once erased.", examples=["+86138******00"])
    purpose: str = Field(description="Why it is held.")
    claim: str = Field(description="What they ask for.")
    platform: Platform | None = Field(description="Where they spoke up.")
    mention_id: UUID | None = Field(description="The mention by which they did.")
    note: str = Field(description="What else is remembered of them.")
    remediation: AffectedUserTask | None = Field(description="Their newest remediation 诉求处理; null: they have none.")
    follow_up: AffectedUserFollowUp | None = Field(description="Their newest follow-up 回访; null: they have none.")
    erased_at: datetime | None = Field(description="When name and contact were destroyed; null while they are held.")
    version: int = Field(description="Counts the changes.")
    created_at: datetime = Field(description="When they were entered.")
    updated_at: datetime = Field(description="When this was last changed.")


class AffectedUserPage(Page[AffectedUser]):
    """A page of them."""


class AffectedUserQuery(PageQuery):
    """Which of them."""

    contact_kind: Annotated[list[ContactKind], Field(max_length=10, description="Reached in one of these ways.")] = []
    remediation: Remedied = []
    follow_up: FollowedUp = []
    erased: Annotated[bool | None, Field(description="Only those who are erased, or only those who are not.")] = None


class AffectedUserImportQuery(ImportQuery):
    """Whether it is only tried, and why what it brings is held."""

    purpose: Annotated[
        Annotated[Visible, Field(min_length=1, max_length=200)] | None,
        Field(description="Why it is held, of rows that don't say it in a column of their own 处理目的."),
    ] = None


class ContactKindCount(BaseModel):
    """How many are reached so."""

    contact_kind: ContactKind = Field(description="How they are reached.")
    count: int = Field(description="How many.")


class CareFigures(BaseModel):
    """How far they are looked after: each of them is counted once, by their newest task of the kind."""

    none: int = Field(description="Who have none.")
    open: int = Field(description="Whose is to be done still.")
    done: int = Field(description="Whose was done.")
    waived: int = Field(description="Whose need not be done.")
    completion_percent: float | None = Field(
        description="The completion rate 完成率: of a hundred how many are done or waived, rounded down to a tenth; null where "
        "there is nobody.",
        examples=[89.9],
    )


class RemediationFigures(CareFigures):
    """How far remediations 诉求处理 are."""

    overdue: int = Field(description="Of the open ones: how many are late.")


class SatisfactionCount(BaseModel):
    """How many said so."""

    satisfaction: int = Field(ge=1, le=5, description="1 to 5, the more the better.")
    count: int = Field(description="How many.")


class SatisfactionFigures(BaseModel):
    """What they said when they were asked again, each by their newest follow-up."""

    answers: int = Field(description="How many said something.")
    average: float | None = Field(
        description="Their average, to the hundredth; null where nobody did.", examples=[4.25]
    )
    distribution: list[SatisfactionCount] = Field(
        description="How many said what, from 1 to 5, each once.",
        min_length=5,
        max_length=5,
        examples=[[{"satisfaction": n, "count": n * n} for n in range(1, 6)]],
    )


class AffectedUserSummary(BaseModel):
    """How many an incident affects, and how far they are looked after. Those who are erased are counted on."""

    total: int = Field(description="All of them.")
    erased: int = Field(description="Whose name and contact are destroyed.")
    by_contact_kind: list[ContactKindCount] = Field(description="By the way they are reached, each kind once.")
    remediation: RemediationFigures = Field(description="How far their remediations 诉求处理 are.")
    follow_up: CareFigures = Field(description="How far their follow-ups 回访 are.")
    solved: int = Field(description="For how many it is solved, as they said when they were asked again.")
    satisfaction: SatisfactionFigures = Field(description="How satisfied they are 满意度.")
