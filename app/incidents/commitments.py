"""Promises 承诺 (方案 二(二)2, 进度承诺): what is said in public to be done by a date becomes a task with a clock, and what was
not done by then is told.

A promise is made by whatever is published, approved or not: the public heard it. Nobody else makes one up, and nobody
changes when it is due.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.core.auth import SYSTEM, Caller
from app.core.db import Tx
from app.core.outbox import Stored, record
from app.domain.commitments import Dated, not_yet_made, title_of
from app.domain.events import CommitmentBroken, SlaBreached, StatementPublished, TaskCreated
from app.domain.vocabulary import DeadlineKind, TaskKind
from app.incidents import task_clocks, task_words
from app.incidents.queries import told_of
from app.incidents.task_ending import named
from app.incidents.tasks import newborn
from app.incidents.timeline import on_timeline
from app.models import Commitment, Incident, Person, StatementVersion, Task
from app.models.base import new_id


async def statement_published(tx: Tx, stored: Sequence[Stored]) -> None:
    """What a version promises is to be kept from the moment that it was first said in public."""
    for entry in stored:
        event = entry.event
        assert isinstance(event, StatementPublished)
        version = await tx.get_one(StatementVersion, event.version_id)
        incident = await told_of(tx, event)
        await promise(tx, incident, version, event.happened_at, caller=entry.caller, now=await tx.now())


async def promise(
    tx: Tx, incident: Incident, version: StatementVersion, made_at: datetime, *, caller: Caller, now: datetime
) -> list[Commitment]:
    """What the version promises beyond what its statement promised before, each with its task and its clock, which runs since
    it was said. The incident is locked. A promise whose time has passed by now is broken at once."""
    made = select(Commitment.text, Commitment.due_at).where(Commitment.statement_id == version.statement_id)
    known = {(text, due_at) for text, due_at in await tx.execute(made)}
    fresh = not_yet_made(version.commitments, known)
    if not fresh:
        return []
    here = await _here(tx, [one.owner_id for one in fresh if one.owner_id])
    tasks = [newborn(incident, _task(one, here), caller=caller, now=now) for one in fresh]
    tx.add_all(tasks)
    await tx.flush()
    commitments = [
        Commitment(
            id=new_id(), incident_id=incident.id, statement_id=version.statement_id, version_id=version.id,
            position=one.position, text=one.text, due_at=one.due_at, task_id=task.id, made_at=made_at,
        )
        for one, task in zip(fresh, tasks, strict=True)
    ]  # fmt: skip
    tx.add_all(commitments)
    await task_words.keep(tx, *tasks)
    await record(tx, *(TaskCreated(**named(incident, task), affected_user_id=None) for task in tasks), caller=caller)
    await task_clocks.start(tx, incident, tasks, now=now, reason="It was promised in public.", since=made_at)
    return commitments


def _task(one: Dated, here: set[UUID]) -> dict[str, object]:
    return {
        "kind": TaskKind.COMMITMENT, "title": title_of(one.text), "details": one.text, "due_at": one.due_at,
        # What was said is to be kept, also where who was to do it has left.
        "owner_id": one.owner_id if one.owner_id in here else None, "affected_user_id": None, "result": None,
    }  # fmt: skip


async def _here(tx: Tx, person_ids: Sequence[UUID]) -> set[UUID]:
    query = select(Person.id).where(Person.id.in_(person_ids), Person.active)
    return set((await tx.scalars(query)).all()) if person_ids else set()


async def clock_breached(tx: Tx, stored: Sequence[Stored]) -> None:
    """A promise's time is over: that is told, once, however often its task is reopened and its clock runs out."""
    events = [entry.event for entry in stored]
    ids = [
        event.task_id for event in events if isinstance(event, SlaBreached) and event.clock == DeadlineKind.COMMITMENT
    ]
    if not ids:
        return
    query = select(Commitment, Task.owner_id).join(Task, Task.id == Commitment.task_id)
    query = query.where(Commitment.task_id.in_(ids), Commitment.broken_at.is_(None)).order_by(
        Commitment.due_at, Commitment.id
    )
    now, told = await tx.now(), []
    for commitment, owner_id in (await tx.execute(query)).all():
        commitment.broken_at = now
        incident = await tx.get_one(Incident, commitment.incident_id)
        told.append(
            CommitmentBroken(
                **on_timeline(incident), commitment_id=commitment.id, statement_id=commitment.statement_id,
                task_id=commitment.task_id, owner_id=owner_id, made_at=commitment.made_at, due_at=commitment.due_at,
            )
        )  # fmt: skip
    await record(tx, *told, caller=SYSTEM)
