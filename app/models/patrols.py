"""Tables of patrols 人工巡查 (方案 二(一)2, R22)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Id, JsonList, Words


class PatrolPlan(Base):
    """What the plan of patrols says from an instant on. Each change is a version of its own and is never changed, so that
    slots of the past keep theirs."""

    __tablename__ = "patrol_plans"
    __table_args__ = (CheckConstraint("grace_seconds between 60 and 86400", name="grace_seconds"),)

    id: Mapped[Id]
    version: Mapped[int] = mapped_column(BigInteger, unique=True)
    effective_at: Mapped[datetime]
    # [{time, assignee_ids, rotation}]
    slots: Mapped[JsonList]
    default_assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    platforms: Mapped[Words]
    grace_seconds: Mapped[int] = mapped_column(Integer)
    note: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class Patrol(Base):
    """A slot of the plan on one day: to be walked at ``slot_at``, missed when nobody did until ``due_by``.

    One row an instant, whoever makes it. ``missed_at`` is when that was told; who walks it afterwards leaves it as it is.
    """

    __tablename__ = "patrols"
    __table_args__ = (
        UniqueConstraint("slot_at"),
        Index("ix_patrols_open", "due_by", postgresql_where=text("missed_at is null and happened_at is null")),
        Index("ix_patrols_assignee", "assignee_id", "slot_at", postgresql_where=text("assignee_id is not null")),
        CheckConstraint("slot_at < due_by", name="due_by"),
        CheckConstraint("num_nulls(happened_at, recorded_at, walked_by) in (0, 3)", name="walked"),
    )

    id: Mapped[Id]
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("patrol_plans.id"))
    slot_at: Mapped[datetime]
    due_by: Mapped[datetime]
    # What is to be looked at.
    platforms: Mapped[Words]
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    # Somebody said so by hand: a later version of the plan leaves it.
    assigned_by_hand: Mapped[bool] = mapped_column(server_default="false")
    missed_at: Mapped[datetime | None]
    happened_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime | None]
    walked_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    # What was looked at.
    looked_at: Mapped[Words]
    note: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")


class PatrolFinding(Base):
    """A mention that somebody found on a patrol. ``created``: nobody had reported it before."""

    __tablename__ = "patrol_findings"
    __table_args__ = (Index("ix_patrol_findings_mention", "mention_id"),)

    patrol_id: Mapped[UUID] = mapped_column(ForeignKey("patrols.id"), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    mention_id: Mapped[UUID] = mapped_column(ForeignKey("mentions.id"))
    created: Mapped[bool]
