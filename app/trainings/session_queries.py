"""Everything that is read of sessions 场次, series and who comes, with names and words as the caller may see them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, exists, func, or_, select

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.params import PageQuery
from app.domain.vocabulary.trainings import AttendanceState
from app.domain.wording import mask_name
from app.models import TrainingEnrolment, TrainingSeries, TrainingSession
from app.models.base import columns_of
from app.people.masks import UNMASK, people_of, words_of
from app.trainings.course_queries import get_training, titles_of, unmasked
from app.trainings.session_schemas import TrainingEnrolmentQuery, TrainingSessionQuery

_HIDDEN: Final = ("trainer_id", "trainer_name")


async def get_session(tx: Tx, session_id: UUID, *, lock: bool = False) -> TrainingSession:
    """The session as it is now; NotFound otherwise."""
    query = select(TrainingSession).where(TrainingSession.id == session_id).execution_options(populate_existing=True)
    if lock:
        query = query.with_for_update(key_share=True)
    session = (await tx.scalars(query)).one_or_none()
    if session is None:
        raise NotFound(f"There is no training session {session_id}.")
    return session


async def get_series(tx: Tx, series_id: UUID, *, lock: bool = False) -> TrainingSeries:
    """The series as it is now; NotFound otherwise."""
    query = select(TrainingSeries).where(TrainingSeries.id == series_id).execution_options(populate_existing=True)
    if lock:
        query = query.with_for_update(key_share=True)
    series = (await tx.scalars(query)).one_or_none()
    if series is None:
        raise NotFound(f"There is no training series {series_id}.")
    return series


async def list_sessions(tx: Tx, query: TrainingSessionQuery, *, caller: Caller) -> dict[str, Any]:
    """Sessions, the first to begin first."""
    await tx.plan_anew()
    rows, bound = _chosen(query), ["training-sessions", query.filters()]
    after = paging.decode(query.cursor, bound)
    if after:
        begins = datetime.fromisoformat(after[0])
        later = and_(TrainingSession.starts_at == begins, TrainingSession.id > UUID(after[1]))
        rows = rows.where(or_(TrainingSession.starts_at > begins, later))
    ordered = rows.order_by(TrainingSession.starts_at, TrainingSession.id).limit(query.limit + 1)
    found = (await tx.scalars(ordered)).all()
    page = paging.page(found, query.limit, bound, lambda one: [one.starts_at.isoformat(), one.id])
    return page | {"data": await shown(tx, page["data"], caller=caller)}


def _chosen(query: TrainingSessionQuery) -> Select[TrainingSession]:
    rows = select(TrainingSession)
    if query.training_id:
        rows = rows.where(TrainingSession.training_id.in_(query.training_id))
    if query.series_id:
        rows = rows.where(TrainingSession.series_id.in_(query.series_id))
    if query.person_id:
        known = exists().where(
            TrainingEnrolment.session_id == TrainingSession.id, TrainingEnrolment.person_id.in_(query.person_id)
        )
        rows = rows.where(known)
    if query.cancelled is not None:
        rows = rows.where(TrainingSession.cancelled_at.is_not(None) == query.cancelled)
    if query.starts_after is not None:
        rows = rows.where(TrainingSession.starts_at > query.starts_after)
    if query.starts_before is not None:
        rows = rows.where(TrainingSession.starts_at < query.starts_before)
    return rows


async def shown(tx: Tx, sessions: Sequence[TrainingSession], *, caller: Caller) -> list[dict[str, Any]]:
    """The sessions as the API shows them to the caller."""
    counting = select(TrainingEnrolment.session_id, TrainingEnrolment.state, func.count())
    here = counting.where(TrainingEnrolment.session_id.in_([session.id for session in sessions]))
    rows = await tx.execute(here.group_by(TrainingEnrolment.session_id, TrainingEnrolment.state))
    counts = {(id_, state): count for id_, state, count in rows}
    titles = await titles_of(tx, [session.training_id for session in sessions], caller=caller)
    told = await _told(tx, sessions, ("place", "url", "cancel_reason"), caller=caller)
    return [
        both
        | {"training_title": titles[session.training_id]}
        | {state.value: counts.get((session.id, state), 0) for state in AttendanceState}
        for session, both in zip(sessions, told, strict=True)
    ]


async def _told(
    tx: Tx, rows: Sequence[TrainingSession | TrainingSeries], written: Sequence[str], *, caller: Caller
) -> list[dict[str, Any]]:
    """The rows with their words and trainers as the caller may see them."""
    people = await people_of(tx, [row.trainer_id for row in rows], caller=caller)
    said = [(row.id, {name: getattr(row, name) for name in written}) for row in rows]
    words = await words_of(tx, said, caller=caller, told=unmasked)
    return [
        {name: value for name, value in columns_of(row).items() if name not in _HIDDEN}
        | masked
        | {"trainer": _trainer(row, people, caller)}
        for row, masked in zip(rows, words, strict=True)
    ]


def _trainer(
    row: TrainingSession | TrainingSeries, people: Mapping[UUID | None, dict[str, Any]], caller: Caller
) -> dict[str, Any] | None:
    if row.trainer_name is None:
        return people.get(row.trainer_id)
    return {"id": None, "name": row.trainer_name if UNMASK in caller.scopes else mask_name(row.trainer_name)}


async def shown_one(tx: Tx, session: TrainingSession, *, caller: Caller) -> dict[str, Any]:
    """One session as the API shows it to the caller."""
    [answer] = await shown(tx, [session], caller=caller)
    return answer


async def shown_series(tx: Tx, series: Sequence[TrainingSeries], *, caller: Caller) -> list[dict[str, Any]]:
    """The series as the API shows them to the caller."""
    return await _told(tx, series, ("place", "url"), caller=caller)


async def list_series(tx: Tx, training_id: UUID, query: PageQuery, *, caller: Caller) -> dict[str, Any]:
    """The course's series, the oldest first."""
    await get_training(tx, training_id)
    bound = ["training-series", training_id]
    rows = select(TrainingSeries).where(TrainingSeries.training_id == training_id)
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(TrainingSeries.id > UUID(after[0]))
    found = (await tx.scalars(rows.order_by(TrainingSeries.id).limit(query.limit + 1))).all()
    page = paging.page(found, query.limit, bound, lambda one: [one.id])
    return page | {"data": await shown_series(tx, page["data"], caller=caller)}


async def list_enrolments(tx: Tx, session_id: UUID, query: TrainingEnrolmentQuery, *, caller: Caller) -> dict[str, Any]:
    """Who comes to the session, by their ids."""
    await get_session(tx, session_id)
    bound = ["training-enrolments", session_id, query.filters()]
    rows = select(TrainingEnrolment).where(TrainingEnrolment.session_id == session_id)
    if query.state:
        rows = rows.where(TrainingEnrolment.state.in_(query.state))
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(TrainingEnrolment.person_id > UUID(after[0]))
    found = (await tx.scalars(rows.order_by(TrainingEnrolment.person_id).limit(query.limit + 1))).all()
    page = paging.page(found, query.limit, bound, lambda one: [one.person_id])
    return page | {"data": await shown_enrolments(tx, page["data"], caller=caller)}


async def shown_enrolments(tx: Tx, enrolments: Sequence[TrainingEnrolment], *, caller: Caller) -> list[dict[str, Any]]:
    """Who comes, as the API shows it to the caller."""
    people = await people_of(tx, [one.person_id for one in enrolments], caller=caller)
    return [columns_of(one) | {"person": people[one.person_id]} for one in enrolments]
