"""Tables of the risk register 风险清单 (方案 二(一)1, 二(三)), of checked texts, and of how alike incidents are."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, Float, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, BIT
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.vocabulary.risks import CheckOutcome, RiskCategory, RiskStatus
from app.models.base import Base, CreatedAt, Id, Json, JsonList, Words, one_of

SIGNATURE_BITS = 1024


class Risk(Base):
    """Something that may become a crisis, how likely and how bad it is, and whose it is.

    Never deleted: it is closed. ``told_on`` is the due date whose passing was told last.
    """

    __tablename__ = "risks"
    __table_args__ = (
        Index("ix_risks_list", text("(likelihood * impact) desc"), "id"),
        Index("ix_risks_due", "next_review_on", "id", postgresql_where=text("status = 'open'")),
        Index("ix_risks_owner", "owner_id", postgresql_where=text("owner_id is not null")),
        Index("ix_risks_grams", "grams", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
        one_of("category", RiskCategory),
        one_of("status", RiskStatus),
        CheckConstraint("likelihood between 1 and 5", name="likelihood"),
        CheckConstraint("impact between 1 and 5", name="impact"),
        CheckConstraint("review_every_days between 1 and 366", name="review_every_days"),
        CheckConstraint("(status = 'closed') = (closed_at is not null)", name="closed"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    category: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    # What texts about it say: looked for before our own go out.
    words: Mapped[Words]
    likelihood: Mapped[int] = mapped_column(Integer)
    impact: Mapped[int] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(server_default="open")
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    review_every_days: Mapped[int] = mapped_column(Integer)
    next_review_on: Mapped[date] = mapped_column(Date)
    told_on: Mapped[date | None] = mapped_column(Date)
    reviewed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    # What is searched: see app.domain.bigrams. People's data is masked.
    plain: Mapped[str] = mapped_column(server_default="")
    grams: Mapped[Words]
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str]
    updated_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")


class RiskVersion(Base):
    """What a risk said after a change, who made it and why. Never changed: a trigger refuses."""

    __tablename__ = "risk_versions"
    __table_args__ = (
        UniqueConstraint("risk_id", "number"),
        Index("ix_risk_versions_review", "review_id", postgresql_where=text("review_id is not null")),
    )

    id: Mapped[Id]
    risk_id: Mapped[UUID] = mapped_column(ForeignKey("risks.id"))
    number: Mapped[int] = mapped_column(BigInteger)
    # The whole of it, and which members are other than before.
    content: Mapped[Json]
    fields: Mapped[Words]
    reason: Mapped[str] = mapped_column(server_default="")
    # The review whose decision it was.
    review_id: Mapped[UUID | None] = mapped_column(ForeignKey("reviews.id"))
    at: Mapped[datetime]
    by: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class RiskMeasure(Base):
    """Something that is done so that a risk does not come true 预防措施."""

    __tablename__ = "risk_measures"
    __table_args__ = (
        Index("ix_risk_measures_risk", "risk_id", "due_on", "id"),
        Index("ix_risk_measures_due", "due_on", "id"),
        Index("ix_risk_measures_open", "due_on", "id", postgresql_where=text("done_at is null")),
        Index("ix_risk_measures_review", "review_id", postgresql_where=text("review_id is not null")),
    )

    id: Mapped[Id]
    risk_id: Mapped[UUID] = mapped_column(ForeignKey("risks.id"))
    title: Mapped[str]
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    due_on: Mapped[date] = mapped_column(Date)
    told_on: Mapped[date | None] = mapped_column(Date)
    done_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(server_default="")
    review_id: Mapped[UUID | None] = mapped_column(ForeignKey("reviews.id"))
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str]
    updated_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")


class RiskIncident(Base):
    """A risk that came true in an incident: as a review found, or as somebody says (R09)."""

    __tablename__ = "risk_incidents"
    __table_args__ = (Index("ix_risk_incidents_incident", "incident_id", "risk_id"),)

    risk_id: Mapped[UUID] = mapped_column(ForeignKey("risks.id"), primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"), primary_key=True)
    review_id: Mapped[UUID | None] = mapped_column(ForeignKey("reviews.id"))
    linked_at: Mapped[datetime]
    linked_by: Mapped[str]


class TextCheck(Base):
    """A text of ours as it was checked before it went out, what was found in it, and what became of it (R13)."""

    __tablename__ = "text_checks"
    __table_args__ = (
        Index("ix_text_checks_undecided", "id", postgresql_where=text("outcome is null")),
        one_of("suggested", CheckOutcome),
        one_of("outcome", CheckOutcome),
        CheckConstraint("num_nulls(outcome, reason, decided_at, decided_by) in (0, 4)", name="decided"),
    )

    id: Mapped[Id]
    title: Mapped[str | None]
    text: Mapped[str]
    findings: Mapped[JsonList]
    suggested: Mapped[str]
    checked_at: Mapped[datetime]
    checked_by: Mapped[str]
    checker_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    outcome: Mapped[str | None]
    reason: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    decider_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    updated_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")


class IncidentSignature(Base):
    """What an incident is compared by, measured by a worker: its words as bits and the shape of its curve.

    ``incident_version`` and ``spread_version`` are those it was measured at.
    """

    __tablename__ = "incident_signatures"

    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"), primary_key=True)
    incident_version: Mapped[int] = mapped_column(BigInteger)
    spread_version: Mapped[int] = mapped_column(BigInteger)
    words: Mapped[Any] = mapped_column(BIT(SIGNATURE_BITS))
    curve: Mapped[list[float] | None] = mapped_column(ARRAY(Float(53)))
    minutes: Mapped[int] = mapped_column(Integer, server_default="0")
    measured_at: Mapped[datetime]
