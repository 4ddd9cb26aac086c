"""Labels of employees' accounts over HTTP (R15)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from app.core.bodies import JsonBody
from app.core.conditional import IfMatch, IfMatchOffered
from app.core.db import Tx
from app.core.deps import InRetries, MentionsWrite
from app.core.routing import Operation
from app.mentions import employees, queries, schemas

router = APIRouter(prefix="/v1/mentions", tags=["Mentions"], route_class=Operation)

Put = Annotated[schemas.EmployeeAccountPut, Depends(JsonBody(schemas.EmployeeAccountPut))]


@router.put("/{mention_id}/employee-account", operation_id="setMentionEmployeeAccount")
async def set_mention_employee_account(
    mention_id: UUID, caller: MentionsWrite, body: Put, expected: IfMatch, run: InRetries
) -> schemas.Mention:
    """Says that an employee's account 员工账号 posted it, and what it violates 泄密, 不当言论; the mention's ETag is `If-Match`."""

    async def act(tx: Tx, now: datetime) -> schemas.Mention:
        await employees.label(tx, mention_id, body.violation, expected=expected, caller=caller, now=now)
        return await queries.get_mention(tx, mention_id)

    return await run(act)


@router.delete("/{mention_id}/employee-account", status_code=204, operation_id="clearMentionEmployeeAccount")
async def clear_mention_employee_account(
    mention_id: UUID, caller: MentionsWrite, expected: IfMatchOffered, run: InRetries
) -> None:
    """Takes the label back: it was no employee's."""
    await run(lambda tx, _: employees.unlabel(tx, mention_id, expected=expected, caller=caller))
