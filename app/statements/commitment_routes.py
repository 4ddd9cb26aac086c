"""Promises over HTTP, as far as a statement made them."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from app.core.deps import InTransaction, StatementsRead
from app.core.routing import Operation
from app.incidents import commitment_queries, commitment_schemas

router = APIRouter(prefix="/v1/statements/{statement_id}/commitments", tags=["Statements"], route_class=Operation)


@router.get("", operation_id="listStatementCommitments", response_model=commitment_schemas.CommitmentPage)
async def list_statement_commitments(
    statement_id: UUID, query: Annotated[commitment_schemas.CommitmentQuery, Query()], tx: InTransaction,
    caller: StatementsRead,
) -> dict[str, Any]:  # fmt: skip
    """What a statement has promised in public 承诺, by whichever of its versions, and what became of it, the first due first.

    What a draft promises is none yet: it becomes one when the version is published, approved or not.
    """
    return await commitment_queries.list_statement_commitments(tx, statement_id, query, caller=caller)
