"""Results of courses over HTTP, one by one and by the sheet."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from app.core import imports
from app.core.answers import LOCATED
from app.core.aside import aside
from app.core.bodies import JsonBody
from app.core.db import Tx
from app.core.deps import InRetries, InTransaction, TrainingsRead, TrainingsWrite
from app.core.imports import ImportReport
from app.core.routing import Operation
from app.core.sheets import Sheet, SheetOperation
from app.trainings import completion_queries, completions
from app.trainings import completion_schemas as schemas
from app.trainings.course_queries import get_training
from app.trainings.imports import COLUMNS, ResultRow, import_results

router = APIRouter(prefix="/v1/training-completions", tags=["Trainings"], route_class=Operation)
of_training = APIRouter(prefix="/v1/trainings/{training_id}", tags=["Trainings"], route_class=Operation)
sheets = APIRouter(prefix="/v1/trainings/{training_id}", tags=["Trainings"], route_class=SheetOperation)

TrainingId = Annotated[UUID, Path(description="The course's id.")]
CompletionId = Annotated[UUID, Path(description="The result's id.")]
Create = Annotated[schemas.TrainingCompletionCreate, Depends(JsonBody(schemas.TrainingCompletionCreate))]


@of_training.post(
    "/completions", status_code=201, operation_id="recordTrainingCompletion", response_model=schemas.TrainingCompletion,
    responses=LOCATED,
)  # fmt: skip
async def record_training_completion(
    training_id: TrainingId, caller: TrainingsWrite, body: Create, run: InRetries, response: Response
) -> dict[str, Any]:
    """Enters what somebody reached 成绩, a failed score too: it is kept, and is no completion.

    Of each person and day there is one result; the same again changes nothing. Results count on the day they were reached, also
    where they are entered later.
    """

    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        done = await completions.record_completion(tx, training_id, body.model_dump(), caller=caller, now=now)
        [answer] = await completion_queries.shown(tx, [done], caller=caller)
        return answer

    answer = await run(act)
    response.headers["location"] = f"/v1/training-completions/{answer['id']}"
    return answer


@router.get("", operation_id="listTrainingCompletions", response_model=schemas.TrainingCompletionPage)
async def list_training_completions(
    query: Annotated[schemas.TrainingCompletionQuery, Query()], tx: InTransaction, caller: TrainingsRead
) -> dict[str, Any]:
    """Results 成绩, the first entered first, failed ones too; without those that were withdrawn."""
    return await completion_queries.list_completions(tx, query, caller=caller)


@router.get("/{completion_id}", operation_id="getTrainingCompletion", response_model=schemas.TrainingCompletion)
async def get_training_completion(
    completion_id: CompletionId, tx: InTransaction, caller: TrainingsRead
) -> dict[str, Any]:
    """One result, and whether it is a completion by what the course asks for now."""
    found = await completion_queries.get_completion(tx, completion_id)
    [answer] = await completion_queries.shown(tx, [found], caller=caller)
    return answer


@router.delete("/{completion_id}", status_code=204, operation_id="withdrawTrainingCompletion")
async def withdraw_training_completion(completion_id: CompletionId, caller: TrainingsWrite, run: InRetries) -> None:
    """Withdraws a result that was entered by mistake: it counts no more, on past days neither. It stays on record."""
    await run(lambda tx, now: completions.withdraw_completion(tx, completion_id, caller=caller, now=now))


@sheets.post(
    "/completion-imports", operation_id="importTrainingCompletions", response_model=ImportReport,
    openapi_extra=imports.body(COLUMNS),
)  # fmt: skip
async def import_training_completions(
    training_id: TrainingId,
    query: Annotated[schemas.TrainingImportQuery, Query()],
    caller: TrainingsWrite,
    sent: Annotated[Sheet, Depends(Sheet)],
    run: InRetries,
) -> ImportReport:
    """Enters the results of a sheet 导入成绩, up to 10,000 at once, and says what became of each row.

    People by mail, else phone, else name and department; who has left, for results until their last day. Days as 2026年11月3日,
    2026/11/3, ISO or a spreadsheet's number, always with the year, with 下午3点 behind them or not; scores as 95, 95分, 95.5, or
    合格/不合格. Another result of the same person and day is corrected. With an invalid row nothing is changed at all, and
    `applied` is false.
    """
    await run(lambda tx, _: get_training(tx, training_id))
    table = await sent.table(COLUMNS)
    first = await aside(imports.judge, table, ResultRow)

    async def act(tx: Tx, now: datetime) -> ImportReport:
        judged = imports.afresh(first)
        await import_results(tx, training_id, query.session_id, judged, dry_run=query.dry_run, caller=caller, now=now)
        return imports.report(judged, table, dry_run=query.dry_run)

    return await run(act)
