"""Tables of what tells whether it all works: labels that people set, replays, digests, the roll-out and its trial."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    Time,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.vocabulary.quality import DigestKind, ReplayKind, ReplayState, Violation
from app.models.base import Base, CreatedAt, Id, Json, one_of


class EmployeeLabel(Base):
    """A person said that a mention was posted by an employee's account 员工账号, and what it violates (R15). Gone when taken back."""

    __tablename__ = "employee_labels"
    __table_args__ = (one_of("violation", Violation),)

    mention_id: Mapped[UUID] = mapped_column(ForeignKey("mentions.id"), primary_key=True)
    # Null: an employee's account, and nothing wrong with what it says.
    violation: Mapped[str | None]
    labelled_at: Mapped[datetime]
    labelled_by: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class Replay(Base):
    """A watch rule or a grading policy, tried on history before it is applied (方案 三, 调整灵敏度: R72).

    A worker claims the row for as long as its lease lasts. The result holds ids and figures: what posts say is read when
    it is shown, masked, and not after they are gone.
    """

    __tablename__ = "replays"
    __table_args__ = (
        Index("ix_replays_waiting", "id", postgresql_where=text("state in ('queued', 'running')")),
        one_of("kind", ReplayKind),
        one_of("state", ReplayState),
        CheckConstraint("progress between 0 and 100", name="progress"),
        CheckConstraint("ends_at > starts_at", name="period"),
        CheckConstraint("(state = 'running') = (token is not null)", name="token"),
        CheckConstraint("(state = 'running') = (lease_until is not null)", name="lease"),
        CheckConstraint("(state in ('done', 'failed')) = (finished_at is not null)", name="finished"),
        CheckConstraint("(state = 'done') = (result is not null)", name="result"),
        CheckConstraint("(state = 'failed') = (failure is not null)", name="failure"),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    # The words or the rules that are tried, whole.
    asked: Mapped[Json]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(server_default="queued")
    progress: Mapped[int] = mapped_column(Integer, server_default="0")
    token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(Integer, server_default="0")
    asked_by: Mapped[str]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    failure: Mapped[str | None]
    detail: Mapped[str] = mapped_column(server_default="")
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class Digest(Base):
    """A digest 每日简报, 每周小结 as it was issued (R71). Never changed: what is known better later is in the next one."""

    __tablename__ = "digests"
    __table_args__ = (
        UniqueConstraint("kind", "starts_at"),
        one_of("kind", DigestKind),
        CheckConstraint("ends_at > starts_at", name="period"),
        CheckConstraint("issued_at >= due_at", name="issued"),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    due_at: Mapped[datetime]
    issued_at: Mapped[datetime]
    late_by_seconds: Mapped[int] = mapped_column(BigInteger)
    is_trial: Mapped[bool]
    figures: Mapped[Json]
    # Those of the period before.
    before: Mapped[Json]


class DigestSettings(Base):
    """When digests are issued, by Shanghai's clock: one row. What was due before ``*_since`` is nobody's news."""

    __tablename__ = "digest_settings"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    daily_enabled: Mapped[bool] = mapped_column(server_default="true")
    daily_at: Mapped[time] = mapped_column(Time, server_default="09:00")
    weekly_enabled: Mapped[bool] = mapped_column(server_default="true")
    weekly_at: Mapped[time] = mapped_column(Time, server_default="09:00")
    daily_since: Mapped[datetime]
    weekly_since: Mapped[datetime]
    updated_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")


class Programme(Base):
    """When the plan's roll-out 推进计划 began: one row (方案 三, R01)."""

    __tablename__ = "programmes"
    __table_args__ = (
        CheckConstraint("id = 1", name="one"),
        CheckConstraint(
            "num_nulls(grading_policy_id, sla_policy_id, confirmed_at, confirmed_by) in (0, 4)", name="confirmed"
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    started_on: Mapped[date | None] = mapped_column(Date)
    # The policies that somebody confirmed as they were in force.
    grading_policy_id: Mapped[UUID | None] = mapped_column(ForeignKey("grading_policies.id"))
    sla_policy_id: Mapped[UUID | None] = mapped_column(ForeignKey("sla_policies.id"))
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None]
    updated_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")


class TrialPeriod(Base):
    """A span of trial 试运行 (R70): all that was told and counted in it is shown as such."""

    __tablename__ = "trial_periods"
    __table_args__ = (
        Index(
            "uq_trial_periods_open", text("(ends_at is null)"), unique=True, postgresql_where=text("ends_at is null")
        ),
        CheckConstraint("ends_at >= starts_at", name="span"),
        CheckConstraint("(ends_at is null) = (ended_by is null)", name="ended"),
    )

    id: Mapped[Id]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    reason: Mapped[str]
    end_reason: Mapped[str] = mapped_column(server_default="")
    started_by: Mapped[str]
    ended_by: Mapped[str | None]
