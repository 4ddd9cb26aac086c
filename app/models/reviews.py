"""Tables of reviews 复盘: what was learned from incidents, and the three decisions that it ends in (方案 二(三))."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as UuidType
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Id, Json, one_of

REVIEW_STATUSES = ("open", "suspended", "reported", "completed", "merged")
DECISION_KINDS = ("risks", "process", "scope")
DECISION_STATES = ("open", "no_change", "applied")


class Review(Base):
    """What was learned from one incident, or from several general ones. Born when calm is recorded.

    Everything of it is written under its own row lock, taken after its incidents'.
    """

    __tablename__ = "reviews"
    __table_args__ = (
        Index("ix_reviews_status", "status", "id"),
        one_of("status", REVIEW_STATUSES),
        CheckConstraint("status not in ('reported', 'completed') or reported_at is not null", name="reported"),
        CheckConstraint("(status = 'completed') = (completed_at is not null)", name="completed"),
        CheckConstraint("(status = 'merged') = (merged_into is not null)", name="merged"),
    )

    id: Mapped[Id]
    is_drill: Mapped[bool] = mapped_column(server_default="false")
    status: Mapped[str]
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("reviews.id"))
    # Question -> what the machine found, each sentence with the ids of the events it rests on; and what people answered.
    found: Mapped[Json] = mapped_column(server_default="{}")
    answers: Mapped[Json] = mapped_column(server_default="{}")
    participant_ids: Mapped[list[UUID]] = mapped_column(ARRAY(UuidType), server_default="{}")
    meeting_at: Mapped[datetime | None]
    meeting_note: Mapped[str] = mapped_column(server_default="")
    # When meeting, answers and report were there: its clock's end. The decisions are due a while later.
    reported_at: Mapped[datetime | None]
    decisions_due_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")


class ReviewIncident(Base):
    """Which incidents a review covers. An incident is covered by one review."""

    __tablename__ = "review_incidents"
    __table_args__ = (UniqueConstraint("incident_id"),)

    review_id: Mapped[UUID] = mapped_column(ForeignKey("reviews.id"), primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"), primary_key=True)
    added_at: Mapped[CreatedAt]


class ReviewDecision(Base):
    """One of the three: no change and why, or a change as it was applied (R60-R62)."""

    __tablename__ = "review_decisions"
    __table_args__ = (
        UniqueConstraint("review_id", "kind"),
        one_of("kind", DECISION_KINDS),
        one_of("state", DECISION_STATES),
        CheckConstraint("(state = 'open') = (decided_at is null)", name="decided"),
        CheckConstraint("state <> 'no_change' or reason <> ''", name="reason"),
    )

    id: Mapped[Id]
    review_id: Mapped[UUID] = mapped_column(ForeignKey("reviews.id"))
    kind: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    # What is to be changed; and, once applied, what became of it: each thing with its version before and after.
    change: Mapped[Json] = mapped_column(server_default="{}")
    applied: Mapped[Json] = mapped_column(server_default="{}")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
