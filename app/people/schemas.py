"""People, API keys and tokens on the wire."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.core.auth import SCOPES, Caller
from app.core.bodies import Instant, Str, Visible, Wire
from app.core.paging import Page
from app.domain.wording import mask_name, mask_text
from app.models import ApiKey, Person


def _known(scopes: list[str]) -> list[str]:
    unknown = sorted(set(scopes) - SCOPES.keys())
    if unknown:
        raise ValueError(f"unknown scope {unknown[0]!r}; there are {', '.join(SCOPES)}")
    return sorted(set(scopes))


class ApiKeyCreate(Wire):
    """A new key for a machine, or for a person."""

    model_config = ConfigDict(json_schema_extra={"example": {"name": "monitoring", "scopes": ["mentions:write"]}})

    name: Annotated[Visible, Field(min_length=1, max_length=100, description="What the key is for.")]
    scopes: Annotated[
        list[Str], Field(min_length=1, max_length=50, description="What it may do."), AfterValidator(_known)
    ]
    expires_at: Annotated[Instant | None, Field(description="When it stops working; null for never.")] = None
    person_id: Annotated[
        UUID | None, Field(description="Whose it is; null: a machine's. It never does more than the person may.")
    ] = None


class ApiKeyOut(BaseModel):
    """A key without its secret."""

    id: str = Field(description="The part of the key that is no secret.")
    name: str = Field(description="What the key is for.")
    person_id: UUID | None = Field(description="Whose it is; null: a machine's.")
    last_four: str = Field(description="The secret's last four characters, to recognise it by.")
    scopes: list[str] = Field(description="What it may do.")
    created_at: datetime = Field(description="When it was made.")
    expires_at: datetime | None = Field(description="When it stops working; null for never.")
    revoked_at: datetime | None = Field(description="When it was revoked; null while it is good.")
    previous_until: datetime | None = Field(description="Until when the secret before the last rotation works too.")

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        return cls.model_validate(key, from_attributes=True)


class ApiKeyCreated(ApiKeyOut):
    """A key with its secret, which is shown this once."""

    key: str = Field(description="The whole key. Store it now; it is never shown again.")


class ApiKeyRotate(Wire):
    """How long the old secret goes on working."""

    model_config = ConfigDict(json_schema_extra={"example": {"overlap_seconds": 86400}})

    overlap_seconds: Annotated[int, Field(ge=0, le=7 * 86400, description="At most a week; 0 ends it at once.")] = 86400


class ApiKeyPage(Page[ApiKeyOut]):
    """A page of them."""


def _printable(subject: str) -> str:
    if not subject.isprintable():
        raise ValueError("must hold printable characters only, exactly as the issuer's tokens have it (sub)")
    return subject


PersonName = Annotated[Visible, Field(min_length=1, max_length=100, description="The person's name 姓名.")]
Email = Annotated[
    Annotated[str, Field(max_length=254, pattern=r"^[^\s@\x00]+@[^\s@\x00]+$")] | None,
    Field(description="Where mail reaches them; null: nowhere."),
]
Subject = Annotated[
    Annotated[Str, Field(min_length=1, max_length=255), AfterValidator(_printable)] | None,
    Field(description="The issuer's name for them (sub): with it they sign in themselves; null: they can't."),
]
PersonScopes = Annotated[list[Str], Field(max_length=50, description="What they may do."), AfterValidator(_known)]


class PersonCreate(Wire):
    """A person who is to work with the service."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"name": "王小明", "email": "xiaoming@example.com", "scopes": ["incidents:read"]},
        }
    )

    name: PersonName
    email: Email = None
    oidc_subject: Subject = None
    scopes: PersonScopes = []


class PersonPatch(Wire):
    """Only the fields that are sent change."""

    model_config = ConfigDict(json_schema_extra={"example": {"active": False}})

    name: PersonName = "…"
    email: Email = None
    oidc_subject: Subject = None
    scopes: PersonScopes = []
    active: Annotated[bool, Field(description="Whether they may do anything; false ends their keys and tokens.")] = True


class PersonOut(BaseModel):
    """A person 人员. Name, mail and whatever in the subject is a mail or phone are masked without `people:unmask`."""

    id: UUID = Field(description="Our id; events name people by it.")
    name: str = Field(description="The person's name, for example 王**.")
    email: str | None = Field(description="Where mail reaches them.")
    oidc_subject: str | None = Field(description="The issuer's name for them.")
    scopes: list[str] = Field(description="What they may do.")
    active: bool = Field(description="Whether they may do anything.")
    version: int = Field(description="Counts the changes.")
    created_at: datetime = Field(description="When they were added.")
    updated_at: datetime = Field(description="When they were last changed.")

    @classmethod
    def of(cls, person: Person, *, shown: bool) -> Self:
        """``shown``: as it is, and not masked."""
        row = cls.model_validate(person, from_attributes=True)
        if shown:
            return row
        hidden = {"name": mask_name(row.name), "email": row.email and mask_text(row.email)}
        return row.model_copy(update=hidden | {"oidc_subject": row.oidc_subject and mask_text(row.oidc_subject)})


class PersonPage(Page[PersonOut]):
    """A page of them."""


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
        AfterValidator(lambda scopes: scopes if scopes is None else _known(scopes)),
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


class MyPerson(BaseModel):
    """The person who acts. One's own name is not masked."""

    id: UUID = Field(description="Our id.")
    name: str = Field(description="The person's name.")


class Me(BaseModel):
    """Who asks, and what they may do."""

    kind: CallerKind = Field(description="What was shown.")
    key: MyKey | None = Field(description="The key; for a token the one that minted it; null for a sign-in.")
    person: MyPerson | None = Field(description="The person; null for a machine.")
    scopes: list[str] = Field(description="What may be done with it now.")
    expires_at: datetime | None = Field(description="When it stops working; null for never.")

    @classmethod
    def of(cls, caller: Caller) -> Self:
        kinds = {"token": CallerKind.PERSON_TOKEN, "oidc": CallerKind.OIDC}
        whose = CallerKind.PERSON_KEY if caller.person else CallerKind.MACHINE_KEY
        return cls(
            kind=kinds.get(caller.kind, whose), scopes=sorted(caller.scopes), expires_at=caller.expires_at,
            key=None if caller.kind == "oidc" else MyKey(id=caller.id, name=caller.name),
            person=MyPerson(id=caller.person.id, name=caller.person.name) if caller.person else None,
        )  # fmt: skip
