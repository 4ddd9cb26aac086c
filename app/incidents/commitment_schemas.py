"""Promises 承诺 on the wire: what was said in public to be done by a date (方案 二(二)2, 进度承诺)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.vocabulary import TaskState
from app.domain.vocabulary.statements import CommitmentState
from app.incidents.schemas import TimelinePerson

_STATEMENT = "0197a3f0-9200-7aaa-8bbb-0123456789ab"
_CITATION: JsonDict = {"statement_id": "0197a3f0-9201-7aaa-8bbb-0123456789ab", "version_number": 1}
_COMMITMENT: JsonDict = {
    "id": "0197a3f0-9100-7aaa-8bbb-0123456789ab", "incident_id": "0197a3f0-7000-7aaa-8bbb-0123456789ab",
    "statement_id": _STATEMENT, "version_number": 2, "position": 0, "text": "三日内公布第三方检测结果",
    "made_at": "2026-11-23T10:00:00Z", "due_at": "2026-11-26T10:00:00Z", "state": "kept",
    "kept_at": "2026-11-25T08:00:00Z", "broken_at": None, "reason": None,
    "task_id": "0197a3f0-9000-7aaa-8bbb-0123456789ab", "task_state": "done",
    "owner": {"id": "0197a3f0-7000-7aaa-8bbb-0123456789ac", "name": "王**"},
    "progress_task_ids": ["0197a3f0-9001-7aaa-8bbb-0123456789ab"], "cited_by": [_CITATION],
}  # fmt: skip


class CommitmentCitation(BaseModel):
    """A statement that reports on the promise."""

    model_config = ConfigDict(json_schema_extra={"example": _CITATION})

    statement_id: UUID = Field(description="The statement.")
    version_number: int = Field(description="The newest of its versions that names the promise.")


class Commitment(BaseModel):
    """Something that was promised in public, by a date 承诺. It is kept by its task, which has a clock."""

    model_config = ConfigDict(json_schema_extra={"example": _COMMITMENT})

    id: UUID = Field(description="Our id.")
    incident_id: UUID = Field(description="The incident.")
    statement_id: UUID = Field(description="The statement that promised it.")
    version_number: int = Field(description="The first of its versions that was published with it.")
    position: int = Field(description="Its place among that version's promises, from 0.")
    text: str = Field(description="What was promised, as it was said in public.")
    made_at: datetime = Field(description="When it was first said in public.")
    due_at: datetime = Field(description="Until when it was promised; up to then is in time.")
    state: CommitmentState = Field(description="What became of it, as things stand.")
    kept_at: datetime | None = Field(description="When what was promised was done, be it too late; null: it is not.")
    broken_at: datetime | None = Field(
        description="When `commitment.broken` was told. It stays, also where it turns out later that it was kept in time."
    )
    reason: str | None = Field(
        description="Why its task was waived or reopened last; phones, mails and @names masked as in tasks."
    )
    task_id: UUID = Field(description="The task that keeps it: whose it is, finishing and waiving it go by that.")
    task_state: TaskState = Field(description="How the task stands.")
    owner: TimelinePerson | None = Field(description="Whose the task is; null: nobody's yet.")
    progress_task_ids: list[UUID] = Field(description="The notes of progress 进展公示 that name it, the first first.")
    cited_by: list[CommitmentCitation] = Field(description="The statements that name it, the first first.")


class CommitmentPage(Page[Commitment]):
    """Some promises, the first due first."""


class CommitmentQuery(PageQuery):
    """Which promises: values of one parameter are alternatives, different parameters all hold."""

    state: Annotated[list[CommitmentState], Field(max_length=10, description="In one of these states.")] = []
    owner_id: Annotated[list[UUID], Field(max_length=20, description="Whose task is one of these people's.")] = []
