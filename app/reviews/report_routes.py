"""The facts of reviews and their reports 《危机复盘报告》 over HTTP (方案 二(三), R58-R59). One media type an operation."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.deps import InRetries, InTransaction, Retries, ReviewsRead, ReviewsWrite, Tools, WithTools
from app.core.documents import (
    NAMED,
    DocxOperation,
    DocxResponse,
    HtmlOperation,
    HtmlResponse,
    MarkdownOperation,
    MarkdownResponse,
    PngOperation,
    PngResponse,
    SvgOperation,
    SvgResponse,
)
from app.core.pages import headers_of
from app.core.routing import Operation
from app.core.saving import saved_as
from app.domain.vocabulary.reports import ReportFormat
from app.models import ReviewReportFile
from app.reviews import report_queries, reports
from app.reviews.covers import get_review
from app.reviews.fact_schemas import ReviewFacts
from app.reviews.facts import facts_of
from app.reviews.report_schemas import CurveQuery, ReportQuery, ReviewReport

_LOCATED: Final[dict[int | str, dict[str, Any]]] = {
    202: {"headers": {"Location": {"$ref": "#/components/headers/Location"}}}
}
_PATH: Final = "/v1/reviews/{review_id}"
# Whatever opens it, nothing in it runs, and it loads nothing.
_SAFE: Final = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox; default-src 'none'"}
_DRAWN: Final = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; font-src data:",
}
router = APIRouter(prefix=_PATH, tags=["Reviews"], route_class=Operation)
docx_router = APIRouter(prefix=f"{_PATH}/report", tags=["Reviews"], route_class=DocxOperation)
html_router = APIRouter(prefix=f"{_PATH}/report", tags=["Reviews"], route_class=HtmlOperation)
markdown_router = APIRouter(prefix=f"{_PATH}/report", tags=["Reviews"], route_class=MarkdownOperation)
svg_router = APIRouter(prefix=f"{_PATH}/report", tags=["Reviews"], route_class=SvgOperation)
png_router = APIRouter(prefix=f"{_PATH}/report", tags=["Reviews"], route_class=PngOperation)
Whose = Annotated[CurveQuery, Query()]
Which = Annotated[ReportQuery, Query()]


@router.get("/facts", operation_id="getReviewFacts")
async def get_review_facts(review_id: UUID, tx: InTransaction, caller: ReviewsRead) -> ReviewFacts:
    """What is known of what the review is about 复盘事实, counted now: every figure names the events it rests on, or the
    answer of this API that it was counted from. Also what the machine finds for each of the four questions."""
    await tx.one_view()
    return ReviewFacts.of(*await facts_of(tx, await get_review(tx, review_id), caller=caller))


@router.post(
    "/report", status_code=202, operation_id="renderReviewReport", response_model=ReviewReport, responses=_LOCATED
)
async def render_review_report(
    review_id: UUID, caller: ReviewsWrite, run: InRetries, response: Response
) -> dict[str, Any]:
    """Has the report 《危机复盘报告》 rendered as of now, in all its forms, by a worker; where nothing has changed since it was
    last, that one is answered. Names and words of people are masked in it, whoever asks."""
    response.headers["location"] = f"/v1/reviews/{review_id}/report"
    return await run(lambda tx, now: report_queries.asked(tx, review_id, caller=caller, now=now))


@router.get("/report", operation_id="getReviewReport", response_model=ReviewReport)
async def get_review_report(review_id: UUID, tx: InTransaction, _: ReviewsRead, query: Which) -> dict[str, Any]:
    """The report that was asked for last, or this one: how far it is, and once it is done where its forms are read."""
    return await report_queries.shown(tx, await reports.get_report(tx, review_id, query.report_id))


@docx_router.get("/docx", operation_id="getReviewReportAsDocx", response_class=DocxResponse, responses=NAMED)
async def get_review_report_as_docx(
    review_id: UUID, run: InRetries, tools: WithTools, _: ReviewsRead, query: Which
) -> DocxResponse:
    """The newest report as a Word document, in the company's template where there is one. `report_not_done` while it is
    rendered."""
    file, content = await _content(run, tools, review_id, ReportFormat.DOCX, query)
    return DocxResponse(content, headers=_SAFE | {"content-disposition": saved_as(file.name)})


@html_router.get("/html", operation_id="getReviewReportAsHtml", response_class=HtmlResponse, responses=NAMED)
async def get_review_report_as_html(
    review_id: UUID, run: InRetries, tools: WithTools, _: ReviewsRead, query: Which
) -> HtmlResponse:
    """The newest report as one file of HTML, which is read offline and prints well. `report_not_done` while it is
    rendered."""
    file, content = await _content(run, tools, review_id, ReportFormat.HTML, query)
    policy = "font-src data:; img-src data:; form-action 'none'; sandbox"
    headers = headers_of(content.decode(), policy, content_disposition=saved_as(file.name))
    return HtmlResponse(content, headers=headers)


@markdown_router.get(
    "/markdown", operation_id="getReviewReportAsMarkdown", response_class=MarkdownResponse, responses=NAMED
)
async def get_review_report_as_markdown(
    review_id: UUID, run: InRetries, tools: WithTools, _: ReviewsRead, query: Which
) -> MarkdownResponse:
    """The newest report as Markdown, for wikis and mails. `report_not_done` while it is rendered."""
    file, content = await _content(run, tools, review_id, ReportFormat.MARKDOWN, query)
    return MarkdownResponse(content, headers=_SAFE | {"content-disposition": saved_as(file.name, at_once=False)})


@svg_router.get("/svg", operation_id="getReviewCurveAsSvg", response_class=SvgResponse, responses=NAMED)
async def get_review_curve_as_svg(
    review_id: UUID, run: InRetries, tools: WithTools, _: ReviewsRead, query: Whose
) -> SvgResponse:
    """The curve of the newest report as SVG, with the font it needs. `report_not_done` while it is rendered."""
    file, content = await _content(run, tools, review_id, ReportFormat.SVG, query, query.incident_id)
    return SvgResponse(content, headers=_DRAWN | {"content-disposition": saved_as(file.name, at_once=False)})


@png_router.get("/png", operation_id="getReviewCurveAsPng", response_class=PngResponse, responses=NAMED)
async def get_review_curve_as_png(
    review_id: UUID, run: InRetries, tools: WithTools, _: ReviewsRead, query: Whose
) -> PngResponse:
    """The curve of the newest report as PNG, 1,920 pixels wide. `report_not_done` while it is rendered."""
    file, content = await _content(run, tools, review_id, ReportFormat.PNG, query, query.incident_id)
    return PngResponse(content, headers=_SAFE | {"content-disposition": saved_as(file.name, at_once=False)})


async def _content(
    run: Retries,
    tools: Tools,
    review_id: UUID,
    format_: ReportFormat,
    query: ReportQuery,
    incident_id: UUID | None = None,
) -> tuple[ReviewReportFile, bytes]:
    """A form of the report and its bytes, which are read when the transaction has ended. It is of some megabytes at most."""
    file = await run(lambda tx, _: reports.rendered_as(tx, review_id, format_, query.report_id, incident_id))
    return file, b"".join([piece async for piece in tools.storage.stream(file.id, 0, file.size, size=file.size)])
