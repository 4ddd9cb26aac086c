"""Tables of the metrics room 指标: what was true when it was counted, so that figures of past days stay as they were."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.vocabulary import Platform
from app.models.base import Base, Id, Json, one_of
from app.models.incidents import GRADES


class KpiOrigin(Base):
    """Where an incident began 首发平台, as it was known when it was first graded. Written once; none for an exercise."""

    __tablename__ = "kpi_origins"
    __table_args__ = (one_of("platform", Platform),)

    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"), primary_key=True)
    platform: Mapped[str | None]


class KpiPeriod(Base):
    """A span in which an incident counted, as one of a product; none while it is part of another 并案 or none of ours 误报, and
    none for an exercise. What has ended is never changed."""

    __tablename__ = "kpi_periods"
    __table_args__ = (CheckConstraint("ends_at >= starts_at", name="span"),)

    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    # Null: still so.
    ends_at: Mapped[datetime | None]
    product: Mapped[str | None]


class KpiCalm(Base):
    """What was told of one calm of an incident, until when that was the last word on it, and when the calm was taken back: by
    a relapse, or because the incident came back. Only these two are ever written later; none for an exercise.

    It is told when it is recorded, and told anew when people move mentions: what ended before keeps what was told then.
    """

    __tablename__ = "kpi_calms"
    __table_args__ = (
        Index("ix_kpi_calms_calmed", "calmed_at", "incident_id"),
        CheckConstraint("taken_back_at >= told_at", name="taken_back"),
        CheckConstraint("retold_at >= told_at", name="retold"),
        CheckConstraint("calmed_at >= began_at", name="began"),
        one_of("grade", GRADES),
        one_of("platform", Platform),
    )

    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"), primary_key=True)
    told_at: Mapped[datetime] = mapped_column(primary_key=True)
    calmed_at: Mapped[datetime]
    began_at: Mapped[datetime]
    retold_at: Mapped[datetime | None]
    taken_back_at: Mapped[datetime | None]
    grade: Mapped[str | None]
    # Where it began, as it was known then.
    platform: Mapped[str | None]
    spread: Mapped[int] = mapped_column(BigInteger)
    # Platform -> its part of the spread.
    spread_by_platform: Mapped[Json]


class KpiBaseline(Base):
    """What later periods are compared with 基线: figures of a period, frozen under a name. Never changed: a trigger refuses.

    ``applies_from``: it is the yardstick of periods that end on that day or later, until another one's day.
    """

    __tablename__ = "kpi_baselines"
    __table_args__ = (
        CheckConstraint("last_on >= first_on", name="span"),
        CheckConstraint("incident_count >= 0 and calm_seconds >= 0 and spread >= 0", name="figures"),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    first_on: Mapped[date] = mapped_column(Date)
    last_on: Mapped[date] = mapped_column(Date)
    applies_from: Mapped[date] = mapped_column(Date, unique=True)
    incident_count: Mapped[int] = mapped_column(Integer)
    calm_seconds: Mapped[int] = mapped_column(BigInteger)
    spread: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class KpiBaselineIncident(Base):
    """An incident that a baseline's figures are made of, with its part in them. Never changed either."""

    __tablename__ = "kpi_baseline_incidents"

    baseline_id: Mapped[UUID] = mapped_column(ForeignKey("kpi_baselines.id"), primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"), primary_key=True)
    calmed_at: Mapped[datetime]
    calm_seconds: Mapped[int] = mapped_column(BigInteger)
    spread: Mapped[int] = mapped_column(BigInteger)
