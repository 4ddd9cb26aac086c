"""The roll-out over HTTP."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from app.core.bodies import JsonBody
from app.core.conditional import IfMatch
from app.core.db import Tx
from app.core.deps import InRetries, InTransaction, MetricsRead, MetricsWrite
from app.core.routing import Operation
from app.metrics import programme
from app.metrics import programme_schemas as schemas

router = APIRouter(prefix="/v1/programme", tags=["Programme"], route_class=Operation)

Put = Annotated[schemas.ProgrammePut, Depends(JsonBody(schemas.ProgrammePut))]


@router.get("", operation_id="getProgramme", response_model=schemas.Programme)
async def get_programme(tx: InTransaction, _: MetricsRead) -> dict[str, Any]:
    """The plan's roll-out 推进计划: four phases with their dates, and checks green or red from live data, with why."""
    return await programme.show(tx, await tx.now())


@router.put("", operation_id="setProgramme", response_model=schemas.Programme)
async def set_programme(caller: MetricsWrite, body: Put, expected: IfMatch, run: InRetries) -> dict[str, Any]:
    """Sets when it began, confirms the policies in force, and begins or ends the trial 试运行, with a reason."""
    fields = body.model_dump(exclude={"reason"})

    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        await programme.set_programme(tx, fields, reason=body.reason, expected=expected, caller=caller, now=now)
        await tx.flush()
        return await programme.show(tx, now)

    return await run(act)
