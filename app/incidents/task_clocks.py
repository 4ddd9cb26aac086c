"""Clocks of tasks (方案 二(二)2): remediations 诉求处理 have 24 h, commitments 承诺 as long as was promised. Each runs for a task,
and is started, met and called off with it. Which kinds have one is :data:`app.domain.tasks.TIMED`.

Tasks call this themselves, where incidents' clocks hear of events: one call may finish a thousand tasks and is told by one
event, which does not name them all. Of one task's clock the timeline tells as of any other; of many the event counts them.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, exists, or_, select

from app.core.auth import SYSTEM
from app.core.conditional import touch
from app.core.db import Tx
from app.core.doorbell import CLOCKS
from app.core.outbox import Stored, record
from app.domain.events import SlaMet, StatusChanged
from app.domain.lifecycle import ENDED
from app.domain.tasks import TIMED, UNFINISHED, clock_due
from app.domain.vocabulary import DeadlineState, TaskKind
from app.incidents import clocks
from app.incidents.queries import told_of
from app.incidents.ringing import named, ring_rows, set_due
from app.incidents.runs import pace_of
from app.incidents.timeline import on_timeline
from app.models import Deadline, Incident, Task


async def date(tx: Tx, tasks: Sequence[Task], *, now: datetime) -> None:
    """Says of tasks whose clocks are to start when they are due: as promised, or in the policy's time."""
    timed = [(task, TIMED[TaskKind(task.kind)]) for task in tasks if task.kind in TIMED]
    if not timed:
        return
    # They are of one incident.
    pace = await pace_of(tx, await tx.get_one(Incident, timed[0][0].incident_id))
    _, policy = await clocks.active_policy(tx, pace)
    for task, kind in timed:
        task.due_at = clock_due(task.due_at, pace.planned(now), policy.time(kind))


async def start(
    tx: Tx, incident: Incident, tasks: Sequence[Task], *, now: datetime, reason: str | None,
    since: datetime | None = None,
) -> int:  # fmt: skip
    """Starts the clocks of the tasks that have one, which were dated before; how many. Nobody is told where there is no
    reason. ``since``: when they began to run, where that was before now. What is over already is breached at once."""
    dated = [(task, task.due_at) for task in tasks if task.kind in TIMED and task.due_at is not None]
    if not dated:
        return 0
    (policy_id, _), pace = await clocks.active_policy(tx), await pace_of(tx, incident)
    # The clocks cite their tasks.
    await tx.flush()
    rows = [
        clocks.start(
            tx,
            incident,
            TIMED[TaskKind(task.kind)],
            due_at,
            policy_id,
            now,
            task_id=task.id,
            started_at=since,
            pace=pace,
        )
        for task, due_at in dated
    ]
    await _say(tx, incident, reason, rows, "started")
    await ring_rows(tx, {incident.id: incident}, [row for row in rows if row.due_at <= now])
    return len(rows)


async def meet(
    tx: Tx, incident: Incident, tasks: Sequence[Task], happened_at: datetime, *, actor: str, tell: bool
) -> int:
    """The tasks were done: meets their clocks, judged by when that happened; how many were in time."""
    met = await clocks.meet_rows(tx, incident, await _rows(tx, tasks), happened_at, actor)
    if tell:
        said = [
            SlaMet(**on_timeline(incident), **named(row), state=row.state, happened_at=happened_at) for row in met
        ]  # fmt: skip
        await record(tx, *said, caller=SYSTEM)
    return len(met)


async def cancel(tx: Tx, incident: Incident, tasks: Sequence[Task], *, now: datetime, reason: str | None) -> int:
    """The tasks need not be done: calls off what runs for them; how many. Nobody is told where there is no reason."""
    rows = clocks.cancel_rows(await _rows(tx, tasks), reason or "Its task was waived.", now)
    await _say(tx, incident, reason, rows, "cancelled")
    return len(rows)


async def redate(tx: Tx, incident: Incident, task: Task) -> None:
    """The task is due at another time, and so is the clock that runs for it. What rang stays rung."""
    assert task.due_at is not None, "what has a clock is always due"
    for row in await _rows(tx, [task]):
        if row.state == DeadlineState.RUNNING and row.due_at != task.due_at:
            await set_due(tx, row, task.due_at, await pace_of(tx, incident))
            await _say(tx, incident, "The task is due at another time.", [row], "redated")


async def resume(tx: Tx, incident: Incident, *, now: datetime, reason: str) -> int:
    """Starts the clock of each task that is to be done still and has none, because it was called off with an incident that
    ended."""
    owed = and_(Deadline.state == DeadlineState.BREACHED, Deadline.met_at.is_(None))
    waits = exists().where(Deadline.task_id == Task.id, or_(Deadline.state == DeadlineState.RUNNING, owed))
    query = select(Task).where(Task.incident_id == incident.id, Task.kind.in_(TIMED), ~waits)
    tasks = (await tx.scalars(query.where(Task.state.in_(UNFINISHED)).order_by(Task.id))).all()
    for task in tasks:
        touch(task, now)
    await date(tx, tasks, now=now)
    return await start(tx, incident, tasks, now=now, reason=reason)


async def status_changed(tx: Tx, stored: Sequence[Stored]) -> None:
    """An incident that comes back has its tasks to do again; its end called their clocks off with all others."""
    for entry in stored:
        event = entry.event
        assert isinstance(event, StatusChanged)
        if event.from_ in ENDED and event.to not in ENDED:
            await resume(tx, await told_of(tx, event), now=await tx.now(), reason="The incident came back.")


async def _rows(tx: Tx, tasks: Sequence[Task]) -> Sequence[Deadline]:
    ids: list[UUID] = [task.id for task in tasks if task.kind in TIMED]
    if not ids:
        return ()
    return (await tx.scalars(select(Deadline).where(Deadline.task_id.in_(ids)).order_by(Deadline.id))).all()


async def _say(tx: Tx, incident: Incident, reason: str | None, rows: Sequence[Deadline], action: str) -> None:
    if reason is not None:
        await clocks.say(tx, incident, reason, [(row, action) for row in rows])
    elif rows:
        tx.ring(CLOCKS)
