"""Of tasks 任务 (方案 二(二)2, 二(三)). What people wrote about them is read by their ids."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.domain.events.incidents import IncidentEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEvent(IncidentEvent):
    """Something about one task, and how it stands after it."""

    task_id: UUID
    task_kind: str
    task_state: str
    owner_id: UUID | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCreated(TaskEvent):
    """Something is to be done."""

    type: ClassVar[str] = "task.created"
    affected_user_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskChanged(TaskEvent):
    """A person changed a task, reopened it, or moved a takedown report on: ``action`` says which, ``fields`` what."""

    type: ClassVar[str] = "task.changed"
    action: str
    fields: list[str]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDone(TaskEvent):
    """It was done. ``act_id``: the meeting or the fact check that it is on record as."""

    type: ClassVar[str] = "task.done"
    happened_at: datetime
    act_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskWaived(TaskEvent):
    """It need not be done any more."""

    type: ClassVar[str] = "task.waived"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TasksChanged(IncidentEvent):
    """Many tasks were created, assigned, finished, waived or moved by one call, which is told once.

    ``task_ids`` are the first hundred. Their clocks are counted here and not told one by one.
    """

    type: ClassVar[str] = "tasks.changed"
    change: str
    task_kinds: list[str]
    task_count: int
    task_ids: list[UUID]
    # Of what was created or assigned.
    owner_id: UUID | None
    # Of what was finished.
    happened_at: datetime | None
    clocks_started: int
    clocks_met: int
    clocks_cancelled: int
    # Of what was moved.
    other_incident_id: UUID | None
    reason: str
