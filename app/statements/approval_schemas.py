"""Approvals of statements 审批, their delegation 代批 and what was said in public, on the wire (方案 二(二)2)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import WEB, Instant, Str, Visible, Wire
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.vocabulary import Platform
from app.domain.vocabulary.statements import ApprovalOutcome, ApprovalSlot
from app.incidents.act_schemas import HappenedAt
from app.incidents.schemas import TimelinePerson

MOST_COMMENTS = 50
LONGEST_TEXT = 1_000_000
_PERSON: JsonDict = {"id": "0197a3f0-7000-7aaa-8bbb-0123456789ac", "name": "王**"}
_OTHER: JsonDict = {"id": "0197a3f0-7000-7aaa-8bbb-0123456789ad", "name": "李**"}
_APPROVAL: JsonDict = {
    "id": "0197a3f0-9200-7aaa-8bbb-0123456789ab", "statement_id": "0197a3f0-9000-7aaa-8bbb-0123456789ab",
    "version_id": "0197a3f0-9100-7aaa-8bbb-0123456789ab", "version_number": 2, "slot": "legal", "outcome": "approved",
    "person": _PERSON, "on_behalf_of": _OTHER, "delegation_id": "0197a3f0-9300-7aaa-8bbb-0123456789ab", "comment": "",
    "at": "2026-11-23T02:10:00Z",
}  # fmt: skip
_DELEGATION: JsonDict = {
    "id": "0197a3f0-9300-7aaa-8bbb-0123456789ab", "person": _OTHER, "delegate": _PERSON, "slots": ["legal"],
    "starts_at": "2026-11-23T00:00:00Z", "ends_at": "2026-11-30T00:00:00Z", "reason": "出差", "revoked_at": None,
    "in_force": True, "created_at": "2026-11-22T08:00:00Z",
}  # fmt: skip

Number = Annotated[
    int, Field(ge=1, le=2_147_483_647, description="The version that was read: another one may be the newest by now.")
]
Comment = Annotated[Str, Field(max_length=5_000, description="What is to be said of the whole.")]


class StatementApprove(Wire):
    """A yes to one version."""

    model_config = ConfigDict(json_schema_extra={"example": {"version": 2, "slot": "legal", "comment": "可以发布"}})

    version: Number
    slot: Annotated[
        ApprovalSlot | None,
        Field(description="As what; what is missing first of what you may approve as, where it is not said."),
    ] = None
    comment: Comment = ""


class StatementCommentCreate(Wire):
    """What is to be changed of some words: those of the version's `text` from `start` up to, and without, `end`."""

    model_config = ConfigDict(json_schema_extra={"example": {"start": 3, "end": 6, "body": "与检测报告不符"}})

    start: Annotated[int, Field(ge=0, le=LONGEST_TEXT, description="First code point, from 0.")]
    end: Annotated[int, Field(ge=1, le=LONGEST_TEXT, description="The code point after the last.")]
    body: Annotated[Visible, Field(min_length=1, max_length=5_000, description="What is to be changed.")]


class StatementChangesRequest(Wire):
    """What is to be changed of one version before it can be approved."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "version": 1,
                "comment": "请补充检测结论",
                "comments": [{"start": 3, "end": 6, "body": "与报告不符"}],
            }
        }
    )

    version: Number
    comment: Annotated[Visible, Field(min_length=1, max_length=5_000, description="What is to be said of the whole.")]
    comments: Annotated[
        list[StatementCommentCreate], Field(max_length=MOST_COMMENTS, description="What is to be said of some words.")
    ] = []


class StatementPublicationCreate(Wire):
    """A version that was said in public, wherever and with whatever approval: what has happened is recorded."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "version": 2,
                "platform": "weibo",
                "url": "https://weibo.com/1/OAbCdEfGi",
                "title": "关于网传异物的说明",
            }
        }
    )

    version: Annotated[
        Number | None,
        Field(
            description="Which version; the newest where it is not said. Better say it: somebody may be changing it."
        ),
    ] = None
    happened_at: HappenedAt = None
    platform: Annotated[Platform, Field(description="Where.")]
    url: Annotated[
        Annotated[str, Field(max_length=2_000), WEB] | None,
        Field(description="Where it can be read."),
    ] = None
    title: Annotated[Str, Field(max_length=200, description="Its title there.")] = ""


class StatementApproval(BaseModel):
    """What an approver said of a version of a statement."""

    model_config = ConfigDict(json_schema_extra={"example": _APPROVAL})

    id: UUID = Field(description="Our id.")
    statement_id: UUID = Field(description="The statement.")
    version_id: UUID = Field(description="The version.")
    version_number: int = Field(description="Its number.")
    slot: ApprovalSlot = Field(description="As what.")
    outcome: ApprovalOutcome = Field(description="What.")
    person: TimelinePerson = Field(description="Who.")
    on_behalf_of: TimelinePerson | None = Field(description="Whose authority it was 代批; null: their own.")
    delegation_id: UUID | None = Field(description="By which delegation.")
    comment: str = Field(description="What was said of the whole. Comments on words are notes on the version.")
    at: datetime = Field(description="When.")


class StatementApprovalPage(Page[StatementApproval]):
    """What approvers said of a statement's versions, the last first."""


class ApprovalDelegationCreate(Wire):
    """Who approves in somebody's place, as what, and for how long."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "delegate_id": "0197a3f0-7000-7aaa-8bbb-0123456789ac", "slots": ["legal"],
                "ends_at": "2026-11-30T08:00:00+08:00", "reason": "出差",
            }
        }
    )  # fmt: skip

    person_id: Annotated[
        UUID | None,
        Field(
            description="In whose place; you where it is not said. For another person it needs the scope `people:write`."
        ),
    ] = None
    delegate_id: Annotated[UUID, Field(description="Who approves: an active person.")]
    slots: Annotated[
        list[ApprovalSlot],
        Field(min_length=1, max_length=3, description="As what: only what the person may approve as by themselves."),
    ]
    starts_at: Annotated[Instant | None, Field(description="From when; from now where it is not said.")] = None
    ends_at: Annotated[Instant, Field(description="Until when: within a year from the start.")]
    reason: Annotated[Visible, Field(min_length=1, max_length=500, description="Why.")]


class ApprovalDelegation(BaseModel):
    """Who approves in somebody's place 代批. It gives nothing that the person does not have at that moment."""

    model_config = ConfigDict(json_schema_extra={"example": _DELEGATION})

    id: UUID = Field(description="Our id.")
    person: TimelinePerson = Field(description="In whose place.")
    delegate: TimelinePerson = Field(description="Who approves.")
    slots: list[ApprovalSlot] = Field(description="As what.")
    starts_at: datetime = Field(description="From when.")
    ends_at: datetime = Field(description="Until when.")
    reason: str = Field(description="Why.")
    revoked_at: datetime | None = Field(description="When it was revoked; null: it was not.")
    in_force: bool = Field(description="Whether it can be used now.")
    created_at: datetime = Field(description="When it was made.")


class ApprovalDelegationPage(Page[ApprovalDelegation]):
    """Some delegations, the newest first."""


class ApprovalDelegationQuery(PageQuery):
    """Which delegations: values of one parameter are alternatives, different parameters all hold."""

    person_id: Annotated[list[UUID], Field(max_length=20, description="In the place of one of these people.")] = []
    delegate_id: Annotated[list[UUID], Field(max_length=20, description="To one of these people.")] = []
    in_force: Annotated[bool | None, Field(description="Only what can be used now, or only what can't.")] = None
