"""Of trainings 培训 (方案 一, 三: R07, R16, R67): what courses ask for, who reached what, and what is told of coverage."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from app.domain.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingCoverageBelowTarget(Event):
    """Coverage fell below the target, in a department or (null) the company. Once per fall."""

    type: ClassVar[str] = "training.coverage_below_target"
    department_id: UUID | None
    covered: int
    roster: int
    percent: float
    target_percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingValidityEnding(Event):
    """Completions of a mandatory course end on a day that is near, and there are no newer ones. Each completion once."""

    type: ClassVar[str] = "training.validity_ending"
    training_id: UUID
    ends_on: date
    completion_ids: list[UUID]
    person_ids: list[UUID]
    late_by_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingChanged(Event):
    """A course is new or other than before, and what it asks for by now: for the audit log only."""

    type: ClassVar[str] = "training.changed"
    public: ClassVar[bool] = False
    training_id: UUID
    fields: list[str]
    number: int
    department_ids: list[UUID] | None
    mandatory: bool
    validity_months: int | None
    validity_days: int | None
    pass_mark: float | None
    retired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSessionsChanged(Event):
    """Sessions of a course were made, moved or cancelled: for the audit log only."""

    type: ClassVar[str] = "training.sessions_changed"
    public: ClassVar[bool] = False
    training_id: UUID
    session_ids: list[UUID]
    series_id: UUID | None
    action: str
    fields: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingAttendanceRecorded(Event):
    """Who is to come to a session, came, didn't, or won't after all: for the audit log only."""

    type: ClassVar[str] = "training.attendance_recorded"
    public: ClassVar[bool] = False
    training_id: UUID
    session_id: UUID
    person_ids: list[UUID]
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingResultsRecorded(Event):
    """Results of a course were entered, corrected or withdrawn, each with whom it is of and what was reached: for the audit
    log only."""

    type: ClassVar[str] = "training.results_recorded"
    public: ClassVar[bool] = False
    training_id: UUID
    session_id: UUID | None
    action: str
    results: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingsUnmasked(Event):
    """Somebody with people:unmask was shown people's data in what was written about these: for the audit log only."""

    type: ClassVar[str] = "trainings.unmasked"
    public: ClassVar[bool] = False
    subject_ids: list[UUID]
