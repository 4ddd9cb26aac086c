"""The inbox 待办 on the wire: what waits for the person who asks."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.core.bodies import Instant, Wire
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.grades import Grade
from app.domain.vocabulary import Drills, InboxKind, IncidentStatus, NoteSubject, StatementKind, TaskKind, TaskState
from app.domain.vocabulary.statements import StatementStatus

BADGE = "At most 1,001, which stands for more than 1,000."


class InboxQuery(PageQuery):
    """Which entries, and which page of them."""

    kind: Annotated[list[InboxKind], Field(max_length=10, description="Of one of these kinds; none: of all.")] = []
    drills: Annotated[
        Drills,
        Field(description="Whether what exercises 演练 ask of you is listed and counted too, or it alone."),
    ] = Drills.EXCLUDE


class InboxIncident(BaseModel):
    """What the entry belongs to, as much as a list shows of it."""

    id: UUID = Field(description="The incident.")
    number: str = Field(description="Its number.", examples=["2026-0031"])
    title: str = Field(description="What people call it; masked like everywhere.", examples=["牛奶异物"])
    status: IncidentStatus = Field(description="Where it stands.", examples=["responding"])
    grade: Grade | None = Field(description="The grade in force; null: none.", examples=["major"])
    is_drill: bool = Field(description="Whether it is an exercise 演练.", examples=[False])


class InboxTask(BaseModel):
    """The task the entry is about, as much as a list shows of it."""

    id: UUID = Field(description="The task.")
    kind: TaskKind = Field(description="What kind.", examples=["takedown_report"])
    title: str = Field(description="What it says; masked like everywhere.", examples=["举报不实图片"])
    state: TaskState = Field(description="Where it stands.", examples=["legal_review"])


class InboxStatement(BaseModel):
    """The statement the entry is about, as much as a list shows of it."""

    id: UUID = Field(description="The statement.")
    kind: StatementKind = Field(description="What kind.", examples=["apology"])
    name: str = Field(description="What it is called among us; masked like everywhere.", examples=["异物致歉"])
    status: StatementStatus = Field(description="Where it stands.", examples=["in_review"])
    version_number: int = Field(description="Which of its versions.", examples=[2])


class InboxEntry(BaseModel):
    """One thing that waits for you, and where to go with it."""

    kind: InboxKind = Field(description="What is asked of you.")
    at: datetime = Field(description="Since when it waits.")
    due_at: datetime | None = Field(
        description="By when it is to be done, a statement by when something has to be said in public; null: no time is set."
    )
    read: bool = Field(
        description="For `mentioned` whether you have read it. All else is never read: it goes once it is done."
    )
    incident: InboxIncident = Field(description="The incident.")
    subject: NoteSubject = Field(description="What of it.")
    subject_id: UUID = Field(description="Which one.")
    task: InboxTask | None = Field(description="The task, where it is the subject; null otherwise.")
    statement: InboxStatement | None = Field(
        description="The statement, where a version of it is the subject; null otherwise."
    )
    note_id: UUID | None = Field(description="For `mentioned` the note that calls you; null otherwise.")


class InboxBadges(BaseModel):
    """How much waits, of each kind; in `mentioned` only what is not read."""

    acknowledge: int = Field(description=f"Incidents that call you. {BADGE}", examples=[1])
    approve: int = Field(
        description=f"Takedown reports and statements that wait for your approval. {BADGE}", examples=[0]
    )
    due: int = Field(description=f"Tasks of yours that are not over. {BADGE}", examples=[3])
    mentioned: int = Field(description=f"Notes that call you. {BADGE}", examples=[2])


class InboxPage(Page[InboxEntry]):
    """Some of what waits for you, with how much waits in all."""

    badges: InboxBadges = Field(description="How much waits, on whatever page and of whatever kind was asked for.")


class InboxReadPut(Wire):
    """How far you have read."""

    model_config = ConfigDict(json_schema_extra={"example": {"up_to": "2026-11-23T09:30:00+08:00"}})

    up_to: Annotated[
        Instant,
        Field(description="What calls you up to here is read: the `at` of the newest entry that was shown. Not in the "
              "future: a clock up to 5 minutes ahead is taken for now."),
    ]  # fmt: skip


class InboxRead(BaseModel):
    """How far you have read."""

    read_up_to: datetime = Field(description="What calls you up to here is read.")
