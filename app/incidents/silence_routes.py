"""The silence between our public words over HTTP."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from app.core.deps import IncidentsRead, InTransaction
from app.core.routing import Operation
from app.incidents import silence
from app.incidents.silence_schemas import Silence

router = APIRouter(prefix="/v1", tags=["Incidents"], route_class=Operation)


@router.get("/incidents/{incident_id}/silence", operation_id="getIncidentSilence", response_model=Silence)
async def get_incident_silence(incident_id: UUID, tx: InTransaction, _: IncidentsRead) -> dict[str, Any]:
    """How long we have said nothing in public 沉默时长, when that is too long, and why where nobody waits for us."""
    return await silence.show(tx, incident_id)
