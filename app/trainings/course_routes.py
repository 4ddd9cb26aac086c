"""Courses over HTTP."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from app.core.answers import LOCATED
from app.core.auth import Caller
from app.core.bodies import JsonBody
from app.core.conditional import IfMatch
from app.core.db import Tx
from app.core.deps import InRetries, InTransaction, Retries, TrainingsRead, TrainingsWrite, may_see
from app.core.params import PageQuery
from app.core.routing import Operation
from app.models import Training
from app.trainings import course_queries, courses
from app.trainings import course_schemas as schemas

router = APIRouter(prefix="/v1/trainings", tags=["Trainings"], route_class=Operation)

TrainingId = Annotated[UUID, Path(description="The course's id.")]
Create = Annotated[schemas.TrainingCreate, Depends(JsonBody(schemas.TrainingCreate))]
Patch = Annotated[schemas.TrainingPatch, Depends(JsonBody(schemas.TrainingPatch))]


async def _training(
    run: Retries, caller: Caller, verb: Callable[[Tx, datetime], Awaitable[Training]]
) -> dict[str, Any]:
    """The course as the verb leaves it behind."""
    return await run.shown(verb, course_queries.shown_one, caller=caller)


@router.post("", status_code=201, operation_id="createTraining", response_model=schemas.Training, responses=LOCATED)
async def create_training(caller: TrainingsWrite, body: Create, run: InRetries, response: Response) -> dict[str, Any]:
    """Enters a course 课程: whose it is, whether it is mandatory, how long a completion is good, and what must be reached.

    A mandatory one lowers coverage from now on, until its audience has completed it.
    """
    answer = await _training(
        run, caller, lambda tx, now: courses.create_training(tx, body.model_dump(), caller=caller, now=now)
    )
    response.headers["location"] = f"/v1/trainings/{answer['id']}"
    return answer


@router.get("", operation_id="listTrainings", response_model=schemas.TrainingPage)
async def list_trainings(
    query: Annotated[schemas.TrainingQuery, Query()], tx: InTransaction, caller: TrainingsRead
) -> dict[str, Any]:
    """Courses 课程, the oldest first, retired ones too unless the query says otherwise."""
    return await course_queries.list_trainings(tx, query, caller=caller)


@router.get("/{training_id}", operation_id="getTraining", response_model=schemas.Training)
async def get_training(training_id: TrainingId, tx: InTransaction, caller: TrainingsRead) -> dict[str, Any]:
    """One course, as it is now."""
    return await course_queries.shown_one(tx, await course_queries.get_training(tx, training_id), caller=caller)


@router.patch("/{training_id}", operation_id="updateTraining", response_model=schemas.Training)
async def update_training(
    training_id: TrainingId, caller: TrainingsWrite, body: Patch, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Changes a course, or retires it 停用. What it asks for counts from now on: figures of past days stay as they were."""
    fields = body.model_dump(exclude_unset=True)
    may_see(caller, fields, "trainings:read")
    return await _training(
        run, caller,
        lambda tx, now: courses.change_training(tx, training_id, fields, expected=expected, caller=caller, now=now),
    )  # fmt: skip


@router.get("/{training_id}/versions", operation_id="listTrainingVersions", response_model=schemas.TrainingVersionPage)
async def list_training_versions(
    training_id: TrainingId, query: Annotated[PageQuery, Query()], tx: InTransaction, caller: TrainingsRead
) -> dict[str, Any]:
    """What the course asked for when, and who changed it; the newest first."""
    return await course_queries.list_versions(tx, training_id, query, caller=caller)
