"""Reports as the API shows them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.auth import Caller
from app.core.db import Tx
from app.domain.vocabulary.reports import ReportState
from app.models import ReviewReport, ReviewReportFile
from app.models.base import columns_of
from app.reviews import reports
from app.reviews.covers import get_review


async def asked(tx: Tx, review_id: UUID, *, caller: Caller, now: datetime) -> dict[str, Any]:
    """The report that was just asked for, as it stands."""
    return await shown(tx, await reports.ask(tx, review_id, caller=caller, now=now))


async def shown(tx: Tx, report: ReviewReport) -> dict[str, Any]:
    """The report, and its forms once it is done."""
    await tx.flush()
    review = await get_review(tx, report.review_id)
    failed = report.state == ReportState.FAILED
    return columns_of(report) | {
        "is_current": review.version == report.review_version,
        "files": [_file(report, file) for file in await reports.files_of(tx, report)],
        "failure": {"code": report.failure, "detail": report.detail} if failed else None,
    }


def _file(report: ReviewReport, file: ReviewReportFile) -> dict[str, Any]:
    whose = f"?incident_id={file.incident_id}" if file.incident_id else ""
    return columns_of(file) | {"path": f"/v1/reviews/{report.review_id}/report/{file.format}{whose}"}
