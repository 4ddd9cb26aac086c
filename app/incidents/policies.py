"""Grading policies: versioned data, tried on the past before anything is graded by them (方案 三, 调整灵敏度)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import Invalid
from app.domain.grades import grade_of, harm_of, more_severe
from app.domain.grading import Policy, history, policy_data, policy_from
from app.domain.spread import minute_start
from app.incidents.grading import CONFIRMED
from app.incidents.schemas import PolicySimulate
from app.incidents.spread import Ledger
from app.incidents.versions import get_version, next_version, store_version
from app.models import GradingPolicy, Incident


async def create_policy(
    tx: Tx, name: str, rules: list[Mapping[str, Any]], *, note: str, caller: Caller
) -> GradingPolicy:
    """The next version of the policy of that name. Invalid names the rule that makes no sense, and the fix."""
    try:
        data = policy_data(policy_from([dict(rule) for rule in rules]))
    except ValueError as error:
        raise Invalid.at("/rules", str(error), "policy_invalid") from None
    version = await next_version(tx, GradingPolicy, name)
    policy = GradingPolicy(name=name, version=version, rules=data, note=note, active=False, created_by=caller.actor)
    return await store_version(tx, policy, caller=caller)


async def simulate(tx: Tx, policy_id: UUID, which: PolicySimulate) -> dict[str, Any]:
    """Which grades past incidents would have had, and when. Nothing is changed.

    Exercises have no spread: they would only look as if the policy were too mild. Named ones are tried.
    """
    policy = policy_from((await get_version(tx, GradingPolicy, policy_id)).rules)
    query = select(Incident).where(Incident.status != "merged").order_by(Incident.id.desc()).limit(which.limit)
    if which.incident_ids:
        query = query.where(Incident.id.in_(which.incident_ids))
    else:
        query = query.where(Incident.is_drill.is_(False))
    if which.opened_after is not None:
        query = query.where(Incident.opened_at > which.opened_after)
    if which.opened_before is not None:
        query = query.where(Incident.opened_at < which.opened_before)
    incidents = (await tx.scalars(query)).all()
    series = await Ledger().series(tx, incidents)
    found = [_simulated(policy, incident, series[incident.id]) for incident in incidents]
    pairs = [(grade_of(row["simulated_grade"]), grade_of(row["grade"])) for row in found]
    return {
        "policy_id": policy_id,
        "more_severe": sum(more_severe(simulated, grade) for simulated, grade in pairs),
        "less_severe": sum(more_severe(grade, simulated) for simulated, grade in pairs),
        "incidents": found,
    }


def _simulated(policy: Policy, incident: Incident, series: Any) -> dict[str, Any]:
    raises = history(policy, series, harm_of(incident.harm_class), incident.media_follow_up == CONFIRMED)
    return {
        "incident_id": incident.id,
        "number": incident.number,
        "grade": incident.grade,
        "simulated_grade": raises[-1][1].grade if raises else None,
        "grades": [{"grade": r.grade, "rule": r.id, "at": minute_start(minute)} for minute, r in raises],
    }
