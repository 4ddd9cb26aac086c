"""Departments: added and changed. One that is no more is inactive, because incidents of the past name it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.auth import Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Conflict
from app.core.outbox import record
from app.domain.events import Changed
from app.models import Department
from app.people import queries
from app.people.persons import active_person


class DepartmentNameTaken(Conflict):
    """Imports and people call a department by its name, so no two have the same."""

    code, title = "department_name_taken", ("A department has this name", "部门名称已存在")


async def create_department(tx: Tx, fields: Mapping[str, Any], *, caller: Caller) -> Department:
    """The new department, active."""
    await _check(tx, fields)
    department = Department(**fields)
    tx.add(department)
    await tx.flush()
    await tx.refresh(department)
    await _changed(tx, department, "created", sorted(fields), caller)
    return department


async def update_department(
    tx: Tx, department_id: UUID, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Department:
    """Sets what ``fields`` names."""
    department = await queries.get_department(tx, department_id, lock=True)
    expected.meet(department.version)
    changes = {name: value for name, value in fields.items() if getattr(department, name) != value}
    if not changes:
        return department
    await _check(tx, changes)
    for name, value in changes.items():
        setattr(department, name, value)
    touch(department, now)
    await _changed(tx, department, "updated", sorted(changes), caller)
    return department


async def _check(tx: Tx, fields: Mapping[str, Any]) -> None:
    """What is set must be free, and whoever heads it must be there."""
    if "name" in fields and await queries.department_named(tx, fields["name"]) is not None:
        raise DepartmentNameTaken.at(
            "/name", "another department has this name; take another, or change that one", "taken"
        )
    if fields.get("head_id") is not None:
        await active_person(tx, fields["head_id"], "/head_id")


async def _changed(tx: Tx, department: Department, action: str, fields: list[str], caller: Caller) -> None:
    event = Changed(subject="department", subject_id=str(department.id), action=action, fields=fields)
    await record(tx, event, caller=caller)
