"""Tables of what people did about an incident, and of what they decided (方案 一, 二(二)). Rows are only added."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Id, Json, Words, one_of
from app.models.mentions import PLATFORMS

TRUTHS = ("confirmed", "partly_confirmed", "unfounded", "misunderstanding", "unverifiable")
RESPONSIBILITIES = ("company", "supplier", "distributor", "platform", "user", "undetermined")
STATEMENT_KINDS = ("holding", "progress", "apology", "clarification", "lawyer")
DECISION_KINDS = ("other", "no_statement", "origin_not_applicable")
# Recorded afterwards or at the moment, never before it happened.
HAPPENED = "happened_at <= recorded_at"


class Act:
    """What every act has: when it happened, when we were told, and by whom."""

    id: Mapped[Id]
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"))
    happened_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    # As events name who did it; the person where there is one.
    actor: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class Acknowledgement(Act, Base):
    """A person took the incident on 接警响应."""

    __tablename__ = "acknowledgements"
    __table_args__ = (
        Index("ix_acknowledgements_incident", "incident_id", "id"),
        CheckConstraint(HAPPENED, name="happened"),
        CheckConstraint("person_id is not null", name="person"),
    )

    note: Mapped[str] = mapped_column(server_default="")
    # As which member of the incident's team; null: as none.
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("incident_members.id"))


class Meeting(Act, Base):
    """An emergency meeting 紧急会议. Without a direction it is not complete; that of a later entry counts."""

    __tablename__ = "meetings"
    __table_args__ = (Index("ix_meetings_incident", "incident_id", "id"), CheckConstraint(HAPPENED, name="happened"))

    direction: Mapped[str | None]
    note: Mapped[str] = mapped_column(server_default="")


class FactCheck(Act, Base):
    """What was found when the facts were checked 信息核实. The one recorded last is what is known."""

    __tablename__ = "fact_checks"
    __table_args__ = (
        Index("ix_fact_checks_incident", "incident_id", "id"),
        CheckConstraint(HAPPENED, name="happened"),
        one_of("truth", TRUTHS),
        one_of("responsibility", RESPONSIBILITIES),
    )

    truth: Mapped[str]
    responsibility: Mapped[str]
    evidence: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")


class Publication(Act, Base):
    """Something that was said in public 对外发布, approved or not."""

    __tablename__ = "publications"
    __table_args__ = (
        Index("ix_publications_incident", "incident_id", "id"),
        CheckConstraint(HAPPENED, name="happened"),
        one_of("platform", PLATFORMS),
        one_of("statement_kind", STATEMENT_KINDS),
        one_of("origin_platform", PLATFORMS),
        Index("ix_publications_statement", "statement_id", "id", postgresql_where=text("statement_id is not null")),
        CheckConstraint("num_nulls(statement_id, statement_version_id, approved) in (0, 3)", name="statement"),
    )

    platform: Mapped[str]
    statement_kind: Mapped[str]
    url: Mapped[str | None]
    title: Mapped[str] = mapped_column(server_default="")
    # Where it began, as known when this was recorded; null while nothing was known of it.
    origin_platform: Mapped[str | None]
    on_origin: Mapped[bool]
    # Which of our statements it was, where it was one; and whether that very version was approved when it happened.
    statement_id: Mapped[UUID | None] = mapped_column(ForeignKey("statements.id"))
    statement_version_id: Mapped[UUID | None] = mapped_column(ForeignKey("statement_versions.id"))
    approved: Mapped[bool | None]


class Decision(Act, Base):
    """A decision 决策 with what was known. A correction is another one: an entry is corrected once, then its correction."""

    __tablename__ = "decisions"
    __table_args__ = (
        Index("ix_decisions_incident", "incident_id", "id"),
        Index("uq_decisions_corrects", "corrects", unique=True),
        CheckConstraint(HAPPENED, name="happened"),
        one_of("kind", DECISION_KINDS),
        one_of("substitute_platform", PLATFORMS),
        CheckConstraint("substitute_platform is null or kind = 'origin_not_applicable'", name="substitute"),
    )

    kind: Mapped[str]
    question: Mapped[str]
    options: Mapped[Words]
    choice: Mapped[str]
    reason: Mapped[str]
    # Where it is said instead of on the platform where it began.
    substitute_platform: Mapped[str | None]
    corrects: Mapped[UUID | None] = mapped_column(ForeignKey("decisions.id"))
    known: Mapped[Json]
