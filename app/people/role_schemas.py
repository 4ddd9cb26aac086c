"""Roles and scopes on the wire: who may do what, and what is said of it wherever somebody is given it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.core.auth import SCOPES
from app.core.bodies import Str, Wire
from app.domain.vocabulary import Role
from app.models import RolePermission


def known(scopes: list[str]) -> list[str]:
    """The scopes in order, each once; ValueError names one that there is not."""
    unknown = sorted(set(scopes) - SCOPES.keys())
    if unknown:
        raise ValueError(f"unknown scope {unknown[0]!r}; there are {', '.join(SCOPES)}")
    return sorted(set(scopes))


Scopes = Annotated[
    list[Str],
    Field(max_length=50, description="What they may do beside what their roles may."),
    AfterValidator(known),
]
Roles = Annotated[
    list[Role],
    Field(max_length=20, description="What they are: they may do what these roles may, as `/v1/roles` has it then."),
    AfterValidator(lambda roles: sorted(set(roles))),
]


class RolePut(Wire):
    """All that a role may do from now on."""

    model_config = ConfigDict(json_schema_extra={"example": {"scopes": ["incidents:read", "mentions:read"]}})

    scopes: Annotated[
        list[Str],
        Field(max_length=50, description="Everything that whoever holds the role may do by it."),
        AfterValidator(known),
    ]


class RoleOut(BaseModel):
    """A role 角色, and what it may do. The vocabulary `role` has its labels."""

    role: Role = Field(description="Which role.")
    scopes: list[str] = Field(description="What it may do.")
    version: int = Field(description="Counts the changes.")
    updated_at: datetime = Field(description="When that was last changed.")

    @classmethod
    def of(cls, row: RolePermission) -> Self:
        return cls.model_validate(row, from_attributes=True)


class ScopeHolders(BaseModel):
    """A scope, and the roles that hold it."""

    scope: str = Field(description="What may be done; the vocabulary `scope` has its labels.")
    roles: list[Role] = Field(description="Who may do it.")


class RoleTable(BaseModel):
    """The role-permission table 角色权限表, read both ways."""

    data: list[RoleOut] = Field(description="Each role with its scopes, who may least first.")
    scopes: list[ScopeHolders] = Field(description="Each scope there is with the roles that hold it.")

    @classmethod
    def of(cls, rows: Sequence[RolePermission]) -> Self:
        by_role = {row.role: row for row in rows}
        ordered = [by_role[role] for role in Role]
        return cls(
            data=[RoleOut.of(row) for row in ordered],
            scopes=[
                ScopeHolders(scope=scope, roles=[Role(row.role) for row in ordered if scope in row.scopes])
                for scope in SCOPES
            ],
        )
