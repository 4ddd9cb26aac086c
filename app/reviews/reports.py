"""The reports of reviews 《危机复盘报告》 (方案 二(三), R58-R59): asked for, and read.

A report is a row first, which a worker renders: see :mod:`app.reviews.rendering`. Of what has not changed there is one.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.core.auth import Caller
from app.core.db import Tx
from app.core.doorbell import REPORTS
from app.core.errors import Conflict, NotFound
from app.core.outbox import record
from app.domain.events import Changed
from app.domain.vocabulary.reports import ReportFormat, ReportState
from app.models import ReportTemplate, Review, ReviewReport, ReviewReportFile
from app.models.base import new_id
from app.reviews.covers import get_review
from app.reviews.report_content import basis_of


class ReviewCoversNothing(Conflict):
    """There is nothing to report of."""

    code, title = "review_covers_nothing", ("The review covers no incident", "该复盘未涉及任何事件")


class ReportNotDone(Conflict):
    """It is rendered in a moment, or it could not be."""

    code, title = "report_not_done", ("The report is not rendered", "报告尚未生成")


async def ask(tx: Tx, review_id: UUID, *, caller: Caller, now: datetime) -> ReviewReport:
    """Has the review rendered as it is now; the report that there is, where nothing has changed since."""
    review = await get_review(tx, review_id, lock=True)
    if review.merged_into is not None:
        raise ReviewCoversNothing(
            f"The review {review.merged_into} covers its incidents: ask for that one's.",
            merged_into=str(review.merged_into),
        )
    template_id = await used_template(tx)
    basis = await basis_of(tx, review, template_id)
    there = await same(tx, review_id, basis)
    if there is not None:
        return there
    report = ReviewReport(
        id=new_id(), review_id=review_id, review_version=review.version, basis=basis, template_id=template_id,
        state=ReportState.QUEUED, progress=0, tries=0, asked_by=caller.actor, created_at=now, detail="",
    )  # fmt: skip
    tx.add(report)
    event = Changed(subject="review_report", subject_id=str(report.id), action="created", fields=[])
    await record(tx, event, caller=caller)
    tx.ring(REPORTS)
    return report


async def same(tx: Tx, review_id: UUID, basis: str) -> ReviewReport | None:
    """The report that was made, or is being made, of the same."""
    query = select(ReviewReport).where(ReviewReport.review_id == review_id, ReviewReport.basis == basis)
    return (await tx.scalars(query.where(ReviewReport.state != ReportState.FAILED))).one_or_none()


async def used_template(tx: Tx) -> UUID | None:
    """The template that reports are written into; None: our own look."""
    query = select(ReportTemplate.id).where(ReportTemplate.withdrawn_at.is_(None))
    return await tx.scalar(query.order_by(ReportTemplate.id.desc()).limit(1))


async def rendered_of(tx: Tx, review: Review) -> ReviewReport | None:
    """The newest report of the review as it stands; None where it has to be rendered first. For issuing it."""
    query = select(ReviewReport).where(
        ReviewReport.review_id == review.id, ReviewReport.review_version == review.version,
        ReviewReport.state == ReportState.DONE,
    )  # fmt: skip
    return (await tx.scalars(query.order_by(ReviewReport.id.desc()).limit(1))).one_or_none()


async def get_report(tx: Tx, review_id: UUID, report_id: UUID | None = None) -> ReviewReport:
    """This report of the review, or the one that was asked for last; NotFound where there is none."""
    await get_review(tx, review_id)
    query = select(ReviewReport).where(ReviewReport.review_id == review_id).order_by(ReviewReport.id.desc()).limit(1)
    if report_id is not None:
        query = query.where(ReviewReport.id == report_id)
    report = (await tx.scalars(query)).one_or_none()
    if report is None and report_id is not None:
        raise NotFound(f"The review {review_id} has no report {report_id}.")
    if report is None:
        raise NotFound(f"No report of the review {review_id} was asked for: POST /v1/reviews/{review_id}/report.")
    return report


async def files_of(tx: Tx, report: ReviewReport) -> list[ReviewReportFile]:
    """All that a report was rendered as; nothing until it is done."""
    query = select(ReviewReportFile).where(ReviewReportFile.report_id == report.id)
    files = list((await tx.scalars(query.order_by(ReviewReportFile.id))).all())
    order = list(ReportFormat)
    return sorted(files, key=lambda file: order.index(ReportFormat(file.format)))


async def rendered_as(
    tx: Tx, review_id: UUID, format_: ReportFormat, report_id: UUID | None = None, incident_id: UUID | None = None
) -> ReviewReportFile:  # fmt: skip
    """This report, or the newest one, in this form; of pictures the first incident's, or this one's. ReportNotDone where it is not there
    yet, NotFound where it does not tell of the incident."""
    report = await get_report(tx, review_id, report_id)
    if report.state != ReportState.DONE:
        raise ReportNotDone(
            f"It failed: {report.detail}" if report.state == ReportState.FAILED
            else f"It is {report.state}, {report.progress} %; GET /v1/reviews/{review_id}/report says when it is done.",
            state=report.state, progress=report.progress, headers={"Retry-After": "1"},
        )  # fmt: skip
    files = [file for file in await files_of(tx, report) if file.format == format_]
    chosen = [file for file in files if incident_id is None or file.incident_id == incident_id]
    if not chosen:
        raise NotFound(f"The report does not tell of the incident {incident_id}.")
    return chosen[0]
