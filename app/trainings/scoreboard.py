"""The scoreboard of a drill 演练评分表 (R68, R69, R73, R74), counted anew whenever it is asked for: nothing of it is kept, so that
an act that is recorded late counts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from statistics import median_low
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from app.core.auth import Caller
from app.core.db import Tx
from app.domain.drills import Pace
from app.domain.scoreboard import (
    FORMULA,
    FORMULA_ZH,
    REACTIONS_WEIGH,
    WEIGHTS,
    Clock,
    clock_weights,
    graded_at,
    reaction_result,
    reaction_weights,
    score,
    seconds_at,
    seconds_until,
)
from app.domain.vocabulary import DeadlineKind, DeadlineState, TaskKind
from app.domain.vocabulary.drills import OVER
from app.domain.vocabulary.scenarios import DrillResult, ReactionKind
from app.domain.wording import mask_text
from app.incidents import task_queries
from app.incidents.runs import pace_from
from app.models import Deadline, Department, Drill, Event, Scenario, ScenarioVersion, Task
from app.people.masks import people_of
from app.trainings import scoreboard_facts as facts
from app.trainings.drills_queries import get_drill, problem_of

MOST_CLOCKS: Final = 200
MOST_IMPROVEMENTS: Final = 100
_SAID: Final = (
    "number", "name", "state", "scale", "started_at", "ended_at", "duration_seconds",
)  # fmt: skip


async def scoreboard_of(tx: Tx, drill_id: UUID, *, caller: Caller, now: datetime) -> dict[str, Any]:
    """Everything of it, as the API shows it."""
    drill = await get_drill(tx, drill_id)
    version = await tx.get_one(ScenarioVersion, drill.scenario_version_id)
    scenario = await tx.get_one(Scenario, version.scenario_id)
    incidents = await facts.incidents_of(tx, drill.id)
    ids = [incident.id for incident in incidents]
    shown = [
        {"id": one.id, "number": one.number, "title": mask_text(one.title), "status": one.status, "grade": one.grade}
        for one in incidents
    ]
    board: dict[str, Any] = {"drill_id": drill.id} | {name: getattr(drill, name) for name in _SAID}
    board |= {
        "scenario": scenario.key, "scenario_version": version.number, "incidents": shown,
        "problem": problem_of(drill),
        "planned_grades": version.content.get("reaches", []), "improvements": await _improvements(tx, ids, caller=caller),
    }  # fmt: skip
    if drill.started_at is None:
        return board | _nothing(version.content["reactions"])
    pace = pace_from(drill)
    clocks = await facts.deadlines_of(tx, drill.id, ids)
    graded = await facts.grades_of(tx, ids)
    answers = await _answers(tx, ids, graded, pace, caller=caller)
    judged = _clocks(clocks, pace, drill.ended_at or now)
    expected = await _reactions(tx, drill, ids, version.content["reactions"], pace, now)
    return board | answers | judged.shown | {
        "elapsed_seconds": int(seconds_at(pace, now)), "grades": [_grade(event, pace) for event in graded],
        "statements": await _statements(tx, ids, pace), "reactions": expected.shown["reactions"],
        "score": _score([*judged.items, *expected.items]),
    }  # fmt: skip


class _Judged:
    """Part of the answer, and what of it counts in the score."""

    def __init__(self, shown: dict[str, Any], items: Sequence[tuple[Fraction, DrillResult]]) -> None:
        self.shown, self.items = shown, items


def _nothing(reactions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Of a drill that was not started: nothing has happened, and all is still to come."""
    weights = reaction_weights([one["weight"] for one in reactions])
    waits = {"result": DrillResult.NOT_REACHED, "done_at": None, "done_seconds": None}
    return {
        "elapsed_seconds": 0, "grades": [], "clocks": [], "clock_count": 0, "acknowledgements": [], "departments": [],
        "alerts": _alerts(Counter()), "statements": [], "score": _score([]),
        "reactions": [
            {"reaction": one, "weight": _rounded(weight)} | waits for one, weight in zip(reactions, weights, strict=True)
        ],
    }  # fmt: skip


def _score(items: Sequence[tuple[Fraction, DrillResult]]) -> dict[str, Any]:
    found = score(items)
    return {
        "value": found.value, "points": _rounded(found.points), "of_points": _rounded(found.of_points),
        "formula": FORMULA, "formula_zh": FORMULA_ZH, "reactions_weight": REACTIONS_WEIGH,
        "clock_weights": [{"kind": kind, "weight": weight} for kind, weight in WEIGHTS.items()],
    }  # fmt: skip


def _clocks(rows: Sequence[Deadline], pace: Pace, now: datetime) -> _Judged:
    """Each clock but those of hits, which are counted; all of them count in the score."""
    clocks = [
        Clock(
            row.id,
            DeadlineKind(row.kind),
            DeadlineState(row.state),
            row.started_at,
            row.due_at,
            row.met_at,
            row.ended_at,
        )
        for row in rows
    ]
    results = [clock.result(now) for clock in clocks]
    weights = clock_weights([clock.kind for clock in clocks])
    shown, alerts = list[dict[str, Any]](), Counter[DrillResult]()
    for row, clock, result, weight in zip(rows, clocks, results, weights, strict=True):
        if clock.kind is DeadlineKind.ALERT:
            alerts[result] += 1
        elif len(shown) < MOST_CLOCKS:
            shown.append(_clock(row, clock, pace) | {"result": result, "weight": _rounded(weight)})
    part = {"clocks": shown, "clock_count": len(clocks) - alerts.total(), "alerts": _alerts(alerts)}
    return _Judged(part, list(zip(weights, results, strict=True)))


def _alerts(counts: Counter[DrillResult]) -> dict[str, Any]:
    weight = float(WEIGHTS[DeadlineKind.ALERT]) if counts else 0.0
    return {"total": counts.total(), "weight": weight} | {result.value: counts[result] for result in DrillResult}


def _clock(row: Deadline, clock: Clock, pace: Pace) -> dict[str, Any]:
    started, due = seconds_at(pace, clock.started_at), seconds_until(pace, clock.due_at)
    return {
        "id": row.id, "incident_id": row.incident_id, "kind": row.kind, "state": row.state,
        "target_seconds": round(due - started), "started_at": row.started_at, "started_seconds": int(started),
        "due_at": row.due_at, "due_seconds": int(due), "met_at": row.met_at, "met_seconds": _seconds(pace, row.met_at),
    }  # fmt: skip


def _grade(event: Event, pace: Pace) -> dict[str, Any]:
    evidence, at = event.data.get("evidence") or {}, graded_at(pace, event.at, event.data)
    return {
        "incident_id": event.incident_id, "from_grade": event.data["from"], "to_grade": event.data["to"],
        "source": event.data["source"], "rule": evidence.get("rule"), "at": event.at,
        "scenario_seconds": int((at - pace.zero).total_seconds()),
    }  # fmt: skip


async def _answers(
    tx: Tx, ids: Sequence[UUID], graded: Sequence[Event], pace: Pace, *, caller: Caller
) -> dict[str, Any]:  # fmt: skip
    """Who acknowledged when, and how fast their departments were (R73, R74)."""
    found = await facts.answered(tx, ids)
    people = await people_of(tx, {one.person_id for one in found}, caller=caller)
    rows = await tx.execute(
        select(Department.id, Department.name).where(Department.id.in_({one.department_id for one in found}))
    )
    names = {row.id: row.name for row in rows}
    since = {event.incident_id: event.at for event in reversed(graded)}
    shown, departments = [], dict[UUID | None, list[int | None]]()
    for one in sorted((one for one in found), key=lambda one: (one.at is None, one.at, one.person_id)):
        after = None
        if one.at is not None:
            called = one.called_at or since.get(one.incident_id) or one.at
            after = max(0, int(seconds_at(pace, one.at) - seconds_at(pace, called)))
            shown.append({
                "incident_id": one.incident_id, "person": people.get(one.person_id), "department_id": one.department_id,
                "department": names.get(one.department_id) if one.department_id else None, "at": one.at,
                "scenario_seconds": int(seconds_at(pace, one.at)), "after_seconds": after,
            })  # fmt: skip
        departments.setdefault(one.department_id, []).append(after)
    return {
        "acknowledgements": shown,
        "departments": [
            {"department_id": id_, "department": names.get(id_) if id_ else None} | _pace_of(times)
            for id_, times in departments.items()
        ],
    }


def _pace_of(times: Sequence[int | None]) -> dict[str, Any]:
    known = sorted(one for one in times if one is not None)
    return {
        "called": len(times), "acknowledged": len(known), "fastest_seconds": known[0] if known else None,
        "median_seconds": median_low(known) if known else None, "slowest_seconds": known[-1] if known else None,
    }  # fmt: skip


async def _statements(tx: Tx, ids: Sequence[UUID], pace: Pace) -> list[dict[str, Any]]:
    """Each statement with its steps; what was published and is none of ours, each by itself."""
    statements: dict[Any, dict[str, Any]] = {}
    for place, step in enumerate(await facts.steps_of(tx, ids)):
        said = statements.setdefault(step.statement_id or place, {
            "statement_id": step.statement_id, "incident_id": step.incident_id, "kind": step.kind,
            "name": mask_text(step.name), "steps": [],
        })  # fmt: skip
        said["steps"].append({
            "step": step.step, "version_number": step.version_number, "slot": step.slot, "platform": step.platform,
            "at": step.at, "scenario_seconds": int(seconds_at(pace, step.at)),
        })  # fmt: skip
    return list(statements.values())


async def _reactions(
    tx: Tx, drill: Drill, ids: Sequence[UUID], reactions: Sequence[Mapping[str, Any]], pace: Pace, now: datetime
) -> _Judged:
    """What was expected, and whether it came."""
    done = await facts.done_of(tx, ids, drill.ended_at or now)
    weights = reaction_weights([one["weight"] for one in reactions])
    elapsed, over = seconds_at(pace, now), drill.state in OVER
    shown, items = [], []
    for one, weight in zip(reactions, weights, strict=True):
        at = done.get((ReactionKind(one["kind"]), one["task_kind"]))
        seconds = None if at is None else seconds_at(pace, at)
        result = reaction_result(one["by_seconds"], seconds, elapsed=elapsed, over=over)
        items.append((weight, result))
        shown.append({
            "reaction": one, "result": result, "done_at": at, "weight": _rounded(weight),
            "done_seconds": None if seconds is None else int(seconds),
        })  # fmt: skip
    return _Judged({"reactions": shown}, items)


async def _improvements(tx: Tx, ids: Sequence[UUID], *, caller: Caller) -> list[dict[str, Any]]:
    query = select(Task).where(Task.incident_id.in_(ids), Task.kind == TaskKind.IMPROVEMENT)
    tasks = (await tx.scalars(query.order_by(Task.due_at.nulls_last(), Task.id).limit(MOST_IMPROVEMENTS))).all()
    return await task_queries.shown(tx, tasks, caller=caller)


def _seconds(pace: Pace, at: datetime | None) -> int | None:
    return None if at is None else int(seconds_at(pace, at))


def _rounded(share: Fraction) -> float:
    return round(float(share), 3)
