"""Many tasks of an incident at once over HTTP: to look first, and to do it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.bodies import JsonBody
from app.core.conditional import PreviewMatch, PreviewMatchOffered
from app.core.deps import IncidentsRead, IncidentsWrite, InRetries
from app.core.routing import Operation
from app.incidents import task_bulk
from app.incidents import task_bulk_schemas as schemas

router = APIRouter(prefix="/v1/incidents/{incident_id}/tasks", tags=["Tasks"], route_class=Operation)

Bulk = Annotated[schemas.TaskBulk, Depends(JsonBody(schemas.TaskBulk))]
Create = Annotated[schemas.TaskBulkCreate, Depends(JsonBody(schemas.TaskBulkCreate))]


@router.post("/bulk/preview", operation_id="previewTasksChange", response_model=schemas.TaskBulkOutcome)
async def preview_tasks_change(incident_id: UUID, caller: IncidentsRead, body: Bulk, run: InRetries) -> dict[str, Any]:
    """Shows which tasks a change would change, which not and why, and changes nothing.

    The answer's ETag is good as If-Match of the change: it is refused when any of the chosen tasks changed meanwhile.
    """
    return await run(lambda tx, now: task_bulk.preview_tasks_change(tx, incident_id, body, caller=caller, now=now))


@router.post("/bulk", operation_id="changeTasks", response_model=schemas.TaskBulkOutcome)
async def change_tasks(
    incident_id: UUID, caller: IncidentsWrite, body: Bulk, expected: PreviewMatch, run: InRetries
) -> dict[str, Any]:
    """Assigns, finishes or waives up to 1,000 tasks of an incident in one transaction, with the clocks that run for them.

    What can't be changed stays as it is, and the answer says why. The timeline has one entry for all, `tasks.changed`.
    """
    return await run(
        lambda tx, now: task_bulk.change_tasks(tx, incident_id, body, expected=expected, caller=caller, now=now)
    )


@router.post("/bulk-create/preview", operation_id="previewTasksCreation", response_model=schemas.TaskBulkCreation)
async def preview_tasks_creation(
    incident_id: UUID, caller: IncidentsRead, body: Create, run: InRetries
) -> dict[str, Any]:
    """Shows for which affected users tasks would be created, and creates none.

    The answer's ETag may be sent as If-Match when they are created: that is refused when it would be others meanwhile.
    """
    return await run(lambda tx, now: task_bulk.preview_tasks_creation(tx, incident_id, body, now=now))


@router.post(
    "/bulk-create", status_code=201, operation_id="createTasks", response_model=schemas.TaskBulkCreated,
    responses={200: {"model": schemas.TaskBulkCreated, "description": "All of them have one: none was created."}},
)  # fmt: skip
async def create_tasks(
    incident_id: UUID, caller: IncidentsWrite, body: Create, expected: PreviewMatchOffered, run: InRetries,
    response: Response,
) -> dict[str, Any]:  # fmt: skip
    """Creates one task for each of up to 1,000 affected users, named or selected, for instance a remediation for each who
    has none. By selection nobody gets a second task of a kind. The timeline has one entry for all, `tasks.changed`."""
    answer = await run(
        lambda tx, now: task_bulk.create_tasks(tx, incident_id, body, expected=expected, caller=caller, now=now)
    )
    if not answer["task_count"]:
        response.status_code = 200
    return answer
