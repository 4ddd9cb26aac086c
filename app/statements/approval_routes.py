"""Approvals of statements, their delegation, and what was said in public, over HTTP."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from app.core.answers import LOCATED
from app.core.bodies import JsonBody
from app.core.conditional import IfMatchOffered
from app.core.db import Tx
from app.core.deps import InRetries, InTransaction, PublicationsWrite, StatementsRead
from app.core.params import PageQuery
from app.core.routing import Operation
from app.incidents import act_queries, act_schemas
from app.statements import approval_schemas, approving, delegations, publishing, queries, schemas, version_queries
from app.statements.routes import answered

router = APIRouter(prefix="/v1/statements/{statement_id}", tags=["Statements"], route_class=Operation)
delegation_router = APIRouter(prefix="/v1/approval-delegations", tags=["Statements"], route_class=Operation)

Approve = Annotated[approval_schemas.StatementApprove, Depends(JsonBody(approval_schemas.StatementApprove))]
Changes = Annotated[
    approval_schemas.StatementChangesRequest, Depends(JsonBody(approval_schemas.StatementChangesRequest))
]
Publication = Annotated[
    approval_schemas.StatementPublicationCreate, Depends(JsonBody(approval_schemas.StatementPublicationCreate))
]
Delegation = Annotated[
    approval_schemas.ApprovalDelegationCreate, Depends(JsonBody(approval_schemas.ApprovalDelegationCreate))
]
Paged = Annotated[PageQuery, Query()]


@router.post("/approve", operation_id="approveStatement", response_model=schemas.Statement)
async def approve_statement(
    statement_id: UUID, caller: StatementsRead, body: Approve, expected: IfMatchOffered, run: InRetries
) -> dict[str, Any]:
    """Approves the version that is named 批准, by your own authority or by another's who delegated it to you. Needs a person.

    public_relations asks for the scope `statements:approve` and a department of that kind, legal for `legal:approve`, lead
    for `incidents:override`. Public relations and legal are needed, at major a lead as well, each another person, and none
    who wrote in any version. What the kind asks for is looked at again.
    """
    fields = body.model_dump()
    return await answered(
        run, caller,
        lambda tx, now: approving.approve(tx, statement_id, fields, expected=expected, caller=caller, now=now),
    )  # fmt: skip


@router.post("/request-changes", operation_id="requestStatementChanges", response_model=schemas.Statement)
async def request_statement_changes(
    statement_id: UUID, caller: StatementsRead, body: Changes, expected: IfMatchOffered, run: InRetries
) -> dict[str, Any]:
    """Sends the version that is named back 退回修改; none of its approvals stands any more. Needs a person who is an approver
    and had no hand in it. What is said of it stands in notes on the version, each on some of its words or on the whole."""
    fields = body.model_dump()
    return await answered(
        run, caller,
        lambda tx, now: approving.request_changes(tx, statement_id, fields, expected=expected, caller=caller, now=now),
    )  # fmt: skip


@router.get("/approvals", operation_id="listStatementApprovals", response_model=approval_schemas.StatementApprovalPage)
async def list_statement_approvals(
    statement_id: UUID, query: Paged, tx: InTransaction, caller: StatementsRead
) -> dict[str, Any]:
    """What approvers said of a statement's versions, the last first."""
    statement = await queries.get_statement(tx, statement_id)
    return await version_queries.list_approvals(tx, statement, query, caller=caller)


@router.post(
    "/publications",
    status_code=201,
    operation_id="recordStatementPublication",
    response_model=act_schemas.Publication,
    responses=LOCATED,
)
async def record_statement_publication(
    statement_id: UUID, caller: PublicationsWrite, body: Publication, run: InRetries, response: Response
) -> dict[str, Any]:
    """Puts on record that a version was said in public 对外发布, whatever the statement's state: a draft is closed to changes by
    it, and one that was withdrawn stays so.

    `approved` says whether that very version had, when it happened, all approvals that the grade in force then asked for. If
    not, the statement is `published_unapproved` for good, and `statement.published_unapproved` tells of it.
    """
    fields = body.model_dump()

    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        made = await publishing.record_publication(tx, statement_id, fields, caller=caller, now=now)
        [answer] = await act_queries.shown(tx, [made], caller=caller)
        return answer

    entry = await run(act)
    response.headers["location"] = f"/v1/incidents/{entry['incident_id']}/publications/{entry['id']}"
    return entry


@router.get("/publications", operation_id="listStatementPublications", response_model=act_schemas.PublicationPage)
async def list_statement_publications(
    statement_id: UUID, query: Paged, tx: InTransaction, caller: StatementsRead
) -> dict[str, Any]:
    """Where and when a statement was said in public, the last recorded first."""
    statement = await queries.get_statement(tx, statement_id)
    return await publishing.list_publications(tx, statement, query, caller=caller)


@delegation_router.post(
    "",
    status_code=201,
    operation_id="createApprovalDelegation",
    response_model=approval_schemas.ApprovalDelegation,
    responses=LOCATED,
)
async def create_approval_delegation(
    caller: StatementsRead, body: Delegation, run: InRetries, response: Response
) -> dict[str, Any]:
    """Lets somebody approve in your place 代批, from when until when. For another person it needs `people:write`."""
    fields = body.model_dump()

    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        made = await delegations.delegate(tx, fields, caller=caller, now=now)
        return await delegations.shown_one(tx, made, caller=caller)

    answer = await run(act)
    response.headers["location"] = f"/v1/approval-delegations/{answer['id']}"
    return answer


@delegation_router.get(
    "", operation_id="listApprovalDelegations", response_model=approval_schemas.ApprovalDelegationPage
)
async def list_approval_delegations(
    query: Annotated[approval_schemas.ApprovalDelegationQuery, Query()], tx: InTransaction, caller: StatementsRead
) -> dict[str, Any]:
    """Who approves in whose place, the newest first."""
    return await delegations.list_delegations(tx, query, caller=caller)


@delegation_router.get(
    "/{delegation_id}", operation_id="getApprovalDelegation", response_model=approval_schemas.ApprovalDelegation
)
async def get_approval_delegation(delegation_id: UUID, tx: InTransaction, caller: StatementsRead) -> dict[str, Any]:
    """One delegation."""
    return await delegations.shown_one(tx, await delegations.get_delegation(tx, delegation_id), caller=caller)


@delegation_router.post(
    "/{delegation_id}/revoke",
    operation_id="revokeApprovalDelegation",
    response_model=approval_schemas.ApprovalDelegation,
)
async def revoke_approval_delegation(delegation_id: UUID, caller: StatementsRead, run: InRetries) -> dict[str, Any]:
    """Ends a delegation now. Whoever gave or holds it may, and who administers people. What was approved by it stays so."""

    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        row = await delegations.revoke(tx, delegation_id, caller=caller, now=now)
        return await delegations.shown_one(tx, row, caller=caller)

    return await run(act)
