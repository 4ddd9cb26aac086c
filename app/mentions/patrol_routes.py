"""Patrols over HTTP."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from app.core.auth import Caller
from app.core.bodies import JsonBody
from app.core.conditional import IfMatch
from app.core.db import Tx
from app.core.deps import InRetries, InTransaction, MentionsRead, PatrolsWrite, Retries, may_see
from app.core.params import PageQuery
from app.core.routing import Operation
from app.mentions import patrol_queries, patrols
from app.mentions import patrol_schemas as schemas
from app.models import Patrol

router = APIRouter(prefix="/v1/patrols", tags=["Patrols"], route_class=Operation)
plan_router = APIRouter(prefix="/v1/patrol-plan", tags=["Patrols"], route_class=Operation)

Plan = Annotated[schemas.PatrolPlanPut, Depends(JsonBody(schemas.PatrolPlanPut))]
CheckIn = Annotated[schemas.PatrolCheckIn, Depends(JsonBody(schemas.PatrolCheckIn))]
Patch = Annotated[schemas.PatrolPatch, Depends(JsonBody(schemas.PatrolPatch))]


@plan_router.get("", operation_id="getPatrolPlan", response_model=schemas.PatrolPlan)
async def get_patrol_plan(
    query: Annotated[schemas.PatrolPlanQuery, Query()], tx: InTransaction, caller: MentionsRead
) -> dict[str, Any]:
    """The plan of patrols 巡查计划 as it was written last, or as it holds at an instant."""
    plan = await patrol_queries.plan_at(tx, query.at)
    [answer] = await patrol_queries.shown_plans(tx, [plan], caller=caller)
    return answer


@plan_router.put("", operation_id="putPatrolPlan", response_model=schemas.PatrolPlan)
async def put_patrol_plan(caller: PatrolsWrite, body: Plan, expected: IfMatch, run: InRetries) -> dict[str, Any]:
    """Writes the plan's next version. Slots before it takes effect keep theirs; those made ahead follow it."""

    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        plan = await patrols.set_plan(tx, body.model_dump(), expected=expected, caller=caller, now=now)
        [answer] = await patrol_queries.shown_plans(tx, [plan], caller=caller)
        return answer

    return await run(act)


@plan_router.get("/versions", operation_id="listPatrolPlanVersions", response_model=schemas.PatrolPlanPage)
async def list_patrol_plan_versions(
    query: Annotated[PageQuery, Query()], tx: InTransaction, caller: MentionsRead
) -> dict[str, Any]:
    """What the plan said from when on, who wrote it and why; the newest first."""
    return await patrol_queries.list_plans(tx, query, caller=caller)


async def _patrol(
    run: Retries, caller: Caller, verb: Callable[[Tx, datetime], Awaitable[Patrol]]
) -> dict[str, Any]:  # fmt: skip
    """The patrol as the verb leaves it behind."""
    return await run.shown(verb, patrol_queries.shown_one, caller=caller)


@router.get("", operation_id="listPatrols", response_model=schemas.PatrolPage)
async def list_patrols(
    query: Annotated[schemas.PatrolQuery, Query()], tx: InTransaction, caller: MentionsRead
) -> dict[str, Any]:
    """Patrols 人工巡查, the latest first: those of the next day, and all that were."""
    return await patrol_queries.list_patrols(tx, query, caller=caller)


@router.get("/{patrol_id}", operation_id="getPatrol", response_model=schemas.Patrol)
async def get_patrol(patrol_id: UUID, tx: InTransaction, caller: MentionsRead) -> dict[str, Any]:
    """One patrol, with what was found on it."""
    return await patrol_queries.shown_one(tx, await patrol_queries.get_patrol(tx, patrol_id), caller=caller)


@router.patch("/{patrol_id}", operation_id="assignPatrol", response_model=schemas.Patrol)
async def assign_patrol(
    patrol_id: UUID, caller: PatrolsWrite, body: Patch, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Gives a patrol to somebody else, until somebody has walked it."""
    fields = body.model_dump(exclude_unset=True)
    may_see(caller, fields, "mentions:read")
    return await _patrol(
        run, caller, lambda tx, now: patrols.assign_patrol(tx, patrol_id, fields, expected=expected, caller=caller, now=now)
    )  # fmt: skip


@router.post("/{patrol_id}/check-in", operation_id="checkInPatrol", response_model=schemas.Patrol)
async def check_in_patrol(
    patrol_id: UUID, request: Request, caller: PatrolsWrite, body: CheckIn, run: InRetries
) -> dict[str, Any]:
    """Says that a patrol was walked 巡查签到, and what was found. Needs a person: a machine's key is refused as
    `person_needed`.

    Each finding becomes a mention, as if a tool had reported it. A second check-in is refused as `patrol_walked`.
    """
    fields = body.model_dump(exclude={"findings"})
    intake = request.app.state.intake
    return await _patrol(
        run, caller,
        lambda tx, now: patrols.check_in(tx, intake, patrol_id, fields, body.findings, caller=caller, now=now),
    )  # fmt: skip
