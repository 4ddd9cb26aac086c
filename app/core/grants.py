"""What somebody may do: their own scopes, and those of their roles as the role-permission table has them now."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, func, select

from app.core.db import Tx
from app.models import ApiKey, Person, RolePermission


def granted(holder: type[Person] | type[ApiKey]) -> ColumnElement[list[str]]:
    """The scopes of a row's roles, beside its own: a column of a query over ``holder``."""
    rows = select(func.unnest(RolePermission.scopes)).where(RolePermission.role == func.any(holder.roles))
    return func.array(rows.scalar_subquery())


async def scopes_of_roles(tx: Tx, roles: Collection[str]) -> frozenset[str]:
    """What these roles may do together."""
    rows = select(func.unnest(RolePermission.scopes)).where(RolePermission.role.in_(roles))
    return frozenset((await tx.scalars(rows)).all())


async def scopes_of(tx: Tx, holder: Person | ApiKey) -> frozenset[str]:
    """Everything a person or a key may do."""
    return frozenset(holder.scopes) | await scopes_of_roles(tx, holder.roles)


def together(own: Sequence[str], of_roles: Sequence[str] | None) -> frozenset[str]:
    """One's own scopes and those of one's roles."""
    return frozenset(own) | frozenset(of_roles or ())
