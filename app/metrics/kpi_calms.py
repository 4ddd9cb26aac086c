"""Figures of calm (R05, R06): how long incidents burned and how far they spread, judged as at the end of each period.

An incident counts once, at the calm that was recorded in the period and stood at its end, by what was told of it by then. A
calm that was taken back later stood then: it stays in the period, and the next calm belongs to the next. What was part of
another incident by then counts in that.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from app.core.db import Tx
from app.domain.kpi import NOTHING, Figure, Span
from app.domain.vocabulary.kpis import Kpi, KpiBy, KpiSubject
from app.metrics.kpi_clocks import END_OF_STEP, STANDING, STEP, instants

KPIS: Final = (Kpi.TIME_TO_CALM, Kpi.NEGATIVE_SPREAD)
_SECONDS: Final = "floor(extract(epoch from c.calmed_at - c.began_at))::bigint"
_COUNTS: Final = f"count(*) as counted, coalesce(sum({_SECONDS}), 0)::bigint as seconds, coalesce(sum(c.spread), 0)::bigint as spread"
# Each as at the end of its step.
_CALMS: Final = f"""
from (select *, {END_OF_STEP.format(at="calmed_at")} as ending, {STEP.format(at="calmed_at")} as place from kpi_calms
      where calmed_at >= $2 and calmed_at < $3) c
{STANDING.format(of="c")}
where c.told_at < c.ending and (c.retold_at is null or c.retold_at >= c.ending)
  and (c.taken_back_at is null or c.taken_back_at >= c.ending)"""
_TOTALS: Final = f"select c.place, {_COUNTS} {_CALMS} group by c.place"
_BY: Final[Mapping[KpiBy, str]] = {
    KpiBy.GRADE: "c.grade",
    KpiBy.PRODUCT: "s.product",
    KpiBy.PLATFORM: "c.platform",
}
# Each platform's part; what belongs to none was counted before parts were kept.
_SHARES: Final = f"""
select p.key, sum(p.value::bigint)::bigint as spread from (select c.spread_by_platform {_CALMS}) counted
cross join lateral jsonb_each_text(counted.spread_by_platform) as p group by p.key"""
_ITEMS: Final = f"""
select c.incident_id, (select number from incidents i where i.id = c.incident_id) as number, c.calmed_at,
  {_SECONDS} as seconds, c.spread {_CALMS}
  and ($4::timestamptz is null or (c.calmed_at, c.incident_id) > ($4, $5::text::uuid))
order by c.calmed_at, c.incident_id limit $6"""


async def totals(tx: Tx, spans: Sequence[Span]) -> dict[Kpi, list[Figure]]:
    """The figures of each span, in their order."""
    found = {kpi: [NOTHING] * len(spans) for kpi in KPIS}
    for row in await (await tx.driver()).fetch(_TOTALS, *instants(spans)):
        found[Kpi.TIME_TO_CALM][row["place"] - 1] = Figure(row["seconds"], row["counted"])
        found[Kpi.NEGATIVE_SPREAD][row["place"] - 1] = Figure(row["spread"], row["counted"])
    return found


async def groups(tx: Tx, span: Span, by: KpiBy) -> dict[Kpi, dict[str | None, Figure]]:
    """The figures of a span, broken down; none by department. By platform the time is of incidents that began there, and the
    spread each platform's part over all incidents, so that the parts add up to the whole."""
    if by is KpiBy.DEPARTMENT:
        return {}
    driver = await tx.driver()
    rows = await driver.fetch(f"select {_BY[by]} as key, {_COUNTS} {_CALMS} group by 1", *instants([span]))
    times = {row["key"]: Figure(row["seconds"], row["counted"]) for row in rows}
    spread = {row["key"]: Figure(row["spread"], row["counted"]) for row in rows}
    if by is KpiBy.PLATFORM:
        counted, whole = sum(row["counted"] for row in rows), sum(row["spread"] for row in rows)
        parts = await driver.fetch(_SHARES, *instants([span]))
        spread = {row["key"]: Figure(row["spread"], counted) for row in parts}
        if rest := whole - sum(row["spread"] for row in parts):
            spread[None] = Figure(rest, counted)
    return {Kpi.TIME_TO_CALM: times, Kpi.NEGATIVE_SPREAD: spread}


async def calms(
    tx: Tx, span: Span, *, after: tuple[datetime, str] | None = None, limit: int | None = None
) -> list[dict[str, Any]]:
    """The calms behind the figures, in the order in which they were recorded."""
    rows = await (await tx.driver()).fetch(_ITEMS, *instants([span]), *(after or (None, None)), limit)
    return [dict(row) for row in rows]


async def items(
    tx: Tx, kpi: Kpi, span: Span, *, after: tuple[datetime, str] | None, limit: int
) -> list[dict[str, Any]]:
    """The incidents behind a figure, each with its part."""
    part = "seconds" if kpi is Kpi.TIME_TO_CALM else "spread"
    return [
        {
            "subject": KpiSubject.INCIDENT, "id": str(row["incident_id"]), "incident_id": row["incident_id"],
            "incident_number": row["number"], "at": row["calmed_at"], "value": row[part], "counts": True,
            "counts_as_recorded": None,
        }
        for row in await calms(tx, span, after=after, limit=limit)
    ]  # fmt: skip
