"""The table of tasks 任务 (方案 二(二)2, 二(三))."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as UuidType
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Id, one_of

TASK_KINDS = (
    "meeting", "fact_check", "media_clarification", "kol_clarification", "press_inquiry", "unified_wording",
    "pause_ads", "regulator_report", "internal_notice", "progress_note", "remediation", "commitment",
    "takedown_report", "comment_guidance", "follow_up", "other", "improvement",
)  # fmt: skip
TASK_STATES = ("open", "draft", "legal_review", "approved", "rejected", "done", "waived")
OVER_SQL = "state in ('done', 'waived')"


class Task(Base):
    """Something to do about an incident. Everything of it is written under the incident's row lock.

    ``result`` is what its kind asks for, with the kind as its member ``kind``. Once reopened it keeps what was said when it
    was finished, until it is finished again.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        # Lists, the first due first and what has no date last; of one incident and of all.
        Index("ix_tasks_incident", "incident_id", "due_at", "id"),
        Index("ix_tasks_due", "due_at", "id"),
        Index("ix_tasks_unfinished", "due_at", "id", postgresql_where=text(f"not ({OVER_SQL})")),
        # What waits for somebody: as their own, and for legal's approval.
        Index(
            "ix_tasks_mine",
            "owner_id",
            "due_at",
            "id",
            postgresql_where=text(f"owner_id is not null and not ({OVER_SQL})"),
        ),
        Index("ix_tasks_review", "due_at", "id", postgresql_where=text("state = 'legal_review'")),
        Index("ix_tasks_owner", "owner_id", "due_at", "id", postgresql_where=text("owner_id is not null")),
        # The newest of a kind for a user.
        Index(
            "ix_tasks_for_user", "affected_user_id", "kind", "id", postgresql_where=text("affected_user_id is not null")
        ),
        # Which notes of progress report on a promise.
        Index(
            "ix_tasks_cites",
            text("(result -> 'commitment_ids')"),
            postgresql_using="gin",
            postgresql_where=text("kind = 'progress_note'"),
        ),
        # A merge moves tasks and users one after the other: see app.incidents.care.
        ForeignKeyConstraint(
            ["incident_id", "affected_user_id"],
            ["affected_users.incident_id", "affected_users.id"],
            name="fk_tasks_affected_user",
            deferrable=True,
            initially="IMMEDIATE",
        ),
        one_of("kind", TASK_KINDS),
        one_of("state", TASK_STATES),
        CheckConstraint(f"{OVER_SQL} or (kind = 'takedown_report') = (state <> 'open')", name="way"),
        CheckConstraint("state <> 'done' or happened_at is not null", name="happened"),
        CheckConstraint("state <> 'approved' or approved_at is not null", name="approved"),
        CheckConstraint("(approved_by is null) = (approved_at is null)", name="approval"),
        CheckConstraint(f"({OVER_SQL}) = (ended_at is not null)", name="ended"),
        CheckConstraint("result is null or result ->> 'kind' = kind", name="result"),
    )

    id: Mapped[Id]
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"))
    is_drill: Mapped[bool] = mapped_column(server_default="false")
    kind: Mapped[str]
    title: Mapped[str]
    details: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str]
    # Whose it is; null: nobody's yet.
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    due_at: Mapped[datetime | None]
    # For whom: one of the incident's affected users.
    affected_user_id: Mapped[UUID | None]
    happened_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(server_default="")
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    # The meeting or the fact check that it is on record as.
    act_id: Mapped[UUID | None]
    # Why it was waived, reopened or rejected last.
    reason: Mapped[str | None]
    # Everybody who worded what legal has to approve: they don't approve it themselves.
    stated_by: Mapped[list[UUID]] = mapped_column(ARRAY(UuidType), server_default="{}")
    approved_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    approved_at: Mapped[datetime | None]
    # As events name who did it; the person where there is one.
    created_by: Mapped[str]
    creator_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    # When it was told that it is done or waived, and by whom.
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")


class TaskReopening(Base):
    """An end of a task that was taken back: it was over between the two. Written once."""

    __tablename__ = "task_reopenings"
    __table_args__ = (CheckConstraint("reopened_at >= ended_at", name="span"),)

    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id"), primary_key=True)
    reopened_at: Mapped[datetime] = mapped_column(primary_key=True)
    ended_at: Mapped[datetime]
