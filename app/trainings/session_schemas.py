"""Sessions 场次 of courses on the wire, the series they recur by, and who comes to them."""

from datetime import UTC, date, datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.core.bodies import WEB, Instant, Visible, Wire
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.vocabulary.trainings import AttendanceState, SeriesUnit
from app.incidents.calendar_schemas import Date
from app.incidents.schemas import TimelinePerson
from app.trainings.course_schemas import PERSON, TRAINING

SESSION: Final = "0197a3f0-d100-7aaa-8bbb-0123456789ab"
SERIES: Final = "0197a3f0-d200-7aaa-8bbb-0123456789ab"
# A PATCH says only what is sent.
_UNSAID: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WHEN: JsonDict = {"starts_at": "2026-12-01T06:00:00Z", "ends_at": "2026-12-01T08:00:00Z"}
_STATED: JsonDict = _WHEN | {"place": "总部三楼会议室", "capacity": 30, "trainer_name": "李老师"}
_RULE: JsonDict = {"every": 1, "unit": "month", "until": None, "count": 12}
_TRAINER: JsonDict = PERSON
_SESSION: JsonDict = {
    "id": SESSION, "training_id": TRAINING, "training_title": "员工社交行为准则", "series_id": SERIES, "occurrence": 2, **_WHEN,
    "place": "总部三楼会议室", "url": None, "trainer": _TRAINER, "capacity": 30, "enrolled": 28, "attended": 0, "absent": 0,
    "cancelled_at": None, "cancel_reason": None, "created_at": "2026-11-03T01:00:00Z", "created_by": "system:fenghuo",
    "updated_at": "2026-11-03T01:00:00Z", "version": 1,
}  # fmt: skip
_SERIES: JsonDict = {
    "id": SERIES, "training_id": TRAINING, "first_starts_at": "2026-11-01T06:00:00Z", "minutes": 120, **_RULE,
    "place": "总部三楼会议室", "url": None, "trainer": _TRAINER, "capacity": 30, "made": 4, "next_at": "2027-03-01T06:00:00Z",
    "stopped_at": None, "created_at": "2026-11-03T01:00:00Z", "created_by": f"person:{PERSON['id']}",
    "updated_at": "2026-11-03T01:00:00Z", "version": 1,
}  # fmt: skip
_ENROLMENT: JsonDict = {
    "session_id": SESSION, "person": PERSON, "state": "enrolled", "enrolled_at": "2026-11-20T01:00:00Z",
    "enrolled_by": f"person:{PERSON['id']}", "updated_at": "2026-11-20T01:00:00Z",
}  # fmt: skip

Starts = Annotated[Instant, Field(description="When it begins.")]
Ends = Annotated[Instant, Field(description="When it ends, at most a day later.")]
Place = Annotated[
    Annotated[Visible, Field(min_length=1, max_length=200)] | None, Field(description="Where it is; null: nowhere.")
]
Link = Annotated[
    Annotated[str, Field(max_length=2_000), WEB] | None,
    Field(description="Where it is followed online; null: nowhere."),
]
TrainerId = Annotated[UUID | None, Field(description="Who teaches it, an active person; null: nobody of ours.")]
TrainerName = Annotated[
    Annotated[Visible, Field(min_length=1, max_length=100)] | None,
    Field(description="Who teaches it where it is nobody of ours; null: see `trainer_id`."),
]
Capacity = Annotated[int | None, Field(ge=1, le=100_000, description="How many may enrol; null: as many as like to.")]


class TrainingSessionCreate(Wire):
    """A session of a course."""

    model_config = ConfigDict(json_schema_extra={"example": _STATED})

    starts_at: Starts
    ends_at: Ends
    place: Place = None
    url: Link = None
    trainer_id: TrainerId = None
    trainer_name: TrainerName = None
    capacity: Capacity = None


class TrainingSessionPatch(Wire):
    """What people may change of a session, be it one of a series. Only the fields that are sent change."""

    model_config = ConfigDict(json_schema_extra={"example": _WHEN})

    starts_at: Starts = _UNSAID
    ends_at: Ends = _UNSAID
    place: Place = None
    url: Link = None
    trainer_id: TrainerId = None
    trainer_name: TrainerName = None
    capacity: Capacity = None


class TrainingSessionCancelled(Wire):
    """A session that is not held."""

    model_config = ConfigDict(json_schema_extra={"example": {"reason": "讲师出差"}})

    reason: Annotated[Visible, Field(min_length=1, max_length=1_000, description="Why.")]


class TrainingSeriesCreate(TrainingSessionCreate):
    """Sessions that recur: this first one, and more every so many weeks or months at the same time in Shanghai."""

    model_config = ConfigDict(json_schema_extra={"example": _STATED | _RULE})

    every: Annotated[int, Field(ge=1, le=52, description="Every how many weeks or months.")] = 1
    unit: Annotated[SeriesUnit, Field(description="Weeks or months. A month without that day has it on its last one.")]
    until: Annotated[Date | None, Field(description="The last day that may have one; null: see `count`.")] = None
    count: Annotated[
        int | None, Field(ge=1, le=1_000, description="How many there are; null with `until` null: it goes on.")
    ] = None


class TrainingSeriesStop(Wire):
    """A series that makes no further sessions."""

    model_config = ConfigDict(json_schema_extra={"example": {"reason": "改为线上课程", "cancel_ahead": True}})

    reason: Annotated[Visible, Field(min_length=1, max_length=1_000, description="Why.")]
    cancel_ahead: Annotated[
        bool, Field(description="Whether those that were made already and have not begun are cancelled, too.")
    ] = False


class Trainer(BaseModel):
    """Who teaches."""

    model_config = ConfigDict(json_schema_extra={"example": _TRAINER})

    id: UUID | None = Field(description="The person; null: nobody of ours.")
    name: str = Field(description="The name, for example 王**; whole with `people:unmask`.")


class TrainingSession(BaseModel):
    """A session 场次 of a course. Phones, mails and @names in what people wrote are masked unless you have `people:unmask`."""

    model_config = ConfigDict(json_schema_extra={"example": _SESSION})

    id: UUID = Field(description="Our id.")
    training_id: UUID = Field(description="The course.")
    training_title: str = Field(description="What people call the course.")
    series_id: UUID | None = Field(description="The series it is one of; null: it stands alone.")
    occurrence: int | None = Field(description="Which one of the series, from 1, however often it was moved.")
    starts_at: datetime = Field(description="When it begins.")
    ends_at: datetime = Field(description="When it ends.")
    place: str | None = Field(description="Where it is.")
    url: str | None = Field(description="Where it is followed online.")
    trainer: Trainer | None = Field(description="Who teaches it; null: nobody yet.")
    capacity: int | None = Field(description="How many may enrol; null: as many as like to.")
    enrolled: int = Field(description="How many have enrolled, of whom nothing more is known yet.")
    attended: int = Field(description="How many were there.")
    absent: int = Field(description="How many had enrolled and were not there.")
    cancelled_at: datetime | None = Field(description="Since when it is cancelled.")
    cancel_reason: str | None = Field(description="Why it is cancelled.")
    created_at: datetime = Field(description="When it was entered.")
    created_by: str = Field(description="By whom, as events name it.")
    updated_at: datetime = Field(description="When it was changed last.")
    version: int = Field(description="Counts the changes; the ETag begins with it. Who comes is not counted.")


class TrainingSeries(BaseModel):
    """A rule by which sessions of a course recur 定期培训. They are made 90 days ahead, each once."""

    model_config = ConfigDict(json_schema_extra={"example": _SERIES})

    id: UUID = Field(description="Our id.")
    training_id: UUID = Field(description="The course.")
    first_starts_at: datetime = Field(description="When the first one begins.")
    minutes: int = Field(description="How long each takes.")
    every: int = Field(description="Every how many weeks or months.")
    unit: SeriesUnit = Field(description="Weeks or months.")
    until: date | None = Field(description="The last day that may have one.")
    count: int | None = Field(description="How many there are.")
    place: str | None = Field(description="Where they are.")
    url: str | None = Field(description="Where they are followed online.")
    trainer: Trainer | None = Field(description="Who teaches them; null: nobody yet.")
    capacity: int | None = Field(description="How many may enrol for each.")
    made: int = Field(description="How many were made.")
    next_at: datetime | None = Field(description="When the next one that is to be made begins; null: none is.")
    stopped_at: datetime | None = Field(description="Since when it makes none, because somebody stopped it.")
    created_at: datetime = Field(description="When it was entered.")
    created_by: str = Field(description="By whom, as events name it.")
    updated_at: datetime = Field(description="When it was changed last.")
    version: int = Field(description="Counts the changes; the ETag begins with it.")


class TrainingEnrolmentCreate(Wire):
    """Somebody who is to come."""

    model_config = ConfigDict(json_schema_extra={"example": {"person_id": PERSON["id"]}})

    person_id: Annotated[UUID, Field(description="Who, an active person.")]


class TrainingAttendance(Wire):
    """Who was there, and who was not."""

    model_config = ConfigDict(json_schema_extra={"example": {"attended": [PERSON["id"]], "absent": []}})

    attended: Annotated[
        list[UUID], Field(max_length=1_000, description="Who was there, also of those who had not enrolled.")
    ] = []
    absent: Annotated[list[UUID], Field(max_length=1_000, description="Who had enrolled and was not there.")] = []


class TrainingEnrolment(BaseModel):
    """Somebody and a session: who is to come, came, or didn't."""

    model_config = ConfigDict(json_schema_extra={"example": _ENROLMENT})

    session_id: UUID = Field(description="The session.")
    person: TimelinePerson = Field(description="Who.")
    state: AttendanceState = Field(description="Whether they are to come, were there, or were not.")
    enrolled_at: datetime = Field(description="Since when they are known here.")
    enrolled_by: str = Field(description="Who said so, as events name it.")
    updated_at: datetime = Field(description="When that was changed last.")


class TrainingSessionPage(Page[TrainingSession]):
    """Some sessions, the first to begin first."""


class TrainingSeriesPage(Page[TrainingSeries]):
    """Some series of a course, the oldest first."""


class TrainingEnrolmentPage(Page[TrainingEnrolment]):
    """Some of those who come to a session, by their ids."""


class TrainingSessionQuery(PageQuery):
    """Which sessions: values of one parameter are alternatives, different parameters all hold."""

    training_id: Annotated[list[UUID], Field(max_length=20, description="Of one of these courses.")] = []
    series_id: Annotated[list[UUID], Field(max_length=20, description="Of one of these series.")] = []
    person_id: Annotated[list[UUID], Field(max_length=20, description="That one of these people is known to.")] = []
    cancelled: Annotated[bool | None, Field(description="Only cancelled ones, or only others.")] = None
    starts_after: Annotated[Instant | None, Field(description="That begin after this instant.")] = None
    starts_before: Annotated[Instant | None, Field(description="That begin before this instant.")] = None


class TrainingEnrolmentQuery(PageQuery):
    """Whom of those who come to a session."""

    state: Annotated[list[AttendanceState], Field(max_length=3, description="Who stand so.")] = []
