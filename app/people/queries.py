"""What is read of people, departments, roles and keys."""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.params import PageQuery
from app.models import ApiKey, Department, Person, RolePermission
from app.people.department_schemas import DepartmentQuery
from app.people.person_schemas import PersonQuery


class Who(NamedTuple):
    """The rows behind a caller, as far as there are any."""

    key: ApiKey | None
    person: Person | None
    department: Department | None


async def get_key(tx: Tx, key_id: str, *, lock: bool = False) -> ApiKey:
    """The key, revoked or not; NotFound otherwise."""
    key = await tx.get(ApiKey, key_id, with_for_update=lock)
    if key is None:
        raise NotFound(f"There is no API key {key_id!r}.")
    return key


async def list_keys(tx: Tx, query: PageQuery) -> dict[str, Any]:
    """Keys by id, revoked ones too."""
    rows = select(ApiKey).order_by(ApiKey.id).limit(query.limit + 1)
    after = paging.decode(query.cursor, "api-keys")
    if after:
        rows = rows.where(ApiKey.id > after[0])
    return paging.page((await tx.scalars(rows)).all(), query.limit, "api-keys", lambda key: [key.id])


async def get_person(tx: Tx, person_id: UUID, *, lock: bool = False) -> Person:
    """The person, active or not; NotFound otherwise. What names a locked one does not wait for them."""
    person = await tx.get(Person, person_id, with_for_update={"key_share": True} if lock else None)
    if person is None:
        raise NotFound(f"There is no person {person_id}.")
    return person


async def list_people(tx: Tx, query: PersonQuery) -> dict[str, Any]:
    """People by id, which is by age; inactive ones too unless the query says otherwise."""
    rows = select(Person).order_by(Person.id).limit(query.limit + 1)
    if query.department_id:
        rows = rows.where(Person.department_id.in_(query.department_id))
    if query.role:
        rows = rows.where(Person.roles.overlap(query.role))
    if query.on_duty is not None:
        rows = rows.where(Person.on_duty == query.on_duty)
    if query.active is not None:
        rows = rows.where(Person.active == query.active)
    bound = ["people", query.filters()]
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(Person.id > UUID(after[0]))
    return paging.page((await tx.scalars(rows)).all(), query.limit, bound, lambda person: [person.id])


async def person_with_subject(tx: Tx, subject: str) -> Person | None:
    """The person the issuer calls so."""
    return (await tx.scalars(select(Person).where(Person.oidc_subject == subject))).one_or_none()


async def get_department(tx: Tx, department_id: UUID, *, lock: bool = False) -> Department:
    """The department, active or not; NotFound otherwise."""
    department = await tx.get(Department, department_id, with_for_update=lock)
    if department is None:
        raise NotFound(f"There is no department {department_id}.")
    return department


async def list_departments(tx: Tx, query: DepartmentQuery) -> dict[str, Any]:
    """Departments by id, which is by age; inactive ones too unless the query says otherwise."""
    rows = select(Department).order_by(Department.id).limit(query.limit + 1)
    if query.kind:
        rows = rows.where(Department.kind.in_(query.kind))
    if query.active is not None:
        rows = rows.where(Department.active == query.active)
    bound = ["departments", query.filters()]
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(Department.id > UUID(after[0]))
    return paging.page((await tx.scalars(rows)).all(), query.limit, bound, lambda department: [department.id])


async def department_named(tx: Tx, name: str) -> Department | None:
    """The department of that name."""
    return (await tx.scalars(select(Department).where(Department.name == name))).one_or_none()


async def get_role(tx: Tx, role: str, *, lock: bool = False) -> RolePermission:
    """What the role may do; NotFound where there is no such role."""
    row = await tx.get(RolePermission, role, with_for_update=lock)
    if row is None:
        raise NotFound(f"There is no role {role!r}.")
    return row


async def all_roles(tx: Tx) -> list[RolePermission]:
    """The whole role-permission table."""
    return list(await tx.scalars(select(RolePermission)))


async def role_table(tx: Tx) -> dict[str, frozenset[str]]:
    """What each role may do."""
    return {row.role: frozenset(row.scopes) for row in await all_roles(tx)}


async def who(tx: Tx, caller: Caller) -> Who:
    """Who calls, as the tables have them now."""
    key = None if caller.kind == "oidc" else await tx.get(ApiKey, caller.id)
    person = await tx.get(Person, caller.person.id) if caller.person else None
    department = await tx.get(Department, person.department_id) if person and person.department_id else None
    return Who(key, person, department)
