"""How good watch rules are, by what people say of what they hit (R72), and employees' posts by violation (R15)."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.core.db import Tx
from app.domain.kpi import Span
from app.domain.precision import precision
from app.domain.vocabulary.quality import Violation
from app.metrics.replay_queries import excerpts_of
from app.metrics.trials import is_trial

EXAMPLES: Final = 5
# A person's word of the mention comes first; else that its incident was dismissed 误报, or that it was taken out of one.
_HITS: Final = """
with hit as materialized (
  select h.rule_id, m.id as mention_id, case
      when s.person_sentiment is not null then s.person_sentiment = 'negative'
      when i.status = 'dismissed' or s.held_out then false end as is_right
  from mentions m join hits h on h.mention_id = m.id join mention_states s on s.mention_id = m.id
    left join incidents i on i.id = s.incident_id
  where m.drill_id is null and m.first_seen_at >= $1 and m.first_seen_at < $2)
select r.id, r.name, r.enabled and r.deleted_at is null as in_use, count(hit.mention_id) as hits,
  count(hit.is_right) as judged, count(*) filter (where hit.is_right) as is_right,
  (array_agg(hit.mention_id order by hit.mention_id desc) filter (where not hit.is_right))[1:$3] as wrong_ids
from watch_rules r left join hit on hit.rule_id = r.id
group by r.id having r.deleted_at is null or count(hit.mention_id) > 0 order by r.id"""
_EMPLOYEES: Final = """
select l.violation, count(*) as count from employee_labels l join mentions m on m.id = l.mention_id
where m.drill_id is null and l.labelled_at >= $1 and l.labelled_at < $2 group by l.violation"""


async def show(tx: Tx, span: Span) -> dict[str, Any]:
    """Every watch rule that is there, or hit something in the span."""
    await tx.plan_anew()
    rows = await (await tx.driver()).fetch(_HITS, span.start, span.end, EXAMPLES)
    excerpts = await excerpts_of(tx, (id_ for row in rows for id_ in row["wrong_ids"] or ()))
    employees = await employee_posts(tx, span.start, span.end)
    return {
        "from": span.first, "to": span.last, "as_of": await tx.now(), "is_trial": await is_trial(tx, span.start, span.end),
        "rules": [_shown(row, excerpts) for row in rows],
        "employee_posts": sum(row["count"] for row in employees), "employee_violations": employees,
    }  # fmt: skip


def _shown(row: Any, excerpts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    found = precision(row["is_right"], row["judged"])
    return {
        "rule_id": row["id"], "name": row["name"], "in_use": row["in_use"], "hits": row["hits"], "judged": found.judged,
        "right": found.right, "wrong": found.judged - found.right, "precision": found.value, "low": found.low,
        "high": found.high, "wrong_hits": [_example(id_, excerpts) for id_ in row["wrong_ids"] or ()],
    }  # fmt: skip


def _example(mention_id: UUID, excerpts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {"mention_id": mention_id, **excerpts[str(mention_id)]}


async def employee_posts(tx: Tx, starts_at: datetime, ends_at: datetime) -> list[dict[str, Any]]:
    """How many mentions people labelled as an employee's, by what they violate."""
    found = {row["violation"]: row["count"] for row in await (await tx.driver()).fetch(_EMPLOYEES, starts_at, ends_at)}
    return [
        {"violation": violation, "count": found[violation]} for violation in (*Violation, None) if violation in found
    ]  # fmt: skip
