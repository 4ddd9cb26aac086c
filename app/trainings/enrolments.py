"""Who comes to a session 报名签到: places are given out under the session's lock, so that there are never too many."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import Conflict, Invalid, NotFound
from app.core.outbox import record
from app.domain.events import TrainingAttendanceRecorded
from app.domain.vocabulary.trainings import AttendanceState
from app.domain.worktime import day_of
from app.models import TrainingEnrolment, TrainingSession
from app.people.persons import active_person, people_of_day
from app.trainings.completions import enter_attendance, take_back_attendance
from app.trainings.course_queries import get_training
from app.trainings.session_queries import get_session
from app.trainings.sessions import SessionCancelled, places_taken


class SessionFull(Conflict):
    """Every place is taken."""

    code, title = "training_session_full", ("The session is full", "该场次名额已满")


class SessionOver(Conflict):
    """What is over is recorded, and not enrolled for."""

    code, title = "training_session_over", ("The session is over", "该场次已结束")


class SessionAhead(Conflict):
    """Nobody has been at what has not begun."""

    code, title = "training_session_ahead", ("The session has not begun", "该场次尚未开始")


class AttendanceKnown(Conflict):
    """Who was there was there."""

    code, title = "training_attendance_known", ("It is known already who was there", "该人员已有签到记录")


async def enrol(tx: Tx, session_id: UUID, person_id: UUID, *, caller: Caller, now: datetime) -> TrainingEnrolment:
    """Gives somebody a place; SessionFull where there is none. Who has one keeps it, and nothing changes."""
    session = await _held(tx, session_id)
    await active_person(tx, person_id)
    known = await tx.get(TrainingEnrolment, (session_id, person_id), populate_existing=True)
    if known is not None:
        return known
    if session.ends_at <= now:
        raise SessionOver("The session is over: record who was there by its attendance.")
    if session.capacity is not None and await places_taken(tx, session_id) >= session.capacity:
        raise SessionFull(f"All {session.capacity} places are taken: choose another session, or raise its capacity.")
    enrolment = TrainingEnrolment(
        session_id=session_id, person_id=person_id, state=AttendanceState.ENROLLED, enrolled_at=now,
        enrolled_by=caller.actor, updated_at=now,
    )  # fmt: skip
    tx.add(enrolment)
    await record(tx, _told(session, [person_id], AttendanceState.ENROLLED), caller=caller)
    return enrolment


async def leave(tx: Tx, session_id: UUID, person_id: UUID, *, caller: Caller) -> None:
    """Takes somebody's enrolment back: their place is free. AttendanceKnown once it is known whether they came."""
    session = await get_session(tx, session_id, lock=True)
    enrolment = await tx.get(TrainingEnrolment, (session_id, person_id), populate_existing=True)
    if enrolment is None:
        raise NotFound(f"The person {person_id} has not enrolled for the session.")
    if enrolment.state != AttendanceState.ENROLLED:
        raise AttendanceKnown("It is recorded whether they were there: record their attendance anew instead.")
    here = TrainingEnrolment.session_id == session_id, TrainingEnrolment.person_id == person_id
    await tx.execute(delete(TrainingEnrolment).where(*here))
    await record(tx, _told(session, [person_id], "left"), caller=caller)


async def record_attendance(
    tx: Tx, session_id: UUID, attended: Sequence[UUID], absent: Sequence[UUID], *, caller: Caller, now: datetime
) -> TrainingSession:
    """Says who was there, also of those who had not enrolled, and who was not; of others nothing changes.

    Where the course has no pass mark, having been there is a completion, and having been absent after all takes it back.
    """
    session = await get_session(tx, session_id)
    # Completions are written under their course's lock, which comes before the session's.
    training = await get_training(tx, session.training_id, lock=True)
    session = await _held(tx, session_id)
    if session.starts_at > now:
        raise SessionAhead("The session has not begun: record who was there once it has.")
    _must_differ(attended, absent)
    named = {f"/attended/{place}": id_ for place, id_ in enumerate(attended)}
    named |= {f"/absent/{place}": id_ for place, id_ in enumerate(absent)}
    await people_of_day(tx, named, day_of(session.starts_at))
    for state, ids in ((AttendanceState.ATTENDED, attended), (AttendanceState.ABSENT, absent)):
        await set_states(tx, session, sorted(set(ids)), state, caller=caller, now=now)
    if training.pass_mark is None:
        on = day_of(session.starts_at)
        await enter_attendance(tx, training, session_id, sorted(set(attended)), on, caller=caller, now=now)
    await take_back_attendance(tx, training, session_id, sorted(set(absent)), caller=caller, now=now)
    return session


async def set_states(
    tx: Tx,
    session: TrainingSession,
    person_ids: Sequence[UUID],
    state: AttendanceState,
    *,
    caller: Caller,
    now: datetime,
) -> None:
    """Says of people how they stand to the locked session; of whom it is said already, nothing changes."""
    if not person_ids:
        return
    known = select(TrainingEnrolment.person_id).where(
        TrainingEnrolment.session_id == session.id, TrainingEnrolment.state == state
    )
    said = set(await tx.scalars(known))
    news = [id_ for id_ in person_ids if id_ not in said]
    rows = [
        {"session_id": session.id, "person_id": id_, "state": state, "enrolled_at": now, "enrolled_by": caller.actor,
         "updated_at": now}
        for id_ in news
    ]  # fmt: skip
    for begin in range(0, len(rows), 1_000):
        statement = insert(TrainingEnrolment).values(rows[begin : begin + 1_000])
        changed = statement.on_conflict_do_update(
            index_elements=["session_id", "person_id"], set_={"state": state, "updated_at": now}
        )
        await tx.execute(changed)
    events = [_told(session, news[begin : begin + 100], state) for begin in range(0, len(news), 100)]
    await record(tx, *events, caller=caller)


async def _held(tx: Tx, session_id: UUID) -> TrainingSession:
    session = await get_session(tx, session_id, lock=True)
    if session.cancelled_at is not None:
        raise SessionCancelled("The session is cancelled: nobody comes to it.")
    return session


def _must_differ(attended: Sequence[UUID], absent: Sequence[UUID]) -> None:
    both = set(attended) & set(absent)
    place = next((place for place, id_ in enumerate(absent) if id_ in both), None)
    if place is not None:
        raise Invalid.at(f"/absent/{place}", "stands under `attended`, too: say one of the two", "contradiction")


def _told(session: TrainingSession, person_ids: list[UUID], state: str) -> TrainingAttendanceRecorded:
    return TrainingAttendanceRecorded(
        training_id=session.training_id, session_id=session.id, person_ids=person_ids, state=state
    )
