"""Companies' Word templates for reports: taken from a file, used while they are the newest, withdrawn."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import NotFound, Unavailable
from app.core.outbox import record
from app.core.params import PageQuery
from app.domain.events import Changed
from app.domain.wording import mask_text
from app.models import File, ReportTemplate, StrayObject
from app.models.base import columns_of
from app.reviews.reports import used_template


async def keep(
    tx: Tx, template_id: UUID, file: File, note: str, placeholders: list[str], *, caller: Caller, now: datetime
) -> ReportTemplate:
    """The template, whose object stands there already: reports are written into it from here on."""
    ours = delete(StrayObject).where(StrayObject.id == template_id, StrayObject.doomed.is_(False))
    if (await tx.scalars(ours.returning(StrayObject.id))).one_or_none() is None:
        raise Unavailable("Keeping the template took too long; send it again.")
    template = ReportTemplate(
        id=template_id, name=file.name, note=note, placeholders=placeholders, size=file.size, sha256=file.sha256,
        created_at=now, created_by=caller.actor,
    )  # fmt: skip
    tx.add(template)
    event = Changed(subject="report_template", subject_id=str(template_id), action="created", fields=[])
    await record(tx, event, caller=caller)
    return template


async def withdraw(tx: Tx, template_id: UUID, *, caller: Caller, now: datetime) -> None:
    """Is not used any more. Reports that were written into it stay as they are."""
    template = await get_template(tx, template_id, lock=True)
    if template.withdrawn_at is not None:
        return
    template.withdrawn_at = now
    event = Changed(subject="report_template", subject_id=str(template_id), action="deleted", fields=[])
    await record(tx, event, caller=caller)


async def get_template(tx: Tx, template_id: UUID, *, lock: bool = False) -> ReportTemplate:
    """The template; NotFound otherwise."""
    query = select(ReportTemplate).where(ReportTemplate.id == template_id)
    template = (await tx.scalars(query.with_for_update() if lock else query)).one_or_none()
    if template is None:
        raise NotFound(f"There is no report template {template_id}.")
    return template


async def list_templates(tx: Tx, query: PageQuery) -> dict[str, Any]:
    """Templates, the newest first."""
    rows = select(ReportTemplate).order_by(ReportTemplate.id.desc()).limit(query.limit + 1)
    after = paging.decode(query.cursor, query.filters())
    if after:
        rows = rows.where(ReportTemplate.id < UUID(after[0]))
    page = paging.page((await tx.scalars(rows)).all(), query.limit, query.filters(), lambda row: [row.id])
    return page | {"data": [await shown(tx, row) for row in page["data"]]}


async def shown(tx: Tx, template: ReportTemplate) -> dict[str, Any]:
    """The template as the API shows it."""
    await tx.flush()
    row = columns_of(template)
    words = {name: mask_text(row[name]) for name in ("name", "note")}
    return row | words | {"is_used": await used_template(tx) == template.id}
