"""Clocks and SLA policies over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from app.core.answers import LOCATED
from app.core.bodies import JsonBody
from app.core.deps import IncidentsRead, InTransaction, RulesRead, RulesWrite
from app.core.params import PageQuery
from app.core.routing import Operation
from app.incidents import sla_policies, sla_queries
from app.incidents import sla_schemas as schemas
from app.incidents.versions import get_version, list_versions, put_in_force
from app.models import SlaPolicy

router = APIRouter(prefix="/v1", tags=["Deadlines"], route_class=Operation)
policy_router = APIRouter(prefix="/v1/sla-policies", tags=["SLA policies"], route_class=Operation)

Create = Annotated[schemas.SlaPolicyCreate, Depends(JsonBody(schemas.SlaPolicyCreate))]


@router.get("/deadlines", operation_id="listDeadlines", response_model=schemas.DeadlinePage)
async def list_deadlines(
    query: Annotated[schemas.DeadlineQuery, Query()], tx: InTransaction, _: IncidentsRead
) -> dict[str, Any]:
    """Lists clocks 时限, the first due first. Monitors ask for `state=running&due_before=`; of what is overdue there only
    `first_word`, which warns and never rings a breach, is no fault of ours."""
    return await sla_queries.list_deadlines(tx, query)


@router.get("/deadlines/{deadline_id}", operation_id="getDeadline", response_model=schemas.Deadline)
async def get_deadline(deadline_id: UUID, tx: InTransaction, _: IncidentsRead) -> dict[str, Any]:
    """One clock, with what of it rang."""
    return await sla_queries.get_deadline(tx, deadline_id)


@router.get("/sla/summary", operation_id="getSlaSummary", response_model=schemas.SlaSummary)
async def get_sla_summary(
    query: Annotated[schemas.SlaSummaryQuery, Query()], tx: InTransaction, _: IncidentsRead
) -> dict[str, Any]:
    """How the clocks were kept, by kind and grade: met, told late, breached, running, and how long it took."""
    return await sla_queries.summary(tx, query)


@policy_router.post("", status_code=201, operation_id="createSlaPolicy", response_model=schemas.SlaPolicy,
                    responses=LOCATED)  # fmt: skip
async def create_sla_policy(caller: RulesWrite, body: Create, tx: InTransaction, response: Response) -> SlaPolicy:
    """Stores a policy, or the next version of one. No clock runs by it yet."""
    clocks = [clock.model_dump(mode="json") for clock in body.clocks]
    policy = await sla_policies.create_policy(
        tx, body.name, clocks, follow_ups_percent=body.follow_ups_percent, silence=body.silence.model_dump(),
        origin_grace_seconds=body.origin_grace_seconds, note=body.note, caller=caller,
    )  # fmt: skip
    response.headers["location"] = f"/v1/sla-policies/{policy.id}"
    return policy


@policy_router.get("", operation_id="listSlaPolicies", response_model=schemas.SlaPolicyPage)
async def list_sla_policies(query: Annotated[PageQuery, Query()], tx: InTransaction, _: RulesRead) -> dict[str, Any]:
    """Lists every version of every policy, newest first."""
    return await list_versions(tx, SlaPolicy, query)


@policy_router.get("/{policy_id}", operation_id="getSlaPolicy", response_model=schemas.SlaPolicy)
async def get_sla_policy(policy_id: UUID, tx: InTransaction, _: RulesRead) -> SlaPolicy:
    """One version of a policy."""
    return await get_version(tx, SlaPolicy, policy_id)


@policy_router.post("/{policy_id}/activate", operation_id="activateSlaPolicy", response_model=schemas.SlaPolicy)
async def activate_sla_policy(policy_id: UUID, tx: InTransaction, caller: RulesWrite) -> SlaPolicy:
    """Starts clocks under this version from now on; those that run keep their ends until a raise tightens them."""
    return await put_in_force(tx, SlaPolicy, policy_id, caller=caller)
