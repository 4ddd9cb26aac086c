"""Everything that is read of clocks."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, tuple_

from app.core import paging
from app.core.db import Tx
from app.core.errors import NotFound
from app.domain.drills import Pace
from app.domain.grades import UNGRADED, grade_at
from app.domain.vocabulary import DeadlineKind, DeadlineState
from app.incidents.runs import run_pace
from app.incidents.sla_schemas import DeadlineQuery, SlaSummaryQuery
from app.models import Deadline, DeadlineFiring, Incident, Mention

LOOK_BACK = timedelta(days=30)


async def get_deadline(tx: Tx, deadline_id: UUID) -> dict[str, Any]:
    """One clock with what of it rang."""
    row = await tx.get(Deadline, deadline_id)
    if row is None:
        raise NotFound(f"There is no deadline {deadline_id}.")
    return (await _shown(tx, [row]))[0]


async def list_deadlines(tx: Tx, query: DeadlineQuery) -> dict[str, Any]:
    """Clocks, the first due first."""
    rows = select(Deadline).order_by(Deadline.due_at, Deadline.id)
    for column, values in ((Deadline.kind, query.kind), (Deadline.state, query.state)):
        if values:
            rows = rows.where(column.in_(values))
    if query.grade:
        rows = rows.where(Deadline.level.in_([grade.level for grade in query.grade]))
    if query.incident_id:
        # Who names an incident knows whether it is an exercise.
        rows = rows.where(Deadline.incident_id.in_(query.incident_id))
    else:
        rows = rows.where(Deadline.is_drill == query.is_drill)
    if query.due_after is not None:
        rows = rows.where(Deadline.due_at > query.due_after)
    if query.due_before is not None:
        rows = rows.where(Deadline.due_at < query.due_before)
    bound = ["deadlines", query.filters()]
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(tuple_(Deadline.due_at, Deadline.id) > (datetime.fromisoformat(after[0]), UUID(after[1])))
    # A plan for any filter would read everything: what is asked for is rare or common.
    await tx.plan_anew()
    found = (await tx.scalars(rows.limit(query.limit + 1))).all()
    page = paging.page(found, query.limit, bound, lambda row: [row.due_at.isoformat(), row.id])
    return page | {"data": await _shown(tx, page["data"])}


async def _shown(tx: Tx, rows: Sequence[Deadline]) -> list[dict[str, Any]]:
    rings: dict[UUID, list[DeadlineFiring]] = {}
    query = select(DeadlineFiring).where(DeadlineFiring.deadline_id.in_([row.id for row in rows]))
    for ring in await tx.scalars(query.order_by(DeadlineFiring.threshold)):
        rings.setdefault(ring.deadline_id, []).append(ring)
    runs = await _runs(tx, rows)
    return [
        {
            "id": row.id, "kind": row.kind, "incident_id": row.incident_id, "task_id": row.task_id,
            "mention_id": row.mention_id, "grade": grade_at(row.level), "is_drill": row.is_drill, "policy_id": row.policy_id, "state": row.state,
            "started_at": row.started_at, "due_at": row.due_at, **_in_scenario(row, runs), "estimated": row.estimated, "met_at": row.met_at,
            "recorded_at": row.recorded_at, "met_by": row.met_by, "ended_at": row.ended_at, "reason": row.reason,
            "rings": [
                {"threshold": ring.threshold, "at": ring.at, "late_by_seconds": ring.late_by_seconds}
                for ring in rings.get(row.id, ())
            ],
        }
        for row in rows
    ]  # fmt: skip


async def _runs(tx: Tx, rows: Sequence[Deadline]) -> dict[UUID, Pace]:
    """The clocks' ids -> how time passes in the run of a drill that they belong to: their incident's, or their mention's."""
    played = [row for row in rows if row.is_drill]
    if not played:
        return {}
    of_incidents = select(Incident.id, Incident.drill_id).where(Incident.id.in_([row.incident_id for row in played]))
    of_mentions = select(Mention.id, Mention.drill_id).where(Mention.id.in_([row.mention_id for row in played]))
    of = {id_: run for query in (of_incidents, of_mentions) for id_, run in await tx.execute(query) if run is not None}
    runs = {row.id: next((of[id_] for id_ in (row.incident_id, row.mention_id) if id_ in of), None) for row in played}
    return {id_: await run_pace(tx, run) for id_, run in runs.items() if run is not None}


def _in_scenario(row: Deadline, runs: Mapping[UUID, Pace]) -> dict[str, datetime | None]:
    pace = runs.get(row.id)
    return {
        "scenario_started_at": pace.scenario(row.started_at) if pace else None,
        "scenario_due_at": pace.end(row.due_at) if pace else None,
    }


async def summary(tx: Tx, query: SlaSummaryQuery) -> dict[str, Any]:
    """How clocks were kept, by kind and grade. In time is judged by when it happened; told late is counted apart."""
    after = query.started_after or await tx.now() - LOOK_BACK
    counts = {state: func.count().filter(Deadline.state == state) for state in DeadlineState}
    # What was done before its clock was started took no time.
    took = func.greatest(func.extract("epoch", Deadline.met_at - Deadline.started_at), 0)
    done = Deadline.met_at.is_not(None)
    rows = select(
        Deadline.kind, Deadline.level, *(count.label(state) for state, count in counts.items()),
        *(func.percentile_cont(share).within_group(took).filter(done).label(name)
          for name, share in (("median_seconds", 0.5), ("p90_seconds", 0.9))),
    ).group_by(Deadline.kind, Deadline.level)  # fmt: skip
    rows = rows.where(Deadline.started_at > after, Deadline.is_drill == query.is_drill)
    if query.started_before is not None:
        rows = rows.where(Deadline.started_at < query.started_before)
    data = [_summed(row._mapping) for row in await tx.execute(rows)]
    return {"started_after": after, "started_before": query.started_before, "data": _in_order(data)}


def _summed(row: Any) -> dict[str, Any]:
    met, late, breached = row["met"], row["met_recorded_late"], row["breached"]
    ended = met + late + breached
    return {
        **{name: row[name] for name in ("kind", "median_seconds", "p90_seconds", *DeadlineState)},
        "grade": grade_at(row["level"]),
        "compliance": (met + late) / ended if ended else None,
        "compliance_as_recorded": met / ended if ended else None,
    }


def _in_order(data: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    kinds = list(DeadlineKind)
    return sorted(data, key=lambda row: (kinds.index(row["kind"]), row["grade"].level if row["grade"] else UNGRADED))
