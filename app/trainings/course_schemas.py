"""Courses 课程 on the wire: what they ask for now, and what they asked for when."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Str, Visible, Wire
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.trainings import FULL_MARKS
from app.incidents.schemas import TimelinePerson

MOST_MONTHS: Final = 1_200
MOST_DAYS: Final = 36_600
TRAINING: Final = "0197a3f0-d000-7aaa-8bbb-0123456789ab"
DEPARTMENT: Final = "0197a3f0-5000-7aaa-8bbb-0123456789ab"
PERSON: Final[JsonDict] = {"id": "0197a3f0-7000-7aaa-8bbb-0123456789ac", "name": "王**"}
_RULE: JsonDict = {
    "department_ids": [DEPARTMENT], "mandatory": True, "validity_months": 12, "validity_days": None, "pass_mark": 60,
    "retired": False,
}  # fmt: skip
_STATED: JsonDict = {
    "title": "员工社交行为准则", "description": "全员每年一次", "mandatory": True, "validity_months": 12, "pass_mark": 60,
}  # fmt: skip
_TRAINING: JsonDict = {
    "id": TRAINING, "title": "员工社交行为准则", "description": "全员每年一次", **_RULE, "asked_since": "2026-11-03T01:00:00Z",
    "created_at": "2026-11-03T01:00:00Z", "created_by": f"person:{PERSON['id']}", "updated_at": "2026-11-03T01:00:00Z",
    "version": 1,
}  # fmt: skip
_VERSION: JsonDict = {
    "training_id": TRAINING, "number": 2, "starts_at": "2026-11-03T01:00:00Z", "ends_at": None, **_RULE,
    "fields": ["pass_mark"], "by": f"person:{PERSON['id']}", "person": PERSON,
}  # fmt: skip

Title = Annotated[Visible, Field(min_length=1, max_length=200, description="What people call the course.")]
Description = Annotated[Str, Field(max_length=5_000, description="What it is about, and how it is taken.")]
Audience = Annotated[
    list[UUID] | None,
    Field(
        min_length=1, max_length=200,
        description="Whose course it is, by their departments, active ones; null: everybody's, also of those without one.",
    ),
]  # fmt: skip
Mandatory = Annotated[bool, Field(description="Whether everybody of the audience has to hold a completion of it.")]
Months = Annotated[
    int | None,
    Field(ge=1, le=MOST_MONTHS, description="How many months a completion is good; the day it ends is the last one."),
]
Days = Annotated[
    int | None,
    Field(ge=1, le=MOST_DAYS, description="The same in days. State one of the two; with neither it is good for ever."),
]
PassMark = Annotated[
    float | None,
    Field(ge=0, le=FULL_MARKS, description="The least score of 100 that is a completion; null: attendance is enough."),
]


class TrainingCreate(Wire):
    """A course."""

    model_config = ConfigDict(json_schema_extra={"example": _STATED})

    title: Title
    description: Description = ""
    department_ids: Audience = None
    mandatory: Mandatory
    validity_months: Months = None
    validity_days: Days = None
    pass_mark: PassMark = None


class TrainingPatch(Wire):
    """What people may change. Only the fields that are sent change.

    Audience, mandatory, validity, pass mark and retirement count from now: what earlier days asked for stays as it was.
    """

    model_config = ConfigDict(json_schema_extra={"example": {"pass_mark": 80}})

    title: Title = "…"
    description: Description = ""
    department_ids: Audience = None
    mandatory: Mandatory = True
    validity_months: Months = None
    validity_days: Days = None
    pass_mark: PassMark = None
    retired: Annotated[
        bool, Field(description="Whether it is asked of nobody any more. Its series make no further sessions then.")
    ] = False


class TrainingRule(BaseModel):
    """What a course asks for."""

    model_config = ConfigDict(json_schema_extra={"example": _RULE})

    department_ids: list[UUID] | None = Field(description="Whose it is, by department; null: everybody's.")
    mandatory: bool = Field(description="Whether everybody of the audience has to hold a completion.")
    validity_months: int | None = Field(description="How many months a completion is good; null: not told in months.")
    validity_days: int | None = Field(description="How many days it is good; null with months null: for ever.")
    pass_mark: float | None = Field(description="The least score that is a completion; null: attendance is enough.")
    retired: bool = Field(description="Whether it is asked of nobody any more.")


class Training(TrainingRule):
    """A course 课程. Phones, mails and @names in what people wrote are masked unless you have `people:unmask`."""

    model_config = ConfigDict(json_schema_extra={"example": _TRAINING})

    id: UUID = Field(description="Our id.")
    title: str = Field(description="What people call it.")
    description: str = Field(description="What it is about, and how it is taken.")
    asked_since: datetime = Field(description="Since when it asks for what it asks for now.")
    created_at: datetime = Field(description="When it was entered.")
    created_by: str = Field(description="By whom, as events name it.")
    updated_at: datetime = Field(description="When it was changed last.")
    version: int = Field(description="Counts the changes; the ETag begins with it.")


class TrainingVersion(TrainingRule):
    """What a course asked for from one moment to another, and who changed it to that. Figures of past days are made of these."""

    model_config = ConfigDict(json_schema_extra={"example": _VERSION})

    training_id: UUID = Field(description="The course.")
    number: int = Field(description="Which one, from 1; changes of the words alone make none.")
    starts_at: datetime = Field(description="From when.")
    ends_at: datetime | None = Field(description="Until when; null: still so.")
    fields: list[str] = Field(description="What is other than before, by the members' names.")
    by: str = Field(description="By whom, as events name it.")
    person: TimelinePerson | None = Field(description="The person behind it; null where there is none.")


class TrainingPage(Page[Training]):
    """Some courses, the oldest first."""


class TrainingVersionPage(Page[TrainingVersion]):
    """Some versions of what a course asks for, the newest first."""


class TrainingQuery(PageQuery):
    """Which courses: values of one parameter are alternatives, different parameters all hold."""

    mandatory: Annotated[bool | None, Field(description="Only mandatory ones, or only others.")] = None
    retired: Annotated[bool | None, Field(description="Only retired ones, or only others.")] = None
    department_id: Annotated[
        list[UUID], Field(max_length=20, description="That are one of these departments', or everybody's.")
    ] = []
