"""How statements follow their incident: another grade asks for other approvals, and a merge takes them along.

Nothing here is called by those who grade or merge: it hears of that by the event, in the same transaction and under the
incidents' locks.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from app.core.auth import Caller
from app.core.conditional import touch
from app.core.db import Tx
from app.core.outbox import Stored, record
from app.domain.events import GradeChanged, StatementChanged, StatusChanged
from app.domain.statements import status_regraded
from app.domain.vocabulary.statements import StatementChange, StatementStatus
from app.incidents.queries import told_of
from app.models import Commitment, Incident, Statement, StatementVersion
from app.statements import words
from app.statements.approving import say_approved
from app.statements.queries import standings
from app.statements.states import named


async def grade_changed(tx: Tx, stored: Sequence[Stored]) -> None:
    """At major a lead has to approve as well; lowered, what public relations and legal approved is approved."""
    for entry in stored:
        event = entry.event
        assert isinstance(event, GradeChanged)
        await _look_again(tx, await told_of(tx, event), caller=entry.caller, now=await tx.now())


async def status_changed(tx: Tx, stored: Sequence[Stored]) -> None:
    """What is said of an incident that is merged goes on in the other one, with its versions and promises. What was said in
    public stays on record where it was recorded."""
    for entry in stored:
        event = entry.event
        assert isinstance(event, StatusChanged)
        source = await told_of(tx, event)
        if event.to == "merged" and source.merged_into is not None:
            await _move(tx, source, source.merged_into, caller=entry.caller, now=await tx.now())


async def _look_again(tx: Tx, incident: Incident, *, caller: Caller, now: datetime) -> None:
    waiting = (StatementStatus.IN_REVIEW, StatementStatus.APPROVED)
    query = select(Statement).where(Statement.incident_id == incident.id, Statement.status.in_(waiting))
    statements = (await tx.scalars(query.order_by(Statement.id))).all()
    found = await standings(tx, statements)
    for statement in statements:
        standing = found[statement.id]
        complete = not standing.lacks(now)
        status = status_regraded(StatementStatus(statement.status), complete=complete)
        if status == statement.status:
            continue
        statement.status = status
        touch(statement, now)
        await tx.flush()
        if complete:
            await say_approved(tx, incident, statement, standing.newest, caller=caller)
        else:
            event = StatementChanged(
                **named(incident, statement, standing.newest), action=StatementChange.SENT_BACK, fields=[],
                other_incident_id=None,
            )  # fmt: skip
            await record(tx, event, caller=caller)


async def _move(tx: Tx, source: Incident, target_id: UUID, *, caller: Caller, now: datetime) -> None:
    target = await tx.get_one(Incident, target_id)
    query = select(Statement).where(Statement.incident_id == source.id).order_by(Statement.id)
    statements = (await tx.scalars(query)).all()
    if not statements:
        return
    found = await standings(tx, statements)
    ids = [statement.id for statement in statements]
    for statement in statements:
        statement.incident_id = target.id
        touch(statement, now)
    await tx.flush()
    for table in (StatementVersion, Commitment):
        moved = update(table).where(table.statement_id.in_(ids)).values(incident_id=target.id)
        await tx.execute(moved.execution_options(synchronize_session="fetch"))
    await words.keep(tx, *((statement, found[statement.id].newest) for statement in statements))
    ways = ((source, target, StatementChange.MOVED_AWAY), (target, source, StatementChange.MOVED_IN))
    said = [
        StatementChanged(
            **named(one, statement, found[statement.id].newest), action=action, fields=[], other_incident_id=other.id
        )
        for one, other, action in ways for statement in statements
    ]  # fmt: skip
    await record(tx, *said, caller=caller)
    await _look_again(tx, target, caller=caller, now=now)
