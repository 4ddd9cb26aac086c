"""Departments over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from app.core.answers import LOCATED
from app.core.bodies import JsonBody
from app.core.conditional import IfMatch
from app.core.deps import InTransaction, PeopleRead, PeopleWrite, may_see
from app.core.routing import Operation
from app.models import Department
from app.people import department_schemas as schemas
from app.people import departments, queries

router = APIRouter(prefix="/v1/departments", tags=["Departments"], route_class=Operation)

DepartmentId = Annotated[UUID, Path(description="The department's id.")]
Create = Annotated[schemas.DepartmentCreate, Depends(JsonBody(schemas.DepartmentCreate))]
Patch = Annotated[schemas.DepartmentPatch, Depends(JsonBody(schemas.DepartmentPatch))]


@router.post("", status_code=201, operation_id="createDepartment", response_model=schemas.DepartmentOut,
             responses=LOCATED)  # fmt: skip
async def create_department(caller: PeopleWrite, body: Create, tx: InTransaction, response: Response) -> Department:
    """Adds a department 部门. Incidents find it by the business units it answers for."""
    department = await departments.create_department(tx, body.model_dump(), caller=caller)
    response.headers["location"] = f"/v1/departments/{department.id}"
    return department


@router.get("", operation_id="listDepartments", response_model=schemas.DepartmentPage)
async def list_departments(
    query: Annotated[schemas.DepartmentQuery, Query()], tx: InTransaction, _: PeopleRead
) -> dict[str, Any]:
    """Lists departments, oldest first; those that are no more too, unless `active` says otherwise."""
    return await queries.list_departments(tx, query)


@router.get("/{department_id}", operation_id="getDepartment", response_model=schemas.DepartmentOut)
async def get_department(department_id: DepartmentId, tx: InTransaction, _: PeopleRead) -> Department:
    """One department."""
    return await queries.get_department(tx, department_id)


@router.patch("/{department_id}", operation_id="updateDepartment", response_model=schemas.DepartmentOut)
async def update_department(
    department_id: DepartmentId, caller: PeopleWrite, body: Patch, expected: IfMatch, tx: InTransaction
) -> Department:
    """Changes a department, or ends it."""
    changes = body.model_dump(exclude_unset=True)
    may_see(caller, changes, "people:read")
    return await departments.update_department(
        tx, department_id, changes, expected=expected, caller=caller, now=await tx.now()
    )
