"""The briefing 舆情快报 over HTTP: as JSON, as Markdown, and as a Word document. One media type an operation."""

from uuid import UUID

from fastapi import APIRouter

from app.core.aside import aside
from app.core.deps import IncidentsRead, InRetries
from app.core.documents import NAMED, DocxOperation, DocxResponse, MarkdownOperation, MarkdownResponse
from app.core.routing import Operation
from app.core.saving import saved_as
from app.domain.briefing import markdown
from app.incidents.briefing import briefing_of
from app.incidents.briefing_docx import docx
from app.incidents.briefing_schemas import Briefing

_PATH = "/v1/incidents/{incident_id}/briefing"
router = APIRouter(prefix=_PATH, tags=["Incidents"], route_class=Operation)
markdown_router = APIRouter(prefix=_PATH, tags=["Incidents"], route_class=MarkdownOperation)
docx_router = APIRouter(prefix=_PATH, tags=["Incidents"], route_class=DocxOperation)


@router.get("", operation_id="getIncidentBriefing")
async def get_incident_briefing(incident_id: UUID, run: InRetries, caller: IncidentsRead) -> Briefing:
    """The briefing 舆情快报: one page in Chinese, each figure with the answer and the place it was read from.

    Without `people:unmask` people's data is masked; authors of posts are never named.
    """
    return Briefing.of(incident_id, await run(lambda tx, _: briefing_of(tx, incident_id, caller=caller)))


@markdown_router.get(
    "/markdown",
    operation_id="exportIncidentBriefingAsMarkdown",
    response_class=MarkdownResponse,
    responses=NAMED,
)
async def export_incident_briefing_as_markdown(
    incident_id: UUID, run: InRetries, caller: IncidentsRead
) -> MarkdownResponse:
    """The briefing as a document for chats and mails, its sources below."""
    page = await run(lambda tx, _: briefing_of(tx, incident_id, caller=caller))
    saved = {"content-disposition": saved_as(page.file_name("md"), at_once=False)}
    return MarkdownResponse(markdown(page), headers=saved)


@docx_router.get(
    "/docx",
    operation_id="exportIncidentBriefingAsDocx",
    response_class=DocxResponse,
    responses=NAMED,
)
async def export_incident_briefing_as_docx(incident_id: UUID, run: InRetries, caller: IncidentsRead) -> DocxResponse:
    """The briefing as a Word document: one page of A4, its sources in small print."""
    page = await run(lambda tx, _: briefing_of(tx, incident_id, caller=caller))
    saved = {"content-disposition": saved_as(page.file_name("docx"))}
    return DocxResponse(await aside(docx, page), headers=saved)
