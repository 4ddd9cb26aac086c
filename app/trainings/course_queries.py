"""Everything that is read of courses 课程, with words as the caller may see them."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.params import PageQuery
from app.domain.events import Event, TrainingsUnmasked
from app.domain.trainings import Rule
from app.models import Training, TrainingVersion
from app.models.base import columns_of
from app.people.masks import people_of, words_of
from app.trainings.course_schemas import TrainingQuery

# What decides coverage: it is versioned.
RULE: Final = ("department_ids", "mandatory", "validity_months", "validity_days", "pass_mark", "retired")
_WRITTEN: Final = ("title", "description")


def unmasked(ids: list[UUID]) -> Event:
    """That what was written about trainings was seen unmasked."""
    return TrainingsUnmasked(subject_ids=ids)


async def get_training(tx: Tx, training_id: UUID, *, lock: bool = False) -> Training:
    """The course as it is now; NotFound otherwise."""
    query = select(Training).where(Training.id == training_id).execution_options(populate_existing=True)
    if lock:
        query = query.with_for_update(key_share=True)
    training = (await tx.scalars(query)).one_or_none()
    if training is None:
        raise NotFound(f"There is no training {training_id}.")
    return training


def rule_of(row: Training | TrainingVersion) -> Rule:
    """What it asks for, as :mod:`app.domain.trainings` reads it."""
    departments = None if row.department_ids is None else frozenset(row.department_ids)
    return Rule(departments, row.mandatory, row.validity_months, row.validity_days, row.pass_mark, row.retired)


async def list_trainings(tx: Tx, query: TrainingQuery, *, caller: Caller) -> dict[str, Any]:
    """Courses by id, which is by age; retired ones too unless the query says otherwise."""
    rows = select(Training)
    if query.mandatory is not None:
        rows = rows.where(Training.mandatory == query.mandatory)
    if query.retired is not None:
        rows = rows.where(Training.retired == query.retired)
    if query.department_id:
        rows = rows.where(or_(Training.department_ids.is_(None), Training.department_ids.overlap(query.department_id)))
    bound = ["trainings", query.filters()]
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(Training.id > UUID(after[0]))
    found = (await tx.scalars(rows.order_by(Training.id).limit(query.limit + 1))).all()
    page = paging.page(found, query.limit, bound, lambda training: [training.id])
    return page | {"data": await shown(tx, page["data"], caller=caller)}


async def shown(tx: Tx, trainings: Sequence[Training], *, caller: Caller) -> list[dict[str, Any]]:
    """The courses as the API shows them to the caller."""
    ids = [training.id for training in trainings]
    begun = select(TrainingVersion.training_id, TrainingVersion.starts_at)
    open_ = TrainingVersion.training_id.in_(ids), TrainingVersion.ends_at.is_(None)
    since = {row.training_id: row.starts_at for row in await tx.execute(begun.where(*open_))}
    written = [(training.id, {name: getattr(training, name) for name in _WRITTEN}) for training in trainings]
    words = await words_of(tx, written, caller=caller, told=unmasked)
    return [
        columns_of(training) | told | {"asked_since": since[training.id]}
        for training, told in zip(trainings, words, strict=True)
    ]


async def shown_one(tx: Tx, training: Training, *, caller: Caller) -> dict[str, Any]:
    """One course as the API shows it to the caller."""
    [answer] = await shown(tx, [training], caller=caller)
    return answer


async def titles_of(tx: Tx, ids: Sequence[UUID], *, caller: Caller) -> dict[UUID, str]:
    """What courses are called, as the caller may see it."""
    rows = (await tx.execute(select(Training.id, Training.title).where(Training.id.in_(set(ids))))).all()
    words = await words_of(tx, [(id_, {"title": title}) for id_, title in rows], caller=caller, told=unmasked)
    return {id_: told["title"] for (id_, _), told in zip(rows, words, strict=True)}


async def list_versions(tx: Tx, training_id: UUID, query: PageQuery, *, caller: Caller) -> dict[str, Any]:
    """What the course asked for when, the newest first."""
    await get_training(tx, training_id)
    bound = ["training-versions", training_id]
    rows = select(TrainingVersion).where(TrainingVersion.training_id == training_id)
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(TrainingVersion.number < after[0])
    found = (await tx.scalars(rows.order_by(TrainingVersion.number.desc()).limit(query.limit + 1))).all()
    page = paging.page(found, query.limit, bound, lambda version: [version.number])
    people = await people_of(tx, [version.person_id for version in page["data"]], caller=caller)
    return page | {
        "data": [columns_of(version) | {"person": people.get(version.person_id)} for version in page["data"]]
    }
