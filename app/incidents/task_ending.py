"""How a task ends: by hand, or by the act that it asked for. A meeting or a fact check is on record once, as an act, and the
task points to it: clocks and guards know of acts alone.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from app.core.auth import Caller
from app.core.conditional import touch
from app.core.db import Tx
from app.core.outbox import record
from app.domain.events import TaskDone, TaskEvent
from app.domain.tasks import UNFINISHED
from app.domain.vocabulary import TaskKind, TaskState
from app.incidents import task_clocks, task_words
from app.incidents.timeline import Place, on_timeline
from app.models import FactCheck, Incident, Meeting, Task


class Ending(NamedTuple):
    """What is told of a task that was done."""

    happened_at: datetime
    outcome: str = ""
    result: dict[str, Any] | None = None
    act_id: UUID | None = None


class Named(Place):
    """What every event of a task says of it first."""

    task_id: UUID
    task_kind: str
    task_state: str
    owner_id: UUID | None
    due_at: datetime | None


def named(incident: Incident, task: Task) -> Named:
    """The task's event takes the next place on the incident's timeline: see :class:`app.domain.events.TaskEvent`. What a drill
    taught is no exercise, though the incident that it stands on is."""
    place = on_timeline(incident)
    place["is_drill"] = task.is_drill
    return Named(
        **place, task_id=task.id, task_kind=task.kind, task_state=task.state, owner_id=task.owner_id,
        due_at=task.due_at,
    )  # fmt: skip


def end(task: Task, ending: Ending, *, actor: str, now: datetime) -> None:
    """The task, which may be finished, is done."""
    task.state, task.happened_at, task.act_id = TaskState.DONE, ending.happened_at, ending.act_id
    task.outcome = ending.outcome
    if ending.result is not None:
        task.result = ending.result
    task.ended_at, task.ended_by = now, actor
    touch(task, now)


async def end_and_tell(
    tx: Tx, incident: Incident, task: Task, ending: Ending, *, caller: Caller, now: datetime
) -> None:
    """One task is done, its clock met, and it is told. The incident is locked."""
    end(task, ending, actor=caller.actor, now=now)
    await task_words.keep(tx, task)
    event: TaskEvent = TaskDone(**named(incident, task), happened_at=ending.happened_at, act_id=ending.act_id)
    await record(tx, event, caller=caller)
    await task_clocks.meet(tx, incident, [task], ending.happened_at, actor=caller.actor, tell=True)


async def end_by_act(
    tx: Tx, incident: Incident, act: Meeting | FactCheck, task: Task | None, *, caller: Caller, now: datetime
) -> None:
    """A meeting that set a direction, or a fact check, is on record: that finishes the task it was recorded for, or the
    only one of its kind that is to be done still. Of several nobody knows which one it was."""
    kind, result = _told(act)
    outcome = "" if task is None else task.outcome
    if task is None:
        waiting = await _unfinished(tx, incident.id, kind)
        if len(waiting) != 1:
            return
        [task] = waiting
    ending = Ending(act.happened_at, outcome, result | {"kind": kind.value}, act.id)
    await end_and_tell(tx, incident, task, ending, caller=caller, now=now)


def _told(act: Meeting | FactCheck) -> tuple[TaskKind, dict[str, Any]]:
    if isinstance(act, Meeting):
        return TaskKind.MEETING, {"direction": act.direction, "note": act.note}
    members = ("truth", "responsibility", "evidence", "note")
    return TaskKind.FACT_CHECK, {name: getattr(act, name) for name in members}


async def _unfinished(tx: Tx, incident_id: UUID, kind: TaskKind) -> Sequence[Task]:
    query = select(Task).where(Task.incident_id == incident_id, Task.kind == kind, Task.state.in_(UNFINISHED))
    return (await tx.scalars(query.limit(2))).all()
