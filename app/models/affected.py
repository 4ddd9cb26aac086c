"""The table of affected users 受影响用户: people who were harmed, complained, and are looked after."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Id, one_of
from app.models.mentions import PLATFORMS

CONTACT_KINDS = ("phone", "email", "wechat", "other")


class AffectedUser(Base):
    """Somebody whom an incident affects, and why we hold what reaches them.

    Name and contact are sealed by app.core.vault; ``contact_hash`` tells equal contacts without opening any. Erasing
    destroys all three; the row stays, for the figures.
    """

    __tablename__ = "affected_users"
    __table_args__ = (
        # For lists, and for what cites a user of the same incident.
        Index("uq_affected_users_incident", "incident_id", "id", unique=True),
        Index("ix_affected_users_reachable", "incident_id", postgresql_where=text("erased_at is null")),
        Index("uq_affected_users_contact", "incident_id", "contact_hash", unique=True),
        Index("ix_affected_users_mention", "mention_id", postgresql_where=text("mention_id is not null")),
        one_of("contact_kind", CONTACT_KINDS),
        one_of("platform", PLATFORMS),
        CheckConstraint("(erased_at is null) = (contact is not null)", name="contact"),
        CheckConstraint("(erased_at is null) = (contact_hash is not null)", name="contact_hash"),
        CheckConstraint("erased_at is null or name is null", name="name"),
    )

    id: Mapped[Id]
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"))
    name: Mapped[bytes | None] = mapped_column(LargeBinary)
    contact: Mapped[bytes | None] = mapped_column(LargeBinary)
    contact_kind: Mapped[str]
    contact_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    # Why it is held 处理目的: nothing is held without a reason.
    purpose: Mapped[str]
    # What they ask for 诉求, in words.
    claim: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")
    # Where they spoke up, and the post by which they did.
    platform: Mapped[str | None]
    mention_id: Mapped[UUID | None] = mapped_column(ForeignKey("mentions.id", ondelete="SET NULL"))
    erased_at: Mapped[datetime | None]
    # As events name who did it.
    created_by: Mapped[str]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")
