"""Where statements are published 发布矩阵 (方案 二(二)2, R46): planned by itself at the start, changed by people.

Each statement, a first word too, is planned where it began and on every core platform: the plan asks 同步发布 of whatever
we say in public. Where it began may be known only later, or turn out to be another: the row comes then.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert

from app.core.auth import Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Conflict, Invalid
from app.core.outbox import Stored, record
from app.domain.events import PlacementChanged, StatementChanged, StatementEvent
from app.domain.labels import LABELS
from app.domain.placements import planned_platforms
from app.domain.vocabulary import DecisionKind
from app.domain.vocabulary.statements import StatementChange
from app.incidents.act_queries import origin_platform
from app.incidents.acts import recording
from app.incidents.decisions import record_decision
from app.incidents.queries import told_of
from app.incidents.timeline import on_timeline
from app.models import Incident, Placement, Publication, Statement
from app.statements import origins
from app.statements.platform_rules import get_rule, rules_by_platform
from app.statements.queries import held

_FIELDS: Final = ("planned_at", "not_applicable", "reason", "substitute_platform")


class PlacementRefused(Conflict):
    """The statement was published there already, or is withdrawn."""

    code = "placement_refused"


async def heard(tx: Tx, stored: Sequence[Stored]) -> None:
    """Something was done about a statement: it is planned, and where it is missing may have changed."""
    rules = None
    for entry in stored:
        event = entry.event
        assert isinstance(event, StatementEvent)
        incident, statement = await told_of(tx, event), await tx.get_one(Statement, event.statement_id)
        if statement.incident_id != incident.id:
            # It went along with a merge: the other incident tells of it too.
            continue
        origin = await origin_platform(tx, incident.id)
        begun = isinstance(event, StatementChanged) and event.action == StatementChange.DRAFTED
        if begun and rules is None:
            rules = await rules_by_platform(tx)
        await plan(tx, statement.id, planned_platforms(origin, rules.values() if begun and rules else ()))
        await origins.settle(tx, incident, statement, await tx.now())


async def plan(tx: Tx, statement_id: UUID, platforms: Iterable[str]) -> None:
    """The statement is to be there, where that was not said before."""
    now = await tx.now()
    rows = [{"statement_id": statement_id, "platform": platform, "updated_at": now} for platform in platforms]
    if rows:
        await tx.execute(insert(Placement).values(rows).on_conflict_do_nothing())


async def set_placement(
    tx: Tx, statement_id: UUID, platform: str, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller,
    now: datetime,
) -> Statement:  # fmt: skip
    """Sets what is planned of the statement on one platform, which need not have been planned before.

    That the platform where it began is not applicable is a decision of the incident, by which its guard and clock go on;
    to take that back is another one, which corrects it.
    """
    await get_rule(tx, platform)
    incident, statement = await held(tx, statement_id)
    await recording(tx, incident.id)
    row = await tx.get(Placement, (statement_id, platform), populate_existing=True)
    expected.meet(row.version if row is not None else 0)
    _must_make_sense(platform, fields, row, now)
    await _must_be_open(tx, statement, platform, fields)
    if row is None:
        row = Placement(statement_id=statement_id, platform=platform, reason="", not_applicable=False, version=0)
        tx.add(row)
    changed = sorted(name for name in _FIELDS if getattr(row, name) != fields[name]) or (
        [] if row.version else ["planned"]
    )
    if not changed:
        return statement
    decides = bool({*changed} - {"planned_at"})
    decision_id = await _decide(tx, incident, row, fields, caller=caller, now=now) if decides else row.decision_id
    for name, value in {**fields, "decision_id": decision_id}.items():
        setattr(row, name, value)
    touch(row, now)
    await tx.flush()
    if fields["substitute_platform"] is not None:
        await plan(tx, statement_id, [fields["substitute_platform"]])
    event = PlacementChanged(
        **on_timeline(incident), statement_id=statement_id, platform=platform, fields=changed,
        **{name: fields[name] for name in _FIELDS if name != "reason"},
    )  # fmt: skip
    await record(tx, event, caller=caller)
    await origins.settle(tx, incident, statement, now)
    return statement


def _must_make_sense(platform: str, fields: Mapping[str, Any], row: Placement | None, now: datetime) -> None:
    if not fields["not_applicable"]:
        for name, empty in (("reason", ""), ("substitute_platform", None)):
            if fields[name] != empty:
                raise Invalid.at(f"/{name}", "is for a platform that is not_applicable", "not_applicable")
    elif not fields["reason"] and fields["substitute_platform"] is None:
        raise Invalid.at("/reason", "say why, or where it is said instead (substitute_platform)", "missing")
    elif fields["planned_at"] is not None:
        raise Invalid.at("/planned_at", "nothing is planned where it is not_applicable", "not_applicable")
    if fields["substitute_platform"] == platform:
        raise Invalid.at("/substitute_platform", "must be another platform than this one", "same_platform")
    planned_at, before = fields["planned_at"], row.planned_at if row is not None else None
    if planned_at is not None and planned_at != before and planned_at < now:
        raise Invalid.at("/planned_at", "lies in the past: record a publication for what has happened", "in_the_past")


async def _must_be_open(tx: Tx, statement: Statement, platform: str, fields: Mapping[str, Any]) -> None:
    if statement.withdrawn_at is not None:
        raise PlacementRefused("The statement is withdrawn: nothing more is planned for it.")
    there = exists().where(Publication.statement_id == statement.id, Publication.platform == platform)
    if fields["not_applicable"] and await tx.scalar(select(there)):
        raise PlacementRefused(f"The statement was published on {platform} already: it is applicable there.")


async def _decide(
    tx: Tx, incident: Incident, row: Placement, fields: Mapping[str, Any], *, caller: Caller, now: datetime
) -> UUID | None:
    """The decision by which the platform is not applicable, where it is the one where it began; None for every other."""
    standing = await origins.standing_decisions(tx, incident.id)
    corrects = row.decision_id if row.decision_id in standing else None
    is_origin = row.platform == await origin_platform(tx, incident.id)
    if not (is_origin and fields["not_applicable"]) and corrects is None:
        return None
    where, elsewhere = LABELS["platform"][row.platform][0], fields["substitute_platform"]
    if fields["not_applicable"]:
        kind = DecisionKind.ORIGIN_NOT_APPLICABLE
        choice = f"不在{where}发布" + (f"，改在{LABELS['platform'][elsewhere][0]}发布" if elsewhere else "")
    else:
        kind, choice = DecisionKind.OTHER, f"在{where}发布"
    said = {
        "happened_at": None, "kind": kind, "question": f"声明是否在首发平台（{where}）发布", "options": [],
        "choice": choice, "reason": fields["reason"] or choice, "corrects": corrects,
        "substitute_platform": elsewhere,
    }  # fmt: skip
    decision = await record_decision(tx, incident.id, said, caller=caller, now=now)
    return decision.id if fields["not_applicable"] else None
