"""The decision log 决策记录: what was decided and why, with what was known at that moment.

Entries are never changed. A correction is a new entry that takes the place of one; then that one is corrected.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import Conflict, Invalid
from app.core.outbox import record
from app.domain.events import DecisionMade
from app.domain.spread import minute_of
from app.incidents import act_queries, guards
from app.incidents.act_schemas import Known, KnownDeadline, KnownFacts, KnownWindow
from app.incidents.acts import start, store
from app.incidents.queries import windows_of
from app.incidents.runs import pace_of
from app.incidents.spread import Ledger, peaks_of
from app.incidents.timeline import on_timeline
from app.models import Deadline, Decision, Incident


class AlreadyCorrected(Conflict):
    """Another entry took its place: that one is to be corrected."""

    code = "already_corrected"


async def record_decision(
    tx: Tx, incident_id: UUID, fields: Mapping[str, Any], *, caller: Caller, now: datetime
) -> Decision:
    """Adds an entry to the log. AlreadyCorrected names the one to correct instead."""
    incident, said = await start(tx, incident_id, fields["happened_at"], caller=caller, now=now)
    if fields["substitute_platform"] is not None and fields["kind"] != "origin_not_applicable":
        raise Invalid.at("/substitute_platform", "is for decisions of the kind origin_not_applicable", "not_applicable")
    if fields["corrects"] is not None:
        await _must_stand(tx, incident, fields["corrects"])
    known = (await known_of(tx, incident, now=now)).model_dump(mode="json")
    told = {name: value for name, value in fields.items() if name != "happened_at"}
    act = Decision(**said, **told, known=known)
    await store(tx, incident, act, now=now)
    event = DecisionMade(
        **on_timeline(incident), happened_at=act.happened_at, decision_id=act.id, decision_kind=act.kind,
        corrects=act.corrects, statement_made=await guards.has_spoken(tx, incident.id),
    )  # fmt: skip
    await record(tx, event, caller=caller)
    return act


async def _must_stand(tx: Tx, incident: Incident, decision_id: UUID) -> None:
    """The incident is locked, so nobody else corrects the same entry meanwhile."""
    corrected = await tx.get(Decision, decision_id)
    if corrected is None or corrected.incident_id != incident.id:
        raise Invalid.at("/corrects", "there is no such decision of this incident", "not_found")
    later = await act_queries.correction_of(tx, decision_id)
    if later is not None:
        raise AlreadyCorrected.at("/corrects", f"was corrected by {later}; correct that one", "already_corrected")


async def known_of(tx: Tx, incident: Incident, *, now: datetime) -> Known:
    """What is known of the incident, which is locked, at this moment."""
    checked = await act_queries.latest_fact_check(tx, incident.id)
    # Tasks may be hundreds.
    running = select(Deadline.kind, Deadline.due_at).where(Deadline.state == "running", Deadline.task_id.is_(None))
    deadlines = await tx.execute(running.where(Deadline.incident_id == incident.id).order_by(Deadline.due_at))
    named = (
        "status",
        "grade",
        "auto_grade",
        "suggested_grade",
        "harm_class",
        "media_follow_up",
        "total",
        "mention_count",
    )
    return Known.model_validate(
        {name: getattr(incident, name) for name in named}
        | {
            "at": now, "origin_platform": await act_queries.origin_platform(tx, incident.id),
            "windows": await _windows(tx, incident, now), "calmed_at": incident.calmed_at,
            "fact_check": KnownFacts.model_validate(checked, from_attributes=True) if checked else None,
            "deadlines": [KnownDeadline(kind=kind, due_at=due_at) for kind, due_at in deadlines],
        }
    )  # fmt: skip


async def _windows(tx: Tx, incident: Incident, now: datetime) -> list[KnownWindow]:
    ledger = Ledger()
    policy = await ledger.policy(tx, incident.policy_id)
    series = (await ledger.series(tx, [incident]))[incident.id]
    minute = minute_of((await pace_of(tx, incident)).scenario(now))
    windows = windows_of(policy, series, peaks_of(incident, policy), minute)
    return [
        KnownWindow(
            rule=one["rule"], window_seconds=one["window_seconds"], threshold=one["threshold"], sum=one["current"]
        )
        for one in windows
    ]  # fmt: skip
