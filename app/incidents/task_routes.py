"""Tasks over HTTP. What is done about many at once stands in :mod:`app.incidents.task_bulk_routes`."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from app.core.answers import LOCATED
from app.core.auth import Caller
from app.core.bodies import JsonBody
from app.core.conditional import IfMatch
from app.core.db import Tx
from app.core.deps import IncidentsRead, IncidentsWrite, InRetries, InTransaction, LegalApprove, Retries, may_see
from app.core.routing import Operation
from app.incidents import task_queries, task_schemas, tasks
from app.models import Task

router = APIRouter(prefix="/v1/tasks", tags=["Tasks"], route_class=Operation)
incident_router = APIRouter(prefix="/v1/incidents/{incident_id}/tasks", tags=["Tasks"], route_class=Operation)

Create = Annotated[task_schemas.TaskCreate, Depends(JsonBody(task_schemas.TaskCreate))]
Patch = Annotated[task_schemas.TaskPatch, Depends(JsonBody(task_schemas.TaskPatch))]
Complete = Annotated[task_schemas.TaskComplete, Depends(JsonBody(task_schemas.TaskComplete))]
Why = Annotated[task_schemas.TaskReason, Depends(JsonBody(task_schemas.TaskReason))]


async def _answered(
    run: Retries, caller: Caller, verb: Callable[[Tx, datetime], Awaitable[Task]]
) -> dict[str, Any]:  # fmt: skip
    """The task as the verb leaves it behind."""
    return await run.shown(verb, task_queries.shown_one, caller=caller)


@incident_router.post(
    "", status_code=201, operation_id="createTask", response_model=task_schemas.Task, responses=LOCATED
)
async def create_task(
    incident_id: UUID, caller: IncidentsWrite, body: Create, run: InRetries, response: Response
) -> dict[str, Any]:
    """Adds something to do 任务. A remediation 诉求处理 has a clock, which rings at 50, 80 and 100 per cent of its
    time. Commitments 承诺兑现 are created by publications, and have one as well."""
    fields = body.model_dump()
    answer = await _answered(
        run, caller, lambda tx, now: tasks.create_task(tx, incident_id, fields, caller=caller, now=now)
    )
    response.headers["location"] = f"/v1/tasks/{answer['id']}"
    return answer


@incident_router.get("", operation_id="listIncidentTasks", response_model=task_schemas.TaskPage)
async def list_incident_tasks(
    incident_id: UUID, query: Annotated[task_schemas.IncidentTaskQuery, Query()], tx: InTransaction,
    caller: IncidentsRead,
) -> dict[str, Any]:  # fmt: skip
    """What is and was to do about an incident, the first due first."""
    return await task_queries.list_incident_tasks(tx, incident_id, query, caller=caller)


@router.get("", operation_id="listTasks", response_model=task_schemas.TaskPage)
async def list_tasks(
    query: Annotated[task_schemas.TaskQuery, Query()], tx: InTransaction, caller: IncidentsRead
) -> dict[str, Any]:
    """What is and was to do about all incidents, the first due first; those without a date come last."""
    return await task_queries.list_tasks(tx, query, caller=caller)


@router.get("/{task_id}", operation_id="getTask", response_model=task_schemas.Task)
async def get_task(task_id: UUID, tx: InTransaction, caller: IncidentsRead) -> dict[str, Any]:
    """One task, with what may be done about it."""
    return await task_queries.shown_one(tx, await task_queries.get_task(tx, task_id), caller=caller)


@router.patch("/{task_id}", operation_id="updateTask", response_model=task_schemas.Task)
async def update_task(
    task_id: UUID, caller: IncidentsWrite, body: Patch, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Changes a task that is neither done nor waived. Its clock follows its date.

    A takedown report whose platform, url or legal basis changes is a draft again, whoever approved it before.
    """
    # Whole results: what one leaves out is stated as none.
    fields = body.model_dump(include=body.model_fields_set)
    may_see(caller, fields, "incidents:read")
    return await _answered(
        run, caller, lambda tx, now: tasks.change_task(tx, task_id, fields, expected=expected, caller=caller, now=now)
    )


@router.post("/{task_id}/complete", operation_id="completeTask", response_model=task_schemas.Task)
async def complete_task(
    task_id: UUID, caller: IncidentsWrite, body: Complete, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Says that it was done, when, and what came of it. Clocks judge by when it was done.

    A meeting and a fact check go on record as such by it (`act_id`), and meet the clocks that wait for them; recorded
    directly, they finish the incident's task of that kind, where there is just one. A takedown report that was approved is
    filed by a person: this says that they did.
    """
    fields = body.model_dump()
    return await _answered(
        run, caller, lambda tx, now: tasks.complete_task(tx, task_id, fields, expected=expected, caller=caller, now=now)
    )


@router.post("/{task_id}/waive", operation_id="waiveTask", response_model=task_schemas.Task)
async def waive_task(
    task_id: UUID, caller: IncidentsWrite, body: Why, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Says that it need not be done any more, and why. Its clock is called off."""
    return await _answered(
        run,
        caller,
        lambda tx, now: tasks.waive_task(tx, task_id, body.reason, expected=expected, caller=caller, now=now),
    )


@router.post("/{task_id}/reopen", operation_id="reopenTask", response_model=task_schemas.Task)
async def reopen_task(
    task_id: UUID, caller: IncidentsWrite, body: Why, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Says that what was done or waived is to be done after all. A remediation's clock starts anew; a takedown report is a
    draft again; a meeting or a fact check that is on record stays there."""
    return await _answered(
        run,
        caller,
        lambda tx, now: tasks.reopen_task(tx, task_id, body.reason, expected=expected, caller=caller, now=now),
    )


@router.post("/{task_id}/submit", operation_id="submitTask", response_model=task_schemas.Task)
async def submit_task(task_id: UUID, caller: IncidentsWrite, expected: IfMatch, run: InRetries) -> dict[str, Any]:
    """Hands a takedown report 侵权投诉举报 to legal. It needs a platform, a url and a legal basis: criticism has none."""
    return await _answered(
        run, caller, lambda tx, now: tasks.submit_task(tx, task_id, expected=expected, caller=caller, now=now)
    )


@router.post("/{task_id}/approve", operation_id="approveTask", response_model=task_schemas.Task)
async def approve_task(task_id: UUID, caller: LegalApprove, expected: IfMatch, run: InRetries) -> dict[str, Any]:
    """Approves a takedown report for legal. Needs a person who neither created it, nor owns it, nor ever worded it; others
    are refused as `approver_involved`."""
    return await _answered(
        run, caller, lambda tx, now: tasks.approve_task(tx, task_id, expected=expected, caller=caller, now=now)
    )


@router.post("/{task_id}/reject", operation_id="rejectTask", response_model=task_schemas.Task)
async def reject_task(
    task_id: UUID, caller: LegalApprove, body: Why, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Sends a takedown report back, with the reason. Needs a person."""
    return await _answered(
        run,
        caller,
        lambda tx, now: tasks.reject_task(tx, task_id, body.reason, expected=expected, caller=caller, now=now),
    )
