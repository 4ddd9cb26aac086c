"""Sessions 场次 of courses (方案 三: R67): held once, or made by the rule of a series, each of which may be moved or cancelled."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select

from app.core.auth import SYSTEM, Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Conflict, Invalid
from app.core.outbox import record
from app.domain.events import TrainingSessionsChanged
from app.domain.training_series import AHEAD, Recurrence, to_make
from app.domain.vocabulary.trainings import AttendanceState, SeriesUnit
from app.models import TrainingEnrolment, TrainingSeries, TrainingSession
from app.models.base import new_id
from app.people.persons import active_person
from app.trainings.course_queries import get_training
from app.trainings.courses import must_be_taught
from app.trainings.session_queries import get_series, get_session

_SHORTEST: Final = timedelta(minutes=5)
_LONGEST: Final = timedelta(days=1)
# What each session of a series has of it.
_SHARED: Final = ("place", "url", "trainer_id", "trainer_name", "capacity")


class SessionCancelled(Conflict):
    """Nobody comes to what is not held."""

    code, title = "training_session_cancelled", ("The session is cancelled", "该场次已取消")


class SeriesStopped(Conflict):
    """What has stopped can't be stopped."""

    code, title = "training_series_stopped", ("The series makes no further sessions", "该定期培训已停止")


async def create_session(
    tx: Tx, training_id: UUID, fields: Mapping[str, Any], *, caller: Caller, now: datetime
) -> TrainingSession:
    """A session of its own. One that was held already may be entered, too."""
    training = await get_training(tx, training_id, lock=True)
    must_be_taught(training)
    await _check(tx, fields)
    session = _new(training_id, fields, caller=caller, now=now)
    tx.add(session)
    await record(tx, _made([session], "created", sorted(fields)), caller=caller)
    return session


async def change_session(
    tx: Tx, session_id: UUID, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> TrainingSession:
    """Moves or changes one session; those of its series stay where they are."""
    session = await get_session(tx, session_id, lock=True)
    expected.meet(session.version)
    _must_be_held(session)
    stated = dict(fields)
    # Whoever names a trainer of the one kind means them in place of one of the other.
    for given, other in (("trainer_id", "trainer_name"), ("trainer_name", "trainer_id")):
        if stated.get(given) is not None and other not in stated:
            stated[other] = None
    changes = {name: value for name, value in stated.items() if getattr(session, name) != value}
    if not changes:
        return session
    times = {name: getattr(session, name) for name in ("starts_at", "ends_at", "trainer_id", "trainer_name")}
    await _check(tx, times | changes, named=changes)
    if (capacity := changes.get("capacity")) is not None and capacity < (taken := await places_taken(tx, session_id)):
        raise Invalid.at("/capacity", f"is less than the {taken} who have enrolled", "too_few_places")
    for name, value in changes.items():
        setattr(session, name, value)
    touch(session, now)
    await record(tx, _made([session], "updated", sorted(changes)), caller=caller)
    return session


async def cancel_session(
    tx: Tx, session_id: UUID, reason: str, *, expected: Expected = ANY, caller: Caller, now: datetime
) -> TrainingSession:
    """The session is not held. Those of its series are."""
    session = await get_session(tx, session_id, lock=True)
    expected.meet(session.version)
    _must_be_held(session)
    _cancel(session, reason, now)
    await record(tx, _made([session], "cancelled", ["cancel_reason", "cancelled_at"]), caller=caller)
    return session


async def create_series(
    tx: Tx, training_id: UUID, fields: Mapping[str, Any], *, caller: Caller, now: datetime
) -> TrainingSeries:
    """Sessions that recur; those of the next ninety days are there at once."""
    training = await get_training(tx, training_id, lock=True)
    must_be_taught(training)
    await _check(tx, fields)
    if fields["until"] is not None and fields["count"] is not None:
        raise Invalid.at("/count", "stands beside `until`: state how it ends in one way, or not at all", "two_ends")
    rule = Recurrence(
        fields["starts_at"], fields["every"], SeriesUnit(fields["unit"]), fields["until"], fields["count"]
    )
    if not rule.has(1):
        raise Invalid.at("/until", "is before the first session", "in_the_past")
    minutes = (fields["ends_at"] - fields["starts_at"]) // timedelta(minutes=1)
    series = TrainingSeries(
        id=new_id(), training_id=training_id, first_starts_at=rule.first, minutes=minutes, every=rule.every, unit=rule.unit,
        until=rule.until, count=rule.count, made=0, next_at=rule.first, created_at=now, created_by=caller.actor,
        updated_at=now, version=1, **{name: fields[name] for name in _SHARED},
    )  # fmt: skip
    tx.add(series)
    await tx.flush()
    await make_ahead(tx, series, caller=caller, now=now)
    return series


async def stop_series(
    tx: Tx, series_id: UUID, reason: str, *, cancel_ahead: bool, expected: Expected = ANY, caller: Caller, now: datetime
) -> TrainingSeries:
    """The series makes no further sessions. Those that were made are held, unless they are cancelled with it."""
    series = await get_series(tx, series_id, lock=True)
    expected.meet(series.version)
    if series.stopped_at is not None:
        raise SeriesStopped("The series was stopped already: cancel sessions of it one by one.")
    series.stopped_at, series.next_at = now, None
    touch(series, now)
    ahead = select(TrainingSession).where(
        TrainingSession.series_id == series_id, TrainingSession.starts_at > now, TrainingSession.cancelled_at.is_(None)
    )
    locked = ahead.order_by(TrainingSession.id).with_for_update(key_share=True)
    sessions = (await tx.scalars(locked.execution_options(populate_existing=True))).all() if cancel_ahead else ()
    for session in sessions:
        _cancel(session, reason, now)
    event = TrainingSessionsChanged(
        training_id=series.training_id, session_ids=[session.id for session in sessions], series_id=series.id,
        action="stopped", fields=["cancel_reason", "cancelled_at"] if sessions else [],
    )  # fmt: skip
    await record(tx, event, caller=caller)
    return series


async def make_ahead(tx: Tx, series: TrainingSeries, *, caller: Caller = SYSTEM, now: datetime) -> int:
    """Makes what the locked series has to make by now, some at a time, and says when it has to make the next."""
    rule = Recurrence(series.first_starts_at, series.every, SeriesUnit(series.unit), series.until, series.count)
    shared = {name: getattr(series, name) for name in _SHARED}
    made = []
    for place, starts_at in to_make(rule, series.made, now):
        fields = shared | {"starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=series.minutes)}
        made.append(_new(series.training_id, fields, caller=caller, now=now, series_id=series.id, occurrence=place))
    series.made += len(made)
    series.next_at = rule.starts_at(series.made + 1) if rule.has(series.made + 1) else None
    tx.add_all(made)
    if made:
        await record(tx, _made(made, "created", []), caller=caller)
    return len(made)


async def make_due(tx: Tx) -> int:
    """Makes the sessions of one series that is due; how many. A series that somebody else makes at this moment is passed
    over. Late rather than never: also those that should have begun while nobody made them."""
    now = await tx.now()
    due = select(TrainingSeries).where(TrainingSeries.next_at <= now + AHEAD).order_by(TrainingSeries.next_at).limit(1)
    locked = due.with_for_update(key_share=True, skip_locked=True).execution_options(populate_existing=True)
    series = (await tx.scalars(locked)).one_or_none()
    return await make_ahead(tx, series, now=now) if series is not None else 0


async def places_taken(tx: Tx, session_id: UUID) -> int:
    """How many have a place in the session."""
    here = TrainingEnrolment.session_id == session_id, TrainingEnrolment.state != AttendanceState.ABSENT
    return await tx.scalar(select(func.count()).select_from(TrainingEnrolment).where(*here)) or 0


def _must_be_held(session: TrainingSession) -> None:
    if session.cancelled_at is not None:
        raise SessionCancelled("The session is cancelled: enter another one in its place.")


def _cancel(session: TrainingSession, reason: str, now: datetime) -> None:
    session.cancelled_at, session.cancel_reason = now, reason
    touch(session, now)


async def _check(tx: Tx, fields: Mapping[str, Any], named: Mapping[str, Any] | None = None) -> None:
    """It must end after it begins, and one trainer be named; ``named``: what of it was sent."""
    span = fields["ends_at"] - fields["starts_at"]
    if not _SHORTEST <= span <= _LONGEST:
        raise Invalid.at("/ends_at", "must be 5 minutes to 24 hours after `starts_at`", "span_invalid")
    if fields["trainer_id"] is not None and fields["trainer_name"] is not None:
        raise Invalid.at("/trainer_name", "stands beside `trainer_id`: name one trainer", "two_trainers")
    if (trainer_id := (fields if named is None else named).get("trainer_id")) is not None:
        await active_person(tx, trainer_id, "/trainer_id")


def _new(
    training_id: UUID, fields: Mapping[str, Any], *, caller: Caller, now: datetime, series_id: UUID | None = None,
    occurrence: int | None = None,
) -> TrainingSession:  # fmt: skip
    return TrainingSession(
        id=new_id(), training_id=training_id, series_id=series_id, occurrence=occurrence, created_at=now,
        created_by=caller.actor, updated_at=now, version=1, **fields,
    )  # fmt: skip


def _made(sessions: list[TrainingSession], action: str, fields: list[str]) -> TrainingSessionsChanged:
    return TrainingSessionsChanged(
        training_id=sessions[0].training_id, session_ids=[session.id for session in sessions],
        series_id=sessions[0].series_id, action=action, fields=fields,
    )  # fmt: skip
