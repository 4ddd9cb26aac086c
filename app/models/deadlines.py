"""Tables of the clocks 时限 (方案 二(二)): policies, deadlines, and what of them has rung."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Id, Json, JsonList, one_of

DEADLINE_KINDS = (
    "alert", "first_response", "emergency_meeting", "fact_check", "first_word", "first_statement", "remediation",
    "commitment", "closing", "review",
)  # fmt: skip
RARE_STATES = ("met_recorded_late", "breached", "cancelled", "unpushed")
SILENCE_PLAN = '{"major": 7200, "serious": 14400, "general": 28800}'
DEADLINE_STATES = ("running", "met", "met_recorded_late", "breached", "cancelled", "unpushed", "not_reached")


class SlaPolicy(Base):
    """How long each clock runs, as data. Versions are never changed: a deadline keeps the one it was started under."""

    __tablename__ = "sla_policies"
    __table_args__ = (
        UniqueConstraint("name", "version"),
        Index("uq_sla_policies_active", "active", unique=True, postgresql_where=text("active")),
        CheckConstraint("follow_ups_percent between 0 and 100", name="follow_ups_percent"),
        CheckConstraint("origin_grace_seconds between 0 and 86400", name="origin_grace"),
    )

    id: Mapped[Id]
    name: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    clocks: Mapped[JsonList]
    # How many of an incident's follow-ups 回访 are done or waived before it is closed.
    follow_ups_percent: Mapped[int] = mapped_column(Integer, server_default="90")
    # How long we may be silent at each grade, in seconds: grade -> seconds or null.
    silence: Mapped[Json] = mapped_column(server_default=SILENCE_PLAN)
    # How long others may be out before the platform where it began is missing.
    origin_grace_seconds: Mapped[int] = mapped_column(Integer, server_default="1800")
    note: Mapped[str] = mapped_column(server_default="")
    active: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str]


class Deadline(Base):
    """A named clock. Everything of an incident's is written under the incident's row lock; an alert's under its own.

    ``next_at`` is the next instant at which it rings, null when it has nothing more to say: the sweeper looks at
    nothing else. ``level`` is the grade's (1 major), 4 where there is none, so that what is grave rings first.
    """

    __tablename__ = "deadlines"
    __table_args__ = (
        # At most one running a kind and task: two workers can't start two.
        Index(
            "uq_deadlines_running", "incident_id", "kind", "task_id", unique=True, postgresql_nulls_not_distinct=True,
            postgresql_where=text("state = 'running' and incident_id is not null and kind <> 'alert'"),
        ),
        # What rings next. Alerts apart, so that neither wades through the other; by next_at and not by the state, or the
        # planner might take an index over what runs for it.
        Index("ix_deadlines_next", "level", "next_at", postgresql_where=text("next_at is not null and kind <> 'alert'")),
        Index("ix_alerts_next", "level", "next_at", postgresql_where=text("next_at is not null and kind = 'alert'")),
        # For the look at what was pushed, and for the mention itself.
        Index("ix_alerts_due", "due_at", "id", postgresql_where=text("next_at is not null and kind = 'alert'")),
        Index("ix_deadlines_task", "task_id", postgresql_where=text("task_id is not null")),
        Index("ix_deadlines_mention", "mention_id", postgresql_where=text("mention_id is not null")),
        # For monitors' lists, the first due first, and for the second look, which does not trust next_at.
        Index("ix_deadlines_due", "due_at", "id"),
        Index("ix_deadlines_running", "due_at", "id", postgresql_where=text("state = 'running'")),
        Index("ix_deadlines_state", "state", "due_at", "id", postgresql_where=text(f"state in {RARE_STATES}")),
        Index("ix_deadlines_kind", "kind", "due_at", "id", postgresql_where=text("kind <> 'alert'")),
        Index("ix_deadlines_drills", "due_at", "id", postgresql_where=text("is_drill")),
        Index("ix_deadlines_incident", "incident_id", "id"),
        Index("ix_deadlines_ended", "ended_at", postgresql_where=text("ended_at is not null")),
        # Rows lie in the order of their time.
        Index("ix_deadlines_started", "started_at", postgresql_using="brin"),
        one_of("kind", DEADLINE_KINDS),
        one_of("state", DEADLINE_STATES),
        CheckConstraint("level between 1 and 4", name="level"),
        CheckConstraint("(state = 'running') or next_at is null", name="rings"),
        CheckConstraint("(kind in ('remediation', 'commitment')) = (task_id is not null)", name="task"),
        {"postgresql_with": {"fillfactor": 80}},
    )  # fmt: skip

    id: Mapped[Id]
    kind: Mapped[str]
    incident_id: Mapped[UUID | None] = mapped_column(ForeignKey("incidents.id"))
    # The task it runs for, of the kinds that run for one.
    task_id: Mapped[UUID | None] = mapped_column(ForeignKey("tasks.id"))
    # The hit an alert's clock runs for, and the event that tells of it.
    mention_id: Mapped[UUID | None]
    event_id: Mapped[int | None] = mapped_column(BigInteger)
    level: Mapped[int] = mapped_column(Integer)
    is_drill: Mapped[bool] = mapped_column(server_default="false")
    policy_id: Mapped[UUID] = mapped_column(ForeignKey("sla_policies.id"))
    state: Mapped[str] = mapped_column(server_default="running")
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    # When due_at was last set; what had passed by then is not late before.
    set_at: Mapped[datetime]
    next_at: Mapped[datetime | None]
    # Counted on a calendar that is not official yet.
    estimated: Mapped[bool] = mapped_column(server_default="false")
    # When what it waited for happened, and when we were told; also of a breached one that was done at last.
    met_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime | None]
    met_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    # Why it was cancelled.
    reason: Mapped[str | None]


class DeadlineFiring(Base):
    """A threshold that rang: 50, 80 or 100 per cent of the time. One row each, so that it can't ring twice."""

    __tablename__ = "deadline_firings"

    deadline_id: Mapped[UUID] = mapped_column(ForeignKey("deadlines.id"), primary_key=True)
    threshold: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime]
    late_by_seconds: Mapped[float] = mapped_column(Float)
