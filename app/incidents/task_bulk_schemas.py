"""Many tasks at once on the wire: to look first, to do it, and to create one for each of many users."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from app.core.bodies import Visible, Wire
from app.domain.tasks import MOST_AT_ONCE
from app.domain.vocabulary import TaskBulkAction, TaskKind, TaskState
from app.incidents.act_schemas import HappenedAt
from app.incidents.affected_schemas import FollowedUp, Remedied
from app.incidents.task_result_schemas import TaskResultCreate
from app.incidents.task_schemas import Details, Due, Outcome, Owner, Title

_ID = "0197a3f0-9000-7aaa-8bbb-0123456789ab"
_USER = "0197a3f0-9100-7aaa-8bbb-0123456789ab"
_ROW: JsonDict = {
    "task_id": _ID, "kind": "remediation", "state": "open", "changes": True, "refusal": None, "detail": None,
}  # fmt: skip
_PASSED_OVER = "How many were selected as well, and have a task of this kind already."
_REMAINING = "How many are left over, because a call creates 1,000 at most: for them it is sent once more."
# What each action takes beside the selection.
_TAKES = {
    TaskBulkAction.ASSIGN: {"owner_id"},
    TaskBulkAction.COMPLETE: {"happened_at", "outcome", "results"},
    TaskBulkAction.WAIVE: {"reason"},
}
_NEEDS = {TaskBulkAction.ASSIGN: "owner_id", TaskBulkAction.WAIVE: "reason"}


class TaskFilter(Wire):
    """Tasks of a kind: all that is stated must be true of them."""

    model_config = ConfigDict(json_schema_extra={"example": {"kind": ["remediation"], "state": ["open"]}})

    kind: Annotated[list[TaskKind], Field(max_length=20, description="Any of these kinds.")] = []
    state: Annotated[list[TaskState], Field(max_length=10, description="Any of these states.")] = []
    owner_id: Annotated[list[UUID], Field(max_length=20, description="Of any of these people.")] = []
    unowned: Annotated[bool, Field(description="Only those that are nobody's yet.")] = False


class TaskSelection(Wire):
    """Which of the incident's tasks, 1,000 at most: exactly one of the two is sent."""

    model_config = ConfigDict(json_schema_extra={"example": {"filter": {"kind": ["remediation"], "state": ["open"]}}})

    task_ids: Annotated[
        list[UUID] | None,
        Field(min_length=1, max_length=MOST_AT_ONCE, description="These, all of them the incident's."),
    ] = None
    filter: Annotated[TaskFilter | None, Field(description="Those of a kind; an empty one takes all.")] = None

    @model_validator(mode="after")
    def _chooses_once(self) -> Self:
        if (self.task_ids is None) == (self.filter is None):
            raise ValueError("must have exactly one of task_ids and filter")
        return self


class TaskBulkResult(Wire):
    """What one of the tasks is asked for by its kind."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"task_id": _ID, "result": {"kind": "follow_up", "solved": True, "satisfaction": 4}}
        }
    )

    task_id: Annotated[UUID, Field(description="Which of the chosen tasks.")]
    result: Annotated[TaskResultCreate, Field(description="Its result.")]


class TaskBulk(Wire):
    """What to do with many of an incident's tasks. `assign` takes owner_id, `complete` takes happened_at, outcome and
    results, `waive` takes reason."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "action": "complete",
                "select": {"filter": {"kind": ["remediation"], "state": ["open"]}},
                "happened_at": "2026-11-23T17:30:00+08:00",
                "outcome": "已统一退款",
            }
        }
    )

    action: Annotated[TaskBulkAction, Field(description="What.")]
    select: Annotated[TaskSelection, Field(description="With which.")]
    owner_id: Annotated[UUID | None, Field(description="Whose they are from now on; null: nobody's.")] = None
    happened_at: HappenedAt = None
    outcome: Outcome = ""
    results: Annotated[
        list[TaskBulkResult],
        Field(max_length=MOST_AT_ONCE, description="Of those whose kind asks for one: meeting, fact_check, follow_up."),
    ] = []
    reason: Annotated[
        Visible | None, Field(min_length=1, max_length=1_000, description="Why; it stands on the timeline.")
    ] = None

    @model_validator(mode="after")
    def _takes_what_belongs_to_it(self) -> Self:
        stated = self.model_fields_set - {"action", "select"}
        strange = sorted(stated - _TAKES[self.action])
        if strange:
            raise ValueError(f"{', '.join(strange)}: not for {self.action}")
        needed = _NEEDS.get(self.action)
        if needed is not None and (needed not in stated or (needed == "reason" and self.reason is None)):
            raise ValueError(f"{self.action} needs {needed}")
        return self


class TaskBulkRow(BaseModel):
    """One of the chosen tasks."""

    model_config = ConfigDict(json_schema_extra={"example": _ROW})

    task_id: UUID = Field(description="The task.")
    kind: TaskKind = Field(description="What kind of thing it is.")
    state: TaskState = Field(description="How it stands: before, in a preview, and after, where it was done.")
    changes: bool = Field(description="Whether it changes.")
    refusal: str | None = Field(description="Why it does not, for programs; null where it does.")
    detail: str | None = Field(description="The same in words.")


class TaskBulkOutcome(BaseModel):
    """Which tasks change and which don't, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "incident_id": "0197a3f0-7000-7aaa-8bbb-0123456789ab", "action": "complete", "version": 403128741,
                "changed_count": 1, "refused_count": 0, "tasks": [_ROW],
            }
        }
    )  # fmt: skip

    incident_id: UUID = Field(description="The incident.")
    action: TaskBulkAction = Field(description="What is done.")
    version: int = Field(
        description="Of what was chosen: another number as soon as one of the tasks changes, comes or goes. The ETag begins "
        "with it."
    )
    changed_count: int = Field(description="How many change.")
    refused_count: int = Field(description="How many don't.")
    tasks: list[TaskBulkRow] = Field(description="Each of them, the oldest first.", max_length=MOST_AT_ONCE)


class AffectedSelection(Wire):
    """Affected users who have not been erased: all that is stated must be true of them, and an empty one takes all."""

    model_config = ConfigDict(json_schema_extra={"example": {"without": ["follow_up"], "remediation": ["done"]}})

    without: Annotated[list[TaskKind], Field(max_length=20, description="Who have no task of these kinds.")] = []
    remediation: Remedied = []
    follow_up: FollowedUp = []


class TaskBulkCreate(Wire):
    """One task for each of many affected users: exactly one of affected_user_ids and affected is sent."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"kind": "remediation", "title": "办理退款", "affected": {"without": ["remediation"]}},
        }
    )

    kind: Annotated[TaskKind, Field(description="What kind of thing it is.")]
    title: Title
    details: Details = ""
    owner_id: Owner = None
    due_at: Due = None
    affected_user_ids: Annotated[
        list[UUID] | None,
        Field(min_length=1, max_length=MOST_AT_ONCE, description="For these, one task each. Nobody is named twice."),
    ] = None
    affected: Annotated[
        AffectedSelection | None,
        Field(
            description="For those of a kind, the first 1,000 who have no task of this kind yet: the same call once more "
            "goes on with the rest, and when all have one it creates nothing."
        ),
    ] = None

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        if (self.affected_user_ids is None) == (self.affected is None):
            raise ValueError("must have exactly one of affected_user_ids and affected")
        if len(set(self.affected_user_ids or ())) < len(self.affected_user_ids or ()):
            raise ValueError("affected_user_ids: names somebody twice")
        return self


class TaskBulkCreation(BaseModel):
    """For whom tasks would be created."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "incident_id": "0197a3f0-7000-7aaa-8bbb-0123456789ab", "kind": "remediation", "version": 281403744,
                "task_count": 1, "affected_user_ids": [_USER], "passed_over_count": 0, "remaining_count": 0,
            }
        }
    )  # fmt: skip

    incident_id: UUID = Field(description="The incident.")
    kind: TaskKind = Field(description="What kind of thing they are.")
    version: int = Field(
        description="Of who is chosen: another number as soon as it is others. The ETag begins with it."
    )
    task_count: int = Field(description="How many they are.")
    affected_user_ids: list[UUID] = Field(description="For whom, one each.", max_length=MOST_AT_ONCE)
    passed_over_count: int = Field(description=_PASSED_OVER)
    remaining_count: int = Field(description=_REMAINING)


class TaskBulkCreated(BaseModel):
    """The tasks that were created."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "incident_id": "0197a3f0-7000-7aaa-8bbb-0123456789ab", "kind": "remediation", "task_count": 1,
                "task_ids": [_ID], "affected_user_ids": [_USER], "passed_over_count": 0, "remaining_count": 0,
            }
        }
    )  # fmt: skip

    incident_id: UUID = Field(description="The incident.")
    kind: TaskKind = Field(description="What kind of thing they are.")
    task_count: int = Field(description="How many they are.")
    task_ids: list[UUID] = Field(description="In the order of the users.", max_length=MOST_AT_ONCE)
    affected_user_ids: list[UUID] = Field(description="For whom, one each.", max_length=MOST_AT_ONCE)
    passed_over_count: int = Field(description=_PASSED_OVER)
    remaining_count: int = Field(description=_REMAINING)
