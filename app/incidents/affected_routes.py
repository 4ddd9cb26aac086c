"""Affected users over HTTP (R50b)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from app.core import imports
from app.core.answers import LOCATED
from app.core.aside import aside
from app.core.auth import Caller
from app.core.bodies import JsonBody
from app.core.conditional import IfMatch, IfMatchOffered
from app.core.db import Tx
from app.core.deps import AffectedRead, AffectedWrite, InRetries, InTransaction, WithTools, may_see
from app.core.imports import ImportReport
from app.core.routing import Operation
from app.core.sheets import Sheet, SheetOperation
from app.core.vault import Vault
from app.incidents import acts, affected, affected_imports, affected_queries
from app.incidents.affected_schemas import (
    AffectedUser,
    AffectedUserCreate,
    AffectedUserImportQuery,
    AffectedUserPage,
    AffectedUserPatch,
    AffectedUserQuery,
    AffectedUserSummary,
)
from app.incidents.contacts import contacts_vault
from app.models import AffectedUser as Row

router = APIRouter(prefix="/v1/incidents/{incident_id}", tags=["Affected users"], route_class=Operation)
import_router = APIRouter(prefix="/v1/incidents/{incident_id}", tags=["Affected users"], route_class=SheetOperation)

UserId = Annotated[UUID, Path(description="The affected user's id.")]
Create = Annotated[AffectedUserCreate, Depends(JsonBody(AffectedUserCreate))]
Patch = Annotated[AffectedUserPatch, Depends(JsonBody(AffectedUserPatch))]
Sent = Annotated[Sheet, Depends(Sheet)]


def _vault(tools: WithTools) -> Vault:
    return contacts_vault(tools.settings)


InVault = Annotated[Vault, Depends(_vault)]


async def _shown(tx: Tx, user: Row, vault: Vault, caller: Caller) -> dict[str, Any]:
    [answer] = await affected_queries.shown(tx, user.incident_id, [user], vault=vault, caller=caller)
    return answer


@router.post(
    "/affected-users", status_code=201, operation_id="addAffectedUser", response_model=AffectedUser, responses=LOCATED
)
async def add_affected_user(
    incident_id: UUID, caller: AffectedWrite, body: Create, run: InRetries, vault: InVault, response: Response
) -> dict[str, Any]:
    """Enters somebody whom the incident affects 受影响用户, and why what reaches them is held. It is encrypted at rest."""

    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        made = await affected.add_user(tx, incident_id, body.model_dump(), vault=vault, caller=caller, now=now)
        return await _shown(tx, made, vault, caller)

    answer = await run(act)
    response.headers["location"] = f"/v1/incidents/{incident_id}/affected-users/{answer['id']}"
    return answer


@router.get("/affected-users", operation_id="listAffectedUsers", response_model=AffectedUserPage)
async def list_affected_users(
    incident_id: UUID, query: Annotated[AffectedUserQuery, Query()], tx: InTransaction, caller: AffectedRead,
    vault: InVault,
) -> dict[str, Any]:  # fmt: skip
    """Lists whom the incident affects, the last entered first, each with their newest remediation and follow-up. Names and contacts are masked without `people:unmask`."""
    return await affected_queries.list_users(tx, incident_id, query, vault=vault, caller=caller)


@router.get("/affected-user-summary", operation_id="getAffectedUserSummary", response_model=AffectedUserSummary)
async def get_affected_user_summary(incident_id: UUID, tx: InTransaction, _: AffectedRead) -> dict[str, Any]:
    """How many the incident affects, by the way they are reached, and how far they are looked after: the completion rates
    完成率 of remediations and follow-ups, how many say that it is solved, and how satisfied they are (R56)."""
    return await affected_queries.summary(tx, incident_id)


@router.get("/affected-users/{user_id}", operation_id="getAffectedUser", response_model=AffectedUser)
async def get_affected_user(
    incident_id: UUID, user_id: UserId, tx: InTransaction, caller: AffectedRead, vault: InVault
) -> dict[str, Any]:
    """One of them. Name and contact are masked without `people:unmask`."""
    return await _shown(tx, await affected_queries.get_user(tx, incident_id, user_id), vault, caller)


@router.patch("/affected-users/{user_id}", operation_id="updateAffectedUser", response_model=AffectedUser)
async def update_affected_user(
    incident_id: UUID, user_id: UserId, caller: AffectedWrite, body: Patch, expected: IfMatch, run: InRetries,
    vault: InVault,
) -> dict[str, Any]:  # fmt: skip
    """Corrects what is known of them, whatever the incident's status."""
    fields = body.model_dump(exclude_unset=True)
    may_see(caller, fields, "affected:read")

    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        user = await affected.change_user(
            tx, incident_id, user_id, fields, vault=vault, expected=expected, caller=caller, now=now
        )
        return await _shown(tx, user, vault, caller)

    return await run(act)


@router.post("/affected-users/{user_id}/erase", operation_id="eraseAffectedUser", response_model=AffectedUser)
async def erase_affected_user(
    incident_id: UUID, user_id: UserId, caller: AffectedWrite, expected: IfMatchOffered, run: InRetries, vault: InVault
) -> dict[str, Any]:
    """Destroys name, contact and note for good; the row stays for the figures. A legal hold refuses it.

    Their tasks stay theirs, and no more are made for them. What people wrote in those stays as it is: it is masked for all
    without `people:unmask`, and whoever wrote a contact there has to take it out by hand.
    """

    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        user = await affected.erase_user(tx, incident_id, user_id, expected=expected, caller=caller, now=now)
        return await _shown(tx, user, vault, caller)

    return await run(act)


@import_router.post(
    "/affected-user-imports", operation_id="importAffectedUsers", response_model=ImportReport,
    openapi_extra=imports.body(affected_imports.COLUMNS),
)  # fmt: skip
async def import_affected_users(
    incident_id: UUID, query: Annotated[AffectedUserImportQuery, Query()], caller: AffectedWrite, sent: Sent,
    run: InRetries, vault: InVault,
) -> ImportReport:  # fmt: skip
    """Enters whom a sheet names, up to 10,000 at once, and says what became of each row.

    A row has one contact: `phone`, `email`, `wechat` or `contact`. Whoever is known by it is corrected; blank cells leave
    what is there. With an invalid row nothing is changed at all, and `applied` is false.
    """
    await run(lambda tx, now: acts.recording(tx, incident_id, lock=False))
    table = await sent.table(affected_imports.COLUMNS)
    sheet = await aside(affected_imports.read, table, query.purpose, vault)
    await run(
        lambda tx, now: affected_imports.import_users(
            tx, incident_id, sheet, dry_run=query.dry_run, vault=vault, caller=caller, now=now
        )
    )
    return imports.report(sheet.judged, table, dry_run=query.dry_run)
