"""API keys on the wire."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.core.auth import SCOPES
from app.core.bodies import Instant, Str, Visible, Wire
from app.core.paging import Page
from app.models import ApiKey


def _known(scopes: list[str]) -> list[str]:
    unknown = sorted(set(scopes) - SCOPES.keys())
    if unknown:
        raise ValueError(f"unknown scope {unknown[0]!r}; there are {', '.join(SCOPES)}")
    return sorted(set(scopes))


class ApiKeyCreate(Wire):
    """A new key for a machine."""

    model_config = ConfigDict(json_schema_extra={"example": {"name": "monitoring", "scopes": ["mentions:write"]}})

    name: Annotated[Visible, Field(min_length=1, max_length=100, description="What the key is for.")]
    scopes: Annotated[
        list[Str], Field(min_length=1, max_length=50, description="What it may do."), AfterValidator(_known)
    ]
    expires_at: Annotated[Instant | None, Field(description="When it stops working; null for never.")] = None


class ApiKeyOut(BaseModel):
    """A key without its secret."""

    id: str = Field(description="The part of the key that is no secret.")
    name: str = Field(description="What the key is for.")
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
