"""Who one is, and the tokens that act for people, on the wire."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.core.auth import Caller
from app.core.bodies import Str, Wire
from app.domain.vocabulary import DepartmentKind, Role
from app.models import ApiKey, Department, Person
from app.models.base import columns_of
from app.people.role_schemas import known


class PersonTokenCreate(Wire):
    """For whom, and for what."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"person_id": "0190f5a2-7b5e-7c3d-8a1f-0123456789ab", "scopes": ["incidents:read"]},
        }
    )

    person_id: Annotated[UUID, Field(description="For whom the front end acts.")]
    scopes: Annotated[
        list[Str] | None,
        Field(max_length=50, description="What the token is needed for; null: all that it can be. What the person "
              "may not do is left out."),
        AfterValidator(lambda scopes: scopes if scopes is None else known(scopes)),
    ] = None  # fmt: skip


class PersonTokenCreated(BaseModel):
    """A token, shown this once: keep it in the browser's memory, and ask for another when it has expired."""

    token: str = Field(description="Send it as `Authorization: Bearer <token>`.")
    expires_at: datetime = Field(description="When it stops working.")
    scopes: list[str] = Field(description="What it may do.")


class CallerKind(StrEnum):
    """What the caller showed: a machine's key, a person's key, a token minted for a person, or their own sign-in."""

    MACHINE_KEY = "machine_key"
    PERSON_KEY = "person_key"
    PERSON_TOKEN = "person_token"
    OIDC = "oidc"


class MyKey(BaseModel):
    """The key that was shown, or that minted the token."""

    id: str = Field(description="The part of the key that is no secret.")
    name: str = Field(description="What the key is for.")
    roles: list[Role] = Field(description="It may do what these roles may.")


class MyDepartment(BaseModel):
    """The department one belongs to."""

    id: UUID = Field(description="Our id.")
    name: str = Field(description="Its name.", examples=["公关部"])
    kind: DepartmentKind = Field(description="What it is to a crisis.")


class MyPerson(BaseModel):
    """The person who acts. One's own name is not masked."""

    id: UUID = Field(description="Our id.")
    name: str = Field(description="The person's name.")
    roles: list[Role] = Field(description="What they are.")
    department: MyDepartment | None = Field(description="The department they belong to; null: none.")
    deputy_id: UUID | None = Field(description="Who steps in for them B角; null: nobody.")
    on_duty: bool = Field(description="Whether they can be called now 在岗.")


class Me(BaseModel):
    """Who asks, and what they may do."""

    kind: CallerKind = Field(description="What was shown.")
    key: MyKey | None = Field(description="The key; for a token the one that minted it; null for a sign-in.")
    person: MyPerson | None = Field(description="The person; null for a machine.")
    scopes: list[str] = Field(description="What may be done with it now.")
    expires_at: datetime | None = Field(description="When it stops working; null for never.")
    version: int | None = Field(description="Counts the changes of the person; null for a machine.")

    @classmethod
    def of(cls, caller: Caller, key: ApiKey | None, person: Person | None, department: Department | None) -> Self:
        kinds = {"token": CallerKind.PERSON_TOKEN, "oidc": CallerKind.OIDC}
        whose = CallerKind.PERSON_KEY if caller.person else CallerKind.MACHINE_KEY
        within = MyDepartment.model_validate(department, from_attributes=True) if department else None
        return cls(
            kind=kinds.get(caller.kind, whose), scopes=sorted(caller.scopes), expires_at=caller.expires_at,
            key=MyKey.model_validate(key, from_attributes=True) if key else None,
            person=MyPerson.model_validate(columns_of(person) | {"department": within}) if person else None,
            version=person.version if person else None,
        )  # fmt: skip


class MyDuty(Wire):
    """Whether one can be called from now on."""

    model_config = ConfigDict(json_schema_extra={"example": {"on_duty": False}})

    on_duty: Annotated[bool, Field(description="True: on duty 在岗; false: off duty, and others are called instead.")]
