"""The table of contacts outside the company 外部联系人: whom we talk to in a crisis and who does not work here."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.vocabulary.contacts import OutsideContactKind
from app.models.base import Base, CreatedAt, Id, Words, one_of


class OutsideContact(Base):
    """Somebody outside whom we may have to reach. Name and numbers are sealed by app.core.vault; erasing destroys them and
    what else is personal, and the row stays, so that what named it still does."""

    __tablename__ = "outside_contacts"
    __table_args__ = (
        Index("ix_outside_contacts_kind", "kind", "id"),
        one_of("kind", OutsideContactKind),
        CheckConstraint("(erased_at is null) = (name is not null)", name="name"),
        CheckConstraint(
            "erased_at is null or (num_nonnulls(phone, mail, wechat) = 0 and role = '' and note = '' and not active)",
            name="erased",
        ),
    )  # fmt: skip

    id: Mapped[Id]
    kind: Mapped[str]
    organisation: Mapped[str] = mapped_column(server_default="")
    role: Mapped[str] = mapped_column(server_default="")
    name: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone: Mapped[bytes | None] = mapped_column(LargeBinary)
    mail: Mapped[bytes | None] = mapped_column(LargeBinary)
    wechat: Mapped[bytes | None] = mapped_column(LargeBinary)
    # What for: words like 产品质量, 食品安全.
    topics: Mapped[Words]
    note: Mapped[str] = mapped_column(server_default="")
    active: Mapped[bool] = mapped_column(server_default="true")
    # What is searched: see app.domain.bigrams. Nothing of it is sealed, and people's data is masked.
    plain: Mapped[str] = mapped_column(server_default="")
    erased_at: Mapped[datetime | None]
    created_by: Mapped[str]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")
