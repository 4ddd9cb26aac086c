"""Baselines 基线: what later periods are compared with, frozen under a name with the incidents behind it (R05, R06).

They are never changed. One is the yardstick at a time: of a period the one that applied on its last day. The next one
applies from today at the earliest, so that figures of past days keep the baseline they were judged by.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import Conflict, Invalid, NotFound
from app.core.outbox import record
from app.core.params import PageQuery
from app.domain.events import Changed
from app.domain.kpi import Figure, Span
from app.domain.vocabulary.kpis import Kpi
from app.domain.worktime import DAY, day_of
from app.metrics import kpi_calms
from app.models import Incident, KpiBaseline, KpiBaselineIncident
from app.models.base import new_id


class BaselineNameTaken(Conflict):
    """Two of one name could not be told apart."""

    code, title = "baseline_name_taken", ("There is a baseline of that name", "已有同名基线")


async def create_baseline(tx: Tx, fields: Mapping[str, Any], *, caller: Caller, now: datetime) -> KpiBaseline:
    """Freezes the figures of a period that is over. Invalid where it is not, where nothing became calm in it, or where figures
    of past days would be judged anew."""
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("kpi_baselines", 0))))
    span, today = Span(fields["from_"], fields["to"]), day_of(now)
    if span.last >= today:
        raise Invalid.at("/to", f"is not over yet; name a day before {today}", "not_over")
    if await tx.scalar(select(KpiBaseline.id).where(KpiBaseline.name == fields["name"])):
        raise BaselineNameTaken(f"There is a baseline named {fields['name']!r}; choose another name.")
    applies_from = await _applies_from(tx, span, fields["applies_from"], today)
    calms = await kpi_calms.calms(tx, span)
    if not calms:
        raise Invalid.at(
            "/from", "no incident became calm in this period; there is nothing to compare with", "nothing_happened"
        )
    baseline = KpiBaseline(
        id=new_id(), name=fields["name"], first_on=span.first, last_on=span.last, applies_from=applies_from,
        incident_count=len(calms), calm_seconds=sum(row["seconds"] for row in calms),
        spread=sum(row["spread"] for row in calms), created_at=now, created_by=caller.actor,
    )  # fmt: skip
    tx.add(baseline)
    await tx.flush()
    rows = [
        {"baseline_id": baseline.id, "incident_id": row["incident_id"], "calmed_at": row["calmed_at"],
         "calm_seconds": row["seconds"], "spread": row["spread"]}
        for row in calms
    ]  # fmt: skip
    await tx.execute(insert(KpiBaselineIncident), rows)
    event = Changed(subject="kpi_baseline", subject_id=str(baseline.id), action="created", fields=[])
    await record(tx, event, caller=caller)
    return baseline


async def _applies_from(tx: Tx, span: Span, asked: date | None, today: date) -> date:
    last = await tx.scalar(select(func.max(KpiBaseline.applies_from)))
    earliest = span.last + DAY if last is None else max(last + DAY, today, span.last + DAY)
    if asked is not None and asked < earliest:
        why = "periods that end before would be compared with themselves" if last is None else (
            "figures of past days would be judged by another baseline than before"
        )  # fmt: skip
        raise Invalid.at("/applies_from", f"{why}; name {earliest} at the earliest", "judged_already")
    return asked or earliest


async def get_baseline(tx: Tx, baseline_id: UUID) -> KpiBaseline:
    """The baseline; NotFound otherwise."""
    baseline = await tx.get(KpiBaseline, baseline_id)
    if baseline is None:
        raise NotFound(f"There is no baseline {baseline_id}.")
    return baseline


async def baseline_on(tx: Tx, day: date) -> KpiBaseline | None:
    """The yardstick of periods that end on a day."""
    rows = select(KpiBaseline).where(KpiBaseline.applies_from <= day).order_by(KpiBaseline.applies_from.desc())
    return (await tx.scalars(rows.limit(1))).one_or_none()


def figures_of(baseline: KpiBaseline | None) -> dict[Kpi, Figure]:
    """What a baseline says of each figure that is compared with it."""
    if baseline is None:
        return {}
    return {
        Kpi.TIME_TO_CALM: Figure(baseline.calm_seconds, baseline.incident_count),
        Kpi.NEGATIVE_SPREAD: Figure(baseline.spread, baseline.incident_count),
    }


def shown(baseline: KpiBaseline, in_force: UUID | None) -> dict[str, Any]:
    """The baseline as the API shows it."""
    return {
        "id": baseline.id, "name": baseline.name, "from": baseline.first_on, "to": baseline.last_on,
        "applies_from": baseline.applies_from, "in_force": baseline.id == in_force,
        "incident_count": baseline.incident_count, "calm_seconds": baseline.calm_seconds, "spread": baseline.spread,
        "mean_calm_seconds": baseline.calm_seconds / baseline.incident_count,
        "mean_spread": baseline.spread / baseline.incident_count,
        "created_at": baseline.created_at, "created_by": baseline.created_by,
    }  # fmt: skip


async def show(tx: Tx, baseline: KpiBaseline) -> dict[str, Any]:
    """The same, with whether it is the yardstick today."""
    in_force = await baseline_on(tx, day_of(await tx.now()))
    return shown(baseline, in_force.id if in_force else None)


async def list_baselines(tx: Tx, query: PageQuery) -> dict[str, Any]:
    """Baselines, the newest first."""
    rows = select(KpiBaseline).order_by(KpiBaseline.id.desc()).limit(query.limit + 1)
    bound = ["kpi_baselines"]
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(KpiBaseline.id < UUID(after[0]))
    page = paging.page((await tx.scalars(rows)).all(), query.limit, bound, lambda baseline: [baseline.id])
    in_force = await baseline_on(tx, day_of(await tx.now()))
    return page | {"data": [shown(baseline, in_force.id if in_force else None) for baseline in page["data"]]}


async def list_incidents(tx: Tx, baseline_id: UUID, query: PageQuery) -> dict[str, Any]:
    """The incidents behind a baseline, by id."""
    await get_baseline(tx, baseline_id)
    rows = select(KpiBaselineIncident, Incident.number).join(Incident, Incident.id == KpiBaselineIncident.incident_id)
    rows = rows.where(KpiBaselineIncident.baseline_id == baseline_id)
    bound = ["kpi_baseline_incidents", baseline_id]
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(KpiBaselineIncident.incident_id > UUID(after[0]))
    found = (await tx.execute(rows.order_by(KpiBaselineIncident.incident_id).limit(query.limit + 1))).all()
    page = paging.page(found, query.limit, bound, lambda row: [row[0].incident_id])
    return page | {
        "data": [
            {"incident_id": part.incident_id, "incident_number": number, "calmed_at": part.calmed_at,
             "calm_seconds": part.calm_seconds, "spread": part.spread}
            for part, number in page["data"]
        ]
    }  # fmt: skip
