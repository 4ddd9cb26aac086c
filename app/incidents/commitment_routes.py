"""Promises over HTTP, as far as they belong to an incident."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from app.core.deps import IncidentsRead, InTransaction
from app.core.routing import Operation
from app.incidents import commitment_queries, commitment_schemas

router = APIRouter(prefix="/v1/incidents/{incident_id}/commitments", tags=["Statements"], route_class=Operation)


@router.get("", operation_id="listIncidentCommitments", response_model=commitment_schemas.CommitmentPage)
async def list_incident_commitments(
    incident_id: UUID, query: Annotated[commitment_schemas.CommitmentQuery, Query()], tx: InTransaction,
    caller: IncidentsRead,
) -> dict[str, Any]:  # fmt: skip
    """What was promised in public about an incident 承诺, and what became of it, the first due first."""
    return await commitment_queries.list_incident_commitments(tx, incident_id, query, caller=caller)
