"""How well we watch, over HTTP: which platforms are covered (R04), and how soon people hear of hits (R23)."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query

from app.core.deps import InTransaction, SourcesRead
from app.core.errors import Invalid
from app.core.routing import Operation
from app.mentions.coverage import Covered, Hour, coverage_by_hour, percent_of, whole_hours
from app.metrics import latency, latency_schemas
from app.metrics.coverage_schemas import MOST_DAYS, Coverage, CoverageQuery

USUAL_DAYS: Final = 30

router = APIRouter(prefix="/v1/metrics", tags=["Sources"], route_class=Operation)


@router.get("/coverage", operation_id="getPlatformCoverage", response_model=Coverage)
async def get_platform_coverage(
    query: Annotated[CoverageQuery, Query()], tx: InTransaction, _: SourcesRead
) -> dict[str, Any]:
    """Shows by the hour of which core platforms 核心平台 we had fresh data, and which were dark."""
    now = await tx.now()
    start, end = _period(query.from_, query.to, now)
    if end - start > timedelta(days=MOST_DAYS):
        raise Invalid.at(
            "?from", f"lies more than {MOST_DAYS} days before the end; ask for less at once", "span_too_long"
        )
    start, end = whole_hours(start, end, now)
    hours = await coverage_by_hour(tx, start, end)
    total = Covered(sum(len(hour.covered) for hour in hours), sum(len(hour.covered) + len(hour.dark) for hour in hours))
    return {
        "start": start, "end": end, "numerator": total.covered, "denominator": total.core, "percent": total.percent,
        "hours": [_shown(hour) for hour in hours],
    }  # fmt: skip


def _shown(hour: Hour) -> dict[str, Any]:
    core = len(hour.covered) + len(hour.dark)
    return {
        "start": hour.start, "core_count": core, "covered_count": len(hour.covered),
        "percent": percent_of(len(hour.covered), core), "covered": hour.covered, "dark": hour.dark,
    }  # fmt: skip


@router.get("/alert-latency", operation_id="getAlertLatency", response_model=latency_schemas.AlertLatency)
async def get_alert_latency(
    query: Annotated[latency_schemas.AlertLatencyQuery, Query()], tx: InTransaction, _: SourcesRead
) -> dict[str, Any]:
    """Shows how soon people heard of negative hits 预警时延: received, first push, acknowledged; and the share within 10
    minutes."""
    now = await tx.now()
    start, end = _period(query.from_, query.to, now)
    return await latency.latency_of(tx, start, end, now=now)


@router.get(
    "/alert-latency/misses", operation_id="listAlertMisses", response_model=latency_schemas.AlertMissPage
)  # fmt: skip
async def list_alert_misses(
    query: Annotated[latency_schemas.AlertMissQuery, Query()], tx: InTransaction, _: SourcesRead
) -> dict[str, Any]:
    """Every hit that was not pushed within 10 minutes, the newest first, and why."""
    now = await tx.now()
    start, end = _period(query.from_, query.to, now)
    return await latency.list_misses(tx, query, start, end, now=now)


def _period(start: datetime | None, end: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """The period that is asked for; Invalid where it ends before it begins."""
    end = end or now
    start = start or end - timedelta(days=USUAL_DAYS)
    if start >= end:
        raise Invalid.at("?from", "must be before the end of the period", "not_before_end")
    return start, end
