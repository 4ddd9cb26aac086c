"""Tables of trainings 培训 (方案 一, 三: R07, R16, R67): courses with the rules that held when, sessions, who was there, what
was reached, and what was told."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, Float, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as UuidType
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.vocabulary.trainings import AttendanceState, SeriesUnit
from app.models.base import Base, Id, Words, one_of


class Training(Base):
    """A course 课程. What decides coverage stands here as it is now, and in its versions as it was when."""

    __tablename__ = "trainings"
    __table_args__ = (
        CheckConstraint("cardinality(department_ids) > 0", name="department_ids"),
        CheckConstraint("num_nonnulls(validity_months, validity_days) < 2", name="validity"),
    )

    id: Mapped[Id]
    title: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    # Null: everybody's.
    department_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(UuidType))
    mandatory: Mapped[bool]
    validity_months: Mapped[int | None] = mapped_column(Integer)
    validity_days: Mapped[int | None] = mapped_column(Integer)
    pass_mark: Mapped[float | None] = mapped_column(Float(53))
    retired: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")


class TrainingVersion(Base):
    """What a course asked for from one moment to another. Figures of past days are made of these; what has ended is never
    changed: a trigger refuses."""

    __tablename__ = "training_versions"
    __table_args__ = (
        UniqueConstraint("training_id", "number"),
        Index("uq_training_versions_open", "training_id", unique=True, postgresql_where=text("ends_at is null")),
        CheckConstraint("ends_at > starts_at", name="span"),
        CheckConstraint("cardinality(department_ids) > 0", name="department_ids"),
        CheckConstraint("validity_months between 1 and 1200", name="validity_months"),
        CheckConstraint("validity_days between 1 and 36600", name="validity_days"),
        CheckConstraint("num_nonnulls(validity_months, validity_days) < 2", name="validity"),
        CheckConstraint("pass_mark between 0 and 100", name="pass_mark"),
    )

    id: Mapped[Id]
    training_id: Mapped[UUID] = mapped_column(ForeignKey("trainings.id"))
    number: Mapped[int] = mapped_column(BigInteger)
    starts_at: Mapped[datetime]
    # Null: still so.
    ends_at: Mapped[datetime | None]
    department_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(UuidType))
    mandatory: Mapped[bool]
    validity_months: Mapped[int | None] = mapped_column(Integer)
    validity_days: Mapped[int | None] = mapped_column(Integer)
    pass_mark: Mapped[float | None] = mapped_column(Float(53))
    retired: Mapped[bool]
    # Which members are other than before.
    fields: Mapped[Words]
    by: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class TrainingSeries(Base):
    """A rule by which sessions of a course recur. ``made`` counts those that were made of it."""

    __tablename__ = "training_series"
    __table_args__ = (
        Index("ix_training_series_training", "training_id", "id"),
        Index("ix_training_series_due", "next_at", postgresql_where=text("next_at is not null")),
        one_of("unit", SeriesUnit),
        CheckConstraint("every between 1 and 52", name="every"),
        CheckConstraint("num_nonnulls(until, count) < 2", name="end"),
        CheckConstraint("num_nonnulls(next_at, stopped_at) < 2", name="stopped"),
        CheckConstraint("minutes between 5 and 1440", name="minutes"),
        CheckConstraint("capacity > 0", name="capacity"),
        CheckConstraint("num_nonnulls(trainer_id, trainer_name) < 2", name="trainer"),
    )

    id: Mapped[Id]
    training_id: Mapped[UUID] = mapped_column(ForeignKey("trainings.id"))
    first_starts_at: Mapped[datetime]
    minutes: Mapped[int] = mapped_column(Integer)
    every: Mapped[int] = mapped_column(Integer)
    unit: Mapped[str]
    until: Mapped[date | None] = mapped_column(Date)
    count: Mapped[int | None] = mapped_column(Integer)
    place: Mapped[str | None]
    url: Mapped[str | None]
    trainer_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    trainer_name: Mapped[str | None]
    capacity: Mapped[int | None] = mapped_column(Integer)
    made: Mapped[int] = mapped_column(Integer, server_default="0")
    # When the next one that is to be made begins; null: none is.
    next_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")


class TrainingSession(Base):
    """A session 场次 of a course. One of a series keeps its place there, however often it is moved."""

    __tablename__ = "training_sessions"
    __table_args__ = (
        UniqueConstraint("series_id", "occurrence"),
        Index("ix_training_sessions_training", "training_id", "starts_at", "id"),
        Index("ix_training_sessions_list", "starts_at", "id"),
        CheckConstraint("ends_at > starts_at", name="span"),
        CheckConstraint("(series_id is null) = (occurrence is null)", name="occurrence"),
        CheckConstraint("capacity > 0", name="capacity"),
        CheckConstraint("num_nonnulls(trainer_id, trainer_name) < 2", name="trainer"),
        CheckConstraint("num_nulls(cancelled_at, cancel_reason) in (0, 2)", name="cancelled"),
    )

    id: Mapped[Id]
    training_id: Mapped[UUID] = mapped_column(ForeignKey("trainings.id"))
    series_id: Mapped[UUID | None] = mapped_column(ForeignKey("training_series.id"))
    occurrence: Mapped[int | None] = mapped_column(Integer)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    place: Mapped[str | None]
    url: Mapped[str | None]
    trainer_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    trainer_name: Mapped[str | None]
    capacity: Mapped[int | None] = mapped_column(Integer)
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")


class TrainingEnrolment(Base):
    """Somebody who is to come to a session 报名, or came, or didn't."""

    __tablename__ = "training_enrolments"
    __table_args__ = (
        Index("ix_training_enrolments_person", "person_id", "session_id"),
        one_of("state", AttendanceState),
    )

    session_id: Mapped[UUID] = mapped_column(ForeignKey("training_sessions.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    state: Mapped[str]
    enrolled_at: Mapped[datetime]
    enrolled_by: Mapped[str]
    updated_at: Mapped[datetime]


class TrainingCompletion(Base):
    """What somebody reached on a day 成绩, a failed score too: whether it is a completion is the course's rule to say."""

    __tablename__ = "training_completions"
    __table_args__ = (
        Index(
            "uq_training_completions_day", "training_id", "person_id", "completed_on", unique=True,
            postgresql_where=text("withdrawn_at is null"),
        ),
        Index("ix_training_completions_person", "person_id", "id"),
        Index("ix_training_completions_session", "session_id", postgresql_where=text("session_id is not null")),
        CheckConstraint("score between 0 and 100", name="score"),
    )  # fmt: skip

    id: Mapped[Id]
    training_id: Mapped[UUID] = mapped_column(ForeignKey("trainings.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("training_sessions.id"))
    completed_on: Mapped[date] = mapped_column(Date)
    score: Mapped[float | None] = mapped_column(Float(53))
    passed: Mapped[bool | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    updated_at: Mapped[datetime]
    # Entered by mistake: it counts for nothing on any day.
    withdrawn_at: Mapped[datetime | None]
    # When it was told that it ends.
    told_at: Mapped[datetime | None]


class TrainingSettings(Base):
    """The target, and how long before its end a completion is told of; what held when stays known."""

    __tablename__ = "training_settings"
    __table_args__ = (
        UniqueConstraint("version"),
        CheckConstraint("target_percent between 0 and 100", name="target_percent"),
        CheckConstraint("remind_days_before between 1 and 366", name="remind_days_before"),
    )

    id: Mapped[Id]
    version: Mapped[int] = mapped_column(BigInteger)
    starts_at: Mapped[datetime]
    target_percent: Mapped[float] = mapped_column(Float(53))
    remind_days_before: Mapped[int] = mapped_column(Integer)
    by: Mapped[str]


class CoverageWatch(Base):
    """Whether coverage is below the target as it was looked at last, of a department or (null) the company: a fall is told
    once."""

    __tablename__ = "coverage_watches"
    __table_args__ = (
        UniqueConstraint("department_id"),
        Index("uq_coverage_watches_company", text("(department_id is null)"), unique=True,
              postgresql_where=text("department_id is null")),
    )  # fmt: skip

    id: Mapped[Id]
    department_id: Mapped[UUID | None] = mapped_column(ForeignKey("departments.id"))
    below: Mapped[bool]
    # Whoever looks with an older clock than somebody before must not say otherwise.
    looked_at: Mapped[datetime]
