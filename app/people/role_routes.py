"""The role-permission table over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from app.core.bodies import JsonBody
from app.core.conditional import IfMatch
from app.core.deps import InTransaction, PeopleRead, PeopleWrite
from app.core.faults import Like
from app.core.routing import Operation
from app.domain.vocabulary import Role
from app.people import queries, roles
from app.people.role_schemas import RoleOut, RolePut, RoleTable

router = APIRouter(prefix="/v1/roles", tags=["Roles"], route_class=Operation)

# Not the enum: what is not a role is a path to nothing, as with every other name.
RoleName = Annotated[
    str,
    Like("^[a-z_]{1,30}$", f"must be a role's code: {', '.join(Role)}"),
    Path(
        examples=["responder"],
        description="Which role: reader, responder, lead, legal, admin or integration.",
    ),
]  # fmt: skip


@router.get("", operation_id="getRoles")
async def get_roles(tx: InTransaction, _: PeopleRead) -> RoleTable:
    """Shows the role-permission table 角色权限表: what each role may do, and who may do each thing."""
    return RoleTable.of(await queries.all_roles(tx))


@router.get("/{role}", operation_id="getRole")
async def get_role(role: RoleName, tx: InTransaction, _: PeopleRead) -> RoleOut:
    """One role, and what it may do."""
    return RoleOut.of(await queries.get_role(tx, role))


@router.put("/{role}", operation_id="updateRole")
async def update_role(
    role: RoleName,
    caller: PeopleWrite,
    body: Annotated[RolePut, Depends(JsonBody(RolePut))],
    expected: IfMatch,
    tx: InTransaction,
) -> RoleOut:
    """Sets all that a role may do. Who holds it may do that within a second, people and keys alike.

    Nobody adds or takes away a scope they lack; what was taken from every role, `fenghuo key create` on the machine
    gives back. A person can't use `people:act`, whatever their role says: only a machine's key mints tokens.
    """
    row = await roles.set_role(tx, role, body.scopes, expected=expected, caller=caller, now=await tx.now())
    return RoleOut.of(row)
