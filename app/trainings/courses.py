"""Courses 课程 (方案 一, 三: R07, R67): entered, changed, retired, and never deleted.

What decides coverage is kept with the moment from which it held, so that a past day's figure uses what was asked for then.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.core.auth import Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Conflict, Invalid, naming
from app.core.outbox import record
from app.domain.events import TrainingChanged
from app.models import Training, TrainingSeries, TrainingVersion
from app.models.base import new_id
from app.people.queries import get_department
from app.trainings.course_queries import RULE, get_training


class TrainingRetired(Conflict):
    """What is asked of nobody has no sessions."""

    code, title = "training_retired", ("The course is retired", "该课程已停用")


async def create_training(tx: Tx, fields: Mapping[str, Any], *, caller: Caller, now: datetime) -> Training:
    """A new course, which counts from now."""
    stated = dict(fields) | {"retired": False}
    await _check(tx, stated)
    training = Training(
        id=new_id(), created_at=now, created_by=caller.actor, updated_at=now, version=1,
        **stated | {"department_ids": _sorted(stated["department_ids"])},
    )  # fmt: skip
    tx.add(training)
    await tx.flush()
    number = await _keep(tx, training, sorted(RULE), caller=caller, now=now)
    await record(tx, _changed(training, sorted(stated), number), caller=caller)
    return training


async def change_training(
    tx: Tx, training_id: UUID, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Training:
    """Sets what ``fields`` names. What decides coverage counts from now on, and not for the days before."""
    training = await get_training(tx, training_id, lock=True)
    expected.meet(training.version)
    stated = dict(fields)
    if "department_ids" in stated:
        stated["department_ids"] = _sorted(stated["department_ids"])
    changes = {name: value for name, value in stated.items() if getattr(training, name) != value}
    if not changes:
        return training
    await _check(tx, {name: getattr(training, name) for name in RULE if name != "department_ids"} | changes)
    for name, value in changes.items():
        setattr(training, name, value)
    touch(training, now)
    if changes.get("retired"):
        await _end_series(tx, training_id, now)
    number = await _keep(tx, training, sorted(changes.keys() & set(RULE)), caller=caller, now=now)
    await record(tx, _changed(training, sorted(changes), number), caller=caller)
    return training


def must_be_taught(training: Training) -> None:
    """TrainingRetired where nobody is to take the course any more."""
    if training.retired:
        raise TrainingRetired("The course is retired: set `retired` to false before it has further sessions.")


def _sorted(ids: Sequence[UUID] | None) -> list[UUID] | None:
    return None if ids is None else sorted(set(ids))


async def _check(tx: Tx, stated: Mapping[str, Any]) -> None:
    """The audience must be there, and how long a completion is good must be told in one way."""
    for place, id_ in enumerate(stated.get("department_ids") or ()):
        with naming(f"/department_ids/{place}"):
            department = await get_department(tx, id_)
        if not department.active:
            raise Invalid.at(
                f"/department_ids/{place}", "this department is no more; name an active one", "department_inactive"
            )
    if stated["validity_months"] is not None and stated["validity_days"] is not None:
        raise Invalid.at(
            "/validity_days", "stands beside `validity_months`: state one, and null for the other", "two_validities"
        )


async def _keep(tx: Tx, training: Training, fields: list[str], *, caller: Caller, now: datetime) -> int:
    """The version of what it asks for that holds from now; its number."""
    query = select(TrainingVersion).where(TrainingVersion.training_id == training.id, TrainingVersion.ends_at.is_(None))
    last = (await tx.scalars(query.with_for_update())).one_or_none()
    if last is not None and not fields:
        return last.number
    rule = {name: getattr(training, name) for name in RULE}
    by = {"by": caller.actor, "person_id": caller.person_id}
    if last is not None and last.starts_at >= now:
        # Nothing held for no time at all.
        for name, value in (rule | by | {"fields": sorted({*last.fields, *fields})}).items():
            setattr(last, name, value)
        return last.number
    if last is not None:
        last.ends_at = now
        await tx.flush()
    number = last.number + 1 if last is not None else 1
    tx.add(TrainingVersion(training_id=training.id, number=number, starts_at=now, fields=fields, **rule, **by))
    return number


async def _end_series(tx: Tx, training_id: UUID, now: datetime) -> None:
    """Its series make no further sessions; those that were made stay."""
    running = update(TrainingSeries).where(
        TrainingSeries.training_id == training_id, TrainingSeries.stopped_at.is_(None)
    )
    await tx.execute(running.values(stopped_at=now, next_at=None, updated_at=now, version=TrainingSeries.version + 1))


def _changed(training: Training, fields: list[str], number: int) -> TrainingChanged:
    return TrainingChanged(
        training_id=training.id, fields=fields, number=number, **{name: getattr(training, name) for name in RULE}
    )
