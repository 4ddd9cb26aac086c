"""How well drills went, over HTTP (R68, R69)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.answers import LOCATED
from app.core.bodies import JsonBody
from app.core.db import Tx
from app.core.deps import DrillsRead, DrillsWrite, InRetries
from app.core.routing import Operation
from app.incidents import task_queries
from app.incidents.task_schemas import Task
from app.trainings import improvements, scoreboard
from app.trainings.scoreboard_schemas import DrillImprovementCreate, DrillScoreboard

router = APIRouter(prefix="/v1/drills/{drill_id}", tags=["Drills"], route_class=Operation)

Improvement = Annotated[DrillImprovementCreate, Depends(JsonBody(DrillImprovementCreate))]


@router.get("/scoreboard", operation_id="getDrillScoreboard", response_model=DrillScoreboard)
async def get_drill_scoreboard(drill_id: UUID, run: InRetries, caller: DrillsRead) -> dict[str, Any]:
    """How well a drill went 演练评分表: each clock with its target and result, who acknowledged when, the steps of each statement,
    what was expected, and the score with its formula. What the drill did not last for counts neither way."""

    async def read(tx: Tx, now: datetime) -> dict[str, Any]:
        return await scoreboard.scoreboard_of(tx, drill_id, caller=caller, now=now)

    return await run(read)


@router.post(
    "/improvements", status_code=201, operation_id="addDrillImprovement", response_model=Task, responses=LOCATED
)
async def add_drill_improvement(
    drill_id: UUID, caller: DrillsWrite, body: Improvement, run: InRetries, response: Response
) -> dict[str, Any]:
    """Puts on record what is to be better next time 改进事项: a task of the kind `improvement` on the drill's incident. It is real
    work and no exercise: its owner finds it in their inbox and in the lists of tasks, until it is done or waived."""

    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        task = await improvements.add_improvement(tx, drill_id, body.told(), caller=caller, now=now)
        return await task_queries.shown_one(tx, task, caller=caller)

    answer = await run(act)
    response.headers["location"] = f"/v1/tasks/{answer['id']}"
    return answer
