"""Coverage 培训覆盖率 on the wire (R07): figures of any date, who is missing, and the target."""

import datetime as dt
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import Wire
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.vocabulary.trainings import CoverageGap
from app.incidents.calendar_schemas import Date
from app.incidents.schemas import TimelinePerson
from app.trainings.course_schemas import DEPARTMENT, PERSON, TRAINING

_SHARE: JsonDict = {"covered": 71, "roster": 75, "percent": 94.66, "meets_target": False}
_DEPARTMENT: JsonDict = {"department_id": DEPARTMENT, "department_name": "客服部", **_SHARE}
_COVERAGE: JsonDict = {
    "on": "2026-11-03", "at": "2026-11-03T15:59:59.999999Z", "target_percent": 95, "company": _SHARE,
    "departments": [_DEPARTMENT],
}  # fmt: skip
_MISSING: JsonDict = {
    "person": PERSON, "department_id": DEPARTMENT, "training_id": TRAINING, "training_title": "员工社交行为准则",
    "gap": "expired", "last_on": "2025-10-20", "ended_on": "2026-10-20",
}  # fmt: skip
_SETTINGS: JsonDict = {"target_percent": 95, "remind_days_before": 30}

On: Final = Field(description="The day in Shanghai, judged at its end; today, and where it is left out: as it is now.")
Target = Annotated[float, Field(ge=0, le=100, description="How many percent of the roster are to be covered.")]
Remind = Annotated[
    int, Field(ge=1, le=366, description="How many days before a completion ends it is told that it will.")
]


class CoverageQuery(BaseModel):
    """Of which day."""

    model_config = ConfigDict(extra="forbid")

    on: Annotated[Date | None, On] = None


class CoverageMissingQuery(PageQuery):
    """Who is missing on which day: values of one parameter are alternatives, different parameters all hold."""

    on: Annotated[Date | None, On] = None
    department_id: Annotated[list[UUID], Field(max_length=20, description="Of one of these departments.")] = []
    training_id: Annotated[list[UUID], Field(max_length=20, description="Who lack one of these courses.")] = []
    gap: Annotated[list[CoverageGap], Field(max_length=3, description="For one of these reasons.")] = []


class CoverageShare(BaseModel):
    """So many of so many."""

    model_config = ConfigDict(json_schema_extra={"example": _SHARE})

    covered: int = Field(
        description="People who hold a valid completion of every mandatory course of their department."
    )
    roster: int = Field(description="People who were on the roster.")
    percent: float | None = Field(
        description="The one in percent of the other, cut to hundredths and never rounded up; null where nobody was there."
    )
    meets_target: bool | None = Field(
        description="Whether the target is reached, by the figures; null where nobody was there."
    )


class DepartmentCoverage(CoverageShare):
    """A department's."""

    model_config = ConfigDict(json_schema_extra={"example": _DEPARTMENT})

    department_id: UUID | None = Field(description="The department; null: of those who were in none.")
    department_name: str | None = Field(description="Its name as it is now; null where there is none.")


class TrainingCoverage(BaseModel):
    """Coverage 培训覆盖率 on a day (R07). Who has no mandatory course is covered."""

    model_config = ConfigDict(json_schema_extra={"example": _COVERAGE})

    on: dt.date = Field(description="The day, in Shanghai.")
    at: datetime = Field(description="The moment at which it is judged: the day's end, or now for today.")
    target_percent: float = Field(description="The target that held on that day.")
    company: CoverageShare = Field(description="Everybody's.")
    departments: list[DepartmentCoverage] = Field(
        description="Of each department in which somebody was, by name; those without one last."
    )


class CoverageMissing(BaseModel):
    """A mandatory course that somebody on the roster held no valid completion of, and why."""

    model_config = ConfigDict(json_schema_extra={"example": _MISSING})

    person: TimelinePerson = Field(description="Who.")
    department_id: UUID | None = Field(description="The department they were in; null: none.")
    training_id: UUID = Field(description="Which course.")
    training_title: str = Field(description="What people call it now.")
    gap: CoverageGap = Field(description="Why: never taken, failed, or no longer valid.")
    last_on: dt.date | None = Field(description="The day of their newest result by then; null: there was none.")
    ended_on: dt.date | None = Field(description="The last day their newest completion was good; null: there was none.")


class CoverageMissingPage(Page[CoverageMissing]):
    """Some of those who are missing, by person and course: a person stands there once for each course."""


class TrainingSettingsPut(Wire):
    """The target and the reminders. They count from now: past days keep the target that they had."""

    model_config = ConfigDict(json_schema_extra={"example": _SETTINGS})

    target_percent: Target
    remind_days_before: Remind


class TrainingSettings(BaseModel):
    """The target and the reminders."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": _SETTINGS | {"starts_at": "1970-01-01T00:00:00Z", "by": "system:fenghuo", "version": 1}
        }
    )

    target_percent: float = Field(description="How many percent of the roster are to be covered.")
    remind_days_before: int = Field(description="How many days before a completion ends it is told that it will.")
    starts_at: datetime = Field(description="Since when.")
    by: str = Field(description="Who set it, as events name it.")
    version: int = Field(description="Counts the changes; the ETag begins with it.")
