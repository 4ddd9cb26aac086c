"""The risk register over HTTP."""

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
from app.core.deps import InRetries, InTransaction, Retries, ReviewsRead, ReviewsWrite, may_see
from app.core.params import PageQuery
from app.core.routing import Operation
from app.models import Risk, RiskMeasure
from app.reviews import risks, risks_measures, risks_queries
from app.reviews import risks_measure_schemas as measure_schemas
from app.reviews import risks_schemas as schemas

router = APIRouter(prefix="/v1/risks", tags=["Risks"], route_class=Operation)
measure_router = APIRouter(prefix="/v1/risk-measures", tags=["Risks"], route_class=Operation)

Create = Annotated[schemas.RiskCreate, Depends(JsonBody(schemas.RiskCreate))]
Patch = Annotated[schemas.RiskPatch, Depends(JsonBody(schemas.RiskPatch))]
Reviewed = Annotated[schemas.RiskReviewed, Depends(JsonBody(schemas.RiskReviewed))]
Link = Annotated[schemas.RiskIncidentCreate, Depends(JsonBody(schemas.RiskIncidentCreate))]
Measure = Annotated[measure_schemas.RiskMeasureCreate, Depends(JsonBody(measure_schemas.RiskMeasureCreate))]
MeasurePatch = Annotated[measure_schemas.RiskMeasurePatch, Depends(JsonBody(measure_schemas.RiskMeasurePatch))]


async def _risk(
    run: Retries, caller: Caller, verb: Callable[[Tx, datetime], Awaitable[Risk]]
) -> dict[str, Any]:  # fmt: skip
    """The risk as the verb leaves it behind."""
    return await run.shown(verb, risks_queries.shown_one, caller=caller)


async def _measure(
    run: Retries, caller: Caller, verb: Callable[[Tx, datetime], Awaitable[RiskMeasure]]
) -> dict[str, Any]:
    """The measure as the verb leaves it behind."""

    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        [answer] = await risks_queries.shown_measures(tx, [await verb(tx, now)], caller=caller)
        return answer

    return await run(act)


@router.post("", status_code=201, operation_id="createRisk", response_model=schemas.Risk, responses=LOCATED)
async def create_risk(caller: ReviewsWrite, body: Create, run: InRetries, response: Response) -> dict[str, Any]:
    """Enters a risk 风险 with the measures against it, and the incidents in which it came true before."""
    fields = body.model_dump(exclude={"reason"})
    answer = await _risk(
        run, caller, lambda tx, now: risks.create_risk(tx, fields, reason=body.reason, caller=caller, now=now)
    )
    response.headers["location"] = f"/v1/risks/{answer['id']}"
    return answer


@router.get("", operation_id="listRisks", response_model=schemas.RiskPage)
async def list_risks(
    query: Annotated[schemas.RiskQuery, Query()], tx: InTransaction, caller: ReviewsRead
) -> dict[str, Any]:
    """The risk register 风险清单, the greatest risk first."""
    return await risks_queries.list_risks(tx, query, caller=caller)


@router.get("/{risk_id}", operation_id="getRisk", response_model=schemas.Risk)
async def get_risk(risk_id: UUID, tx: InTransaction, caller: ReviewsRead) -> dict[str, Any]:
    """One risk, with its measures and the incidents in which it came true."""
    return await risks_queries.shown_one(tx, await risks_queries.get_risk(tx, risk_id), caller=caller)


@router.patch("/{risk_id}", operation_id="updateRisk", response_model=schemas.Risk)
async def update_risk(
    risk_id: UUID, caller: ReviewsWrite, body: Patch, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Changes a risk, closes it or opens it again: each time a version of its own, which says who and why."""
    fields = body.model_dump(exclude_unset=True, exclude={"reason"})
    may_see(caller, fields, "reviews:read")
    return await _risk(
        run, caller,
        lambda tx, now: risks.change_risk(
            tx, risk_id, fields, reason=body.reason, expected=expected, caller=caller, now=now
        ),
    )  # fmt: skip


@router.get("/{risk_id}/versions", operation_id="listRiskVersions", response_model=schemas.RiskVersionPage)
async def list_risk_versions(
    risk_id: UUID, query: Annotated[PageQuery, Query()], tx: InTransaction, caller: ReviewsRead
) -> dict[str, Any]:
    """What the risk said after each change, who made it, why, and by which review; the newest first."""
    return await risks_queries.list_versions(tx, risk_id, query, caller=caller)


@router.post("/{risk_id}/reviewed", operation_id="recordRiskReview", response_model=schemas.Risk)
async def record_risk_review(
    risk_id: UUID, caller: ReviewsWrite, body: Reviewed, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Says that somebody looked at the risk again 定期梳理, and what they found; it is due the next time."""
    return await _risk(
        run, caller,
        lambda tx, now: risks.record_review(
            tx, risk_id, body.note, body.next_review_on, expected=expected, caller=caller, now=now
        ),
    )  # fmt: skip


@router.post("/{risk_id}/incidents", operation_id="linkRiskIncident", response_model=schemas.Risk)
async def link_risk_incident(risk_id: UUID, caller: ReviewsWrite, body: Link, run: InRetries) -> dict[str, Any]:
    """Says that the risk came true in an incident. Said again, nothing changes; reviews say so by themselves."""
    return await _risk(
        run, caller, lambda tx, now: risks.link_incident(tx, risk_id, body.incident_id, caller=caller, now=now)
    )


@router.delete("/{risk_id}/incidents/{incident_id}", status_code=204, operation_id="unlinkRiskIncident")
async def unlink_risk_incident(risk_id: UUID, incident_id: UUID, caller: ReviewsWrite, tx: InTransaction) -> None:
    """Says that the risk did not come true in the incident after all."""
    await risks.unlink_incident(tx, risk_id, incident_id, caller=caller)


@router.post(
    "/{risk_id}/measures", status_code=201, operation_id="addRiskMeasure", response_model=measure_schemas.RiskMeasure,
    responses=LOCATED,
)  # fmt: skip
async def add_risk_measure(
    risk_id: UUID, caller: ReviewsWrite, body: Measure, run: InRetries, response: Response
) -> dict[str, Any]:
    """Adds a preventive measure 预防措施 to a risk."""
    answer = await _measure(
        run, caller,
        lambda tx, now: risks_measures.add_measure(tx, risk_id, body.model_dump(), caller=caller, now=now),
    )  # fmt: skip
    response.headers["location"] = f"/v1/risk-measures/{answer['id']}"
    return answer


@measure_router.get("", operation_id="listRiskMeasures", response_model=measure_schemas.RiskMeasurePage)
async def list_risk_measures(
    query: Annotated[measure_schemas.RiskMeasureQuery, Query()], tx: InTransaction, caller: ReviewsRead
) -> dict[str, Any]:
    """Preventive measures against all risks, the first due first."""
    return await risks_measures.list_measures(tx, query, caller=caller)


@measure_router.get("/{measure_id}", operation_id="getRiskMeasure", response_model=measure_schemas.RiskMeasure)
async def get_risk_measure(measure_id: UUID, tx: InTransaction, caller: ReviewsRead) -> dict[str, Any]:
    """One preventive measure."""
    found = await risks_measures.get_measure(tx, measure_id)
    [answer] = await risks_queries.shown_measures(tx, [found], caller=caller)
    return answer


@measure_router.patch("/{measure_id}", operation_id="updateRiskMeasure", response_model=measure_schemas.RiskMeasure)
async def update_risk_measure(
    measure_id: UUID, caller: ReviewsWrite, body: MeasurePatch, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Changes a measure: `done_at` finishes it, and null says that it is not done after all."""
    fields = body.model_dump(exclude_unset=True)
    may_see(caller, fields, "reviews:read")
    return await _measure(
        run, caller,
        lambda tx, now: risks_measures.change_measure(
            tx, measure_id, fields, expected=expected, caller=caller, now=now
        ),
    )  # fmt: skip
