"""Tasks 任务 on the wire (方案 二(二)2, 二(三))."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Instant, Str, Visible, Wire
from app.core.paging import Page
from app.core.params import PageQuery
from app.core.search import Question
from app.domain.vocabulary import TaskAction, TaskKind, TaskState
from app.incidents.act_schemas import HappenedAt
from app.incidents.schemas import Reason, TimelinePerson
from app.incidents.task_result_schemas import TaskResult, TaskResultCreate

_ID = "0197a3f0-9000-7aaa-8bbb-0123456789ab"
_PERSON: JsonDict = {"id": "0197a3f0-7000-7aaa-8bbb-0123456789ac", "name": "王**"}
_ALLOWED: JsonDict = {"action": "complete", "allowed": True, "refusal": None}
_TASK: JsonDict = {
    "id": _ID, "incident_id": "0197a3f0-7000-7aaa-8bbb-0123456789ab", "number": "2026-0031", "is_drill": False,
    "kind": "follow_up", "title": "回访订单 1024", "details": "", "state": "done", "owner": _PERSON,
    "due_at": "2026-11-24T01:00:00Z", "affected_user_id": None, "happened_at": "2026-11-23T09:30:00Z",
    "outcome": "已退款，表示满意", "result": {"kind": "follow_up", "solved": True, "satisfaction": 5}, "act_id": None,
    "reason": None, "creator": _PERSON, "created_by": "person:0197a3f0-7000-7aaa-8bbb-0123456789ac",
    "created_at": "2026-11-23T01:00:00Z", "updated_at": "2026-11-23T09:31:00Z", "ended_at": "2026-11-23T09:31:00Z",
    "ended_by": "person:0197a3f0-7000-7aaa-8bbb-0123456789ac", "version": 2, "allowed_actions": [_ALLOWED],
}  # fmt: skip

Title = Annotated[Visible, Field(min_length=1, max_length=200, description="What is to be done, in a line.")]
Details = Annotated[Str, Field(max_length=5_000, description="What is to be known for it.")]
Owner = Annotated[UUID | None, Field(description="Whose it is: an active person; null: nobody's yet.")]
Due = Annotated[
    Instant | None,
    Field(
        description="When it is due. A remediation 诉求处理 that states none is due in the SLA policy's time, 24 hours. A "
        "commitment is due as it was promised in public, which nobody changes."
    ),
]
AffectedUser = Annotated[UUID | None, Field(description="For which of the incident's affected users.")]
Outcome = Annotated[Str, Field(max_length=5_000, description="What came of it.")]


class TaskCreate(Wire):
    """Something to do about an incident."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"kind": "remediation", "title": "为订单 1024 办理退款", "details": "原路退回，三个工作日到账"}
        }
    )

    kind: Annotated[
        TaskKind,
        Field(
            description="What kind of thing it is; it stays so. A commitment 承诺兑现 is created by publishing a statement that promises it, an improvement 改进事项 at its drill; neither here."
        ),
    ]
    title: Title
    details: Details = ""
    owner_id: Owner = None
    due_at: Due = None
    affected_user_id: AffectedUser = None
    result: Annotated[
        TaskResultCreate | None,
        Field(
            description="What a takedown report or a press inquiry says, and which promises a progress note reports on; other "
            "kinds state theirs when they are done."
        ),
    ] = None


class TaskPatch(Wire):
    """What people may change while a task is neither done nor waived. Only the fields that are sent change."""

    model_config = ConfigDict(json_schema_extra={"example": {"title": "为订单 1024 办理换货"}})

    title: Title = "…"
    details: Details = ""
    owner_id: Owner = None
    due_at: Due = None
    affected_user_id: AffectedUser = None
    result: Annotated[
        TaskResultCreate | None,
        Field(
            description="What a takedown report or a press inquiry says, and which promises a progress note reports on. A report that says something else is a draft again, "
            "and not approved any more."
        ),
    ] = None


class TaskComplete(Wire):
    """A task that was done."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "happened_at": "2026-11-23T17:30:00+08:00",
                "outcome": "已退款，表示满意",
                "result": {"kind": "follow_up", "solved": True, "satisfaction": 5},
            }
        }
    )

    happened_at: HappenedAt = None
    outcome: Outcome = ""
    result: Annotated[
        TaskResultCreate | None,
        Field(
            description="Needed for meeting, fact_check and follow_up; a press_inquiry and a progress_note may state it here too."
        ),
    ] = None


class TaskReason(Wire):
    """Why."""

    model_config = ConfigDict(json_schema_extra={"example": {"reason": "用户已撤诉"}})

    reason: Reason


class TaskAllowedAction(BaseModel):
    """One thing people may want to do about a task, and whether it would be refused: a button for a screen.

    It is about the task, not about the caller: scopes come on top, and nobody approves a takedown report of their own.
    """

    model_config = ConfigDict(json_schema_extra={"example": _ALLOWED})

    action: TaskAction = Field(description="What.")
    allowed: bool = Field(description="Whether it can be done as things stand.")
    refusal: str | None = Field(
        description="The `code` of the problem that would be answered; null where it is allowed."
    )


class Task(BaseModel):
    """Something to do about an incident 任务.

    Phones, mails and @names in what people wrote are masked unless you have `people:unmask`: don't send back what you read
    masked.
    """

    model_config = ConfigDict(json_schema_extra={"example": _TASK})

    id: UUID = Field(description="Our id.")
    incident_id: UUID = Field(description="The incident.")
    number: str = Field(description="The incident's number, which people quote.")
    is_drill: bool = Field(description="Whether it belongs to an exercise 演练.")
    kind: TaskKind = Field(description="What kind of thing it is.")
    title: str = Field(description="What is to be done, in a line.")
    details: str = Field(description="What is to be known for it.")
    state: TaskState = Field(description="How it stands.")
    owner: TimelinePerson | None = Field(description="Whose it is; null: nobody's yet.")
    due_at: datetime | None = Field(description="When it is due; null: at no stated time.")
    affected_user_id: UUID | None = Field(description="For which of the incident's affected users; null: for none.")
    happened_at: datetime | None = Field(description="When it was done; null: it is not.")
    outcome: str = Field(description="What came of it. Of a task that was reopened: what was said before.")
    result: TaskResult | None = Field(description="What its kind asks for, as far as it was stated.")
    act_id: UUID | None = Field(description="The meeting or the fact check that it is on record as.")
    reason: str | None = Field(description="Why it was waived, reopened or rejected last.")
    creator: TimelinePerson | None = Field(description="Who created it; null: a machine.")
    created_by: str = Field(description="The same as events name who did it.")
    created_at: datetime = Field(description="When it was created.")
    updated_at: datetime = Field(description="When it was changed last.")
    ended_at: datetime | None = Field(description="When we were told that it is done or waived; null: it is neither.")
    ended_by: str | None = Field(description="Who told us.")
    version: int = Field(description="Counts the changes; the ETag begins with it.")
    allowed_actions: list[TaskAllowedAction] = Field(description="What may be done about it.")


class TaskPage(Page[Task]):
    """Some tasks, the first due first; those without a date come last."""


class IncidentTaskQuery(PageQuery):
    """Which tasks: values of one parameter are alternatives, different parameters all hold."""

    kind: Annotated[list[TaskKind], Field(max_length=20, description="Of one of these kinds.")] = []
    state: Annotated[list[TaskState], Field(max_length=10, description="In one of these states.")] = []
    owner_id: Annotated[list[UUID], Field(max_length=20, description="Of one of these people.")] = []
    affected_user_id: Annotated[list[UUID], Field(max_length=20, description="For one of these users.")] = []
    due_after: Annotated[Instant | None, Field(description="Due after this instant.")] = None
    due_before: Annotated[Instant | None, Field(description="Due before this instant.")] = None
    overdue: Annotated[bool, Field(description="Only what is late: due by now, and neither done nor waived.")] = False
    q: Question = None


class TaskQuery(IncidentTaskQuery):
    """Which tasks of all incidents."""

    incident_id: Annotated[list[UUID], Field(max_length=20, description="Of one of these incidents.")] = []
    is_drill: Annotated[
        bool,
        Field(description="Exercises 演练 instead of what is real; where an incident is named, it does not matter."),
    ] = False
