"""Statements 声明 on the wire (方案 二(二)2)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Instant, Str, Visible, Wire
from app.core.paging import Page
from app.core.params import PageQuery
from app.core.search import Question
from app.domain.vocabulary import Platform, StatementKind
from app.domain.vocabulary.statements import (
    ApprovalSlot,
    ResponseStrategy,
    StatementAction,
    StatementNeed,
    StatementPart,
    StatementStatus,
)
from app.incidents.schemas import Reason, TimelinePerson
from app.models.statements import MOST_COMMITMENTS
from app.statements.version_schemas import VERSION, StatementVersion

LONGEST_PART = 5_000
LONGEST_PLATFORM_TEXT = 20_000
_PERSON: JsonDict = {"id": "0197a3f0-7000-7aaa-8bbb-0123456789ac", "name": "王**"}
_ALLOWED: JsonDict = {
    "action": "submit", "allowed": False, "refusal": "statement_incomplete", "missing": ["commitment"],
}  # fmt: skip
_SLOT: JsonDict = {
    "slot": "legal", "needed": True, "approved": True, "person": _PERSON, "on_behalf_of": None,
    "at": "2026-11-23T02:10:00Z",
}  # fmt: skip
_SAID: JsonDict = {
    "kind": "apology",
    "name": "异物致歉",
    "strategy": "rebuild",
    "title": "关于网传异物的致歉声明",
    "attitude": "给您带来不安，我们深表歉意。",
    "facts": "经查，批次 20261101 的产品中混入包装残片。",
    "solution": "该批次已全部下架，购买者凭订单全额退款。",
    "commitments": [{"text": "公布第三方检测结果", "due_at": "2199-11-26T18:00:00+08:00"}],
}
_STATEMENT: JsonDict = {
    "id": "0197a3f0-9000-7aaa-8bbb-0123456789ab", "incident_id": "0197a3f0-7000-7aaa-8bbb-0123456789ab",
    "number": "2026-0031", "is_drill": False, "kind": "apology", "name": "异物致歉", "status": "in_review",
    "strategy": "rebuild", "latest": VERSION, "missing": [], "slots": [_SLOT], "published_at": None,
    "published_unapproved": False, "withdrawn_at": None, "withdrawn_reason": None, "creator": _PERSON,
    "created_by": "person:0197a3f0-7000-7aaa-8bbb-0123456789ac", "created_at": "2026-11-23T01:00:00Z",
    "updated_at": "2026-11-23T02:10:00Z", "version": 4, "allowed_actions": [_ALLOWED],
}  # fmt: skip

Name = Annotated[Visible, Field(min_length=1, max_length=200, description="What it is called among us.")]
Strategy = Annotated[
    ResponseStrategy | None,
    Field(description="How it answers what is said of us 回应策略: what lint compares with the harm; null: not said."),
]
Title = Annotated[Str, Field(max_length=200, description="Its title; empty: none.")]
Attitude = Annotated[
    Str,
    Field(max_length=LONGEST_PART, description="真诚致歉: what we feel about it. Regret for distress admits nothing."),
]
Facts = Annotated[Str, Field(max_length=LONGEST_PART, description="事实澄清: what is known to be so.")]
Solution = Annotated[Str, Field(max_length=LONGEST_PART, description="解决方案: what we do about it.")]
NextUpdate = Annotated[
    Instant | None, Field(description="When we speak again, which must lie ahead; null: that is not said.")
]
Cites = Annotated[
    list[UUID],
    Field(max_length=50, description="Earlier promises of the incident, by their ids, whose progress it reports."),
]


class CommitmentCreate(Wire):
    """Something that is promised 进度承诺."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"text": "公布第三方检测结果", "due_at": "2199-11-26T18:00:00+08:00"}}
    )

    text: Annotated[Visible, Field(min_length=1, max_length=500, description="What is promised, as it is said.")]
    due_at: Annotated[
        Instant | None,
        Field(description="By when, which must lie ahead, and is said with it; null: at no stated time."),
    ] = None
    owner_id: Annotated[UUID | None, Field(description="Who keeps it: an active person; null: nobody yet.")] = None


class WaiverCreate(Wire):
    """A part that is left out, and why."""

    model_config = ConfigDict(json_schema_extra={"example": {"part": "solution", "reason": "不实信息，无需补救"}})

    part: Annotated[
        StatementPart,
        Field(description="Which: of apologies and clarifications `facts`, `solution` and `commitments`."),
    ]
    reason: Annotated[Visible, Field(min_length=1, max_length=1_000, description="Why; approvers read it.")]


class PlatformTextCreate(Wire):
    """What is said on one platform, where it is not the whole text."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"platform": "weibo", "text": "我们深表歉意，详情见长图。"}}
    )

    platform: Annotated[Platform, Field(description="Where.")]
    text: Annotated[Visible, Field(min_length=1, max_length=LONGEST_PLATFORM_TEXT, description="What is said there.")]


Commitments = Annotated[
    list[CommitmentCreate], Field(max_length=MOST_COMMITMENTS, description="进度承诺: what is promised, in order.")
]
Waivers = Annotated[
    list[WaiverCreate],
    Field(max_length=4, description="Parts that are left out, each with its reason; a part stands once."),
]
PlatformTexts = Annotated[
    list[PlatformTextCreate],
    Field(max_length=20, description="Where other words are used than the whole text; a platform stands once."),
]


class StatementCreate(Wire):
    """A draft of something to say about an incident. Whatever of it is not said yet may be left out."""

    model_config = ConfigDict(json_schema_extra={"example": _SAID})

    kind: Annotated[StatementKind, Field(description="What kind of statement; it stays so.")]
    name: Name
    strategy: Strategy = None
    title: Title = ""
    attitude: Attitude = ""
    facts: Facts = ""
    solution: Solution = ""
    commitments: Commitments = []
    next_update_at: NextUpdate = None
    waivers: Waivers = []
    platform_texts: PlatformTexts = []
    cites: Cites = []


class StatementPatch(Wire):
    """What people may change of a statement. Only the fields that are sent change; a list takes the place of the whole list."""

    model_config = ConfigDict(json_schema_extra={"example": {"facts": "经查，同批次共 1,024 件，均已下架。"}})

    name: Name = "…"
    strategy: Strategy = None
    title: Title = ""
    attitude: Attitude = ""
    facts: Facts = ""
    solution: Solution = ""
    commitments: Commitments = []
    next_update_at: NextUpdate = None
    waivers: Waivers = []
    platform_texts: PlatformTexts = []
    cites: Cites = []


class StatementWithdraw(Wire):
    """Why it is not said any more."""

    model_config = ConfigDict(json_schema_extra={"example": {"reason": "事实有变，另行发布"}})

    reason: Reason


class StatementAllowedAction(BaseModel):
    """One thing people may want to do about a statement, and whether it would be refused: a button for a screen.

    It is about the statement, not about the caller: scopes come on top, and nobody approves what they had a hand in.
    """

    model_config = ConfigDict(json_schema_extra={"example": _ALLOWED})

    action: StatementAction = Field(description="What.")
    allowed: bool = Field(description="Whether it can be done as things stand.")
    refusal: str | None = Field(
        description="The `code` of the problem that would be answered; null where it is allowed."
    )
    missing: list[StatementNeed] = Field(description="Of `statement_incomplete`: what is missing.")


class StatementSlot(BaseModel):
    """An approval that the newest version needs, or has."""

    model_config = ConfigDict(json_schema_extra={"example": _SLOT})

    slot: ApprovalSlot = Field(description="As what somebody approves.")
    needed: bool = Field(description="Whether the grade in force asks for it.")
    approved: bool = Field(description="Whether it is given, and stands.")
    person: TimelinePerson | None = Field(description="Who gave it; null: nobody yet.")
    on_behalf_of: TimelinePerson | None = Field(description="Whose authority it was 代批; null: the person's own.")
    at: datetime | None = Field(description="When it was given.")


class Statement(BaseModel):
    """Something that we say in public about an incident 声明.

    Phones, mails and @names in what people wrote are masked unless you have `people:unmask`, and in a version's words until it
    was said in public: don't send back what you read masked.
    """

    model_config = ConfigDict(json_schema_extra={"example": _STATEMENT})

    id: UUID = Field(description="Our id.")
    incident_id: UUID = Field(description="The incident.")
    number: str = Field(description="The incident's number, which people quote.")
    is_drill: bool = Field(description="Whether it belongs to an exercise 演练.")
    kind: StatementKind = Field(description="What kind of statement.")
    name: str = Field(description="What it is called among us.")
    status: StatementStatus = Field(description="How its newest version stands.")
    strategy: ResponseStrategy | None = Field(description="How it answers what is said of us; null: not said.")
    latest: StatementVersion = Field(description="Its newest version.")
    missing: list[StatementNeed] = Field(
        description="What the newest version lacks of what its kind asks for: with any of it, it can't be submitted or approved."
    )
    slots: list[StatementSlot] = Field(description="The approvals that the newest version needs or has.")
    published_at: datetime | None = Field(description="When it was first said in public; null: it was not.")
    published_unapproved: bool = Field(
        description="Whether any version of it was said in public that was not approved at that time: never taken back."
    )
    withdrawn_at: datetime | None = Field(description="When it was withdrawn; null: it was not.")
    withdrawn_reason: str | None = Field(description="Why.")
    creator: TimelinePerson | None = Field(description="Who drafted it; null: a machine.")
    created_by: str = Field(description="The same as events name who did it.")
    created_at: datetime = Field(description="When it was drafted.")
    updated_at: datetime = Field(description="When it was changed last.")
    version: int = Field(description="Counts the changes of whatever of it; the ETag begins with it.")
    allowed_actions: list[StatementAllowedAction] = Field(description="What may be done about it.")


class StatementPage(Page[Statement]):
    """Some statements, the newest first."""


class IncidentStatementQuery(PageQuery):
    """Which statements: values of one parameter are alternatives, different parameters all hold."""

    status: Annotated[list[StatementStatus], Field(max_length=10, description="In one of these states.")] = []
    kind: Annotated[list[StatementKind], Field(max_length=10, description="Of one of these kinds.")] = []
    q: Question = None


class StatementQuery(IncidentStatementQuery):
    """Which statements of all incidents."""

    incident_id: Annotated[list[UUID], Field(max_length=20, description="Of one of these incidents.")] = []
    awaiting_my_approval: Annotated[
        bool,
        Field(description="Only what waits for an approval that you can give, by yourself or for who delegated it to you 待我审批; "
              "needs a person."),
    ] = False  # fmt: skip
    is_drill: Annotated[
        bool,
        Field(description="Exercises 演练 instead of what is real; where an incident is named, it does not matter."),
    ] = False
