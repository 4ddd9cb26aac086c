"""What is found in statements before they are said, and what became of the spread after, over HTTP."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from app.core.aside import aside
from app.core.bodies import JsonBody
from app.core.db import Tx
from app.core.deps import InRetries, InTransaction, StatementsRead
from app.core.routing import Operation
from app.models import StatementVersion
from app.statements import effect, effect_schemas, linting, queries, version_queries
from app.statements import lint_schemas as schemas
from app.statements.routes import Number

router = APIRouter(prefix="/v1/statements/{statement_id}", tags=["Statements"], route_class=Operation)

Request = Annotated[schemas.StatementLintRequest, Depends(JsonBody(schemas.StatementLintRequest))]


@router.post("/lint", operation_id="lintStatement", response_model=schemas.LintReport)
async def lint_statement(
    statement_id: UUID, caller: StatementsRead, body: Request, run: InRetries
) -> dict[str, Any]:  # fmt: skip
    """Looks a version over 发布前检查, the newest or another: words, people's data, what contradicts the facts or the crisis, the
    five S, promises without dates, length. It is advice, never a lock: nothing waits for it, and nothing is kept."""

    async def read(tx: Tx, now: datetime) -> tuple[StatementVersion, linting.Case]:
        statement = await queries.get_statement(tx, statement_id)
        number = body.version_number or statement.latest_number
        version = await version_queries.get_version(tx, statement_id, number)
        return version, await linting.case_of(tx, statement, version, months=body.history_months, now=now)

    version, case = await run(read)
    report = await aside(linting.report_of, case)
    return await run(lambda tx, _: linting.shown_lint(tx, version, report, caller=caller))


@router.get("/versions/{number}/lint", operation_id="getStatementVersionLint", response_model=schemas.LintReport)
async def get_statement_version_lint(
    statement_id: UUID, number: Number, tx: InTransaction, caller: StatementsRead
) -> dict[str, Any]:
    """What was found in a version when it was submitted, as its approvers read it. Of a draft nothing is kept."""
    version = await version_queries.get_version(tx, statement_id, number)
    return await linting.shown_lint(tx, version, await linting.kept_lint(tx, version), caller=caller)


@router.get("/effect", operation_id="getStatementEffect", response_model=effect_schemas.StatementEffect)
async def get_statement_effect(
    statement_id: UUID, query: Annotated[effect_schemas.EffectQuery, Query()], tx: InTransaction, _: StatementsRead
) -> dict[str, Any]:
    """Spread and sentiment before and after each publication, in windows of the same length. It shows what happened at the same
    time, not what caused it: `other_publications` tells whether something else was said meanwhile."""
    statement = await queries.get_statement(tx, statement_id)
    return await effect.effect_of(tx, statement, query.window_minutes, now=await tx.now())
