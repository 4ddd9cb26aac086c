"""Figures of clocks 时限 (R02, R03, R23, R42, R57): kept or not, by the period in which they were due.

A clock that was due is met or breached, and neither its due time nor its grade changes after that. It counts where its
incident did at the end of the period, as one of the product that it was of then: so the figure of a month is not the sum of
its days. Members of a team count in the department they were in when they joined; who belongs where today is not asked.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg

from app.core.db import Tx
from app.domain.grades import grade_at
from app.domain.kpi import NOTHING, Figure, Span
from app.domain.vocabulary.kpis import Kpi, KpiBy, KpiSubject

KPIS: Final = (Kpi.FIRST_RESPONSE, Kpi.MAJOR_RESPONSE, Kpi.FIRST_STATEMENT, Kpi.REVIEWS)
RESPONSES: Final = (Kpi.FIRST_RESPONSE, Kpi.MAJOR_RESPONSE)
# Kind and whether of the grade major, in the words of the table.
_OF: Final[Mapping[Kpi, str]] = {
    Kpi.FIRST_RESPONSE: "d.kind = 'first_response' and d.level > 1",
    Kpi.MAJOR_RESPONSE: "d.kind = 'first_response' and d.level = 1",
    Kpi.FIRST_STATEMENT: "d.kind = 'first_statement'",
    Kpi.REVIEWS: "d.kind = 'review'",
    Kpi.ALERTS: "d.kind = 'alert'",
}
_KPI: Final = "case " + " ".join(f"when {_OF[kpi]} then '{kpi}'" for kpi in KPIS) + " end"
_COUNTS: Final = """
  count(*) filter (where state in ('met', 'met_recorded_late')) as met, count(*) filter (where state = 'met') as in_time,
  count(*) filter (where state in ('met', 'met_recorded_late', 'breached', 'unpushed')) as ended,
  count(*) filter (where state = 'running') as running"""
# Steps lie next to each other: which of them an instant is in, and when that ends, is found without joining.
STEP: Final = "width_bucket({at}, $1::timestamptz[])"
END_OF_STEP: Final = f"coalesce(($1::timestamptz[])[{STEP} + 1], $3)"
STANDING: Final = """
join kpi_periods s on s.incident_id = {of}.incident_id and s.starts_at < {of}.ending
  and (s.ends_at is null or s.ends_at >= {of}.ending)"""
"""What each incident counted as at an ``ending``; without those that did not count then."""
# kind <> 'alert' is what the index of kinds says of itself.
_OF_KINDS: Final = f"""
  select d.*, s.product from (
    select {STEP.format(at="d.due_at")} as place, {END_OF_STEP.format(at="d.due_at")} as ending, {_KPI} as kpi, d.id,
      d.incident_id, d.level, d.state, d.due_at
    from deadlines d
    where d.due_at >= $2 and d.due_at < $3 and d.kind <> 'alert' and not d.is_drill and d.state <> 'cancelled'
    and d.kind in ({{kinds}})) d {STANDING.format(of="d")}"""
_CLOCKS: Final = _OF_KINDS.format(kinds="'first_response', 'first_statement', 'review'")
_RESPONSES: Final = _OF_KINDS.format(kinds="'first_response'")
_TOTALS: Final = f"select place, kpi, {_COUNTS} from ({_CLOCKS}) c group by place, kpi"
_ALERTS: Final = f"""
select width_bucket(due_at, $1::timestamptz[]) as place, '{Kpi.ALERTS}' as kpi, {_COUNTS} from deadlines
where kind = 'alert' and not is_drill and due_at >= $2 and due_at < $3 group by 1"""
_BY: Final[Mapping[KpiBy, str]] = {
    KpiBy.GRADE: f"select kpi, level::text as key, {_COUNTS} from ({_CLOCKS}) c group by kpi, level",
    KpiBy.PRODUCT: f"select kpi, product as key, {_COUNTS} from ({_CLOCKS}) c group by kpi, product",
    KpiBy.PLATFORM: f"""
select kpi, o.platform as key, {_COUNTS} from ({_CLOCKS}) c left join kpi_origins o on o.incident_id = c.incident_id
group by kpi, o.platform""",
    # Once in each department that had somebody in the team when the clock was due.
    KpiBy.DEPARTMENT: f"""
with answering as (
  select distinct on (c.id, r.department_id) c.kpi, c.state, r.department_id from ({_RESPONSES}) c
  left join incident_members m on m.incident_id = c.incident_id and m.added_at <= c.due_at
    and (m.left_at is null or m.left_at > c.due_at)
  left join roster_periods r on r.person_id = m.person_id and r.starts_at <= m.added_at
    and (r.ends_at is null or r.ends_at > m.added_at))
select kpi, department_id::text as key, {_COUNTS} from answering group by kpi, department_id""",
}
_COUNTED: Final = """
  select from kpi_periods s where s.incident_id = d.incident_id and s.starts_at < $2 and (s.ends_at is null or s.ends_at >= $2)"""
_ITEMS: Final = """
select d.id, d.due_at as at, d.state, d.incident_id, i.number,
  extract(epoch from greatest(d.met_at - d.started_at, interval '0'))::float8 as took
from deadlines d left join incidents i on i.id = d.incident_id
where {of} and d.due_at >= $1 and d.due_at < $2 and d.state <> 'cancelled' and not d.is_drill {and_more}
  and ($3::timestamptz is null or (d.due_at, d.id) > ($3, $4::text::uuid))
order by d.due_at, d.id limit $5"""


def instants(spans: Sequence[Span]) -> tuple[list[datetime], datetime, datetime]:
    """When each of them begins, when the first does, and when the last ends. They lie next to each other."""
    return [span.start for span in spans], spans[0].start, spans[-1].end


async def totals(tx: Tx, spans: Sequence[Span], *, alerts: bool = True) -> dict[Kpi, list[Figure]]:
    """The figures of each span, in their order."""
    driver = await tx.driver()
    found = {kpi: [NOTHING._replace(as_recorded=0)] * len(spans) for kpi in KPIS}
    rows = list(await driver.fetch(_TOTALS, *instants(spans)))
    if alerts:
        found[Kpi.ALERTS] = [NOTHING] * len(spans)
        rows += await driver.fetch(_ALERTS, *instants(spans))
    for row in rows:
        found[Kpi(row["kpi"])][row["place"] - 1] = _figure(row)
    return found


async def groups(tx: Tx, span: Span, by: KpiBy) -> dict[Kpi, dict[str | None, Figure]]:
    """The figures of a span, broken down. By department only the responses are: the rest is the whole company's."""
    found: dict[Kpi, dict[str | None, Figure]] = {
        kpi: {} for kpi in (RESPONSES if by is KpiBy.DEPARTMENT else KPIS)
    }  # fmt: skip
    for row in await (await tx.driver()).fetch(_BY[by], *instants([span])):
        key = row["key"]
        if by is KpiBy.GRADE:
            key = grade_at(int(key))
        found[Kpi(row["kpi"])][key] = _figure(row)
    return found


async def items(
    tx: Tx, kpi: Kpi, span: Span, *, after: tuple[datetime, str] | None, limit: int
) -> list[dict[str, Any]]:
    """The clocks behind a figure, the first due first."""
    incidents = "" if kpi is Kpi.ALERTS else f"and d.kind <> 'alert' and exists({_COUNTED})"
    statement = _ITEMS.format(of=_OF[kpi], and_more=incidents)
    rows = await (await tx.driver()).fetch(statement, span.start, span.end, *(after or (None, None)), limit)
    return [
        {
            "subject": KpiSubject.DEADLINE, "id": str(row["id"]), "incident_id": row["incident_id"],
            "incident_number": row["number"], "at": row["at"], "value": row["took"], **_counts(kpi, row["state"]),
        }
        for row in rows
    ]  # fmt: skip


def _counts(kpi: Kpi, state: str) -> dict[str, bool | None]:
    if state == "running":
        return {"counts": None, "counts_as_recorded": None}
    recorded = None if kpi is Kpi.ALERTS else state == "met"
    return {"counts": state in ("met", "met_recorded_late"), "counts_as_recorded": recorded}


def _figure(row: asyncpg.Record) -> Figure:
    recorded = None if row["kpi"] == Kpi.ALERTS else row["in_time"]
    return Figure(row["met"], row["ended"], recorded, row["running"])
