"""Tables of reviews 复盘: what was learned from incidents, and the three decisions that it ends in (方案 二(三))."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Float, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as UuidType
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Id, Json, JsonList, one_of

REVIEW_STATUSES = ("open", "suspended", "reported", "completed", "merged")
DECISION_KINDS = ("risks", "process", "scope")
DECISION_STATES = ("open", "no_change", "applied")
SUBJECTS = ("risk", "grading_policy", "sla_policy", "watch_rule", "media_outlet", "core_platform")


class Review(Base):
    """What was learned from one incident, or from several general ones. Born when calm is recorded.

    Everything of it is written under its own row lock, taken after its incidents'.
    """

    __tablename__ = "reviews"
    __table_args__ = (
        Index("ix_reviews_status", "status", "id"),
        Index("ix_reviews_born_of", "born_of", "id"),
        Index(
            "ix_reviews_decisions_due", "decisions_due_at",
            postgresql_where=text("status in ('open', 'reported') and overdue_told_at is null"),
        ),
        one_of("status", REVIEW_STATUSES),
        CheckConstraint("status not in ('reported', 'completed') or reported_at is not null", name="reported"),
        CheckConstraint("(status = 'completed') = (completed_at is not null)", name="completed"),
        CheckConstraint("(status = 'merged') = (merged_into is not null)", name="merged"),
    )  # fmt: skip

    id: Mapped[Id]
    # The incident whose calm or end it was born of. It may cover others by now.
    born_of: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"))
    is_drill: Mapped[bool] = mapped_column(server_default="false")
    status: Mapped[str]
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("reviews.id"))
    # The calm, or the end: a meeting before it was none about all of it.
    since: Mapped[CreatedAt]
    # Question -> what the machine found, each sentence with the ids of the events it rests on; and what people answered.
    found: Mapped[Json] = mapped_column(server_default="{}")
    found_at: Mapped[datetime | None]
    answers: Mapped[Json] = mapped_column(server_default="{}")
    participant_ids: Mapped[list[UUID]] = mapped_column(ARRAY(UuidType), server_default="{}")
    meeting_at: Mapped[datetime | None]
    meeting_note: Mapped[str] = mapped_column(server_default="")
    # When meeting, answers and report were there: its clock's end. The decisions are due a while after the clock.
    reported_at: Mapped[datetime | None]
    reported_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    # The report as it was issued.
    report_id: Mapped[UUID | None]
    decisions_due_at: Mapped[datetime | None]
    # When it was said that they are late: once for each time that they are due at.
    overdue_told_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")


class ReviewIncident(Base):
    """Which incidents a review covers. An incident is covered by one review; what covered it before stays on record."""

    __tablename__ = "review_incidents"
    __table_args__ = (
        Index("ix_review_incidents_incident", "incident_id"),
        Index("uq_review_incidents_incident", "incident_id", unique=True, postgresql_where=text("left_at is null")),
    )

    review_id: Mapped[UUID] = mapped_column(ForeignKey("reviews.id"), primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"), primary_key=True)
    added_at: Mapped[CreatedAt]
    # Since when it is covered by another, or by none; null: by this one.
    left_at: Mapped[datetime | None]


class ReviewDue(Base):
    """Since when the decisions of a review are due when; null: they are not, as while it is put off. Each past time keeps
    its own, whatever becomes of the review."""

    __tablename__ = "review_dues"

    review_id: Mapped[UUID] = mapped_column(ForeignKey("reviews.id"), primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    due_at: Mapped[datetime | None]


class ReviewEffort(Base):
    """Hours that a person or a department spent on it: what a crisis costs, where people enter it."""

    __tablename__ = "review_efforts"
    __table_args__ = (
        UniqueConstraint("review_id", "person_id"),
        UniqueConstraint("review_id", "department_id"),
        CheckConstraint("num_nonnulls(person_id, department_id) = 1", name="whose"),
        CheckConstraint("hours > 0 and hours <= 10000", name="hours"),
    )

    id: Mapped[Id]
    review_id: Mapped[UUID] = mapped_column(ForeignKey("reviews.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    department_id: Mapped[UUID | None] = mapped_column(ForeignKey("departments.id"))
    # In quarters, which a float holds exactly.
    hours: Mapped[float] = mapped_column(Float(53))


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
    # What is to be changed: a draft until it is applied; what became of it are its changes' rows.
    change: Mapped[Json] = mapped_column(server_default="{}")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    # The last previews: the version each answered with, and in which versions it saw what is to be changed.
    previews: Mapped[JsonList] = mapped_column(server_default="[]")
    updated_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")


class ReviewChange(Base):
    """One thing that a decision changed, with its version before and after: from there one walks back to the review."""

    __tablename__ = "review_changes"
    __table_args__ = (
        Index("ix_review_changes_decision", "decision_id", "id"),
        Index("ix_review_changes_subject", "subject_id"),
        one_of("subject", SUBJECTS),
    )

    id: Mapped[Id]
    review_id: Mapped[UUID] = mapped_column(ForeignKey("reviews.id"))
    decision_id: Mapped[UUID] = mapped_column(ForeignKey("review_decisions.id"))
    subject: Mapped[str]
    # An id, or the word that a core platform is known by.
    subject_id: Mapped[str]
    action: Mapped[str]
    # What it was called then.
    name: Mapped[str]
    # Of policies, whose versions are rows of their own: the one that was in force before.
    before_id: Mapped[str | None]
    before_version: Mapped[int | None] = mapped_column(BigInteger)
    after_version: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[CreatedAt]
