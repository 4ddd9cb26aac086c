"""Tables of the team of an incident (R38, R40): its members, and the links by which they acknowledge."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Id, one_of

POSITIONS = ("lead", "public_relations", "operations", "legal", "business", "other")
JOIN_REASONS = ("team", "deputy", "head", "lead", "added")
MOST_WRONG_TRIES = 5


class IncidentMember(Base):
    """Somebody in an incident's team. Written under the incident's row lock; rows are never deleted, ``left_at`` ends them.

    ``next_call_at`` is the next instant at which somebody is called in their place, null when nobody is: the sweeper looks
    at nothing else.
    """

    __tablename__ = "incident_members"
    __table_args__ = (
        # Nobody twice: two workers can't call somebody twice.
        Index(
            "uq_incident_members_active", "incident_id", "person_id", unique=True,
            postgresql_where=text("left_at is null"),
        ),
        Index("ix_incident_members_incident", "incident_id", "id"),
        Index("ix_incident_members_next_call", "next_call_at", postgresql_where=text("next_call_at is not null")),
        # What somebody has not answered yet.
        Index(
            "ix_incident_members_silent", "person_id", "id",
            postgresql_where=text("acknowledged_at is null and left_at is null"),
        ),
        one_of("position", POSITIONS),
        one_of("reason", JOIN_REASONS),
        CheckConstraint("level between 1 and 4", name="level"),
        CheckConstraint("call_step between 0 and 2", name="call_step"),
        # Who has acknowledged or left is nobody's to call for any more.
        CheckConstraint("next_call_at is null or (acknowledged_at is null and left_at is null)", name="calls"),
    )  # fmt: skip

    id: Mapped[Id]
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    position: Mapped[str]
    # In whose place they stand, or were called.
    for_person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    reason: Mapped[str]
    # The grade's when they joined (1 major, 4 none), so that what is grave calls first.
    level: Mapped[int] = mapped_column(Integer)
    # Whether a raise added them: then the first response waits for each of these.
    by_raise: Mapped[bool] = mapped_column(server_default="false")
    added_at: Mapped[datetime]
    # Since when they are asked to acknowledge and until when; when the end was last set: what had passed by then is not
    # late before.
    called_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    set_at: Mapped[datetime]
    next_call_at: Mapped[datetime | None]
    # How many of the calls in their place were made.
    call_step: Mapped[int] = mapped_column(Integer, server_default="0")
    acknowledged_at: Mapped[datetime | None]
    acknowledgement_id: Mapped[UUID | None] = mapped_column(ForeignKey("acknowledgements.id", use_alter=True))
    left_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")


class AcknowledgementLink(Base):
    """A signed link by which one person acknowledges one incident, once. Its address is made from its id and a key, so that
    nothing in the database opens it."""

    __tablename__ = "acknowledgement_links"
    __table_args__ = (
        Index("ix_acknowledgement_links_incident", "incident_id", "id"),
        Index("ix_acknowledgement_links_member", "member_id", postgresql_where=text("member_id is not null")),
        CheckConstraint(f"wrong_tries between 0 and {MOST_WRONG_TRIES}", name="wrong_tries"),
    )

    id: Mapped[Id]
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    # Null where it was made for somebody outside the team.
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("incident_members.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    # Of the last four digits of the person's phone.
    wrong_tries: Mapped[int] = mapped_column(Integer, server_default="0")
    created_at: Mapped[CreatedAt]
