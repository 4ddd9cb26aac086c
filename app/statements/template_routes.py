"""Statement templates over HTTP: kept, filled in, and begun as statements."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from app.core.answers import LOCATED
from app.core.bodies import JsonBody
from app.core.conditional import IfMatch
from app.core.deps import InRetries, InTransaction, RulesWrite, StatementsRead, StatementsWrite, may_see
from app.core.params import PageQuery
from app.core.routing import Operation
from app.models import StatementTemplateVersion
from app.statements import filling, filling_schemas, template_queries, templates
from app.statements import template_schemas as schemas
from app.statements.routes import answered
from app.statements.schemas import Statement

router = APIRouter(prefix="/v1/statement-templates", tags=["Templates"], route_class=Operation)
incident_router = APIRouter(prefix="/v1/incidents/{incident_id}", tags=["Templates"], route_class=Operation)

Create = Annotated[schemas.StatementTemplateCreate, Depends(JsonBody(schemas.StatementTemplateCreate))]
Patch = Annotated[schemas.StatementTemplatePatch, Depends(JsonBody(schemas.StatementTemplatePatch))]
Render = Annotated[filling_schemas.StatementTemplateRender, Depends(JsonBody(filling_schemas.StatementTemplateRender))]
Number = Annotated[int, Path(ge=1, le=1_000_000, description="Which of the template's versions, from 1.")]
Begin = Annotated[filling_schemas.StatementFromTemplate, Depends(JsonBody(filling_schemas.StatementFromTemplate))]


@router.post(
    "",
    status_code=201,
    operation_id="createStatementTemplate",
    response_model=schemas.StatementTemplate,
    responses=LOCATED,
)
async def create_statement_template(
    caller: RulesWrite, body: Create, tx: InTransaction, response: Response
) -> dict[str, Any]:
    """Stores a template with its first version. Nothing in it runs: whatever is no blank, `if`, `for` or `join` is refused
    with its part, its line and the variable; and it is filled in with its own examples once, to see that it can be."""
    template = await templates.create_template(tx, body.model_dump(), caller=caller, now=await tx.now())
    response.headers["location"] = f"/v1/statement-templates/{template.id}"
    return await template_queries.shown_one(tx, template)


@router.get("", operation_id="listStatementTemplates", response_model=schemas.StatementTemplatePage)
async def list_statement_templates(
    query: Annotated[schemas.StatementTemplateQuery, Query()], tx: InTransaction, _: StatementsRead
) -> dict[str, Any]:
    """Lists templates 声明模板 by their names. The service comes with eighteen of them."""
    return await template_queries.list_templates(tx, query)


@router.get("/{template_id}", operation_id="getStatementTemplate", response_model=schemas.StatementTemplate)
async def get_statement_template(template_id: UUID, tx: InTransaction, _: StatementsRead) -> dict[str, Any]:
    """One template with its newest version."""
    return await template_queries.shown_one(tx, await template_queries.get_template(tx, template_id))


@router.patch("/{template_id}", operation_id="updateStatementTemplate", response_model=schemas.StatementTemplate)
async def update_statement_template(
    template_id: UUID, caller: RulesWrite, body: Patch, expected: IfMatch, tx: InTransaction
) -> dict[str, Any]:
    """Changes a template: what it says in another version, which is used from now on. What was begun from it stays as it is."""
    fields = body.model_dump(include=body.model_fields_set)
    may_see(caller, fields, "statements:read")
    template = await templates.change_template(
        tx, template_id, fields, expected=expected, caller=caller, now=await tx.now()
    )
    return await template_queries.shown_one(tx, template)


@router.post(
    "/{template_id}/archive", operation_id="archiveStatementTemplate", response_model=schemas.StatementTemplate
)
async def archive_statement_template(
    template_id: UUID, caller: RulesWrite, expected: IfMatch, tx: InTransaction
) -> dict[str, Any]:
    """Puts a template away 停用: nobody is offered it, and nothing is begun from it."""
    template = await templates.archive_template(tx, template_id, expected=expected, caller=caller, now=await tx.now())
    return await template_queries.shown_one(tx, template)


@router.post(
    "/{template_id}/restore", operation_id="restoreStatementTemplate", response_model=schemas.StatementTemplate
)
async def restore_statement_template(
    template_id: UUID, caller: RulesWrite, expected: IfMatch, tx: InTransaction
) -> dict[str, Any]:
    """Takes a template that was put away into use again 启用."""
    template = await templates.restore_template(tx, template_id, expected=expected, caller=caller, now=await tx.now())
    return await template_queries.shown_one(tx, template)


@router.get(
    "/{template_id}/versions", operation_id="listStatementTemplateVersions",
    response_model=schemas.StatementTemplateVersionPage,
)  # fmt: skip
async def list_statement_template_versions(
    template_id: UUID, query: Annotated[PageQuery, Query()], tx: InTransaction, _: StatementsRead
) -> dict[str, Any]:
    """What a template said and says, the newest version first."""
    return await template_queries.list_template_versions(tx, template_id, query)


@router.get(
    "/{template_id}/versions/{number}", operation_id="getStatementTemplateVersion",
    response_model=schemas.StatementTemplateVersion,
)  # fmt: skip
async def get_statement_template_version(
    template_id: UUID, number: Number, tx: InTransaction, _: StatementsRead
) -> StatementTemplateVersion:
    """One version of a template."""
    template = await template_queries.get_template(tx, template_id)
    return await template_queries.get_template_version(tx, template, number)


@router.post(
    "/{template_id}/render", operation_id="renderStatementTemplate", response_model=filling_schemas.RenderedStatement
)
async def render_statement_template(
    template_id: UUID, caller: StatementsRead, body: Render, tx: InTransaction
) -> dict[str, Any]:
    """Fills a template in, to look at it: nothing is kept. What is missing stands in the text as 【its name】, and in `missing`;
    with an `incident_id` the incident fills in what it knows."""
    return await filling.render(tx, template_id, body.model_dump(), caller=caller, now=await tx.now())


@incident_router.get(
    "/statement-templates", operation_id="listFittingTemplates", response_model=filling_schemas.FittingTemplates
)
async def list_fitting_templates(incident_id: UUID, tx: InTransaction, _: StatementsRead) -> dict[str, Any]:
    """Which templates fit an incident now, best first, and why 模板推荐: by what was said, by what its last fact check found, by
    the words of its title, summary and first post, and by its harm class."""
    return await filling.fitting_templates(tx, incident_id)


@incident_router.post(
    "/statements/from-template", status_code=201, operation_id="createStatementFromTemplate", response_model=Statement,
    responses=LOCATED,
)  # fmt: skip
async def create_statement_from_template(
    incident_id: UUID, caller: StatementsWrite, body: Begin, run: InRetries, response: Response
) -> dict[str, Any]:
    """Drafts a statement from a template 套用模板. Each value that is wrong or missing is named; promises and the next update get
    their dates from the variables that say them. From then on it is a draft like any other."""
    fields = body.model_dump()
    answer = await answered(
        run, caller, lambda tx, now: filling.create_from_template(tx, incident_id, fields, caller=caller, now=now)
    )
    response.headers["location"] = f"/v1/statements/{answer['id']}"
    return answer
