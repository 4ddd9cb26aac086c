"""Results of courses on the wire 成绩."""

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Wire
from app.core.imports import ImportQuery
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.trainings import FULL_MARKS
from app.incidents.calendar_schemas import Date
from app.incidents.schemas import TimelinePerson
from app.trainings.course_schemas import PERSON, TRAINING

COMPLETION: Final = "0197a3f0-d300-7aaa-8bbb-0123456789ab"
_STATED: JsonDict = {"person_id": PERSON["id"], "completed_on": "2026-11-03", "score": 95}
_COMPLETION: JsonDict = {
    "id": COMPLETION, "training_id": TRAINING, "person": PERSON, "session_id": None, "completed_on": "2026-11-03", "score": 95,
    "passed": None, "is_completion": True, "good_until": "2027-11-03", "recorded_at": "2026-11-03T10:00:00Z",
    "recorded_by": f"person:{PERSON['id']}", "updated_at": "2026-11-03T10:00:00Z",
}  # fmt: skip


class TrainingCompletionCreate(Wire):
    """What somebody reached."""

    model_config = ConfigDict(json_schema_extra={"example": _STATED})

    person_id: Annotated[UUID, Field(description="Who, an active person.")]
    completed_on: Annotated[Date, Field(description="The day in Shanghai; today at the latest.")]
    score: Annotated[float | None, Field(ge=0, le=FULL_MARKS, description="Of 100; null where there was none.")] = None
    passed: Annotated[
        bool | None,
        Field(description="Whether it was passed, where that is all that is known; false is no completion."),
    ] = None
    session_id: Annotated[UUID | None, Field(description="At which session of the course; null: elsewhere.")] = None


class TrainingCompletion(BaseModel):
    """What somebody reached in a course, failed scores too."""

    model_config = ConfigDict(json_schema_extra={"example": _COMPLETION})

    id: UUID = Field(description="Our id.")
    training_id: UUID = Field(description="The course.")
    person: TimelinePerson = Field(description="Who.")
    session_id: UUID | None = Field(description="At which session; null: at none.")
    completed_on: date = Field(description="The day, in Shanghai.")
    score: float | None = Field(description="Of 100; null: none.")
    passed: bool | None = Field(description="What was said of it; null: nothing.")
    is_completion: bool = Field(
        description="Whether it is one by what the course asks for now: a failed score is none."
    )
    good_until: date | None = Field(
        description="The last day it is good by what the course asks for now; null: for ever, or it is no completion."
    )
    recorded_at: datetime = Field(description="When it was entered.")
    recorded_by: str = Field(description="By whom, as events name it.")
    updated_at: datetime = Field(description="When it was corrected last.")


class TrainingCompletionPage(Page[TrainingCompletion]):
    """Some results, the first entered first."""


class TrainingCompletionQuery(PageQuery):
    """Which results: values of one parameter are alternatives, different parameters all hold."""

    training_id: Annotated[list[UUID], Field(max_length=20, description="Of one of these courses.")] = []
    person_id: Annotated[list[UUID], Field(max_length=20, description="Of one of these people.")] = []
    session_id: Annotated[list[UUID], Field(max_length=20, description="Of one of these sessions.")] = []


class TrainingImportQuery(ImportQuery):
    """Whether it is only tried, and of which session the results are."""

    session_id: Annotated[
        UUID | None,
        Field(description="At which session of the course; rows without a day are of its day. Null: at none."),
    ] = None
