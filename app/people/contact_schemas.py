"""Contacts outside the company 外部联系人 on the wire (方案 二(二)2, 三)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import MAIL, Str, Visible, Wire
from app.core.faults import Like
from app.core.paging import Page
from app.core.params import PageQuery
from app.core.search import Question
from app.domain.vocabulary.contacts import OutsideContactKind
from app.people.phones import phone_of

_STATED: JsonDict = {
    "kind": "media", "organisation": "示例日报", "role": "食品口记者", "topics": ["食品安全"], "note": "先发邮件再打电话",
}  # fmt: skip
_CREATE: JsonDict = _STATED | {
    "name": "赵敏行", "phone": "13800138000", "mail": "zhao@example.com", "wechat": "zhao_news",
}  # fmt: skip
_CONTACT: JsonDict = _STATED | {
    "id": "0197a3f0-c000-7aaa-8bbb-0123456789ab", "name": "赵**", "phone": "+86138******00", "mail": "****@***********",
    "wechat": "z********", "active": True, "erased_at": None, "created_at": "2026-11-25T08:00:00Z",
    "created_by": "person:0197a3f0-7000-7aaa-8bbb-0123456789ac", "updated_at": "2026-11-25T08:00:00Z", "version": 1,
}  # fmt: skip

Kind = Annotated[OutsideContactKind, Field(description="Whom they speak for.")]
ContactName = Annotated[Visible, Field(min_length=1, max_length=100, description="Their name, or that of a desk.")]
Organisation = Annotated[Str, Field(max_length=200, description="The paper, account, firm or office they belong to.")]
ContactRole = Annotated[Str, Field(max_length=200, description="What they are there.")]
ContactPhone = Annotated[
    Annotated[Str, Field(max_length=50), AfterValidator(phone_of)] | None,
    Field(description="Kept as +8613800138000; without a country code it is one of mainland China. Null: none."),
]
ContactMail = Annotated[Annotated[str, Field(max_length=254), MAIL] | None, Field(description="Null: none.")]
WeChat = Annotated[
    Annotated[
        str, Field(max_length=60), Like(r"^[A-Za-z0-9_.-]{2,60}$", "is no WeChat id: letters, digits, _, . and - only")
    ] | None,
    Field(description="Their WeChat id; null: none."),
]  # fmt: skip
Topics = Annotated[
    list[Annotated[Visible, Field(min_length=1, max_length=50)]],
    Field(max_length=30, description="What they are there for: what they write of, or what one asks them."),
    AfterValidator(lambda topics: list(dict.fromkeys(topics))),
]
ContactNote = Annotated[Str, Field(max_length=2_000, description="What is to be remembered when one calls them.")]
Active = Annotated[bool, Field(description="False: kept, and in no list that people call from.")]


class ContactCreate(Wire):
    """Somebody outside the company whom we may have to reach in a crisis."""

    model_config = ConfigDict(json_schema_extra={"example": _CREATE})

    kind: Kind
    name: ContactName
    organisation: Organisation = ""
    role: ContactRole = ""
    phone: ContactPhone = None
    mail: ContactMail = None
    wechat: WeChat = None
    topics: Topics = []
    note: ContactNote = ""


class ContactPatch(Wire):
    """Only the fields that are sent change."""

    model_config = ConfigDict(json_schema_extra={"example": {"role": "新闻部主任", "phone": "010-62345678"}})

    kind: Kind = OutsideContactKind.OTHER
    name: ContactName = "…"
    organisation: Organisation = ""
    role: ContactRole = ""
    phone: ContactPhone = None
    mail: ContactMail = None
    wechat: WeChat = None
    topics: Topics = []
    note: ContactNote = ""
    active: Active = True


class Contact(BaseModel):
    """Somebody outside the company 外部联系人. Name and numbers are masked unless you have `people:unmask`: don't send back
    what you read masked."""

    model_config = ConfigDict(json_schema_extra={"example": _CONTACT})

    id: UUID = Field(description="Our id.")
    kind: OutsideContactKind = Field(description="Whom they speak for.")
    name: str | None = Field(description="Their name, or that of a desk; null once erased.")
    organisation: str = Field(description="The paper, account, firm or office they belong to.")
    role: str = Field(description="What they are there.")
    phone: str | None = Field(description="Null: none, or erased.")
    mail: str | None = Field(description="Null: none, or erased.")
    wechat: str | None = Field(description="Null: none, or erased.")
    topics: list[str] = Field(description="What they are there for.")
    note: str = Field(description="What is to be remembered when one calls them.")
    active: bool = Field(description="Whether people call them still.")
    erased_at: datetime | None = Field(description="When what is personal was destroyed; null while it is held.")
    created_at: datetime = Field(description="When they were entered.")
    created_by: str = Field(description="By whom, as events name it.")
    updated_at: datetime = Field(description="When this was changed last.")
    version: int = Field(description="Counts the changes; the ETag begins with it.")


class ContactPage(Page[Contact]):
    """Some contacts, those entered last first."""


class ContactQuery(PageQuery):
    """Which contacts: values of one parameter are alternatives, different parameters all hold."""

    kind: Annotated[list[OutsideContactKind], Field(max_length=6, description="Of one of these kinds.")] = []
    topic: Annotated[list[Visible], Field(max_length=20, description="For one of these topics, word for word.")] = []
    active: Annotated[bool | None, Field(description="Only those that people call still, or only the others.")] = None
    erased: Annotated[bool | None, Field(description="Only those who are erased, or only those who are not.")] = None
    q: Question = None
