"""Tables of the silence between our words 避免沉默失语 (方案 二(二)2): one an incident, and what of it rang."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, one_of

SILENCE_STOPS = ("ungraded", "watching", "no_cadence", "no_statement", "calm", "closing", "ended")


class Silence(Base):
    """Since when an incident waits for our next word. Written under the incident's row lock.

    ``level`` is the grade's, so that what is grave rings first.
    """

    __tablename__ = "silences"
    __table_args__ = (
        Index("ix_silences_due", "level", "due_at", postgresql_where=text("stopped_by is null")),
        one_of("stopped_by", SILENCE_STOPS),
        CheckConstraint("level between 1 and 3", name="level"),
        CheckConstraint("due_at > since", name="due"),
        {"postgresql_with": {"fillfactor": 80}},
    )

    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"), primary_key=True)
    level: Mapped[int] = mapped_column(Integer)
    # When it began to be counted: a grade was set, or the incident came back.
    started_at: Mapped[datetime]
    # The last public word, where that was later.
    since: Mapped[datetime]
    # When it rings next; where it was stopped, when it would have.
    due_at: Mapped[datetime]
    # When due_at was last set: what had passed by then is not late before.
    set_at: Mapped[datetime]
    # The due instant that rang last.
    rung_at: Mapped[datetime | None]
    stopped_by: Mapped[str | None]
    stopped_at: Mapped[datetime | None]


class SilenceRing(Base):
    """A due instant that rang. One row each, so that it can't ring twice."""

    __tablename__ = "silence_rings"

    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    at: Mapped[datetime]
    late_by_seconds: Mapped[float] = mapped_column(Float)
