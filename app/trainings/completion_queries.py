"""What is read of results 成绩, with names as the caller may see them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import NotFound
from app.domain.trainings import Result
from app.models import Training, TrainingCompletion
from app.models.base import columns_of
from app.people.masks import people_of
from app.trainings.completion_schemas import TrainingCompletionQuery
from app.trainings.course_queries import rule_of


async def get_completion(tx: Tx, completion_id: UUID) -> TrainingCompletion:
    """The result; NotFound where there is none, or it was withdrawn."""
    here = TrainingCompletion.id == completion_id, TrainingCompletion.withdrawn_at.is_(None)
    query = select(TrainingCompletion).where(*here).execution_options(populate_existing=True)
    completion = (await tx.scalars(query)).one_or_none()
    if completion is None:
        raise NotFound(f"There is no training completion {completion_id}, or it was withdrawn.")
    return completion


async def list_completions(tx: Tx, query: TrainingCompletionQuery, *, caller: Caller) -> dict[str, Any]:
    """Results by id, which is by when they were entered; without those that were withdrawn."""
    await tx.plan_anew()
    rows = select(TrainingCompletion).where(TrainingCompletion.withdrawn_at.is_(None))
    for column, values in (
        (TrainingCompletion.training_id, query.training_id), (TrainingCompletion.person_id, query.person_id),
        (TrainingCompletion.session_id, query.session_id),
    ):  # fmt: skip
        if values:
            rows = rows.where(column.in_(values))
    bound = ["training-completions", query.filters()]
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(TrainingCompletion.id > UUID(after[0]))
    found = (await tx.scalars(rows.order_by(TrainingCompletion.id).limit(query.limit + 1))).all()
    page = paging.page(found, query.limit, bound, lambda one: [one.id])
    return page | {"data": await shown(tx, page["data"], caller=caller)}


async def shown(tx: Tx, completions: Sequence[TrainingCompletion], *, caller: Caller) -> list[dict[str, Any]]:
    """The results as the API shows them to the caller."""
    people = await people_of(tx, [one.person_id for one in completions], caller=caller)
    courses = await tx.scalars(select(Training).where(Training.id.in_({one.training_id for one in completions})))
    rules = {training.id: rule_of(training) for training in courses}
    answers = []
    for one in completions:
        rule = rules[one.training_id]
        counts = rule.passes(Result(one.completed_on, one.score, one.passed))
        answers.append(
            columns_of(one)
            | {
                "person": people[one.person_id], "is_completion": counts,
                "good_until": rule.good_until(one.completed_on) if counts else None,
            }
        )  # fmt: skip
    return answers
