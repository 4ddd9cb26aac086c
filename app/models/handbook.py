"""The table of handbooks 《危机应对手册》 that were issued (方案 三, R64-R65)."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Id, Json


class HandbookVersion(Base):
    """A state of the company's rules, people and texts that was issued as its handbook: the facts themselves, so that it can be
    read as it was. Names and numbers are in them as masks. Never changed: a trigger refuses."""

    __tablename__ = "handbook_versions"
    __table_args__ = (
        Index("uq_handbook_versions_number", "number", unique=True),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
    )

    id: Mapped[Id]
    number: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str]
    facts: Mapped[Json]
    note: Mapped[str] = mapped_column(server_default="")
    issued_at: Mapped[datetime]
    issued_by: Mapped[str]
