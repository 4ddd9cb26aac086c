"""Rendering reports: claimed by a worker, read in one transaction, rendered outside of any, kept, and finished.

Each step takes the row only while it is this worker's by its token, and holds it for another while. Who was killed in the
midst loses it when that is over; what stood in the storage by then is a stray object and goes. So a report is there once,
with all its forms, or not at all.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import CursorResult, and_, delete, or_, select, update

from app.core.auth import SYSTEM
from app.core.db import Tx
from app.core.outbox import record
from app.domain.events import Changed, ReviewReportRendered
from app.domain.review_markdown import markdown
from app.domain.review_report import Report
from app.domain.vocabulary.reports import ReportFormat, ReportState
from app.models import ReportTemplate, ReviewReport, ReviewReportFile, StrayObject
from app.models.base import new_id
from app.people.files import announce
from app.reviews.covers import get_review
from app.reviews.drawing import draw
from app.reviews.pictures import png
from app.reviews.report_content import basis_of, report_of
from app.reviews.report_docx import docx
from app.reviews.report_html import html
from app.reviews.reports import same, used_template
from app.reviews.template_filling import filled

LEASE: Final = timedelta(seconds=30)
MOST_TRIES: Final = 3
AGAIN: Final = timedelta(seconds=5)
"""What a storage that was away, or a fault, is given before the next try."""


class Claimed(NamedTuple):
    """A report that is this worker's for as long as its lease lasts."""

    id: UUID
    review_id: UUID
    token: UUID


class Rendered(NamedTuple):
    """One form of it, and the id that its object gets."""

    id: UUID
    format: ReportFormat
    incident_id: UUID | None
    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        return sha256(self.content).hexdigest()


async def claim(tx: Tx) -> Claimed | None:
    """The report that waits longest, or whose worker was lost; None where there is none. One that was lost too often has
    failed."""
    now, token = await tx.now(), new_id()
    waiting = or_(
        ReviewReport.state == ReportState.QUEUED,
        and_(ReviewReport.state == ReportState.RENDERING, ReviewReport.lease_until < now),
    )
    query = select(ReviewReport).where(waiting).order_by(ReviewReport.id).limit(1).with_for_update(skip_locked=True)
    report = (await tx.scalars(query)).one_or_none()
    if report is None:
        return None
    report.state, report.token, report.lease_until = ReportState.RENDERING, token, now + LEASE
    claimed = Claimed(report.id, report.review_id, token)
    if report.tries >= MOST_TRIES:
        await tx.flush()
        await fail(tx, claimed, "render_failed", f"It was begun {MOST_TRIES} times and never finished; ask again.")
        return None
    report.tries += 1
    report.progress = max(report.progress, 5)
    return claimed


async def go_on(tx: Tx, claimed: Claimed, progress: int) -> bool:
    """Notes how far it is and keeps the lease; False where another worker has it by now."""
    now = await tx.now()
    return await _set(tx, claimed, progress=progress, lease_until=now + LEASE)


async def read(tx: Tx, claimed: Claimed) -> tuple[Report, UUID | None] | None:
    """What it is to say, and the template it is written into; None where there is nothing to render any more.

    Read as of now, and said to be of now: whoever asked before the last change gets the newer one.
    """
    await tx.one_view()
    review = await get_review(tx, claimed.review_id)
    template_id = await used_template(tx)
    basis = await basis_of(tx, review, template_id)
    there = await same(tx, claimed.review_id, basis)
    if there is not None and there.id != claimed.id:
        await fail(
            tx, claimed, "superseded", "What it tells of has changed; the report that was asked for since has it."
        )
        return None
    mine = await _set(
        tx, claimed, basis=basis, review_version=review.version, template_id=template_id, progress=20,
        lease_until=await tx.now() + LEASE,
    )  # fmt: skip
    return (await report_of(tx, review), template_id) if mine else None


def render(
    format_: ReportFormat, report: Report, pictures: Mapping[UUID, bytes], template: bytes | None
) -> list[Rendered]:
    """One form of it, of pictures one an incident. Blocking, some tenths of a second; TemplateRefused by the template."""
    match format_:
        case ReportFormat.SVG:
            drawn = {each.incident_id: draw(each.curve).encode() for each in report.chapters}
            return [_picture(format_, report, id_, content) for id_, content in drawn.items()]
        case ReportFormat.PNG:
            return [_picture(format_, report, id_, content) for id_, content in pictures.items()]
        case ReportFormat.DOCX:
            curves = [pictures[chapter.incident_id] for chapter in report.chapters]
            content = docx(report, curves) if template is None else filled(template, report, curves)
        case ReportFormat.HTML:
            content = html(report).encode()
        case ReportFormat.MARKDOWN:
            content = markdown(report).encode()
    ending = "md" if format_ is ReportFormat.MARKDOWN else format_.value
    return [Rendered(new_id(), format_, None, report.file_name(ending), content)]


def drawn(report: Report) -> dict[UUID, bytes]:
    """The curves as pictures, by incident. Blocking."""
    return {chapter.incident_id: png(draw(chapter.curve, with_font=False)) for chapter in report.chapters}


def _picture(format_: ReportFormat, report: Report, incident_id: UUID, content: bytes) -> Rendered:
    number = next(chapter.number for chapter in report.chapters if chapter.incident_id == incident_id)
    return Rendered(new_id(), format_, incident_id, f"传播曲线-{number}.{format_.value}", content)


async def announce_all(tx: Tx, claimed: Claimed, files: list[Rendered], *, now: datetime) -> bool:
    """Says that objects come to be, before they do; False where another worker has the report by now."""
    if not await go_on(tx, claimed, 80):
        return False
    for file in files:
        await announce(tx, file.id, now=now)
    return True


async def finish(tx: Tx, claimed: Claimed, files: list[Rendered], *, now: datetime) -> bool:
    """The report is there, with all its forms; False where another worker has it by now: the objects are strays."""
    report = await _mine(tx, claimed)
    if report is None:
        return False
    ids = [file.id for file in files]
    ours = delete(StrayObject).where(StrayObject.id.in_(ids), StrayObject.doomed.is_(False)).returning(StrayObject.id)
    if len((await tx.scalars(ours)).all()) != len(ids):
        return False
    tx.add_all(
        ReviewReportFile(
            id=file.id, report_id=report.id, format=file.format, incident_id=file.incident_id, name=file.name,
            size=len(file.content), sha256=file.sha256,
        )
        for file in files
    )  # fmt: skip
    report.state, report.progress, report.finished_at = ReportState.DONE, 100, now
    report.token = report.lease_until = None
    review = await get_review(tx, report.review_id)
    event = ReviewReportRendered(
        review_id=review.id, report_id=report.id, review_version=report.review_version, is_drill=review.is_drill
    )
    await record(tx, event, caller=SYSTEM)
    return True


async def fail(tx: Tx, claimed: Claimed, code: str, detail: str) -> bool:
    """There is none, and why. Whoever asks again gets another try."""
    report = await _mine(tx, claimed)
    if report is None:
        return False
    report.state, report.failure, report.detail, report.finished_at = ReportState.FAILED, code, detail, await tx.now()
    report.token = report.lease_until = None
    event = Changed(subject="review_report", subject_id=str(report.id), action="failed", fields=[code])
    await record(tx, event, caller=SYSTEM)
    return True


async def put_back(tx: Tx, claimed: Claimed, *, counts: bool) -> bool:
    """Leaves it to the next try, in a moment. ``counts``: as one of three; a storage that is away is nobody's fault."""
    report = await _mine(tx, claimed)
    if report is None:
        return False
    report.lease_until = await tx.now() + AGAIN
    report.tries -= 0 if counts else 1
    return True


async def template_named(tx: Tx, template_id: UUID) -> ReportTemplate:
    """The row of a template that a report is written into."""
    return (await tx.scalars(select(ReportTemplate).where(ReportTemplate.id == template_id))).one()


async def _mine(tx: Tx, claimed: Claimed) -> ReviewReport | None:
    query = select(ReviewReport).where(ReviewReport.id == claimed.id, ReviewReport.token == claimed.token)
    return (await tx.scalars(query.with_for_update().execution_options(populate_existing=True))).one_or_none()


async def _set(tx: Tx, claimed: Claimed, **values: object) -> bool:
    mine = update(ReviewReport).where(ReviewReport.id == claimed.id, ReviewReport.token == claimed.token)
    done = await tx.execute(mine.values(**values).execution_options(synchronize_session=False))
    assert isinstance(done, CursorResult)
    return done.rowcount == 1
