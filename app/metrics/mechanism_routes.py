"""The plan's three mechanisms over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.core.deps import InTransaction, MetricsRead
from app.core.instants import not_ahead
from app.core.routing import Operation
from app.metrics import mechanism_schemas as schemas
from app.metrics import mechanisms

router = APIRouter(prefix="/v1/metrics", tags=["Metrics"], route_class=Operation)


@router.get("/mechanisms", operation_id="getMechanisms", response_model=schemas.MechanismReport)
async def get_mechanisms(
    query: Annotated[schemas.MechanismQuery, Query()], tx: InTransaction, _: MetricsRead
) -> dict[str, Any]:
    """The plan's three lasting mechanisms 监测, 复盘, 升级: each green or red from live data, with why; now or at a past instant."""
    now = await tx.now()
    return await mechanisms.show(tx, not_ahead(query.at, now, "?at") or now)
