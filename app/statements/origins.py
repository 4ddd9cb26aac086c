"""A statement that is out and not where it began 首发平台缺席 (方案 二(二)2, R46): told once, after a time for the others.

Nobody calls this who publishes or decides: it hears of what bears on it by the events, in the same transaction and
under the incident's lock, and asks each time what holds now. What is due is rung under that lock.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from app.core.auth import SYSTEM
from app.core.db import Tx
from app.core.outbox import Stored, record
from app.domain.events import DecisionMade, StatementOriginMissing
from app.domain.placements import origin_due
from app.incidents.act_queries import origin_platform
from app.incidents.queries import told_of
from app.incidents.ringing import AT_ONCE, Rung, ring_free
from app.incidents.runs import pace_of
from app.incidents.spread import lock_incidents
from app.incidents.timeline import on_timeline
from app.models import Decision, Incident, OriginWatch, Placement, Publication, SlaPolicy, Statement

_DUE = """
select distinct s.incident_id from origin_watches w join statements s on s.id = w.statement_id
where w.due_at <= now() and s.incident_id <> all($2::uuid[])
  and not exists (select from incidents i join drills r on r.id = i.drill_id
    where i.id = s.incident_id and r.state = 'paused') limit $1"""


class Out(NamedTuple):
    """The first publication of a statement elsewhere than where it began."""

    happened_at: datetime
    recorded_at: datetime


async def decided(tx: Tx, stored: Sequence[Stored]) -> None:
    """A decision may say that the platform where it began is not applicable, or not any more."""
    for entry in stored:
        event = entry.event
        assert isinstance(event, DecisionMade)
        incident = await told_of(tx, event)
        query = select(Statement).where(Statement.incident_id == incident.id, Statement.published_at.is_not(None))
        for statement in await tx.scalars(query.order_by(Statement.id)):
            await settle(tx, incident, statement, await tx.now())


async def settle(tx: Tx, incident: Incident, statement: Statement, now: datetime) -> None:
    """Brings the statement's watch in line with what holds; the incident is locked."""
    row = await tx.get(OriginWatch, statement.id)
    if row is not None and row.missed_at is not None:
        return
    origin = await origin_platform(tx, incident.id)
    out = await _missing(tx, incident, statement, origin)
    if out is None:
        if row is not None:
            row.due_at = None
        return
    if row is None:
        row = OriginWatch(statement_id=statement.id, due_at=None)
        tx.add(row)
    if row.due_at is None:
        seconds = (await tx.scalars(select(SlaPolicy.origin_grace_seconds).where(SlaPolicy.active))).one()
        pace = await pace_of(tx, incident)
        out_at, recorded_at = map(pace.planned, out)
        row.due_at, row.set_at = origin_due(out_at, recorded_at, pace.span(timedelta(seconds=seconds))), now
    await tx.flush()


async def _missing(tx: Tx, incident: Incident, statement: Statement, origin: str | None) -> Out | None:
    """The first publication elsewhere, where the statement is not where it began and should be.

    Nothing is missing where we don't know where it began: but the watch stands, since we may know by its end.
    """
    if statement.withdrawn_at is not None:
        return None
    query = select(Publication.platform, Publication.happened_at, Publication.recorded_at)
    rows = (await tx.execute(query.where(Publication.statement_id == statement.id))).all()
    if not rows or any(row.platform == origin for row in rows):
        return None
    if origin is not None and await is_not_applicable(tx, incident.id, statement.id, origin):
        return None
    return min(Out(row.happened_at, row.recorded_at) for row in rows)


async def is_not_applicable(tx: Tx, incident_id: UUID, statement_id: UUID, origin: str) -> bool:
    """Whether the statement is not to be where it began: by a decision that stands, or as its row says."""
    if await standing_decisions(tx, incident_id):
        return True
    row = await tx.get(Placement, (statement_id, origin))
    # Of a row with a decision that decision says it, and it was corrected.
    return row is not None and row.not_applicable and row.decision_id is None


async def standing_decisions(tx: Tx, incident_id: UUID) -> list[UUID]:
    """The decisions that stand by which the platform where it began is not applicable."""
    later = aliased(Decision)
    query = select(Decision.id).where(
        Decision.incident_id == incident_id, Decision.kind == "origin_not_applicable",
        ~exists().where(later.corrects == Decision.id),
    )  # fmt: skip
    return list(await tx.scalars(query.order_by(Decision.id)))


async def ring_due(tx: Tx, *, without: Collection[UUID] = (), limit: int = AT_ONCE) -> Rung:
    """Tells of what is due, of incidents that nobody holds at this moment; ``without`` some."""
    return await ring_free(tx, _DUE, lambda incidents, _: _ring(tx, incidents), without=without, limit=limit)


async def ring_incident(tx: Tx, incident_id: UUID) -> int:
    """Tells of what is due of one incident, waiting for whoever holds it."""
    return await _ring(tx, await lock_incidents(tx, [incident_id]))


async def _ring(tx: Tx, incidents: Mapping[UUID, Incident]) -> int:
    """Of these, which are locked, what is due still; how often it was told."""
    now = await tx.now()
    query = select(OriginWatch, Statement).join(Statement, Statement.id == OriginWatch.statement_id).where(
        Statement.incident_id.in_([id_ for id_, one in incidents.items() if not (await pace_of(tx, one)).paused]),
        OriginWatch.due_at <= now,
    ).order_by(OriginWatch.due_at, Statement.id)  # fmt: skip
    count = 0
    for row, statement in (await tx.execute(query.execution_options(populate_existing=True))).all():
        incident = incidents[statement.incident_id]
        origin = await origin_platform(tx, incident.id)
        out = await _missing(tx, incident, statement, origin)
        due_at, row.due_at = row.due_at, None
        assert due_at is not None, "it was chosen by that"
        if out is None or origin is None:
            continue
        row.missed_at = now
        event = StatementOriginMissing(
            **on_timeline(incident), statement_id=statement.id, origin_platform=origin,
            first_published_at=out.happened_at, due_at=due_at,
            late_by_seconds=int((now - max(due_at, row.set_at)).total_seconds()),
        )  # fmt: skip
        await record(tx, event, caller=SYSTEM)
        count += 1
    await tx.flush()
    return count
