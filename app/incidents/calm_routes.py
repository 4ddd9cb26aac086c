"""The calm test over HTTP."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from app.core.deps import IncidentsRead, InTransaction
from app.core.routing import Operation
from app.incidents import calm
from app.incidents.calm_schemas import CalmLook

router = APIRouter(prefix="/v1", tags=["Incidents"], route_class=Operation)


@router.get("/incidents/{incident_id}/calm", operation_id="getIncidentCalm", response_model=CalmLook)
async def get_incident_calm(incident_id: UUID, tx: InTransaction, _: IncidentsRead) -> dict[str, Any]:
    """Whether the fire is out: the four conditions of calm at this minute, with their figures and what is missing."""
    return await calm.show(tx, incident_id)
