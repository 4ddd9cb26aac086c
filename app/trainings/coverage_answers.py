"""Coverage 培训覆盖率 as the API shows it, and its target, which people set."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.core import paging
from app.core.auth import Caller
from app.core.conditional import ANY, Expected
from app.core.db import Tx
from app.core.errors import Invalid
from app.core.outbox import record
from app.domain.events import Changed
from app.domain.trainings import Share, judged_at
from app.domain.worktime import day_of
from app.models import Department, TrainingSettings
from app.models.base import new_id
from app.people.masks import people_of
from app.trainings.course_queries import titles_of
from app.trainings.coverage import coverage_at, missing_at, settings_at
from app.trainings.coverage_schemas import CoverageMissingQuery


def moment_of(on: date | None, now: datetime) -> datetime:
    """The moment at which a day is judged; Invalid for one to come."""
    try:
        return judged_at(on or day_of(now), now)
    except ValueError as error:
        raise Invalid.at("?on", str(error), "in_the_future") from None


async def coverage_on(tx: Tx, on: date | None, *, now: datetime) -> dict[str, Any]:
    """The company's and each department's coverage on a day, against the target of that day."""
    at = moment_of(on, now)
    target = (await settings_at(tx, at)).target_percent
    [coverage] = await coverage_at(tx, [at])
    rows = await tx.execute(select(Department.id, Department.name).where(Department.id.in_(coverage.departments)))
    names = {row.id: row.name for row in rows}
    ordered = sorted(coverage.departments.items(), key=lambda item: (item[0] is None, names.get(item[0], "")))
    return {
        "on": day_of(at), "at": at, "target_percent": target, "company": _share(coverage.company, target),
        "departments": [
            {"department_id": id_, "department_name": names.get(id_), **_share(share, target)} for id_, share in ordered
        ],
    }  # fmt: skip


def _share(share: Share, target: float) -> dict[str, Any]:
    return {
        "covered": share.covered, "roster": share.roster, "percent": share.percent, "meets_target": share.meets(target)
    }  # fmt: skip


async def list_missing(tx: Tx, query: CoverageMissingQuery, *, caller: Caller, now: datetime) -> dict[str, Any]:
    """Who lacked which course on a day, and why."""
    at = moment_of(query.on, now)
    bound = ["training-coverage-missing", query.filters()]
    after = paging.decode(query.cursor, bound)
    found = await missing_at(
        tx, at, department_ids=query.department_id, training_ids=query.training_id, gaps=query.gap,
        after=(UUID(after[0]), UUID(after[1])) if after else None, limit=query.limit + 1,
    )  # fmt: skip
    page = paging.page(found, query.limit, bound, lambda row: [row.person_id, row.training_id])
    people = await people_of(tx, [row.person_id for row in page["data"]], caller=caller)
    titles: Mapping[UUID, str] = await titles_of(tx, [row.training_id for row in page["data"]], caller=caller)
    return page | {
        "data": [
            row._asdict() | {"person": people[row.person_id], "training_title": titles[row.training_id]}
            for row in page["data"]
        ]
    }


async def set_settings(
    tx: Tx, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> TrainingSettings:
    """Sets the target and the reminders from now on. What held before stays known."""
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("training settings", 0))))
    query = select(TrainingSettings).order_by(TrainingSettings.version.desc()).limit(1)
    last = (await tx.scalars(query.execution_options(populate_existing=True))).one()
    expected.meet(last.version)
    changed = sorted(name for name, value in fields.items() if getattr(last, name) != value)
    if not changed:
        return last
    # Who waited for the lock began before those whom they waited for.
    at = max(now, last.starts_at)
    settings = TrainingSettings(id=new_id(), version=last.version + 1, starts_at=at, by=caller.actor, **fields)
    tx.add(settings)
    event = Changed(subject="training_settings", subject_id=str(settings.id), action="updated", fields=changed)
    await record(tx, event, caller=caller)
    return settings
