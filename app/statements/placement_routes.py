"""Where statements are published, over HTTP."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.bodies import JsonBody
from app.core.conditional import IfMatch
from app.core.db import Tx
from app.core.deps import InRetries, InTransaction, PublicationsWrite, StatementsRead, StatementsWrite
from app.core.routing import Operation
from app.statements import placement_queries, placement_schemas, placements, reports
from app.statements.platform_routes import PlatformName

router = APIRouter(prefix="/v1/statements/{statement_id}/placements", tags=["Statements"], route_class=Operation)
report_router = APIRouter(prefix="/v1/publication-reports", tags=["Statements"], route_class=Operation)

Put = Annotated[placement_schemas.PlacementPut, Depends(JsonBody(placement_schemas.PlacementPut))]
Report = Annotated[
    placement_schemas.PublicationReportCreate, Depends(JsonBody(placement_schemas.PublicationReportCreate))
]
TOLD_BEFORE: dict[int | str, dict[str, Any]] = {
    200: {"model": placement_schemas.PublicationReport, "description": "It was told before: this is that one."},
}  # fmt: skip


@router.get("", operation_id="getStatementPlacements", response_model=placement_schemas.PlacementMatrix)
async def get_statement_placements(statement_id: UUID, tx: InTransaction, caller: StatementsRead) -> dict[str, Any]:
    """Shows where a statement is and should be 发布矩阵: planned and actual times, addresses, evidence, what each platform
    takes, and how far apart its publications are 发布时差."""
    return await placement_queries.matrix(tx, statement_id, caller=caller)


@router.get("/{platform}", operation_id="getStatementPlacement", response_model=placement_schemas.Placement)
async def get_statement_placement(
    statement_id: UUID, platform: PlatformName, tx: InTransaction, caller: StatementsRead
) -> dict[str, Any]:
    """One platform's row."""
    return await placement_queries.one(tx, statement_id, platform, caller=caller)


@router.put("/{platform}", operation_id="setStatementPlacement", response_model=placement_schemas.Placement)
async def set_statement_placement(
    statement_id: UUID, platform: PlatformName, caller: StatementsWrite, body: Put, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Plans the statement for a platform, or says that it is not to be there. Where it is not planned yet, send `If-Match: *`.

    Where it began that is a decision of the incident, by which its guard and its clock go on; to take it back corrects that.
    """

    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        await placements.set_placement(
            tx, statement_id, platform, body.model_dump(), expected=expected, caller=caller, now=now
        )
        return await placement_queries.one(tx, statement_id, platform, caller=caller)

    return await run(act)


@report_router.post("", status_code=201, operation_id="reportPublication",
                    response_model=placement_schemas.PublicationReport, responses=TOLD_BEFORE)  # fmt: skip
async def report_publication(
    caller: PublicationsWrite, body: Report, run: InRetries, response: Response
) -> dict[str, Any]:
    """Reports back what an integration has published, approved or not. Told again it is answered 200 with the first one."""

    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        reported = await reports.report_publication(tx, body.model_dump(), caller=caller, now=now)
        response.status_code = 201 if reported.is_new else 200
        return await reports.shown(tx, reported, caller=caller)

    return await run(act)
