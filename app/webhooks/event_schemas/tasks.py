"""Events of tasks 任务 on the wire. What people wrote about them is read by their ids."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from app.domain.vocabulary import TaskAction, TaskKind, TasksChange, TaskState
from app.webhooks.event_schemas.base import INCIDENT, EventBase, IncidentData, shown_as
from app.webhooks.event_types import EventType

_ID = "0197a3f0-9000-7aaa-8bbb-0123456789ab"
_TASK: JsonDict = INCIDENT | {
    "seq": 12, "task_id": _ID, "task_kind": "remediation", "task_state": "open",
    "owner_id": "0197a3f0-7000-7aaa-8bbb-0123456789ac", "due_at": "2026-03-02T08:00:00Z",
}  # fmt: skip
_CREATED: JsonDict = _TASK | {"affected_user_id": None}
_CHANGED: JsonDict = _TASK | {"action": "update", "fields": ["due_at"], "reason": ""}
_DONE: JsonDict = _TASK | {"task_state": "done", "happened_at": "2026-03-01T11:00:00Z", "act_id": None}
_WAIVED: JsonDict = _TASK | {"task_state": "waived", "reason": "用户已撤诉"}
_MANY: JsonDict = INCIDENT | {
    "seq": 13, "change": "completed", "task_kinds": ["remediation"], "task_count": 500, "task_ids": [_ID],
    "owner_id": None, "happened_at": "2026-03-01T11:00:00Z", "clocks_started": 0, "clocks_met": 500,
    "clocks_cancelled": 0, "other_incident_id": None, "reason": "",
}  # fmt: skip


class TaskData(IncidentData):
    """Which task of which incident, and how it stands after this."""

    model_config = ConfigDict(json_schema_extra={"example": _TASK})

    task_id: UUID = Field(description="The task; `GET /v1/tasks/{task_id}` has all of it.")
    task_kind: TaskKind = Field(description="What kind of thing it is.")
    task_state: TaskState = Field(description="How it stands.")
    owner_id: UUID | None = Field(description="Whose it is; null: nobody's yet.")
    due_at: datetime | None = Field(description="When it is due; null: at no stated time.")


class TaskCreatedData(TaskData):
    """For whom."""

    model_config = ConfigDict(json_schema_extra={"example": _CREATED})

    affected_user_id: UUID | None = Field(description="For which of the incident's affected users; null: for none.")


class TaskChangedData(TaskData):
    """What was done about it."""

    model_config = ConfigDict(json_schema_extra={"example": _CHANGED})

    action: TaskAction = Field(
        description="What was done: neither `complete` nor `waive`, which have their own events."
    )
    fields: list[str] = Field(description="Of `update`: what was changed, by the members' names.")
    reason: str = Field(description="Of `reopen` and `reject`: why.")


class TaskDoneData(TaskData):
    """When it was done."""

    model_config = ConfigDict(json_schema_extra={"example": _DONE})

    happened_at: datetime = Field(description="When it was done, which may be long before it was told.")
    act_id: UUID | None = Field(description="The meeting or the fact check that it is on record as.")


class TaskWaivedData(TaskData):
    """Why."""

    model_config = ConfigDict(json_schema_extra={"example": _WAIVED})

    reason: str = Field(description="Why it need not be done.")


class TasksChangedData(IncidentData):
    """What happened to how many."""

    model_config = ConfigDict(json_schema_extra={"example": _MANY})

    change: TasksChange = Field(description="What happened to them.")
    task_kinds: list[TaskKind] = Field(description="Of which kinds they are.")
    task_count: int = Field(description="How many they are.")
    task_ids: list[UUID] = Field(description="The first hundred of them.", max_length=100)
    owner_id: UUID | None = Field(description="Of what was created or assigned: whose they are; null: nobody's.")
    happened_at: datetime | None = Field(description="Of what was finished: when it was done.")
    clocks_started: int = Field(description="How many clocks were started by it.")
    clocks_met: int = Field(description="How many clocks were met in time by it: no `sla.met` tells of them.")
    clocks_cancelled: int = Field(description="How many clocks were called off by it.")
    other_incident_id: UUID | None = Field(description="Of what was moved: where they came from or went to.")
    reason: str = Field(description="Of what was waived: why.")


class TaskCreatedEvent(EventBase):
    """Something is to be done about an incident."""

    model_config = shown_as("task.created", _CREATED)

    type: Literal[EventType.TASK_CREATED] = Field(description="Always `task.created`.")
    data: TaskCreatedData = Field(description="The particulars.")


class TaskChangedEvent(EventBase):
    """A task was changed or reopened, or a takedown report was submitted, approved or rejected."""

    model_config = shown_as("task.changed", _CHANGED)

    type: Literal[EventType.TASK_CHANGED] = Field(description="Always `task.changed`.")
    data: TaskChangedData = Field(description="The particulars.")


class TaskDoneEvent(EventBase):
    """A task was done."""

    model_config = shown_as("task.done", _DONE)

    type: Literal[EventType.TASK_DONE] = Field(description="Always `task.done`.")
    data: TaskDoneData = Field(description="The particulars.")


class TaskWaivedEvent(EventBase):
    """A task need not be done any more."""

    model_config = shown_as("task.waived", _WAIVED)

    type: Literal[EventType.TASK_WAIVED] = Field(description="Always `task.waived`.")
    data: TaskWaivedData = Field(description="The particulars.")


class TasksChangedEvent(EventBase):
    """Many tasks were created, assigned, finished, waived or moved by one call: told once, and not task by task."""

    model_config = shown_as("tasks.changed", _MANY)

    type: Literal[EventType.TASKS_CHANGED] = Field(description="Always `tasks.changed`.")
    data: TasksChangedData = Field(description="The particulars.")
