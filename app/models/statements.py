"""Tables of statements 声明: versions, approvals and who may approve for whom, and what was promised (方案 二(二)2)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as UuidType
from sqlalchemy.orm import Mapped, mapped_column

from app.models.acts import STATEMENT_KINDS
from app.models.base import Base, CreatedAt, Id, Json, JsonList, one_of

STATEMENT_STATUSES = ("draft", "in_review", "changes_requested", "approved", "published", "withdrawn")
STRATEGIES = ("deny", "diminish", "rebuild", "bolster")
SLOTS = ("public_relations", "legal", "lead")
OUTCOMES = ("changes_requested", "approved")
MOST_COMMITMENTS = 20


class Statement(Base):
    """One thing we say about an incident. Everything of it is written under the incident's row lock."""

    __tablename__ = "statements"
    __table_args__ = (
        Index("ix_statements_incident", "incident_id", "id"),
        Index("ix_statements_status", "status", "id"),
        one_of("kind", STATEMENT_KINDS),
        one_of("status", STATEMENT_STATUSES),
        one_of("strategy", STRATEGIES),
        CheckConstraint("(status = 'withdrawn') = (withdrawn_at is not null)", name="withdrawn"),
        CheckConstraint("(withdrawn_at is null) = (withdrawn_reason is null)", name="withdrawn_reason"),
        CheckConstraint("status <> 'published' or published_at is not null", name="published"),
        CheckConstraint("not published_unapproved or published_at is not null", name="published_unapproved"),
    )

    id: Mapped[Id]
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"))
    is_drill: Mapped[bool] = mapped_column(server_default="false")
    kind: Mapped[str]
    # What it is called among us.
    name: Mapped[str]
    status: Mapped[str]
    strategy: Mapped[str | None]
    # The number of its newest version.
    latest_number: Mapped[int] = mapped_column(Integer, server_default="1")
    # Of the first publication. Some publication of it was not approved when it happened: never taken back.
    published_at: Mapped[datetime | None]
    published_unapproved: Mapped[bool] = mapped_column(server_default="false")
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]
    # As events name who did it; the person where there is one.
    created_by: Mapped[str]
    creator_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")


class StatementVersion(Base):
    """What a statement says. Once it was submitted it is never changed (a trigger holds that): a change is another one."""

    __tablename__ = "statement_versions"
    __table_args__ = (
        UniqueConstraint("statement_id", "number"),
        Index("ix_statement_versions_incident", "incident_id", "id"),
        # Which versions report on a promise.
        Index("ix_statement_versions_cites", "cites", postgresql_using="gin", postgresql_where=text("cites <> '{}'")),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint(f"jsonb_array_length(commitments) <= {MOST_COMMITMENTS}", name="commitments"),
        CheckConstraint("submitted_at is not null or submitted_by is null", name="submitted"),
    )

    id: Mapped[Id]
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statements.id"))
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"))
    number: Mapped[int] = mapped_column(Integer)
    # The four parts (方案 二(二)2), each empty where it is not said. Of commitments each a text, when it is due, and whose it is.
    title: Mapped[str] = mapped_column(server_default="")
    attitude: Mapped[str] = mapped_column(server_default="")
    facts: Mapped[str] = mapped_column(server_default="")
    solution: Mapped[str] = mapped_column(server_default="")
    commitments: Mapped[JsonList] = mapped_column(server_default="[]")
    # When we speak again: what a first word promises.
    next_update_at: Mapped[datetime | None]
    # Part -> why it is left out.
    waivers: Mapped[Json] = mapped_column(server_default="{}")
    # Platform -> the text for it, where it is not the whole.
    platform_texts: Mapped[Json] = mapped_column(server_default="{}")
    # Title and parts as they are read, which spans are of: code points.
    text: Mapped[str]
    # The version of a template it was begun from.
    template_version_id: Mapped[UUID | None] = mapped_column(ForeignKey("statement_template_versions.id"))
    # Earlier promises whose progress it reports.
    cites: Mapped[list[UUID]] = mapped_column(ARRAY(UuidType), server_default="{}")
    # Everybody who wrote in it: of no version of the statement they approve.
    author_ids: Mapped[list[UUID]] = mapped_column(ARRAY(UuidType), server_default="{}")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    submitted_at: Mapped[datetime | None]
    submitted_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class StatementApproval(Base):
    """What an approver said of a version, which stays. Each slot is filled once, and nobody fills two."""

    __tablename__ = "statement_approvals"
    __table_args__ = (
        Index("ix_statement_approvals_version", "version_id", "id"),
        Index("uq_statement_approvals_slot", "version_id", "slot", unique=True, postgresql_where=text("outcome = 'approved'")),
        Index("uq_statement_approvals_person", "version_id", "person_id", unique=True, postgresql_where=text("outcome = 'approved'")),
        one_of("slot", SLOTS),
        one_of("outcome", OUTCOMES),
        CheckConstraint("(on_behalf_of is null) = (delegation_id is null)", name="delegation"),
        CheckConstraint("on_behalf_of is null or on_behalf_of <> person_id", name="on_behalf_of"),
    )  # fmt: skip

    id: Mapped[Id]
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statements.id"))
    version_id: Mapped[UUID] = mapped_column(ForeignKey("statement_versions.id"))
    slot: Mapped[str]
    outcome: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    # Whose authority it was 代批; null: their own.
    on_behalf_of: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    delegation_id: Mapped[UUID | None] = mapped_column(ForeignKey("approval_delegations.id"))
    comment: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime]


class ApprovalDelegation(Base):
    """From when until when somebody approves in another's place 代批."""

    __tablename__ = "approval_delegations"
    __table_args__ = (
        Index("ix_approval_delegations_delegate", "delegate_id", "ends_at"),
        Index("ix_approval_delegations_person", "person_id", "ends_at"),
        CheckConstraint("ends_at > starts_at", name="time"),
        CheckConstraint("delegate_id <> person_id", name="delegate"),
    )

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    delegate_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    slots: Mapped[list[str]] = mapped_column(ARRAY(Text))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class Commitment(Base):
    """Something that was promised in public, by a date. It is kept when its task is done."""

    __tablename__ = "commitments"
    __table_args__ = (
        UniqueConstraint("version_id", "position"),
        Index("ix_commitments_incident", "incident_id", "due_at", "id"),
        Index("ix_commitments_statement", "statement_id", "due_at", "id"),
        Index("uq_commitments_task", "task_id", unique=True),
    )

    id: Mapped[Id]
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"))
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statements.id"))
    version_id: Mapped[UUID] = mapped_column(ForeignKey("statement_versions.id"))
    # Which of the version's commitments it is, from 0.
    position: Mapped[int] = mapped_column(Integer)
    text: Mapped[str]
    due_at: Mapped[datetime]
    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id"))
    # When it was first said in public.
    made_at: Mapped[datetime]
    broken_at: Mapped[datetime | None]
