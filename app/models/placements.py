"""Tables of where statements are published 发布矩阵 (方案 二(二)2, 发源地及核心平台同步发布)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Id, one_of
from app.models.mentions import PLATFORMS


class PlatformRule(Base):
    """What a platform takes, and whether every statement is to be there 核心平台. A row for each platform, from the first."""

    __tablename__ = "platform_rules"
    __table_args__ = (
        one_of("platform", PLATFORMS),
        CheckConstraint("max_chars > 0", name="max_chars"),
        CheckConstraint("max_title > 0", name="max_title"),
    )

    platform: Mapped[str] = mapped_column(primary_key=True)
    core: Mapped[bool]
    # Code points of the text and of the title; null: as much as one likes.
    max_chars: Mapped[int | None] = mapped_column(Integer)
    max_title: Mapped[int | None] = mapped_column(Integer)
    updated_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")


class Placement(Base):
    """One statement on one platform, as it is planned. What was published there is a publication, and is not kept twice.

    Written under the incident's row lock.
    """

    __tablename__ = "placements"
    __table_args__ = (
        one_of("platform", PLATFORMS),
        one_of("substitute_platform", PLATFORMS),
        CheckConstraint("not not_applicable or reason <> '' or substitute_platform is not null", name="reason"),
        CheckConstraint("not_applicable or num_nonnulls(substitute_platform, decision_id) = 0", name="not_applicable"),
        CheckConstraint("substitute_platform <> platform", name="substitute"),
    )

    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statements.id"), primary_key=True)
    platform: Mapped[str] = mapped_column(primary_key=True)
    planned_at: Mapped[datetime | None]
    not_applicable: Mapped[bool] = mapped_column(server_default="false")
    reason: Mapped[str] = mapped_column(server_default="")
    substitute_platform: Mapped[str | None]
    # Of the platform where it began: the decision by which the incident's guard passes. It may be corrected.
    decision_id: Mapped[UUID | None] = mapped_column(ForeignKey("decisions.id"))
    updated_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")


class OriginWatch(Base):
    """A statement that is out, and not where it began: how long that is borne. It rings once, and never again.

    ``due_at`` is null while nothing is amiss. Written under the incident's row lock.
    """

    __tablename__ = "origin_watches"
    __table_args__ = (
        Index("ix_origin_watches_due", "due_at", postgresql_where=text("due_at is not null")),
        CheckConstraint("missed_at is null or due_at is null", name="missed"),
    )

    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statements.id"), primary_key=True)
    due_at: Mapped[datetime | None]
    set_at: Mapped[datetime]
    missed_at: Mapped[datetime | None]


class PublicationReport(Base):
    """What an integration told us it has published, by which it is known when it is told again."""

    __tablename__ = "publication_reports"
    __table_args__ = (
        Index("uq_publication_reports_url", "statement_id", "platform", "url", unique=True,
              postgresql_where=text("url is not null")),
        Index("uq_publication_reports_external", "statement_id", "platform", "external_id", unique=True,
              postgresql_where=text("external_id is not null")),
        Index("ix_publication_reports_publication", "publication_id"),
        one_of("platform", PLATFORMS),
        CheckConstraint("num_nonnulls(url, external_id) > 0", name="named"),
    )  # fmt: skip

    id: Mapped[Id]
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statements.id"))
    platform: Mapped[str]
    url: Mapped[str | None]
    external_id: Mapped[str | None]
    publication_id: Mapped[UUID] = mapped_column(ForeignKey("publications.id"))
    reported_by: Mapped[str]
    reported_at: Mapped[datetime]
