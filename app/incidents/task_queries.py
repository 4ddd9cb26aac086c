"""Everything that is read of tasks, with names and words as the caller may see them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, select, tuple_

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import NotFound
from app.core.search import matching
from app.domain.tasks import UNFINISHED, TaskFacts, choices, has_basis
from app.domain.vocabulary import TaskKind, TaskState
from app.incidents.queries import get_incident
from app.incidents.task_schemas import IncidentTaskQuery, TaskQuery
from app.models import Incident, Task
from app.models.base import columns_of
from app.people.masks import people_of, words_of

# What people write by hand: there may be people's data in it.
_WRITTEN: Final = ("title", "details", "outcome", "reason")
_WRITTEN_RESULT: Final = ("direction", "note", "evidence", "url", "legal_basis", "outlet", "question")
# Not shown: who they are is, by name.
_HIDDEN: Final = ("owner_id", "creator_id", "stated_by", "approved_by", "approved_at")


async def get_task(tx: Tx, task_id: UUID) -> Task:
    """The task as it is now; NotFound otherwise."""
    query = select(Task).where(Task.id == task_id).execution_options(populate_existing=True)
    task = (await tx.scalars(query)).one_or_none()
    if task is None:
        raise NotFound(f"There is no task {task_id}.")
    return task


async def list_incident_tasks(tx: Tx, incident_id: UUID, query: IncidentTaskQuery, *, caller: Caller) -> dict[str, Any]:
    """The incident's tasks, the first due first."""
    await get_incident(tx, incident_id)
    bound = ["tasks", incident_id, query.filters()]
    return await _listed(tx, select(Task).where(Task.incident_id == incident_id), query, bound, caller=caller)


async def list_tasks(tx: Tx, query: TaskQuery, *, caller: Caller) -> dict[str, Any]:
    """Tasks of all incidents, the first due first."""
    rows = select(Task)
    if query.incident_id:
        # Who names an incident knows whether it is an exercise.
        rows = rows.where(Task.incident_id.in_(query.incident_id))
    else:
        rows = rows.where(Task.is_drill == query.is_drill)
    return await _listed(tx, rows, query, ["tasks", query.filters()], caller=caller)


async def _listed(
    tx: Tx, rows: Select[Task], query: IncidentTaskQuery, bound: object, *, caller: Caller
) -> dict[str, Any]:
    for column, values in ((Task.kind, query.kind), (Task.state, query.state), (Task.owner_id, query.owner_id),
                           (Task.affected_user_id, query.affected_user_id)):  # fmt: skip
        if values:
            rows = rows.where(column.in_(values))
    rows = rows.where(*matching(query.q, Task.id, kind="task"))
    if query.overdue:
        rows = rows.where(Task.due_at < await tx.now(), Task.state.in_(UNFINISHED))
    if query.due_after is not None:
        rows = rows.where(Task.due_at > query.due_after)
    if query.due_before is not None:
        rows = rows.where(Task.due_at < query.due_before)
    after = paging.decode(query.cursor, bound)
    await tx.plan_anew()
    found = await _in_order(tx, rows, after, query.limit + 1)
    page = paging.page(found, query.limit, bound, lambda task: [task.due_at and task.due_at.isoformat(), task.id])
    return page | {"data": await shown(tx, page["data"], caller=caller)}


async def _in_order(tx: Tx, rows: Select[Task], after: list[Any] | None, limit: int) -> list[Task]:
    """The next of them: what is dated by its date, then what is not. Two queries, so that each goes by its index."""
    found: list[Task] = []
    if after is None or after[0] is not None:
        dated = rows.where(Task.due_at.is_not(None)).order_by(Task.due_at, Task.id).limit(limit)
        if after is not None:
            dated = dated.where(tuple_(Task.due_at, Task.id) > (datetime.fromisoformat(after[0]), UUID(after[1])))
        found += (await tx.scalars(dated)).all()
    if len(found) < limit:
        undated = rows.where(Task.due_at.is_(None)).order_by(Task.id).limit(limit - len(found))
        if after is not None and after[0] is None:
            undated = undated.where(Task.id > UUID(after[1]))
        found += (await tx.scalars(undated)).all()
    return found


async def shown(tx: Tx, tasks: Sequence[Task], *, caller: Caller) -> list[dict[str, Any]]:
    """The tasks as the API shows them to the caller."""
    of = select(Incident.id, Incident.number, Incident.status)
    rows = await tx.execute(of.where(Incident.id.in_({task.incident_id for task in tasks})))
    incidents = {id_: (number, status) for id_, number, status in rows}
    ids = [id_ for task in tasks for id_ in (task.owner_id, task.creator_id, task.approved_by)]
    people = await people_of(tx, ids, caller=caller)
    written = [(task.incident_id, _words(task)) for task in tasks]
    answers = []
    for task, words in zip(tasks, await words_of(tx, written, caller=caller), strict=True):
        number, status = incidents[task.incident_id]
        answer = {name: value for name, value in columns_of(task).items() if name not in _HIDDEN}
        answers.append(
            answer | {name: words[name] for name in _WRITTEN} | {
                "number": number, "owner": people.get(task.owner_id), "creator": people.get(task.creator_id),
                "result": _result(task, words, people), "allowed_actions": _allowed(task, status),
            }
        )  # fmt: skip
    return answers


async def shown_one(tx: Tx, task: Task, *, caller: Caller) -> dict[str, Any]:
    """One task as the API shows it to the caller."""
    [answer] = await shown(tx, [task], caller=caller)
    return answer


def _words(task: Task) -> dict[str, Any]:
    result = task.result or {}
    stated = {name: result[name] for name in _WRITTEN_RESULT if name in result}
    return {name: getattr(task, name) for name in _WRITTEN} | stated


def _result(task: Task, words: dict[str, Any], people: Mapping[UUID | None, dict[str, Any]]) -> dict[str, Any] | None:
    if task.result is None:
        return None
    stated = {name: words.get(name, value) for name, value in task.result.items()}
    if task.kind == TaskKind.TAKEDOWN_REPORT:
        stated |= {"approved_by": people.get(task.approved_by), "approved_at": task.approved_at}
    return stated


def facts_of(task: Task, status: str) -> TaskFacts:
    """What decides what may be done about the task, whose incident has this status."""
    return TaskFacts(TaskKind(task.kind), TaskState(task.state), status, has_basis(task.result))


def _allowed(task: Task, status: str) -> list[dict[str, Any]]:
    return [
        {"action": choice.action, "allowed": choice.refusal is None, "refusal": choice.refusal}
        for choice in choices(facts_of(task, status))
    ]
