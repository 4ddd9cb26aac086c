"""Drills 模拟演练 over HTTP (方案 三, R68-R71)."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from app.core.answers import LOCATED
from app.core.auth import Caller
from app.core.bodies import JsonBody
from app.core.conditional import IfMatch
from app.core.db import Tx
from app.core.deps import DrillsRead, DrillsWrite, InRetries, InTransaction, Retries
from app.core.params import PageQuery
from app.core.routing import Operation
from app.models import Drill
from app.trainings import drills, drills_queries
from app.trainings import drills_schemas as schemas

router = APIRouter(prefix="/v1/drills", tags=["Drills"], route_class=Operation)

Create = Annotated[schemas.DrillCreate, Depends(JsonBody(schemas.DrillCreate))]
Stop = Annotated[schemas.DrillStop, Depends(JsonBody(schemas.DrillStop))]
Inject = Annotated[schemas.DrillInjectCreate, Depends(JsonBody(schemas.DrillInjectCreate))]


async def _drill(run: Retries, caller: Caller, verb: Callable[[Tx, datetime], Awaitable[Drill]]) -> dict[str, Any]:
    """The drill as the verb leaves it behind."""
    return await run.shown(verb, drills_queries.shown_one, caller=caller)


@router.post("", status_code=201, operation_id="createDrill", response_model=schemas.Drill, responses=LOCATED)
async def create_drill(caller: DrillsWrite, body: Create, run: InRetries, response: Response) -> dict[str, Any]:
    """Starts a drill 演练: plays a scenario through the code that real posts go through, faster. It is kept apart from what is
    real: no list, figure, clock, endpoint or calm test of one sees the other."""
    answer = await _drill(
        run, caller, lambda tx, now: drills.create_drill(tx, body.model_dump(), caller=caller, now=now)
    )
    response.headers["location"] = f"/v1/drills/{answer['id']}"
    return answer


@router.get("", operation_id="listDrills", response_model=schemas.DrillPage)
async def list_drills(
    query: Annotated[schemas.DrillQuery, Query()], tx: InTransaction, caller: DrillsRead
) -> dict[str, Any]:
    """Lists drills, the newest first."""
    return await drills_queries.list_drills(tx, query, caller=caller)


@router.get("/{drill_id}", operation_id="getDrill", response_model=schemas.Drill)
async def get_drill(drill_id: UUID, tx: InTransaction, caller: DrillsRead) -> dict[str, Any]:
    """One drill."""
    return await drills_queries.shown_one(tx, await drills_queries.get_drill(tx, drill_id), caller=caller)


@router.get("/{drill_id}/clock", operation_id="getDrillClock", response_model=schemas.DrillClock)
async def get_drill_clock(drill_id: UUID, tx: InTransaction, _: DrillsRead) -> dict[str, Any]:
    """How far a drill is, in its own time and in ours."""
    return await drills_queries.clock_of(tx, drill_id, await tx.now())


@router.post("/{drill_id}/start", operation_id="startDrill", response_model=schemas.Drill)
async def start_drill(drill_id: UUID, caller: DrillsWrite, expected: IfMatch, run: InRetries) -> dict[str, Any]:
    """Starts a drill that was only planned."""
    return await _drill(
        run, caller, lambda tx, now: drills.start_drill(tx, drill_id, expected=expected, caller=caller, now=now)
    )


@router.post("/{drill_id}/pause", operation_id="pauseDrill", response_model=schemas.Drill)
async def pause_drill(drill_id: UUID, caller: DrillsWrite, expected: IfMatch, run: InRetries) -> dict[str, Any]:
    """Stops a drill's time: nothing is played, and none of its clocks rings, until it is resumed."""
    return await _drill(
        run, caller, lambda tx, now: drills.pause_drill(tx, drill_id, expected=expected, caller=caller, now=now)
    )


@router.post("/{drill_id}/resume", operation_id="resumeDrill", response_model=schemas.Drill)
async def resume_drill(drill_id: UUID, caller: DrillsWrite, expected: IfMatch, run: InRetries) -> dict[str, Any]:
    """Has a drill's time go on: whatever is to come, comes later by as long as it stood still."""
    return await _drill(
        run, caller, lambda tx, now: drills.resume_drill(tx, drill_id, expected=expected, caller=caller, now=now)
    )


@router.post("/{drill_id}/stop", operation_id="stopDrill", response_model=schemas.Drill)
async def stop_drill(
    drill_id: UUID, caller: DrillsWrite, body: Stop, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Ends a drill before its scenario is over. Clocks that were due later are `not_reached`; its incidents that are open still
    are dismissed."""
    return await _drill(
        run, caller,
        lambda tx, now: drills.stop_drill(
            tx, drill_id, reason=body.reason, expected=expected, caller=caller, now=now
        ),
    )  # fmt: skip


@router.get("/{drill_id}/injects", operation_id="listDrillInjects", response_model=schemas.DrillInjectPage)
async def list_drill_injects(
    drill_id: UUID, query: Annotated[PageQuery, Query()], tx: InTransaction, _: DrillsRead
) -> dict[str, Any]:
    """What a drill plays, by its time: of the scenario, and what was put in by hand."""
    return await drills_queries.list_injects(tx, drill_id, query)


@router.post(
    "/{drill_id}/injects", status_code=201, operation_id="addDrillInject", response_model=schemas.DrillInject,
    responses=LOCATED,
)  # fmt: skip
async def add_drill_inject(
    drill_id: UUID, caller: DrillsWrite, body: Inject, run: InRetries, response: Response
) -> dict[str, Any]:
    """Plays something that is not in the scenario 现场加入, at this instant of its time. A worker plays it at once."""

    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        return drills_queries.shown_inject(await drills.inject(tx, drill_id, body.content(), caller=caller, now=now))

    answer = await run(act)
    response.headers["location"] = f"/v1/drills/{drill_id}/injects/{answer['id']}"
    return answer


@router.get("/{drill_id}/injects/{inject_id}", operation_id="getDrillInject", response_model=schemas.DrillInject)
async def get_drill_inject(drill_id: UUID, inject_id: UUID, tx: InTransaction, _: DrillsRead) -> dict[str, Any]:
    """Something that a drill plays."""
    return await drills_queries.get_inject(tx, drill_id, inject_id)
