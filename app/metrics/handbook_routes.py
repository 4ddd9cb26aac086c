"""The handbook over HTTP (方案 三, R64-R65). One media type an operation."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from app.core.answers import LOCATED
from app.core.aside import aside
from app.core.auth import Caller
from app.core.bodies import JsonBody
from app.core.deps import (
    InRetries,
    InTransaction,
    MetricsRead,
    MetricsWrite,
    Tools,
    TrainingsWrite,
    WithTools,
    admitted,
)
from app.core.documents import NAMED, DocxOperation, DocxResponse, HtmlOperation, HtmlResponse
from app.core.errors import naming
from app.core.pages import headers_of
from app.core.params import PageQuery
from app.core.routing import Operation
from app.core.saving import saved_as
from app.domain.handbook import changes, compose, digest
from app.metrics import handbook, handbook_queries, handbook_rendering
from app.metrics import handbook_schemas as schemas
from app.metrics.handbook_facts import read_state
from app.metrics.handbook_rendering import Cover
from app.models.base import columns_of
from app.people.masks import UNMASK
from app.trainings.documents_schemas import DocumentVersion

_PATH: Final = "/v1/handbook"
# Whatever opens it, nothing in it runs, and it loads nothing.
_SAFE: Final = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox; default-src 'none'"}
router = APIRouter(prefix=_PATH, tags=["Handbook"], route_class=Operation)
docx_router = APIRouter(prefix=_PATH, tags=["Handbook"], route_class=DocxOperation)
html_router = APIRouter(prefix=_PATH, tags=["Handbook"], route_class=HtmlOperation)

Number = Annotated[int, Path(ge=1, le=1_000_000, description="Under which number it was issued.")]
Issue = Annotated[schemas.HandbookIssue, Depends(JsonBody(schemas.HandbookIssue))]
MakeDocument = Annotated[schemas.HandbookDocumentCreate, Depends(JsonBody(schemas.HandbookDocumentCreate))]


class Read(NamedTuple):
    """A handbook as the caller may see it, and its cover. ``about``: of one that was issued, what is to be known of it."""

    facts: Mapping[str, Any]
    cover: Cover
    issued_number: int | None
    about: Mapping[str, Any]


async def _read(tools: Tools, caller: Caller, number: int | None = None) -> Read:
    """The handbook as things stand, or as it was issued: of one view, so that what it says fits together."""
    masked = UNMASK not in caller.scopes
    async with admitted(tools), tools.database.transaction() as tx:
        await tx.one_view()
        if number is None:
            state, last = await handbook_queries.current(tx, tools.settings)
            sha256 = digest(state.facts)
            cover = Cover(sha256, await tx.now(), masked=masked)
            same = last.number if last is not None and last.sha256 == sha256 else None
            return Read(await handbook_queries.seen(tx, state.facts, state, caller=caller), cover, same, {})
        issued = await handbook_queries.get_issued(tx, number)
        facts = await handbook_queries.readable(tx, issued)
        if not masked:
            state = await read_state(tx, tools.settings, issued.facts)
            facts = await handbook_queries.seen(tx, facts, state, caller=caller)
        cover = handbook_queries.cover_of(issued, masked=masked)
        return Read(facts, cover, number, handbook_queries.summary(issued))


async def _docx(read: Read) -> DocxResponse:
    content = await aside(lambda: handbook_rendering.docx(read.cover, compose(read.facts)))
    return DocxResponse(content, headers=_SAFE | {"content-disposition": saved_as(read.cover.file_name("docx"))})


async def _html(read: Read) -> HtmlResponse:
    content = await aside(lambda: handbook_rendering.html(read.cover, compose(read.facts)))
    name = saved_as(read.cover.file_name("html"), at_once=False)
    headers = headers_of(content, "img-src data:; form-action 'none'; sandbox", content_disposition=name)
    return HtmlResponse(content, headers=headers)


@router.get("", operation_id="getHandbook", response_model=schemas.Handbook)
async def get_handbook(tools: WithTools, caller: MetricsRead) -> dict[str, Any]:
    """The handbook 《危机应对手册》 as things stand, section by section: nothing in it is written by hand or kept twice. Its `sha256`
    names the state; the ETag changes with it."""
    read = await _read(tools, caller)
    sections = await aside(handbook_queries.composed, read.facts)
    return {"sha256": read.cover.sha256, "issued_number": read.issued_number, "sections": sections}


@docx_router.get("/docx", operation_id="getHandbookAsDocx", response_class=DocxResponse, responses=NAMED)
async def get_handbook_as_docx(tools: WithTools, caller: MetricsRead) -> DocxResponse:
    """The handbook as things stand, as a Word document."""
    return await _docx(await _read(tools, caller))


@html_router.get("/html", operation_id="getHandbookAsHtml", response_class=HtmlResponse, responses=NAMED)
async def get_handbook_as_html(tools: WithTools, caller: MetricsRead) -> HtmlResponse:
    """The handbook as things stand, as one file of HTML, which is read offline and prints well."""
    return await _html(await _read(tools, caller))


@router.get("/changes", operation_id="getHandbookChanges", response_model=schemas.HandbookChanges)
async def get_handbook_changes(
    query: Annotated[schemas.HandbookChangesQuery, Query()], tx: InTransaction, tools: WithTools, _: MetricsRead
) -> dict[str, Any]:
    """Which sections are other now than in a handbook that was issued: when to issue it anew."""
    await tx.one_view()
    with naming("?since"):
        issued = await handbook_queries.get_issued(tx, query.since)
    state = await read_state(tx, tools.settings, issued.facts)
    found = [change._asdict() for change in changes(issued.facts, state.facts)]
    return {"since": query.since, "sha256": digest(state.facts), "sections": found}


@router.post(
    "/versions", status_code=201, operation_id="issueHandbook", response_model=schemas.HandbookVersion,
    responses=LOCATED | {200: {"model": schemas.HandbookVersion, "description": "Nothing changed: this one is it still."}},
)  # fmt: skip
async def issue_handbook(
    caller: MetricsWrite, body: Issue, tools: WithTools, run: InRetries, response: Response
) -> dict[str, Any]:
    """Issues the handbook as things stand 签发, to be read so for ever. While nothing has changed since the last one, that one is
    answered."""
    async with admitted(tools), tools.database.transaction() as tx:
        await tx.one_view()
        state, _ = await handbook_queries.current(tx, tools.settings)
    version, is_new = await run(lambda tx, now: handbook.issue(tx, state.facts, body.note, caller=caller, now=now))
    response.status_code = 201 if is_new else 200
    response.headers["location"] = f"{_PATH}/versions/{version.number}"
    return handbook_queries.summary(version)


@router.get("/versions", operation_id="listHandbookVersions", response_model=schemas.HandbookVersionPage)
async def list_handbook_versions(
    query: Annotated[PageQuery, Query()], tx: InTransaction, _: MetricsRead
) -> dict[str, Any]:
    """The handbooks that were issued, the newest first."""
    return await handbook_queries.list_issued(tx, query)


@router.get("/versions/{number}", operation_id="getHandbookVersion", response_model=schemas.IssuedHandbook)
async def get_handbook_version(number: Number, tools: WithTools, caller: MetricsRead) -> dict[str, Any]:
    """A handbook exactly as it was issued, whatever has changed since."""
    read = await _read(tools, caller, number)
    return {**read.about, "sections": await aside(handbook_queries.composed, read.facts)}


@docx_router.get(
    "/versions/{number}/docx", operation_id="getHandbookVersionAsDocx", response_class=DocxResponse, responses=NAMED
)
async def get_handbook_version_as_docx(number: Number, tools: WithTools, caller: MetricsRead) -> DocxResponse:
    """A handbook as it was issued, as a Word document."""
    return await _docx(await _read(tools, caller, number))


@html_router.get(
    "/versions/{number}/html", operation_id="getHandbookVersionAsHtml", response_class=HtmlResponse, responses=NAMED
)
async def get_handbook_version_as_html(number: Number, tools: WithTools, caller: MetricsRead) -> HtmlResponse:
    """A handbook as it was issued, as one file of HTML."""
    return await _html(await _read(tools, caller, number))


@router.post(
    "/versions/{number}/document", status_code=201, operation_id="createHandbookDocument",
    response_model=DocumentVersion, responses=LOCATED,
)  # fmt: skip
async def create_handbook_document(
    number: Number, caller: MetricsWrite, _: TrainingsWrite, body: MakeDocument, run: InRetries, response: Response
) -> dict[str, Any]:
    """Makes what was issued the next version of the handbook's document, so that people acknowledge it: a draft, to be published
    with the other documents. Names and numbers are masked in it, whoever asks."""
    document_id: UUID | None = body.document_id
    made = await run(lambda tx, now: handbook.make_document(tx, number, document_id, caller=caller, now=now))
    response.headers["location"] = f"/v1/documents/{made.document_id}/versions/{made.number}"
    return columns_of(made)
