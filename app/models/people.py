"""Tables of the people room 人员部门."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Id, Words


class Person(Base):
    """Somebody who works with the service. Never deleted, because events name them by id: ``active`` ends it."""

    __tablename__ = "people"

    id: Mapped[Id]
    name: Mapped[str]
    email: Mapped[str | None]
    # The issuer's name for them (sub), by which their own sign-in is known.
    oidc_subject: Mapped[str | None] = mapped_column(unique=True)
    scopes: Mapped[Words]
    active: Mapped[bool] = mapped_column(server_default="true")
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class ApiKey(Base):
    """A machine's or a person's key. The secret is never stored: an HMAC of it is, and its last four characters."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    # Whose it is; null: a machine's. A person's key may never do more than the person.
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    last_four: Mapped[str]
    # While a key is being rotated the secret before it is good until this instant.
    previous_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    previous_until: Mapped[datetime | None]
    scopes: Mapped[Words]
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
