"""Notes 备注 on the wire: what people write to each other about an incident and what belongs to it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.core.bodies import Visible, Wire
from app.core.paging import Page
from app.core.params import PageQuery
from app.core.search import Question
from app.domain.vocabulary import NoteSubject
from app.incidents.schemas import TimelinePerson

LONGEST_BODY = 20_000
LONGEST_TEXT = 1_000_000
_TEXT = "供应商已确认**同批次**停发，见[检测报告](https://example.com/report)"
_PERSON = "0190f5a2-7b5e-7c3d-8a1f-0123456789ab"


class TextSpan(BaseModel):
    """Some words of a text."""

    start: int = Field(description="First code point, from 0.", examples=[3])
    end: int = Field(description="The code point after the last.", examples=[6])


class TextSpanCreate(Wire):
    """Some words of a text: those from `start` up to, and without, `end`."""

    model_config = ConfigDict(json_schema_extra={"example": {"start": 3, "end": 6}})

    start: Annotated[int, Field(ge=0, le=LONGEST_TEXT, description="First code point, from 0.")]
    end: Annotated[int, Field(ge=1, le=LONGEST_TEXT, description="The code point after the last.")]


class NoteCreate(Wire):
    """A note. It is never changed: who erred writes another one that `corrects` it."""

    model_config = ConfigDict(json_schema_extra={"example": {"body": _TEXT}})

    body: Annotated[
        Visible,
        Field(min_length=1, max_length=LONGEST_BODY, description="What is written, in Markdown; kept as it is sent."),
    ]
    mentions: Annotated[
        list[UUID],
        Field(max_length=50, description="The people it calls, active ones: it waits in their inboxes, and the event names "
              "them. The text may name them or not."),
    ] = []  # fmt: skip
    file_ids: Annotated[
        list[UUID],
        Field(max_length=20, description="Files that go with it, uploaded before; needs the scope `files:write`. They are "
              "attached as evidence with the subject `note`."),
    ] = []  # fmt: skip
    corrects: Annotated[
        UUID | None,
        Field(description="The note on the same subject that it takes the place of, which stays as it is."),
    ] = None


class StatementNoteCreate(NoteCreate):
    """A note on a version of a statement, on some words of it or on the whole."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"body": "此处与检测报告不符", "span": {"start": 3, "end": 6}}}
    )

    span: Annotated[
        TextSpanCreate | None,
        Field(description="The words of the version's `text` that it is about; null: the whole."),
    ] = None


class Note(BaseModel):
    """A note 备注 on an incident or on what belongs to it.

    `body` is CommonMark as somebody typed it, and not to be trusted. Show it with raw HTML switched off (escaped, not
    passed through), links to `http`, `https` and `mailto` alone with `rel="noopener noreferrer nofollow"`, and images as
    links; nothing in it is HTML for a page. Phones, mails and @names in it are masked unless you have `people:unmask`:
    don't send back what you read masked.
    """

    id: UUID = Field(description="Our id.")
    incident_id: UUID = Field(description="The incident on whose timeline it stands.")
    subject: NoteSubject = Field(description="What it is written on.")
    subject_id: UUID = Field(description="Which one: for `incident` the incident itself.")
    body: str = Field(description="What is written, in Markdown.", examples=[_TEXT])
    span: TextSpan | None = Field(
        description="Of a note on a version of a statement the words of its `text` that it is about; null: the whole."
    )
    quote: str | None = Field(
        description="Those words as they stood when it was written: a draft may have changed since. Phones, mails and @names in "
        "them are masked, whoever reads it.",
        examples=["同批次"],
    )
    mentions: list[TimelinePerson] = Field(description="The people it calls, in the order they were named.")
    file_ids: list[UUID] = Field(description="The files that go with it.", examples=[[]])
    corrects: UUID | None = Field(description="The earlier note it takes the place of.")
    corrected_by: UUID | None = Field(description="The later note that takes its place; null: it stands.")
    actor: str = Field(description="By whom, as on the timeline.", examples=[f"person:{_PERSON}"])
    person: TimelinePerson | None = Field(description="The person behind the actor; null where a machine wrote it.")
    created_at: datetime = Field(description="When it was written.")


class SubjectNoteQuery(PageQuery):
    """Which notes on one subject: values of one parameter are alternatives, different parameters all hold."""

    author: Annotated[list[UUID], Field(max_length=20, description="Written by one of these people.")] = []
    mentions: Annotated[list[UUID], Field(max_length=20, description="Calling one of these people.")] = []
    q: Question = None


class NoteQuery(SubjectNoteQuery):
    """Which notes of an incident: values of one parameter are alternatives, different parameters all hold."""

    subject: Annotated[list[NoteSubject], Field(max_length=20, description="Written on one of these.")] = []
    subject_id: Annotated[list[UUID], Field(max_length=20, description="Written on just these, by their ids.")] = []


class NotePage(Page[Note]):
    """Some notes, the newest first."""
