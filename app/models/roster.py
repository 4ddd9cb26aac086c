"""Who was on the roster 在册 when, and in which department: figures of past days must not change with today's people."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class RosterPeriod(Base):
    """A span in which a person was active, in one department or in none. Written by triggers of ``people``, whatever
    changes a person there; nobody else writes here, and what has ended is never changed."""

    __tablename__ = "roster_periods"
    __table_args__ = (
        Index("uq_roster_periods_open", "person_id", unique=True, postgresql_where=text("ends_at is null")),
        Index("ix_roster_periods_person", "person_id", "starts_at"),
        CheckConstraint("ends_at > starts_at", name="span"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    department_id: Mapped[UUID | None] = mapped_column(ForeignKey("departments.id"))
    starts_at: Mapped[datetime]
    # Null: still so.
    ends_at: Mapped[datetime | None]
