"""What people reached 成绩 (R07, R67): entered by hand, by attendance or by a sheet; a failed score is kept, too.

Of each course, person and day there is one result. Everything is written under the course's lock.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import Conflict, Invalid, naming
from app.core.imports import write
from app.core.outbox import record
from app.domain.events import TrainingResultsRecorded
from app.domain.worktime import day_of
from app.models import Training, TrainingCompletion
from app.models.base import new_id
from app.people.persons import people_of_day
from app.trainings.completion_queries import get_completion
from app.trainings.course_queries import get_training
from app.trainings.session_queries import get_session

TOLD_AT_ONCE: Final = 100
_UPDATE: Final = (
    update(TrainingCompletion)
    .where(TrainingCompletion.id == bindparam("completion_id"))
    .values({name: bindparam(f"new_{name}") for name in ("score", "passed", "session_id")})
    .values(updated_at=bindparam("at"))
)


class CompletionKnown(Conflict):
    """A person has one result of a course and day."""

    code, title = "training_completion_known", ("There is another result of that day", "当日已有不同成绩")


async def record_completion(
    tx: Tx, training_id: UUID, fields: Mapping[str, Any], *, caller: Caller, now: datetime
) -> TrainingCompletion:
    """Enters what somebody reached. The same again changes nothing; CompletionKnown where that day says otherwise."""
    training = await get_training(tx, training_id, lock=True)
    person_id, on = fields["person_id"], fields["completed_on"]
    await people_of_day(tx, {"/person_id": person_id}, on)
    if on > day_of(now):
        raise Invalid.at("/completed_on", "lies ahead; results are entered once they are there", "in_the_future")
    must_be_said(training, fields["score"], fields["passed"])
    if fields["session_id"] is not None:
        with naming("/session_id"):
            session = await get_session(tx, fields["session_id"])
        if session.training_id != training_id:
            raise Invalid.at("/session_id", "is a session of another course", "other_training")
    known = (await results_of(tx, training_id, [person_id])).get((person_id, on))
    if known is not None:
        if (known.score, known.passed) != (fields["score"], fields["passed"]):
            raise CompletionKnown("That day has another result: withdraw it first (DELETE), then enter this one.")
        return known
    entered = {name: fields[name] for name in ("person_id", "completed_on", "score", "passed", "session_id")}
    await store(tx, training, [entered], [], fields["session_id"], caller=caller, now=now)
    return (await results_of(tx, training_id, [person_id]))[person_id, on]


def must_be_said(training: Training, score: float | None, passed: bool | None) -> None:
    """Invalid where the course has a pass mark and nothing says what was reached."""
    if training.pass_mark is not None and score is None and passed is None:
        detail = f"is needed: the course has a pass mark of {training.pass_mark:g}; state it, or `passed`"
        raise Invalid.at("/score", detail, "score_needed")


async def withdraw_completion(tx: Tx, completion_id: UUID, *, caller: Caller, now: datetime) -> None:
    """A result that was entered by mistake counts no more, on no day. NotFound where it is withdrawn already."""
    completion = await get_completion(tx, completion_id)
    training = await get_training(tx, completion.training_id, lock=True)
    completion = await get_completion(tx, completion_id)
    await _withdraw(tx, training, [completion], completion.session_id, caller=caller, now=now)


async def results_of(
    tx: Tx, training_id: UUID, person_ids: Sequence[UUID] | None = None
) -> dict[tuple[UUID, date], TrainingCompletion]:
    """What is known of a course, of everybody or of these: by person and day."""
    query = select(TrainingCompletion).where(
        TrainingCompletion.training_id == training_id, TrainingCompletion.withdrawn_at.is_(None)
    )
    if person_ids is not None:
        query = query.where(TrainingCompletion.person_id.in_(person_ids))
    rows = await tx.scalars(query.execution_options(populate_existing=True))
    return {(row.person_id, row.completed_on): row for row in rows}


async def store(
    tx: Tx, training: Training, entered: Sequence[Mapping[str, Any]], corrected: Sequence[Mapping[str, Any]],
    session_id: UUID | None, *, caller: Caller, now: datetime,
) -> None:  # fmt: skip
    """Writes new results of the locked course, and what else corrected ones say (each by its ``id``)."""
    said = {"training_id": training.id, "recorded_at": now, "recorded_by": caller.actor, "updated_at": now}
    new = [{"id": new_id(), **row, **said} for row in entered]
    await write(tx, insert(TrainingCompletion), new)
    altered = [
        {
            "completion_id": row["id"],
            "at": now,
            **{f"new_{name}": row[name] for name in ("score", "passed", "session_id")},
        }
        for row in corrected
    ]
    await write(tx, _UPDATE, altered)
    events = _told(training, "entered", new, session_id) + _told(training, "corrected", corrected, session_id)
    await record(tx, *events, caller=caller)


async def enter_attendance(
    tx: Tx, training: Training, session_id: UUID, person_ids: Sequence[UUID], on: date, *, caller: Caller, now: datetime
) -> None:
    """Having been there is a completion of a course without a pass mark. Who has a result of that day keeps it."""
    known = await results_of(tx, training.id, person_ids)
    entered = [
        {"person_id": id_, "completed_on": on, "score": None, "passed": None, "session_id": session_id}
        for id_ in person_ids if (id_, on) not in known
    ]  # fmt: skip
    await store(tx, training, entered, [], session_id, caller=caller, now=now)


async def take_back_attendance(
    tx: Tx, training: Training, session_id: UUID, person_ids: Sequence[UUID], *, caller: Caller, now: datetime
) -> None:
    """Who was absent after all has no completion of having been there; a score of theirs stays."""
    known = await results_of(tx, training.id, person_ids)
    gone = [row for row in known.values() if row.session_id == session_id and row.score is None and row.passed is None]
    await _withdraw(tx, training, gone, session_id, caller=caller, now=now)


async def _withdraw(
    tx: Tx, training: Training, completions: Sequence[TrainingCompletion], session_id: UUID | None, *, caller: Caller,
    now: datetime,
) -> None:  # fmt: skip
    names = ("id", "person_id", "completed_on", "score", "passed")
    rows = [{name: getattr(one, name) for name in names} for one in completions]
    for one in completions:
        one.withdrawn_at = one.updated_at = now
    await record(tx, *_told(training, "withdrawn", rows, session_id), caller=caller)


def _told(
    training: Training, action: str, rows: Sequence[Mapping[str, Any]], session_id: UUID | None
) -> list[TrainingResultsRecorded]:
    results = [
        {"completion_id": str(row["id"]), "person_id": str(row["person_id"]), "completed_on": row["completed_on"].isoformat(),
         "score": row["score"], "passed": row["passed"]}
        for row in rows
    ]  # fmt: skip
    return [
        TrainingResultsRecorded(
            training_id=training.id, session_id=session_id, action=action, results=results[begin : begin + TOLD_AT_ONCE]
        )
        for begin in range(0, len(results), TOLD_AT_ONCE)
    ]
