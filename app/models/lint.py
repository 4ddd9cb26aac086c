"""Tables of the lint 发布前检查: the lists of words it goes by, and what it said of versions when they were submitted."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Integer, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Id, JsonList, one_of

LIST_KINDS = ("phrases", "cues")
MOST_ENTRIES = 300


class LintList(Base):
    """One version of a list of words. Versions are never changed: findings cite them. The last one of a key is in force."""

    __tablename__ = "lint_lists"
    __table_args__ = (
        UniqueConstraint("key", "version"),
        one_of("kind", LIST_KINDS),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint(f"jsonb_array_length(entries) <= {MOST_ENTRIES}", name="entries"),
    )

    id: Mapped[Id]
    key: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    entries: Mapped[JsonList]
    note: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str]


class StatementLint(Base):
    """What was found in a version when it was submitted. Words are not kept: spans point into the version, which stays."""

    __tablename__ = "statement_lints"

    version_id: Mapped[UUID] = mapped_column(ForeignKey("statement_versions.id"), primary_key=True)
    at: Mapped[datetime]
    # Everything but the words, as the API shows it.
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)
