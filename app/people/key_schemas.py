"""API keys on the wire."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.core.bodies import Instant, Str, Visible, Wire
from app.core.paging import Page
from app.domain.vocabulary import Role
from app.models import ApiKey
from app.people.role_schemas import Roles, known


class ApiKeyCreate(Wire):
    """A new key for a machine, or for a person: with scopes, with roles (`integration` for a tool), or with both."""

    model_config = ConfigDict(json_schema_extra={"example": {"name": "monitoring", "scopes": ["mentions:write"]}})

    name: Annotated[Visible, Field(min_length=1, max_length=100, description="What the key is for.")]
    scopes: Annotated[
        list[Str],
        Field(max_length=50, description="What it may do, beside what its roles may. It needs a scope or a role."),
        AfterValidator(known),
    ] = []
    roles: Roles = []
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
    scopes: list[str] = Field(description="What it may do, beside what its roles may.")
    roles: list[Role] = Field(description="It may do what these roles may.")
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
