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
from app.domain.vocabulary import ContactKind, Platform

_CREATE: JsonDict = {
    "name": "李女士", "contact_kind": "phone", "contact": "13800138000", "purpose": "联系退款并回访", "claim": "要求退款并致歉",
    "platform": "weibo",
}  # fmt: skip

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


class AffectedUser(BaseModel):
    """Somebody whom the incident affects 受影响用户. Name and contact are masked without `people:unmask`."""

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
    erased_at: datetime | None = Field(description="When name and contact were destroyed; null while they are held.")
    version: int = Field(description="Counts the changes.")
    created_at: datetime = Field(description="When they were entered.")
    updated_at: datetime = Field(description="When this was last changed.")


class AffectedUserPage(Page[AffectedUser]):
    """A page of them."""


class AffectedUserQuery(PageQuery):
    """Which of them."""

    contact_kind: Annotated[list[ContactKind], Field(max_length=10, description="Reached in one of these ways.")] = []
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


class AffectedUserSummary(BaseModel):
    """How many an incident affects. Those who are erased are counted on."""

    total: int = Field(description="All of them.")
    erased: int = Field(description="Whose name and contact are destroyed.")
    by_contact_kind: list[ContactKindCount] = Field(description="By the way they are reached, each kind once.")
