"""Statements and their versions over HTTP. Approvals and publications: :mod:`app.statements.approval_routes`."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from app.core.answers import LOCATED
from app.core.aside import aside
from app.core.auth import Caller
from app.core.bodies import JsonBody
from app.core.conditional import IfMatch
from app.core.db import Tx
from app.core.deps import InRetries, InTransaction, Retries, StatementsRead, StatementsWrite, may_see
from app.core.params import PageQuery
from app.core.routing import Operation
from app.models import Statement
from app.statements import queries, schemas, service, version_queries, version_schemas

router = APIRouter(prefix="/v1/statements", tags=["Statements"], route_class=Operation)
incident_router = APIRouter(prefix="/v1/incidents/{incident_id}/statements", tags=["Statements"], route_class=Operation)

Create = Annotated[schemas.StatementCreate, Depends(JsonBody(schemas.StatementCreate))]
Patch = Annotated[schemas.StatementPatch, Depends(JsonBody(schemas.StatementPatch))]
Withdraw = Annotated[schemas.StatementWithdraw, Depends(JsonBody(schemas.StatementWithdraw))]
Number = Annotated[int, Path(ge=1, le=1_000_000, description="Which of the statement's versions, from 1.")]


async def answered(
    run: Retries, caller: Caller, verb: Callable[[Tx, datetime], Awaitable[Statement]]
) -> dict[str, Any]:  # fmt: skip
    """The statement as the verb leaves it behind."""
    return await run.shown(verb, queries.shown_one, caller=caller)


@incident_router.post(
    "", status_code=201, operation_id="createStatement", response_model=schemas.Statement, responses=LOCATED
)
async def create_statement(
    incident_id: UUID, caller: StatementsWrite, body: Create, run: InRetries, response: Response
) -> dict[str, Any]:
    """Drafts something to say in public 起草声明. `missing` of the answer says what its kind still asks for.

    holding needs `attitude` and `next_update_at`; progress `facts` or `cites`; lawyer `facts`; apology and clarification a
    fact check that carries them, `facts`, `solution` and a commitment with a date, each of which can be waived with a
    reason, and an apology its `attitude`.
    """
    fields = body.model_dump()
    answer = await answered(
        run, caller, lambda tx, now: service.create_statement(tx, incident_id, fields, caller=caller, now=now)
    )
    response.headers["location"] = f"/v1/statements/{answer['id']}"
    return answer


@incident_router.get("", operation_id="listIncidentStatements", response_model=schemas.StatementPage)
async def list_incident_statements(
    incident_id: UUID, query: Annotated[schemas.IncidentStatementQuery, Query()], tx: InTransaction,
    caller: StatementsRead,
) -> dict[str, Any]:  # fmt: skip
    """What was and is to be said about an incident, the newest first."""
    return await queries.list_incident_statements(tx, incident_id, query, caller=caller)


@router.get("", operation_id="listStatements", response_model=schemas.StatementPage)
async def list_statements(
    query: Annotated[schemas.StatementQuery, Query()], tx: InTransaction, caller: StatementsRead
) -> dict[str, Any]:
    """Statements of all incidents, the newest first."""
    return await queries.list_statements(tx, query, caller=caller)


@router.get("/{statement_id}", operation_id="getStatement", response_model=schemas.Statement)
async def get_statement(statement_id: UUID, tx: InTransaction, caller: StatementsRead) -> dict[str, Any]:
    """One statement with its newest version, what that lacks, and what may be done about it."""
    return await queries.shown_one(tx, await queries.get_statement(tx, statement_id), caller=caller)


@router.patch("/{statement_id}", operation_id="updateStatement", response_model=schemas.Statement)
async def update_statement(
    statement_id: UUID, caller: StatementsWrite, body: Patch, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Changes what a statement says: in its newest version while that is a draft, else in another version, which says the same
    but for this, and needs approvals of its own. Its name and strategy belong to no version."""
    fields = body.model_dump(include=body.model_fields_set)
    may_see(caller, fields, "statements:read")
    return await answered(
        run, caller,
        lambda tx, now: service.change_statement(
            tx, statement_id, fields, expected=expected, caller=caller, now=now
        ),
    )  # fmt: skip


@router.post("/{statement_id}/submit", operation_id="submitStatement", response_model=schemas.Statement)
async def submit_statement(
    statement_id: UUID, caller: StatementsWrite, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Hands the newest version to its approvers 提交审批; it is never changed again. What is missing is refused by name."""
    return await answered(
        run, caller,
        lambda tx, now: service.submit_statement(tx, statement_id, expected=expected, caller=caller, now=now),
    )  # fmt: skip


@router.post("/{statement_id}/withdraw", operation_id="withdrawStatement", response_model=schemas.Statement)
async def withdraw_statement(
    statement_id: UUID, caller: StatementsWrite, body: Withdraw, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Says that it is not said any more, and why 撤回: for good. What is still found in public of it can be recorded."""
    return await answered(
        run, caller,
        lambda tx, now: service.withdraw_statement(
            tx, statement_id, body.reason, expected=expected, caller=caller, now=now
        ),
    )  # fmt: skip


@router.get(
    "/{statement_id}/versions",
    operation_id="listStatementVersions",
    response_model=version_schemas.StatementVersionPage,
)
async def list_statement_versions(
    statement_id: UUID, query: Annotated[PageQuery, Query()], tx: InTransaction, caller: StatementsRead
) -> dict[str, Any]:
    """A statement's versions, the newest first."""
    statement = await queries.get_statement(tx, statement_id)
    return await version_queries.list_versions(tx, statement, query, caller=caller)


@router.get(
    "/{statement_id}/versions/{number}",
    operation_id="getStatementVersion",
    response_model=version_schemas.StatementVersion,
)
async def get_statement_version(
    statement_id: UUID, number: Number, tx: InTransaction, caller: StatementsRead
) -> dict[str, Any]:
    """One version."""
    return await version_queries.shown_version(tx, statement_id, number, caller=caller)


@router.get(
    "/{statement_id}/versions/{number}/diff",
    operation_id="getStatementDiff",
    response_model=version_schemas.StatementDiff,
)
async def get_statement_diff(
    statement_id: UUID, number: Number, query: Annotated[version_schemas.DiffQuery, Query()],
    caller: StatementsRead, run: InRetries,
) -> dict[str, Any]:  # fmt: skip
    """What changed from another version to this one, section by section: words that stayed, went and came."""
    found = await run(lambda tx, _: version_queries.compared(tx, statement_id, number, query.against, caller=caller))
    return await aside(version_queries.diff_of, found)
