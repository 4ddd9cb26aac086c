"""How well drills went, over HTTP (R68, R69)."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.answers import LOCATED
from app.core.aside import aside
from app.core.auth import Caller
from app.core.bodies import JsonBody
from app.core.db import Tx
from app.core.deps import DrillsRead, DrillsWrite, InRetries, Retries
from app.core.documents import (
    NAMED,
    DocxOperation,
    DocxResponse,
    HtmlOperation,
    HtmlResponse,
    MarkdownOperation,
    MarkdownResponse,
)
from app.core.pages import headers_of
from app.core.routing import Operation
from app.core.saving import saved_as
from app.domain.drill_report import DrillReport
from app.incidents import task_queries
from app.incidents.task_schemas import Task
from app.trainings import drill_reports, improvements, scoreboard
from app.trainings.scoreboard_schemas import DrillImprovementCreate, DrillScoreboard

router = APIRouter(prefix="/v1/drills/{drill_id}", tags=["Drills"], route_class=Operation)

_SANDBOX: Final = "font-src data:; img-src data:; form-action 'none'; sandbox"
_REPORT: Final = "/v1/drills/{drill_id}/report"
markdown_router = APIRouter(prefix=_REPORT, tags=["Drills"], route_class=MarkdownOperation)
html_router = APIRouter(prefix=_REPORT, tags=["Drills"], route_class=HtmlOperation)
docx_router = APIRouter(prefix=_REPORT, tags=["Drills"], route_class=DocxOperation)

Improvement = Annotated[DrillImprovementCreate, Depends(JsonBody(DrillImprovementCreate))]


@router.get("/scoreboard", operation_id="getDrillScoreboard", response_model=DrillScoreboard)
async def get_drill_scoreboard(drill_id: UUID, run: InRetries, caller: DrillsRead) -> dict[str, Any]:
    """How well a drill went 演练评分表: each clock with its target and result, who acknowledged when, the steps of each statement,
    what was expected, and the score with its formula. What the drill did not last for counts neither way."""

    async def read(tx: Tx, now: datetime) -> dict[str, Any]:
        return await scoreboard.scoreboard_of(tx, drill_id, caller=caller, now=now)

    return await run(read)


@router.post(
    "/improvements", status_code=201, operation_id="addDrillImprovement", response_model=Task, responses=LOCATED
)
async def add_drill_improvement(
    drill_id: UUID, caller: DrillsWrite, body: Improvement, run: InRetries, response: Response
) -> dict[str, Any]:
    """Puts on record what is to be better next time 改进事项: a task of the kind `improvement` on the drill's incident. It is real
    work and no exercise: its owner finds it in their inbox and in the lists of tasks, until it is done or waived."""

    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        task = await improvements.add_improvement(tx, drill_id, body.told(), caller=caller, now=now)
        return await task_queries.shown_one(tx, task, caller=caller)

    answer = await run(act)
    response.headers["location"] = f"/v1/tasks/{answer['id']}"
    return answer


async def _report(run: Retries, drill_id: UUID, caller: Caller) -> DrillReport:
    async def read(tx: Tx, now: datetime) -> DrillReport:
        return await drill_reports.report_of(tx, drill_id, caller=caller, now=now)

    return await run(read)


@markdown_router.get(
    "/markdown", operation_id="exportDrillReportAsMarkdown", response_class=MarkdownResponse, responses=NAMED
)
async def export_drill_report_as_markdown(drill_id: UUID, run: InRetries, caller: DrillsRead) -> MarkdownResponse:
    """The report of a drill 《演练报告》 for chats, wikis and archives: scoreboard, timeline, improvements. Counted now."""
    report = await _report(run, drill_id, caller)
    saved = {"content-disposition": saved_as(report.file_name("md"), at_once=False)}
    return MarkdownResponse(await aside(drill_reports.markdown, report), headers=saved)


@html_router.get("/html", operation_id="exportDrillReportAsHtml", response_class=HtmlResponse, responses=NAMED)
async def export_drill_report_as_html(drill_id: UUID, run: InRetries, caller: DrillsRead) -> HtmlResponse:
    """The report as one page: it loads nothing, and nothing in it runs."""
    report = await _report(run, drill_id, caller)
    content = await aside(drill_reports.html, report)
    headers = headers_of(content, _SANDBOX, content_disposition=saved_as(report.file_name("html")))
    return HtmlResponse(content, headers=headers)


@docx_router.get("/docx", operation_id="exportDrillReportAsDocx", response_class=DocxResponse, responses=NAMED)
async def export_drill_report_as_docx(drill_id: UUID, run: InRetries, caller: DrillsRead) -> DocxResponse:
    """The report as a Word document."""
    report = await _report(run, drill_id, caller)
    saved = {"content-disposition": saved_as(report.file_name("docx"))}
    return DocxResponse(await aside(drill_reports.docx, report), headers=saved)
