"""Coverage over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from app.core.bodies import JsonBody
from app.core.conditional import IfMatch
from app.core.deps import InRetries, InTransaction, TrainingsRead, TrainingsWrite
from app.core.routing import Operation
from app.models import TrainingSettings
from app.trainings import coverage, coverage_answers
from app.trainings import coverage_schemas as schemas

router = APIRouter(prefix="/v1/training-coverage", tags=["Trainings"], route_class=Operation)
settings_router = APIRouter(prefix="/v1/training-settings", tags=["Trainings"], route_class=Operation)

Put = Annotated[schemas.TrainingSettingsPut, Depends(JsonBody(schemas.TrainingSettingsPut))]


@router.get("", operation_id="getTrainingCoverage", response_model=schemas.TrainingCoverage)
async def get_training_coverage(
    query: Annotated[schemas.CoverageQuery, Query()], tx: InTransaction, _: TrainingsRead
) -> dict[str, Any]:
    """Coverage 培训覆盖率 of the company and each department on a day (R07), against the target of that day.

    People on the roster at the day's end who hold a valid completion of every mandatory course of their department, of all who
    were on the roster then. A department without a mandatory course is covered whole; nobody there is no percentage. Past days
    use the roster, the departments and the courses of that day.
    """
    return await coverage_answers.coverage_on(tx, query.on, now=await tx.now())


@router.get("/missing", operation_id="listTrainingCoverageMissing", response_model=schemas.CoverageMissingPage)
async def list_training_coverage_missing(
    query: Annotated[schemas.CoverageMissingQuery, Query()], tx: InTransaction, caller: TrainingsRead
) -> dict[str, Any]:
    """Who was missing on a day: which course, and why. A person stands there once for each course they lack."""
    return await coverage_answers.list_missing(tx, query, caller=caller, now=await tx.now())


@settings_router.get("", operation_id="getTrainingSettings", response_model=schemas.TrainingSettings)
async def get_training_settings(tx: InTransaction, _: TrainingsRead) -> TrainingSettings:
    """The target of coverage, 95 % unless people changed it, and how long before its end a completion is told of."""
    return await coverage.settings_at(tx, await tx.now())


@settings_router.put("", operation_id="setTrainingSettings", response_model=schemas.TrainingSettings)
async def set_training_settings(
    caller: TrainingsWrite, body: Put, expected: IfMatch, run: InRetries
) -> TrainingSettings:
    """Sets the target of coverage and the reminders, from now on."""
    return await run(
        lambda tx, now: coverage_answers.set_settings(tx, body.model_dump(), expected=expected, caller=caller, now=now)
    )
