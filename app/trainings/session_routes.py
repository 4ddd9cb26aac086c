"""Sessions, series and who comes, over HTTP."""

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
from app.models import TrainingSeries, TrainingSession
from app.trainings import enrolments, session_queries, sessions
from app.trainings import session_schemas as schemas

router = APIRouter(prefix="/v1/training-sessions", tags=["Trainings"], route_class=Operation)
series_router = APIRouter(prefix="/v1/training-series", tags=["Trainings"], route_class=Operation)
of_training = APIRouter(prefix="/v1/trainings/{training_id}", tags=["Trainings"], route_class=Operation)

TrainingId = Annotated[UUID, Path(description="The course's id.")]
SessionId = Annotated[UUID, Path(description="The session's id.")]
SeriesId = Annotated[UUID, Path(description="The series' id.")]
PersonId = Annotated[UUID, Path(description="The person's id.")]
Create = Annotated[schemas.TrainingSessionCreate, Depends(JsonBody(schemas.TrainingSessionCreate))]
Patch = Annotated[schemas.TrainingSessionPatch, Depends(JsonBody(schemas.TrainingSessionPatch))]
Cancelled = Annotated[schemas.TrainingSessionCancelled, Depends(JsonBody(schemas.TrainingSessionCancelled))]
CreateSeries = Annotated[schemas.TrainingSeriesCreate, Depends(JsonBody(schemas.TrainingSeriesCreate))]
Stop = Annotated[schemas.TrainingSeriesStop, Depends(JsonBody(schemas.TrainingSeriesStop))]
Enrol = Annotated[schemas.TrainingEnrolmentCreate, Depends(JsonBody(schemas.TrainingEnrolmentCreate))]
Attendance = Annotated[schemas.TrainingAttendance, Depends(JsonBody(schemas.TrainingAttendance))]


async def _session(
    run: Retries, caller: Caller, verb: Callable[[Tx, datetime], Awaitable[TrainingSession]]
) -> dict[str, Any]:
    """The session as the verb leaves it behind."""
    return await run.shown(verb, session_queries.shown_one, caller=caller)


async def _series(
    run: Retries, caller: Caller, verb: Callable[[Tx, datetime], Awaitable[TrainingSeries]]
) -> dict[str, Any]:
    """The series as the verb leaves it behind."""

    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        [answer] = await session_queries.shown_series(tx, [await verb(tx, now)], caller=caller)
        return answer

    return await run(act)


@of_training.post(
    "/sessions", status_code=201, operation_id="createTrainingSession", response_model=schemas.TrainingSession,
    responses=LOCATED,
)  # fmt: skip
async def create_training_session(
    training_id: TrainingId, caller: TrainingsWrite, body: Create, run: InRetries, response: Response
) -> dict[str, Any]:
    """Enters a session 场次 of a course: when, where, who teaches it, and for how many. Past ones may be entered, too."""
    answer = await _session(
        run, caller,
        lambda tx, now: sessions.create_session(tx, training_id, body.model_dump(), caller=caller, now=now),
    )  # fmt: skip
    response.headers["location"] = f"/v1/training-sessions/{answer['id']}"
    return answer


@router.get("", operation_id="listTrainingSessions", response_model=schemas.TrainingSessionPage)
async def list_training_sessions(
    query: Annotated[schemas.TrainingSessionQuery, Query()], tx: InTransaction, caller: TrainingsRead
) -> dict[str, Any]:
    """Sessions 场次 of all courses, the first to begin first, cancelled ones too unless the query says otherwise."""
    return await session_queries.list_sessions(tx, query, caller=caller)


@router.get("/{session_id}", operation_id="getTrainingSession", response_model=schemas.TrainingSession)
async def get_training_session(session_id: SessionId, tx: InTransaction, caller: TrainingsRead) -> dict[str, Any]:
    """One session, and how many come."""
    return await session_queries.shown_one(tx, await session_queries.get_session(tx, session_id), caller=caller)


@router.patch("/{session_id}", operation_id="updateTrainingSession", response_model=schemas.TrainingSession)
async def update_training_session(
    session_id: SessionId, caller: TrainingsWrite, body: Patch, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Moves or changes one session 改期. Others of its series stay where they are."""
    fields = body.model_dump(exclude_unset=True)
    may_see(caller, fields, "trainings:read")
    return await _session(
        run, caller,
        lambda tx, now: sessions.change_session(tx, session_id, fields, expected=expected, caller=caller, now=now),
    )  # fmt: skip


@router.post("/{session_id}/cancel", operation_id="cancelTrainingSession", response_model=schemas.TrainingSession)
async def cancel_training_session(
    session_id: SessionId, caller: TrainingsWrite, body: Cancelled, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Cancels one session 取消, with why. Others of its series are held."""
    return await _session(
        run, caller,
        lambda tx, now: sessions.cancel_session(tx, session_id, body.reason, expected=expected, caller=caller, now=now),
    )  # fmt: skip


@router.get(
    "/{session_id}/enrolments", operation_id="listTrainingEnrolments", response_model=schemas.TrainingEnrolmentPage
)
async def list_training_enrolments(
    session_id: SessionId, query: Annotated[schemas.TrainingEnrolmentQuery, Query()], tx: InTransaction,
    caller: TrainingsRead,
) -> dict[str, Any]:  # fmt: skip
    """Who is to come to the session, came, or didn't."""
    return await session_queries.list_enrolments(tx, session_id, query, caller=caller)


@router.post(
    "/{session_id}/enrolments", status_code=201, operation_id="enrolInTrainingSession",
    response_model=schemas.TrainingEnrolment,
)  # fmt: skip
async def enrol_in_training_session(
    session_id: SessionId, caller: TrainingsWrite, body: Enrol, run: InRetries
) -> dict[str, Any]:
    """Gives somebody a place 报名, as long as there is one. Who has one keeps it."""

    async def act(tx: Tx, now: datetime) -> dict[str, Any]:
        enrolment = await enrolments.enrol(tx, session_id, body.person_id, caller=caller, now=now)
        [answer] = await session_queries.shown_enrolments(tx, [enrolment], caller=caller)
        return answer

    return await run(act)


@router.delete("/{session_id}/enrolments/{person_id}", status_code=204, operation_id="leaveTrainingSession")
async def leave_training_session(
    session_id: SessionId, person_id: PersonId, caller: TrainingsWrite, run: InRetries
) -> None:
    """Takes somebody's enrolment back: the place is free for others."""
    await run(lambda tx, _: enrolments.leave(tx, session_id, person_id, caller=caller))


@router.post(
    "/{session_id}/attendance", operation_id="recordTrainingAttendance", response_model=schemas.TrainingSession
)
async def record_training_attendance(
    session_id: SessionId, caller: TrainingsWrite, body: Attendance, run: InRetries
) -> dict[str, Any]:
    """Says who was there 签到, and who was not; of others nothing changes. It may be said anew.

    Where the course has no pass mark, having been there is a completion of that day.
    """
    return await _session(
        run, caller,
        lambda tx, now: enrolments.record_attendance(
            tx, session_id, body.attended, body.absent, caller=caller, now=now
        ),
    )  # fmt: skip


@of_training.post(
    "/series", status_code=201, operation_id="createTrainingSeries", response_model=schemas.TrainingSeries,
    responses=LOCATED,
)  # fmt: skip
async def create_training_series(
    training_id: TrainingId, caller: TrainingsWrite, body: CreateSeries, run: InRetries, response: Response
) -> dict[str, Any]:
    """Enters sessions that recur 定期培训, at the same time of day in Shanghai. They are made 90 days ahead, each once."""
    answer = await _series(
        run, caller, lambda tx, now: sessions.create_series(tx, training_id, body.model_dump(), caller=caller, now=now)
    )
    response.headers["location"] = f"/v1/training-series/{answer['id']}"
    return answer


@of_training.get("/series", operation_id="listTrainingSeries", response_model=schemas.TrainingSeriesPage)
async def list_training_series(
    training_id: TrainingId, query: Annotated[PageQuery, Query()], tx: InTransaction, caller: TrainingsRead
) -> dict[str, Any]:
    """The course's series, the oldest first."""
    return await session_queries.list_series(tx, training_id, query, caller=caller)


@series_router.get("/{series_id}", operation_id="getTrainingSeries", response_model=schemas.TrainingSeries)
async def get_training_series(series_id: SeriesId, tx: InTransaction, caller: TrainingsRead) -> dict[str, Any]:
    """One series; `GET /v1/training-sessions?series_id=` has its sessions."""
    series = await session_queries.get_series(tx, series_id)
    [answer] = await session_queries.shown_series(tx, [series], caller=caller)
    return answer


@series_router.post("/{series_id}/stop", operation_id="stopTrainingSeries", response_model=schemas.TrainingSeries)
async def stop_training_series(
    series_id: SeriesId, caller: TrainingsWrite, body: Stop, expected: IfMatch, run: InRetries
) -> dict[str, Any]:
    """Has a series make no further sessions 停止; those that have not begun are cancelled with it where you say so."""
    return await _series(
        run, caller,
        lambda tx, now: sessions.stop_series(
            tx, series_id, body.reason, cancel_ahead=body.cancel_ahead, expected=expected, caller=caller, now=now
        ),
    )  # fmt: skip
