"""Tables of the reports of reviews 《危机复盘报告》: rendered by a worker, stored once; and the companies' Word templates."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Id, Words, one_of

REPORT_STATES = ("queued", "rendering", "done", "failed")
REPORT_FORMATS = ("docx", "html", "markdown", "svg", "png")
WAITING_SQL = "state in ('queued', 'rendering')"


class ReviewReport(Base):
    """A report as it was asked for, and what came of it. A worker claims the row for as long as its lease lasts.

    ``basis`` is a digest of all that it is made of: of the same there is one report.
    """

    __tablename__ = "review_reports"
    __table_args__ = (
        Index("ix_review_reports_review", "review_id", "id"),
        Index("ix_review_reports_waiting", "id", postgresql_where=text(WAITING_SQL)),
        Index("uq_review_reports_basis", "review_id", "basis", unique=True, postgresql_where=text("state <> 'failed'")),
        one_of("state", REPORT_STATES),
        CheckConstraint("progress between 0 and 100", name="progress"),
        CheckConstraint("(state = 'rendering') = (token is not null)", name="token"),
        CheckConstraint("(state = 'rendering') = (lease_until is not null)", name="lease"),
        CheckConstraint("(state in ('done', 'failed')) = (finished_at is not null)", name="finished"),
        CheckConstraint("(state = 'failed') = (failure is not null)", name="failure"),
    )  # fmt: skip

    id: Mapped[Id]
    review_id: Mapped[UUID] = mapped_column(ForeignKey("reviews.id"))
    review_version: Mapped[int] = mapped_column(BigInteger)
    basis: Mapped[str]
    template_id: Mapped[UUID | None] = mapped_column(ForeignKey("report_templates.id"))
    state: Mapped[str] = mapped_column(server_default="queued")
    progress: Mapped[int] = mapped_column(Integer, server_default="0")
    # Whose it is while it is rendered, until when, and how often somebody began.
    token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(Integer, server_default="0")
    # As events name who asked for it.
    asked_by: Mapped[str]
    created_at: Mapped[CreatedAt]
    finished_at: Mapped[datetime | None]
    # Why there is none: a code, and words for people.
    failure: Mapped[str | None]
    detail: Mapped[str] = mapped_column(server_default="")


class ReviewReportFile(Base):
    """One form of a report. Its id names the object that holds it. Never changed."""

    __tablename__ = "review_report_files"
    __table_args__ = (
        Index(
            "uq_review_report_files_form", "report_id", "format", "incident_id", unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        one_of("format", REPORT_FORMATS),
        CheckConstraint("(format in ('svg', 'png')) = (incident_id is not null)", name="incident"),
    )  # fmt: skip

    id: Mapped[Id]
    report_id: Mapped[UUID] = mapped_column(ForeignKey("review_reports.id"))
    format: Mapped[str]
    # Whose curve it is, of a picture.
    incident_id: Mapped[UUID | None] = mapped_column(ForeignKey("incidents.id"))
    # What it is saved as.
    name: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]


class ReportTemplate(Base):
    """A company's Word template for reports. Its id names the object that holds it; the newest not withdrawn is used."""

    __tablename__ = "report_templates"
    __table_args__ = (Index("ix_report_templates_used", "id", postgresql_where=text("withdrawn_at is null")),)

    id: Mapped[Id]
    name: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    placeholders: Mapped[Words]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str]
    withdrawn_at: Mapped[datetime | None]
