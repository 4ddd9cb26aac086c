"""Companies' Word templates for reports over HTTP."""

from contextlib import suppress
from io import BytesIO
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from app.core.answers import LOCATED
from app.core.aside import aside
from app.core.auth import Caller
from app.core.bodies import JsonBody
from app.core.conditional import finish
from app.core.db import Tx
from app.core.deps import FilesRead, InRetries, InTransaction, ReviewsRead, ReviewsWrite, Tools, WithTools, admitted
from app.core.errors import Invalid, Problem, Unavailable, naming
from app.core.idempotency import key_of, once
from app.core.params import PageQuery
from app.core.routing import Operation
from app.models import File
from app.models.base import new_id
from app.people import files
from app.reviews import report_templates
from app.reviews.report_schemas import ReportTemplate, ReportTemplateCreate, ReportTemplatePage
from app.reviews.template_filling import LARGEST, TemplateRefused, examined


class Taking(Operation):
    """An operation that keeps something in the storage, outside of any transaction; it looks after Idempotency-Key itself."""

    keyed_by_hand = True


router = APIRouter(prefix="/v1/report-templates", tags=["Reviews"], route_class=Operation)
taking_router = APIRouter(prefix="/v1/report-templates", tags=["Reviews"], route_class=Taking)

Create = Annotated[ReportTemplateCreate, Depends(JsonBody(ReportTemplateCreate))]


@taking_router.post(
    "", status_code=201, operation_id="createReportTemplate", response_model=ReportTemplate, responses=LOCATED
)
async def create_report_template(
    caller: ReviewsWrite, _: FilesRead, body: Create, run: InRetries, tools: WithTools, request: Request
) -> Response:
    """Has reports written into a Word document of yours, from now on: its styles, headers and footers stay.

    `{{报告正文}}` stands in a paragraph of its own and becomes the report; `{{标题}}`, `{{事件}}`, `{{编号}}`, `{{等级}}` and
    `{{日期}}` are replaced anywhere, headers and footers too. Nothing in it is run. Refused are macros, what is loaded from
    elsewhere, embedded objects, fields that run something, archives that burst, and placeholders that are not known.
    """
    with naming("/file_id"):
        file = await run(lambda tx, _: files.read(tx, body.file_id, caller=caller))
    content = await _content(tools, file)
    try:
        placeholders = await aside(examined, content)
    except TemplateRefused as refused:
        raise Invalid.at("/file_id", f"the document {refused}", "template_refused") from None
    return await _kept(request, tools, body, file, content, placeholders, caller)


async def _kept(
    request: Request, tools: Tools, body: ReportTemplateCreate, file: File, content: bytes, placeholders: list[str],
    caller: Caller,
) -> Response:  # fmt: skip
    """Puts the template into the storage, and then on record: announced before, outside of any transaction."""
    template_id = new_id()

    async def announce(tx: Tx) -> None:
        await files.announce(tx, template_id, now=await tx.now())

    async def keep(request: Request) -> Response:
        tx: Tx = request.state.tx
        now = await tx.now()
        kept = await report_templates.keep(tx, template_id, file, body.note, placeholders, caller=caller, now=now)
        answer = ReportTemplate.model_validate(await report_templates.shown(tx, kept)).model_dump(mode="json")
        located = {"location": f"/v1/report-templates/{template_id}"}
        return finish(request, JSONResponse(answer, 201, located))

    async def work(tx: Tx) -> Response:
        request.state.tx = tx
        key = key_of(request)
        return await (once(tx, key, request, caller, body.model_dump_json().encode(), keep) if key else keep(request))

    async with admitted(tools):
        await tools.database.run(announce)
    await tools.storage.put(template_id, BytesIO(content))
    try:
        async with admitted(tools):
            response = await tools.database.run(work)
    except Problem:
        await _withdrawn(tools, template_id)
        raise
    if "idempotent-replayed" in response.headers:
        await _withdrawn(tools, template_id)
    return response


async def _withdrawn(tools: Tools, template_id: UUID) -> None:
    """Removes an object that is to be no template's. What can't be removed now is in an hour."""
    with suppress(Unavailable):
        await files.remove_stray(tools.database, tools.storage, template_id)


async def _content(tools: Tools, file: File) -> bytes:
    if file.size > LARGEST:
        raise Invalid.at("/file_id", f"the document has more than {LARGEST // 1024 // 1024} MB", "template_refused")
    return b"".join([piece async for piece in tools.storage.stream(file.id, 0, file.size, size=file.size)])


@router.get("", operation_id="listReportTemplates", response_model=ReportTemplatePage)
async def list_report_templates(
    query: Annotated[PageQuery, Query()], tx: InTransaction, _: ReviewsRead
) -> dict[str, Any]:
    """Templates, the newest first, those that were withdrawn too."""
    return await report_templates.list_templates(tx, query)


@router.get("/{template_id}", operation_id="getReportTemplate", response_model=ReportTemplate)
async def get_report_template(template_id: UUID, tx: InTransaction, _: ReviewsRead) -> dict[str, Any]:
    """One template."""
    return await report_templates.shown(tx, await report_templates.get_template(tx, template_id))


@router.delete("/{template_id}", status_code=204, operation_id="withdrawReportTemplate")
async def withdraw_report_template(template_id: UUID, caller: ReviewsWrite, run: InRetries) -> None:
    """Has a template used no more: the newest of the others is, or our own look. Reports that were written into it stay."""
    await run(lambda tx, now: report_templates.withdraw(tx, template_id, caller=caller, now=now))
