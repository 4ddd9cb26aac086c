"""The key figures of a period (方案 一), put together: each room's rows are counted where they lie, and judged by the domain."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from app.core import paging
from app.core.db import Tx
from app.core.errors import NotFound, naming
from app.domain.kpi import (
    ALL,
    DAYS_ADD_UP,
    DEFINITIONS,
    GOALS,
    PARTS_ADD_UP,
    Definition,
    Figure,
    Span,
    added_up,
    judge,
    targets_reached,
)
from app.domain.labels import LABELS
from app.domain.vocabulary.kpis import Kpi, KpiBy
from app.domain.worktime import day_of
from app.metrics import kpi_baselines, kpi_calms, kpi_clocks, kpi_rooms
from app.metrics.kpi_schemas import KpiItemQuery, KpiQuery
from app.metrics.trials import is_trial
from app.models import Department, KpiBaseline

Groups = Mapping[Kpi, Mapping[str | None, Figure]]
_ORDERED: Final[Mapping[KpiBy, tuple[str, ...]]] = {
    KpiBy.GRADE: tuple(LABELS["grade"]),
    KpiBy.PLATFORM: tuple(LABELS["platform"]),
}


async def show(tx: Tx, query: KpiQuery) -> dict[str, Any]:
    """The figures, and what they are compared with."""
    # The plan for any period would be one for all of them.
    await tx.plan_anew()
    span = query.span(day_of(await tx.now()))
    baseline = await _baseline(tx, query, span)
    before = kpi_baselines.figures_of(baseline)
    wanted = _wanted(query)
    parts = query.steps(span)
    series = await totals(tx, parts, wanted) if parts else {}
    groups = await _groups(tx, span, query.by, wanted) if query.by else {}
    figures = await _whole(tx, span, wanted, _counted(query.by, groups, series))
    judged = {kpi: judge(DEFINITIONS[kpi], figure, before.get(kpi)) for kpi, figure in figures.items()}
    figures[Kpi.TARGETS] = targets_reached(judged)
    names = await _names(tx, query.by, groups)
    data = []
    for kpi in (kpi for kpi in Kpi if not query.kpi or kpi in query.kpi):
        definition, compared = DEFINITIONS[kpi], before.get(kpi)
        data.append(
            _defined(definition) | _judged(definition, figures[kpi], compared)
            | {
                "reached_as_recorded": _as_recorded(definition, figures[kpi]),
                "groups": _grouped(definition, groups[kpi], query.by, names) if kpi in groups else [],
                "series": [
                    {"from": part.first, "to": part.last} | _judged(definition, figure, compared)
                    for part, figure in zip(parts, series[kpi], strict=True)
                ] if kpi in series else [],
            }
        )  # fmt: skip
    return {
        "from": span.first, "to": span.last, "as_of": await tx.now(),
        "is_trial": await is_trial(tx, span.start, span.end),
        "baseline": await kpi_baselines.show(tx, baseline) if baseline else None, "data": data,
    }  # fmt: skip


def _wanted(query: KpiQuery) -> list[Kpi]:
    """Those that are asked for, and those that these are made of."""
    asked = set(query.kpi) or set(Kpi)
    return [kpi for kpi in Kpi if kpi in asked | (set(GOALS) if Kpi.TARGETS in asked else set())]


def _counted(by: KpiBy | None, groups: Groups, series: Mapping[Kpi, Sequence[Figure]]) -> dict[Kpi, Figure]:
    """Figures whose parts or steps were counted already and add up: they need not be counted twice."""
    steps_ = {kpi: added_up(series[kpi]) for kpi in series if kpi in DAYS_ADD_UP}
    if by is KpiBy.DEPARTMENT:
        return steps_
    return {kpi: added_up(found.values()) for kpi, found in groups.items() if kpi in PARTS_ADD_UP and found} | steps_


async def _whole(tx: Tx, span: Span, wanted: Sequence[Kpi], counted: Mapping[Kpi, Figure]) -> dict[Kpi, Figure]:
    """The figures of the span, those that are ``counted`` already and the others."""
    found = await totals(tx, [span], [kpi for kpi in wanted if kpi not in counted])
    return {kpi: figures[0] for kpi, figures in found.items()} | dict(counted)


async def totals(tx: Tx, spans: Sequence[Span], wanted: Sequence[Kpi]) -> dict[Kpi, list[Figure]]:
    """These figures of each span. Of many spans R01 and R08 are left out: those take a look at each room."""
    found = await kpi_rooms.totals(tx, spans, wanted)
    if not set(wanted).isdisjoint((*kpi_clocks.KPIS, Kpi.ALERTS)):
        found |= await kpi_clocks.totals(tx, spans, alerts=Kpi.ALERTS in wanted)
    if not set(wanted).isdisjoint(kpi_calms.KPIS):
        found |= await kpi_calms.totals(tx, spans)
    return found


async def _baseline(tx: Tx, query: KpiQuery, span: Span) -> KpiBaseline | None:
    if query.baseline is not None:
        with naming("?baseline"):
            return await kpi_baselines.get_baseline(tx, query.baseline)
    return await kpi_baselines.baseline_on(tx, span.last)


async def _groups(tx: Tx, span: Span, by: KpiBy, wanted: Sequence[Kpi]) -> Groups:
    found: dict[Kpi, dict[str | None, Figure]] = await kpi_rooms.groups(tx, span, by, wanted)
    if not set(wanted).isdisjoint(kpi_clocks.KPIS):
        found |= await kpi_clocks.groups(tx, span, by)
    if not set(wanted).isdisjoint(kpi_calms.KPIS):
        found |= await kpi_calms.groups(tx, span, by)
    return found


async def _names(tx: Tx, by: KpiBy | None, groups: Groups) -> Mapping[str, str]:
    """What people call the keys today."""
    match by:
        case KpiBy.DEPARTMENT:
            ids = {UUID(key) for found in groups.values() for key in found if key is not None}
            rows = await tx.execute(select(Department.id, Department.name).where(Department.id.in_(ids)))
            return {str(id_): name for id_, name in rows}
        case KpiBy.GRADE | KpiBy.PLATFORM:
            return {key: zh for key, (zh, _) in LABELS[by].items()}
        case KpiBy.PRODUCT:
            return {key: key for found in groups.values() for key in found if key is not None}
    return {}


def _defined(definition: Definition) -> dict[str, Any]:
    return {
        "id": definition.kpi, "name": definition.name_zh, "name_en": definition.name_en, "formula": definition.formula,
        "formula_zh": definition.formula_zh, "unit": definition.unit, "direction": definition.direction,
        "target": definition.target / ALL, "against_baseline": definition.against_baseline,
    }  # fmt: skip


def _judged(definition: Definition, figure: Figure, baseline: Figure | None) -> dict[str, Any]:
    judged = judge(definition, figure, baseline)
    recorded = None if figure.as_recorded is None else figure._replace(numerator=figure.as_recorded).value
    return figure._asdict() | judged._asdict() | {"value": figure.value, "as_recorded_value": recorded}


def _as_recorded(definition: Definition, figure: Figure) -> bool | None:
    if figure.as_recorded is None:
        return None
    return judge(definition, figure._replace(numerator=figure.as_recorded)).reached


def _grouped(
    definition: Definition, found: Mapping[str | None, Figure], by: KpiBy | None, names: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The parts in the order people expect. A part is compared with no baseline: that is of the whole."""
    order = _ORDERED.get(by, ()) if by else ()

    def place(key: str | None) -> tuple[bool, int, str]:
        return key is None, order.index(key) if key in order else len(order), key or ""

    return [
        {"key": key, "name": names.get(key) if key else None} | _judged(definition, found[key], None)
        for key in sorted(found, key=place)
    ]


async def list_items(tx: Tx, name: str, query: KpiItemQuery) -> dict[str, Any]:
    """What is behind a figure, by the instant by which it belongs to the period."""
    kpi = next((kpi for kpi in Kpi if kpi == name), None)
    if kpi is None:
        raise NotFound(f"There is no key figure {name}; there are {', '.join(Kpi)}.")
    await tx.plan_anew()
    span = query.span(day_of(await tx.now()))
    bound = ["kpi_items", kpi, [str(day) for day in span]]
    cursor = paging.decode(query.cursor, bound)
    after = (datetime.fromisoformat(cursor[0]), cursor[1]) if cursor else None
    found = await _items(tx, kpi, span, after=after, limit=query.limit + 1)
    return paging.page(found, query.limit, bound, lambda item: [item["at"].isoformat(), item["id"]])


async def _items(
    tx: Tx, kpi: Kpi, span: Span, *, after: tuple[datetime, str] | None, limit: int
) -> list[dict[str, Any]]:
    if kpi in kpi_calms.KPIS:
        return await kpi_calms.items(tx, kpi, span, after=after, limit=limit)
    if kpi in (*kpi_clocks.KPIS, Kpi.ALERTS):
        return await kpi_clocks.items(tx, kpi, span, after=after, limit=limit)
    return await kpi_rooms.items(tx, kpi, span, after=after, limit=limit)
