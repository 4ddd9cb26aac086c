"""Tables of the people room 人员部门."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Words


class ApiKey(Base):
    """A machine's key. The secret itself is never stored: an HMAC of it is, and its last four characters."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
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
