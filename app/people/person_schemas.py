"""People on the wire."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.core.bodies import MAIL, Str, Visible, Wire
from app.core.grants import together
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.vocabulary import Role
from app.domain.wording import mask_name, mask_phone, mask_text
from app.models import Person
from app.models.base import columns_of
from app.people.phones import phone_of
from app.people.role_schemas import Roles, Scopes


def _printable(subject: str) -> str:
    if not subject.isprintable():
        raise ValueError("must hold printable characters only, exactly as the issuer's tokens have it (sub)")
    return subject


PersonName = Annotated[Visible, Field(min_length=1, max_length=100, description="The person's name 姓名.")]
Email = Annotated[
    Annotated[str, Field(max_length=254), MAIL] | None,
    Field(description="Where mail reaches them; null: nowhere."),
]
Subject = Annotated[
    Annotated[Str, Field(min_length=1, max_length=255), AfterValidator(_printable)] | None,
    Field(description="The issuer's name for them (sub): with it they sign in themselves; null: they can't."),
]
Phone = Annotated[
    Annotated[Str, Field(max_length=50), AfterValidator(phone_of)] | None,
    Field(
        description="Where calls reach them, kept as +8613800138000; without a country code it is one of mainland China. "
        "Null: nowhere.",
        examples=["138 0013 8000"],
    ),
]
DepartmentId = Annotated[UUID | None, Field(description="The department they belong to, an active one; null: none.")]
DeputyId = Annotated[UUID | None, Field(description="Who steps in for them B角, another active person; null: nobody.")]
OnDuty = Annotated[bool, Field(description="Whether they can be called now 在岗.")]


class PersonCreate(Wire):
    """A person who is to work with the service."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "王小明", "email": "xiaoming@example.com", "phone": "13800138000", "roles": ["responder"],
            },
        }
    )  # fmt: skip

    name: PersonName
    email: Email = None
    phone: Phone = None
    department_id: DepartmentId = None
    deputy_id: DeputyId = None
    on_duty: OnDuty = True
    oidc_subject: Subject = None
    roles: Roles = []
    scopes: Scopes = []


class PersonPatch(Wire):
    """Only the fields that are sent change."""

    model_config = ConfigDict(json_schema_extra={"example": {"active": False}})

    name: PersonName = "…"
    email: Email = None
    phone: Phone = None
    department_id: DepartmentId = None
    deputy_id: DeputyId = None
    on_duty: OnDuty = True
    oidc_subject: Subject = None
    roles: Roles = []
    scopes: Scopes = []
    active: Annotated[bool, Field(description="Whether they may do anything; false ends their keys and tokens.")] = True


class PersonOut(BaseModel):
    """A person 人员. Name, mail, phone and whatever in the subject is a mail or phone are masked without `people:unmask`."""

    id: UUID = Field(description="Our id; events name people by it.")
    name: str = Field(description="The person's name, for example 王**.")
    email: str | None = Field(description="Where mail reaches them.")
    phone: str | None = Field(description="Where calls reach them.", examples=["+86138******00"])
    department_id: UUID | None = Field(description="The department they belong to.")
    deputy_id: UUID | None = Field(description="Who steps in for them B角; they may have left since.")
    on_duty: bool = Field(description="Whether they can be called now 在岗.")
    oidc_subject: str | None = Field(description="The issuer's name for them.")
    roles: list[Role] = Field(description="What they are.")
    scopes: list[str] = Field(description="What they may do beside what their roles may.")
    effective_scopes: list[str] = Field(description="All that they may do while they are active, by role or otherwise.")
    active: bool = Field(description="Whether they may do anything.")
    version: int = Field(description="Counts the changes.")
    created_at: datetime = Field(description="When they were added.")
    updated_at: datetime = Field(description="When they were last changed.")

    @classmethod
    def of(cls, person: Person, table: Mapping[str, frozenset[str]], *, shown: bool) -> Self:
        """``table``: what each role may do; ``shown``: as it is, and not masked."""
        of_roles = [scope for role in person.roles for scope in table[role]]
        row = cls.model_validate(columns_of(person) | {"effective_scopes": sorted(together(person.scopes, of_roles))})
        if shown:
            return row
        hidden = {
            "name": mask_name(row.name), "email": row.email and mask_text(row.email),
            "phone": row.phone and mask_phone(row.phone), "oidc_subject": row.oidc_subject and mask_text(row.oidc_subject),
        }  # fmt: skip
        return row.model_copy(update=hidden)


class PersonPage(Page[PersonOut]):
    """A page of them."""


class PersonQuery(PageQuery):
    """Which people: values of one parameter are alternatives, different parameters all hold."""

    department_id: Annotated[list[UUID], Field(max_length=20, description="In one of these departments.")] = []
    role: Annotated[list[Role], Field(max_length=10, description="With one of these roles.")] = []
    on_duty: Annotated[bool | None, Field(description="Only those on duty, or only those off duty.")] = None
    active: Annotated[bool | None, Field(description="Only those who are active, or only those who have left.")] = None
