"""Incidents and grading policies over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from app.core.answers import LOCATED
from app.core.bodies import JsonBody
from app.core.conditional import IfMatch
from app.core.deps import IncidentsRead, IncidentsWrite, InRetries, InTransaction, RulesRead, RulesWrite, may_see
from app.core.params import PageQuery
from app.core.routing import Operation
from app.domain.grades import grade_of
from app.incidents import guards, policies, queries, schemas, service
from app.incidents.versions import get_version, list_versions, put_in_force
from app.models import GradingPolicy

router = APIRouter(prefix="/v1", tags=["Incidents"], route_class=Operation)
policy_router = APIRouter(prefix="/v1/grading-policies", tags=["Grading policies"], route_class=Operation)

Patch = Annotated[schemas.IncidentPatch, Depends(JsonBody(schemas.IncidentPatch))]
Grade = Annotated[schemas.GradePut, Depends(JsonBody(schemas.GradePut))]
Status = Annotated[schemas.StatusPut, Depends(JsonBody(schemas.StatusPut))]
Merge = Annotated[schemas.IncidentMerge, Depends(JsonBody(schemas.IncidentMerge))]
Create = Annotated[schemas.GradingPolicyCreate, Depends(JsonBody(schemas.GradingPolicyCreate))]
Simulate = Annotated[schemas.PolicySimulate, Depends(JsonBody(schemas.PolicySimulate))]


@router.get("/incidents", operation_id="listIncidents", response_model=schemas.IncidentPage)
async def list_incidents(
    query: Annotated[schemas.IncidentQuery, Query()], tx: InTransaction, caller: IncidentsRead
) -> dict[str, Any]:
    """Lists incidents 危机事件, newest first."""
    page = await queries.list_incidents(tx, query)
    return page | {"data": await guards.shown(tx, page["data"], caller=caller)}


@router.get("/incidents/{incident_id}", operation_id="getIncident")
async def get_incident(incident_id: UUID, tx: InTransaction, caller: IncidentsRead) -> schemas.Incident:
    """One incident, with what may be done about it."""
    return await guards.shown_after(tx, queries.get_incident(tx, incident_id), caller=caller)


@router.patch("/incidents/{incident_id}", operation_id="updateIncident")
async def update_incident(
    incident_id: UUID, caller: IncidentsWrite, body: Patch, expected: IfMatch, run: InRetries
) -> schemas.Incident:
    """Changes what the incident says of itself. Harm class, media follow-up and policy grade it anew at once."""
    fields = body.model_dump(exclude_unset=True, exclude={"reason"})
    may_see(caller, fields, "incidents:read")
    return await run(
        lambda tx, now: guards.shown_after(
            tx,
            service.change_incident(
                tx, incident_id, fields, reason=body.reason, expected=expected, caller=caller, now=now
            ),
            caller=caller,
        )
    )


@router.put("/incidents/{incident_id}/grade", operation_id="setIncidentGrade")
async def set_incident_grade(
    incident_id: UUID, caller: IncidentsWrite, body: Grade, expected: IfMatch, run: InRetries
) -> schemas.Incident:
    """Sets the grade by a person's judgement, with the reason."""
    grade = grade_of(body.grade)
    return await run(
        lambda tx, now: guards.shown_after(
            tx,
            service.set_grade(tx, incident_id, grade, reason=body.reason, expected=expected, caller=caller, now=now),
            caller=caller,
        )
    )


@router.put("/incidents/{incident_id}/status", operation_id="setIncidentStatus")
async def set_incident_status(
    incident_id: UUID, caller: IncidentsWrite, body: Status, expected: IfMatch, run: InRetries
) -> schemas.Incident:
    """Moves the incident on, dismisses it as 误报, or brings an ended one back.

    What a move still needs is named as `missing` in the 409 `guards_missing`, and in `allowed_actions` beforehand. A
    lead, a person with the scope `incidents:override`, may pass it 特批: it stands on the timeline with the reason.
    """
    return await run(
        lambda tx, now: guards.shown_after(
            tx,
            service.set_status(
                tx,
                incident_id,
                body.status,
                reason=body.reason,
                override=body.override,
                expected=expected,
                caller=caller,
                now=now,
            ),
            caller=caller,
        )
    )


@router.post("/incidents/{incident_id}/merge", operation_id="mergeIncident")
async def merge_incident(
    incident_id: UUID, caller: IncidentsWrite, body: Merge, expected: IfMatch, run: InRetries
) -> schemas.Incident:
    """Merges this incident into another 并案, which takes its mentions and goes on. Answers the one that goes on."""
    into = body.into_incident_id
    return await run(
        lambda tx, now: guards.shown_after(
            tx,
            service.merge_incidents(
                tx, incident_id, into, reason=body.reason, expected=expected, caller=caller, now=now
            ),
            caller=caller,
        )
    )


@router.get("/incidents/{incident_id}/spread", operation_id="getIncidentSpread", response_model=schemas.Spread)
async def get_incident_spread(
    incident_id: UUID, query: Annotated[schemas.SpreadQuery, Query()], tx: InTransaction, _: IncidentsRead
) -> dict[str, Any]:
    """The spread 传播量 by minute with every window: enough to count the grade again. Empty minutes are left out."""
    return await queries.get_spread(tx, incident_id, query)


@router.get("/incidents/{incident_id}/timeline", operation_id="listIncidentTimeline",
            response_model=schemas.TimelinePage)  # fmt: skip
async def list_incident_timeline(
    incident_id: UUID, query: Annotated[PageQuery, Query()], tx: InTransaction, caller: IncidentsRead
) -> dict[str, Any]:
    """What happened, in order, with who and why. Names, and people's data in reasons, are masked without `people:unmask`."""
    return await queries.list_timeline(tx, incident_id, query, caller=caller)


@policy_router.post("", status_code=201, operation_id="createGradingPolicy", response_model=schemas.GradingPolicy,
                    responses=LOCATED)  # fmt: skip
async def create_grading_policy(
    caller: RulesWrite, body: Create, tx: InTransaction, response: Response
) -> GradingPolicy:
    """Stores a policy, or the next version of one. Nothing is graded by it yet."""
    rules = [rule.model_dump(mode="json") for rule in body.rules]
    policy = await policies.create_policy(tx, body.name, rules, note=body.note, caller=caller)  # type: ignore[arg-type]
    response.headers["location"] = f"/v1/grading-policies/{policy.id}"
    return policy


@policy_router.get("", operation_id="listGradingPolicies", response_model=schemas.GradingPolicyPage)
async def list_grading_policies(
    query: Annotated[PageQuery, Query()], tx: InTransaction, _: RulesRead
) -> dict[str, Any]:
    """Lists every version of every policy, newest first."""
    return await list_versions(tx, GradingPolicy, query)


@policy_router.get("/{policy_id}", operation_id="getGradingPolicy", response_model=schemas.GradingPolicy)
async def get_grading_policy(policy_id: UUID, tx: InTransaction, _: RulesRead) -> GradingPolicy:
    """One version of a policy."""
    return await get_version(tx, GradingPolicy, policy_id)


@policy_router.post("/{policy_id}/activate", operation_id="activateGradingPolicy",
                    response_model=schemas.GradingPolicy)  # fmt: skip
async def activate_grading_policy(policy_id: UUID, tx: InTransaction, caller: RulesWrite) -> GradingPolicy:
    """Opens new incidents under this version from now on; those there are keep theirs."""
    return await put_in_force(tx, GradingPolicy, policy_id, caller=caller)


@policy_router.post("/{policy_id}/simulate", operation_id="simulateGradingPolicy",
                    response_model=schemas.PolicySimulation)  # fmt: skip
async def simulate_grading_policy(
    policy_id: UUID, _: RulesRead, __: IncidentsRead, body: Simulate, tx: InTransaction
) -> dict[str, Any]:
    """Tries the policy on past incidents: which grades they would have had, and when. Nothing is changed."""
    return await policies.simulate(tx, policy_id, body)
