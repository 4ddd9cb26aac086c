"""Many tasks of an incident at once, in one transaction: what would change, and then the same for good.

The timeline has one entry for a call, however many tasks it changes: see :class:`app.domain.events.TasksChanged`. Meetings
and fact checks among them are on record one by one, as always.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from app.core.auth import Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Invalid
from app.core.outbox import record
from app.domain.tasks import MOST_AT_ONCE, refusal, result_fault, says, version_of
from app.domain.vocabulary import TaskAction, TaskBulkAction, TaskKind, TasksChange
from app.incidents import acts, care, guards, task_clocks, task_words, tasks
from app.incidents.care import Chosen
from app.incidents.queries import get_incident
from app.incidents.task_bulk_schemas import TaskBulk, TaskBulkCreate, TaskSelection
from app.incidents.task_ending import Ending, end
from app.incidents.task_queries import facts_of
from app.models import Incident, Task

_ACTION = {
    TaskBulkAction.ASSIGN: TaskAction.UPDATE,
    TaskBulkAction.COMPLETE: TaskAction.COMPLETE,
    TaskBulkAction.WAIVE: TaskAction.WAIVE,
}
_BY_ACT = (TaskKind.MEETING, TaskKind.FACT_CHECK)

Results = Mapping[UUID, dict[str, Any]]


class Verdict(NamedTuple):
    """A chosen task, and why it does not change; None: it does."""

    task: Task
    refusal: str | None


async def preview_tasks_change(
    tx: Tx, incident_id: UUID, asked: TaskBulk, *, caller: Caller, now: datetime
) -> dict[str, Any]:
    """What the change would do, by the very rules that do it. Nothing is locked or stored."""
    incident = await get_incident(tx, incident_id)
    return _answer(incident, asked, await _judged(tx, incident, asked, ANY, caller=caller, now=now))


async def change_tasks(
    tx: Tx, incident_id: UUID, asked: TaskBulk, *, expected: Expected = ANY, caller: Caller, now: datetime
) -> dict[str, Any]:
    """Changes what may be changed of what was chosen, and says of the rest why not. Stale where any of it is not as it was
    when it was read."""
    incident = await get_incident(tx, incident_id, lock=True)
    verdicts = await _judged(tx, incident, asked, expected, caller=caller, now=now)
    going = [task for task, code in verdicts if code is None]
    if going:
        match asked.action:
            case TaskBulkAction.ASSIGN:
                await _assign(tx, incident, going, asked.owner_id, caller=caller, now=now)
            case TaskBulkAction.COMPLETE:
                await _complete(tx, incident, going, asked, caller=caller, now=now)
            case TaskBulkAction.WAIVE:
                await _waive(tx, incident, going, asked.reason or "", caller=caller, now=now)
    return _answer(incident, asked, verdicts)


async def preview_tasks_creation(tx: Tx, incident_id: UUID, asked: TaskBulkCreate, *, now: datetime) -> dict[str, Any]:
    """For whom tasks would be created, by the very rules that create them. Nothing is locked or stored."""
    incident = await acts.recording(tx, incident_id, lock=False)
    users = await _users(tx, incident, asked, now)
    return _created(incident, asked, users) | {"version": _version(users)}


async def create_tasks(
    tx: Tx, incident_id: UUID, asked: TaskBulkCreate, *, expected: Expected = ANY, caller: Caller, now: datetime
) -> dict[str, Any]:
    """One task for each of many affected users, with their clocks. Stale where it would be for others than those who were
    read. Where all who were selected have one, none is created."""
    incident = await acts.recording(tx, incident_id)
    users = await _users(tx, incident, asked, now)
    expected.meet(_version(users))
    fields = asked.model_dump(exclude={"affected_user_ids", "affected"}) | {"result": None}
    made = [
        tasks.newborn(incident, fields | {"affected_user_id": user_id}, caller=caller, now=now)
        for user_id in users.user_ids
    ]
    if not made:
        return _created(incident, asked, users) | {"task_ids": []}
    await task_clocks.date(tx, made, now=now)
    async with guards.versioned(tx, incident, now):
        tx.add_all(made)
    await task_words.keep(tx, *made)
    started = await task_clocks.start(tx, incident, made, now=now, reason=None)
    event = tasks.many(incident, made, TasksChange.CREATED, owner_id=asked.owner_id, started=started)
    await record(tx, event, caller=caller)
    return _created(incident, asked, users) | {"task_ids": [task.id for task in made]}


async def _users(tx: Tx, incident: Incident, asked: TaskBulkCreate, now: datetime) -> Chosen:
    """The affected users that tasks are created for, once the tasks make sense."""
    tasks.must_be_by_hand(asked.kind)
    await tasks.must_be_here(tx, asked.owner_id)
    tasks.must_lie_ahead(asked.due_at, now)
    if asked.affected is None:
        ids = asked.affected_user_ids or []
        await care.must_be_affected(tx, incident, {f"/affected_user_ids/{n}": id_ for n, id_ in enumerate(ids)})
        return Chosen(ids)
    chosen = asked.affected
    fits = [~care.has_task(*chosen.without)] if chosen.without else []
    for kind, states in ((TaskKind.REMEDIATION, chosen.remediation), (TaskKind.FOLLOW_UP, chosen.follow_up)):
        if states:
            fits.append(care.stands(kind, states))
    return await care.choose(tx, incident, asked.kind, fits)


def _version(users: Chosen) -> int:
    return version_of((id_, 0) for id_ in users.user_ids)


def _created(incident: Incident, asked: TaskBulkCreate, users: Chosen) -> dict[str, Any]:
    return {
        "incident_id": incident.id, "kind": asked.kind, "task_count": len(users.user_ids),
        "affected_user_ids": users.user_ids, "passed_over_count": users.passed_over,
        "remaining_count": users.remaining,
    }  # fmt: skip


async def _judged(
    tx: Tx, incident: Incident, asked: TaskBulk, expected: Expected, *, caller: Caller, now: datetime
) -> list[Verdict]:
    chosen = await _chosen(tx, incident, asked.select)
    expected.meet(version_of((task.id, task.version) for task in chosen))
    results = _results(asked, chosen)
    if asked.action is TaskBulkAction.ASSIGN:
        await tasks.must_be_here(tx, asked.owner_id)
    if asked.action is TaskBulkAction.COMPLETE:
        _told_at(incident, asked, chosen, now)
        at = {one.task_id: f"/results/{place}/result" for place, one in enumerate(asked.results)}
        await tasks.must_cite(tx, incident, {at[id_]: result for id_, result in results.items()})
    return [Verdict(task, _refusal(task, incident, asked, results, caller)) for task in chosen]


def _told_at(incident: Incident, asked: TaskBulk, chosen: Sequence[Task], now: datetime) -> datetime:
    """When all of them were done: not before the last of them was asked for, where that was before the incident."""
    since = max((task.created_at for task in chosen), default=None)
    return acts.told_at(incident, asked.happened_at, now, since=since)


def _refusal(task: Task, incident: Incident, asked: TaskBulk, results: Results, caller: Caller) -> str | None:
    code = refusal(_ACTION[asked.action], facts_of(task, incident.status))
    if code is not None:
        return code
    kind = TaskKind(task.kind)
    if asked.action is TaskBulkAction.ASSIGN:
        return "no_change" if task.owner_id == asked.owner_id else None
    if asked.action is TaskBulkAction.COMPLETE:
        if kind is TaskKind.TAKEDOWN_REPORT and caller.person is None:
            return "person_needed"
        return result_fault(kind, results.get(task.id), finishing=True)
    return None


async def _chosen(tx: Tx, incident: Incident, chosen: TaskSelection) -> Sequence[Task]:
    """The tasks, the oldest first, as they are now."""
    query = select(Task).where(Task.incident_id == incident.id).order_by(Task.id).limit(MOST_AT_ONCE + 1)
    if chosen.task_ids is not None:
        query = query.where(Task.id.in_(chosen.task_ids))
    elif chosen.filter is not None:
        stated = chosen.filter
        for column, values in ((Task.kind, stated.kind), (Task.state, stated.state), (Task.owner_id, stated.owner_id)):
            if values:
                query = query.where(column.in_(values))
        if stated.unowned:
            query = query.where(Task.owner_id.is_(None))
    found = (await tx.scalars(query.execution_options(populate_existing=True))).all()
    if len(found) > MOST_AT_ONCE:
        raise Invalid.at("/select/filter", f"takes more than {MOST_AT_ONCE:,} tasks; narrow it", "too_many")
    known = {task.id for task in found}
    for place, id_ in enumerate(chosen.task_ids or ()):
        if id_ not in known:
            raise Invalid.at(f"/select/task_ids/{place}", "there is no such task of this incident", "not_found")
    return found


def _results(asked: TaskBulk, chosen: Sequence[Task]) -> Results:
    known, results = {task.id for task in chosen}, dict[UUID, dict[str, Any]]()
    for place, one in enumerate(asked.results):
        if one.task_id not in known or one.task_id in results:
            raise Invalid.at(f"/results/{place}/task_id", "is not chosen, or stands here twice", "not_chosen")
        results[one.task_id] = one.result.model_dump()
    return results


async def _assign(
    tx: Tx, incident: Incident, going: Sequence[Task], owner_id: UUID | None, *, caller: Caller, now: datetime
) -> None:
    for task in going:
        task.owner_id = owner_id
        touch(task, now)
    await record(tx, tasks.many(incident, going, TasksChange.ASSIGNED, owner_id=owner_id), caller=caller)


async def _complete(
    tx: Tx, incident: Incident, going: Sequence[Task], asked: TaskBulk, *, caller: Caller, now: datetime
) -> None:
    at = _told_at(incident, asked, going, now)
    results = {one.task_id: one.result.model_dump() for one in asked.results}
    for task in (task for task in going if task.kind in _BY_ACT):
        fields = {"happened_at": at, "outcome": asked.outcome, "result": results[task.id]}
        await tasks.finish(tx, incident, task, fields, caller=caller, now=now)
    rest = [task for task in going if task.kind not in _BY_ACT]
    if not rest:
        return
    async with guards.versioned(tx, incident, now):
        for task in rest:
            end(task, Ending(at, asked.outcome, results.get(task.id)), actor=caller.actor, now=now)
        await task_words.keep(tx, *rest)
        met = await task_clocks.meet(tx, incident, rest, at, actor=caller.actor, tell=False)
    event = tasks.many(incident, rest, TasksChange.COMPLETED, happened_at=at, met=met)
    await record(tx, event, caller=caller)


async def _waive(
    tx: Tx, incident: Incident, going: Sequence[Task], reason: str, *, caller: Caller, now: datetime
) -> None:
    async with guards.versioned(tx, incident, now):
        for task in going:
            tasks.waive(task, reason, caller=caller, now=now)
        cancelled = await task_clocks.cancel(tx, incident, going, now=now, reason=None)
    event = tasks.many(incident, going, TasksChange.WAIVED, cancelled=cancelled, reason=reason)
    await record(tx, event, caller=caller)


def _answer(incident: Incident, asked: TaskBulk, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    changed = sum(code is None for _, code in verdicts)
    return {
        "incident_id": incident.id, "action": asked.action,
        "version": version_of((task.id, task.version) for task, _ in verdicts),
        "changed_count": changed, "refused_count": len(verdicts) - changed,
        "tasks": [
            {
                "task_id": task.id, "kind": task.kind, "state": task.state, "changes": code is None, "refusal": code,
                "detail": says(code, TaskKind(task.kind)) if code else None,
            }
            for task, code in verdicts
        ],
    }  # fmt: skip
