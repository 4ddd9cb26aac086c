"""Key figures 关键指标 and their baselines over HTTP (方案 一)."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from app.core.answers import LOCATED
from app.core.bodies import JsonBody
from app.core.deps import InTransaction, MetricsRead, MetricsWrite
from app.core.params import PageQuery
from app.core.routing import Operation
from app.metrics import kpi_baselines, kpi_queries
from app.metrics import kpi_schemas as schemas

router = APIRouter(prefix="/v1/metrics", tags=["Metrics"], route_class=Operation)

Name = Annotated[
    schemas.KpiName, Path(examples=["R02"], description="Which figure, by its id in the vocabulary `kpi`.")
]
Freeze = Annotated[schemas.KpiBaselineCreate, Depends(JsonBody(schemas.KpiBaselineCreate))]


@router.get("/kpis", operation_id="getKpis", response_model=schemas.KpiReport)
async def get_kpis(query: Annotated[schemas.KpiQuery, Query()], tx: InTransaction, _: MetricsRead) -> dict[str, Any]:
    """The plan's key figures of some days: formula, numerator, denominator, value, target, and whether it is reached.

    Exercises and what was dismissed by the period's end are out, what was merged by then counts once. A clock belongs to the
    day it was due on, calm to the day it was recorded on, both as they stood at the period's end. So what is over stays as it
    is, whoever leaves, and whatever is renamed, merged, split, dismissed or given to another product: it changes only where
    something is put on record late (counted both ways).
    """
    return await kpi_queries.show(tx, query)


@router.get("/kpis/{kpi}/items", operation_id="listKpiItems", response_model=schemas.KpiItemPage)
async def list_kpi_items(
    kpi: Name, query: Annotated[schemas.KpiItemQuery, Query()], tx: InTransaction, _: MetricsRead
) -> dict[str, Any]:
    """What is behind a figure: each clock, incident or person, its own figure, and whether it counts."""
    return await kpi_queries.list_items(tx, kpi, query)


@router.post("/baselines", status_code=201, operation_id="createKpiBaseline", response_model=schemas.KpiBaseline,
             responses=LOCATED)  # fmt: skip
async def create_kpi_baseline(
    caller: MetricsWrite, body: Freeze, tx: InTransaction, response: Response
) -> dict[str, Any]:
    """Freezes the time to calm and the negative spread of a period under a name, with the incidents behind them.

    A baseline is never changed. It applies from a day on until the next one does, and the next one applies from today at
    the earliest: figures of past days keep the baseline they were judged by.
    """
    fields = body.model_dump()
    baseline = await kpi_baselines.create_baseline(tx, fields, caller=caller, now=await tx.now())
    response.headers["location"] = f"/v1/metrics/baselines/{baseline.id}"
    return await kpi_baselines.show(tx, baseline)


@router.get("/baselines", operation_id="listKpiBaselines", response_model=schemas.KpiBaselinePage)
async def list_kpi_baselines(query: Annotated[PageQuery, Query()], tx: InTransaction, _: MetricsRead) -> dict[str, Any]:
    """Lists baselines 基线, the newest first."""
    return await kpi_baselines.list_baselines(tx, query)


@router.get("/baselines/{baseline_id}", operation_id="getKpiBaseline", response_model=schemas.KpiBaseline)
async def get_kpi_baseline(baseline_id: UUID, tx: InTransaction, _: MetricsRead) -> dict[str, Any]:
    """One baseline."""
    return await kpi_baselines.show(tx, await kpi_baselines.get_baseline(tx, baseline_id))


@router.get("/baselines/{baseline_id}/incidents", operation_id="listKpiBaselineIncidents",
            response_model=schemas.KpiBaselineIncidentPage)  # fmt: skip
async def list_kpi_baseline_incidents(
    baseline_id: UUID, query: Annotated[PageQuery, Query()], tx: InTransaction, _: MetricsRead
) -> dict[str, Any]:
    """The incidents behind a baseline, each with its part in it."""
    return await kpi_baselines.list_incidents(tx, baseline_id, query)
