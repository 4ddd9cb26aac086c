"""What people do with tasks 任务 (方案 二(二)2, 二(三)). All of it happens under the lock of the task's incident.

A meeting and a fact check are finished by the acts of that kind, whichever way they are recorded: see
:mod:`app.incidents.task_ending`. Of an incident that ended otherwise than closed tasks can only be waived.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update

from app.core.auth import Caller
from app.core.conditional import ANY, Expected, touch
from app.core.db import Tx
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.outbox import record
from app.domain.events import TaskChanged, TaskCreated, TasksChanged, TaskWaived
from app.domain.tasks import (
    OF_A_DRILL,
    PUBLISHED,
    SAYS,
    TIMED,
    UNFINISHED,
    first_state,
    is_another_report,
    refusal,
    result_fault,
    says,
    state_after,
)
from app.domain.vocabulary import TaskAction, TaskKind, TasksChange, TaskState
from app.incidents import acts, care, guards, task_clocks, task_words
from app.incidents.commitment_queries import must_be_promised
from app.incidents.queries import get_incident
from app.incidents.task_ending import Ending, end_and_tell, named
from app.incidents.task_queries import facts_of, get_task
from app.incidents.timeline import on_timeline
from app.models import Deadline, Incident, Task, TaskReopening
from app.models.base import new_id
from app.people.persons import active_person

# Refusals that are about which state the task is in.
_BY_STATE = ("approval_needed", "not_in_review", "already_submitted", "task_not_over")
TOLD = 100
"""Tasks that one event names."""


class TaskRefused(Conflict):
    """The task is in no state that allows it."""

    title = ("The task's state does not allow this", "任务当前状态不允许该操作")


class ApproverInvolved(Forbidden):
    """Four eyes: legal approves what others wrote and do."""

    code, title = "approver_involved", ("Somebody else has to approve it", "须由未参与的人员审批")


def refused(code: str, incident: Incident, task: Task) -> TaskRefused:
    """The problem of a refusal by its code, with as much of the present state as matters for it."""
    says = SAYS[code]
    if code == "incident_over":
        says = f"Its incident {incident.number} is {incident.status}: nothing but waiving its tasks is left."
    elif code in _BY_STATE:
        says = f"The task is {task.state}: {says[0].lower()}{says[1:]}"
    problem = TaskRefused(says)
    problem.code = code  # type: ignore[misc]
    return problem


async def create_task(tx: Tx, incident_id: UUID, fields: Mapping[str, Any], *, caller: Caller, now: datetime) -> Task:
    """Something more to do about the incident. A remediation's clock starts at once."""
    incident = await acts.recording(tx, incident_id)
    must_be_by_hand(TaskKind(fields["kind"]))
    must_fit(TaskKind(fields["kind"]), fields["result"], finishing=False)
    await must_cite(tx, incident, {"/result": fields["result"]})
    await must_be_here(tx, fields["owner_id"])
    await care.must_be_affected(tx, incident, {"/affected_user_id": fields["affected_user_id"]})
    must_lie_ahead(fields["due_at"], now)
    task = newborn(incident, fields, caller=caller, now=now)
    await task_clocks.date(tx, [task], now=now)
    async with guards.versioned(tx, incident, now):
        tx.add(task)
    await task_words.keep(tx, task)
    event = TaskCreated(**named(incident, task), affected_user_id=task.affected_user_id)
    await record(tx, event, caller=caller)
    await task_clocks.start(tx, incident, [task], now=now, reason="A task was created.")
    return task


def newborn(incident: Incident, fields: Mapping[str, Any], *, caller: Caller, now: datetime) -> Task:
    """A new task of the incident, not stored yet."""
    names = ("kind", "title", "details", "owner_id", "due_at", "affected_user_id", "result")
    return Task(
        id=new_id(), incident_id=incident.id, is_drill=incident.is_drill, state=first_state(TaskKind(fields["kind"])),
        created_by=caller.actor, creator_id=caller.person_id, created_at=now, updated_at=now, version=1, outcome="",
        stated_by=_with(caller, []) if fields["result"] else [], **{name: fields[name] for name in names},
    )  # fmt: skip


def _with(caller: Caller, people: Sequence[UUID]) -> list[UUID]:
    """The people and whoever calls, each once."""
    return [*people, *(one for one in (caller.person_id,) if one is not None and one not in people)]


async def change_task(
    tx: Tx, task_id: UUID, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Task:
    """Sets what ``fields`` names. A takedown report that says something else goes back to its draft, approved or not."""
    incident, task = await _held(tx, task_id, expected)
    changed = sorted(name for name, value in fields.items() if getattr(task, name) != value)
    if not changed:
        return task
    must_may(TaskAction.UPDATE, incident, task)
    kind = TaskKind(task.kind)
    if "result" in changed:
        must_fit(kind, fields["result"], finishing=False)
        await must_cite(tx, incident, {"/result": fields["result"]})
        task.stated_by = _with(caller, task.stated_by)
        if kind is TaskKind.TAKEDOWN_REPORT and is_another_report(task.result, fields["result"]):
            task.state, task.approved_by, task.approved_at = TaskState.DRAFT, None, None
    if "owner_id" in changed:
        await must_be_here(tx, fields["owner_id"])
    if "affected_user_id" in changed:
        await care.must_be_affected(tx, incident, {"/affected_user_id": fields["affected_user_id"]})
    if "due_at" in changed:
        _must_be_due(kind, fields["due_at"], now)
    async with guards.versioned(tx, incident, now) if "affected_user_id" in changed else nullcontext():
        for name in changed:
            setattr(task, name, fields[name])
    if {"title", "details"}.intersection(changed):
        await task_words.keep(tx, task)
    await _changed(tx, incident, task, TaskAction.UPDATE, fields=changed, caller=caller, now=now)
    if "due_at" in changed and kind in TIMED:
        await task_clocks.redate(tx, incident, task)
    return task


async def complete_task(
    tx: Tx, task_id: UUID, fields: Mapping[str, Any], *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Task:
    """The task was done: at ``happened_at``, with this outcome and what its kind asks for."""
    incident, task = await _held(tx, task_id, expected)
    must_may(TaskAction.COMPLETE, incident, task)
    must_fit(TaskKind(task.kind), fields["result"], finishing=True)
    await must_cite(tx, incident, {"/result": fields["result"]})
    if task.kind == TaskKind.TAKEDOWN_REPORT:
        caller.require_person()
    await finish(tx, incident, task, fields, caller=caller, now=now)
    return task


async def finish(
    tx: Tx, incident: Incident, task: Task, fields: Mapping[str, Any], *, caller: Caller, now: datetime
) -> None:
    """Finishes a task that may be finished: by the act that it asks for where it asks for one."""
    told = (fields["result"] or {}) | {"happened_at": fields["happened_at"]}
    if task.kind in (TaskKind.MEETING, TaskKind.FACT_CHECK):
        verb = acts.record_meeting if task.kind == TaskKind.MEETING else acts.record_fact_check
        task.outcome = fields["outcome"]
        await verb(tx, incident.id, told, task=task, caller=caller, now=now)
        return
    at = acts.told_at(incident, fields["happened_at"], now, since=task.created_at)
    ending = Ending(at, fields["outcome"], fields["result"])
    async with guards.versioned(tx, incident, now):
        await end_and_tell(tx, incident, task, ending, caller=caller, now=now)


async def waive_task(
    tx: Tx, task_id: UUID, reason: str, *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Task:
    """The task need not be done, for a reason: its clock is called off."""
    incident, task = await _held(tx, task_id, expected)
    must_may(TaskAction.WAIVE, incident, task)
    async with guards.versioned(tx, incident, now):
        waive(task, reason, caller=caller, now=now)
        await record(tx, TaskWaived(**named(incident, task), reason=reason), caller=caller)
        await task_clocks.cancel(tx, incident, [task], now=now, reason="Its task was waived.")
    return task


def waive(task: Task, reason: str, *, caller: Caller, now: datetime) -> None:
    """The task, which may be waived, is."""
    task.state, task.reason, task.ended_at, task.ended_by = TaskState.WAIVED, reason, now, caller.actor
    touch(task, now)


async def reopen_task(
    tx: Tx, task_id: UUID, reason: str, *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Task:
    """What was done or waived is to be done after all. An act that it is on record as stays on record."""
    incident, task = await _held(tx, task_id, expected)
    must_may(TaskAction.REOPEN, incident, task)
    await task_clocks.date(tx, [task], now=now)
    async with guards.versioned(tx, incident, now):
        assert task.ended_at is not None, "only what is over is reopened"
        # Who waited for the incident began before those whom they waited for.
        tx.add(TaskReopening(task_id=task.id, ended_at=task.ended_at, reopened_at=max(now, task.ended_at)))
        task.state, task.reason = state_after(TaskAction.REOPEN, facts_of(task, incident.status)), reason
        task.happened_at = task.act_id = task.ended_at = task.ended_by = task.approved_by = task.approved_at = None
    await _changed(tx, incident, task, TaskAction.REOPEN, reason=reason, caller=caller, now=now)
    await task_clocks.start(tx, incident, [task], now=now, reason="Its task was reopened.")
    return task


async def submit_task(tx: Tx, task_id: UUID, *, expected: Expected = ANY, caller: Caller, now: datetime) -> Task:
    """A takedown report goes to legal."""
    return await _judge(tx, task_id, TaskAction.SUBMIT, "", expected=expected, caller=caller, now=now)


async def approve_task(tx: Tx, task_id: UUID, *, expected: Expected = ANY, caller: Caller, now: datetime) -> Task:
    """Legal approves a takedown report. ApproverInvolved for whoever created, owns or worded it."""
    incident, task = await _held(tx, task_id, expected)
    must_may(TaskAction.APPROVE, incident, task)
    person = caller.require_person()
    if person.id in (task.creator_id, task.owner_id, *task.stated_by):
        raise ApproverInvolved(
            "Whoever created a takedown report, owns it or ever worded it does not approve it: ask a colleague in legal."
        )
    task.state, task.approved_by, task.approved_at = TaskState.APPROVED, person.id, now
    await _changed(tx, incident, task, TaskAction.APPROVE, caller=caller, now=now)
    return task


async def reject_task(
    tx: Tx, task_id: UUID, reason: str, *, expected: Expected = ANY, caller: Caller, now: datetime
) -> Task:
    """Legal sends a takedown report back, with the reason."""
    return await _judge(tx, task_id, TaskAction.REJECT, reason, expected=expected, caller=caller, now=now)


async def _judge(
    tx: Tx, task_id: UUID, action: TaskAction, reason: str, *, expected: Expected, caller: Caller, now: datetime
) -> Task:
    incident, task = await _held(tx, task_id, expected)
    must_may(action, incident, task)
    if action is TaskAction.REJECT:
        caller.require_person()
    task.state = state_after(action, facts_of(task, incident.status))
    task.reason = reason or task.reason
    await _changed(tx, incident, task, action, reason=reason, caller=caller, now=now)
    return task


async def move_along(tx: Tx, source: Incident, target: Incident, *, caller: Caller, now: datetime) -> None:
    """What is to be done of an incident that is merged goes to the one that goes on, with its clocks and what of them
    rang; and so does what was done for its affected users, who go too: see :func:`app.incidents.affected.move_along`, and
    for its promises, which go with the statements. Both are locked, and the source has not ended yet: its end calls its own
    clocks off."""
    going = or_(Task.state.in_(UNFINISHED), Task.affected_user_id.is_not(None), Task.kind == TaskKind.COMMITMENT)
    tasks = (await tx.scalars(select(Task).where(Task.incident_id == source.id, going).order_by(Task.id))).all()
    if not tasks:
        return
    ids, twins = [task.id for task in tasks], await care.twins(tx, source, target)
    for task in tasks:
        task.incident_id = target.id
        if task.affected_user_id is not None:
            task.affected_user_id = twins.get(task.affected_user_id, task.affected_user_id)
        touch(task, now)
    moved = update(Deadline).where(Deadline.task_id.in_(ids)).values(incident_id=target.id)
    await tx.execute(moved.execution_options(synchronize_session=False))
    await task_words.keep(tx, *tasks)
    ways = ((source, target, TasksChange.MOVED_AWAY), (target, source, TasksChange.MOVED_IN))
    said = [many(one, tasks, change, other_incident_id=other.id) for one, other, change in ways]
    await record(tx, *said, caller=caller)
    await task_clocks.resume(tx, target, now=now, reason="Its task goes on in another incident.")


def many(
    incident: Incident, tasks: Sequence[Task], change: TasksChange, *, owner_id: UUID | None = None,
    happened_at: datetime | None = None, started: int = 0, met: int = 0, cancelled: int = 0,
    other_incident_id: UUID | None = None, reason: str = "",
) -> TasksChanged:  # fmt: skip
    """What happened to many tasks at once, as one entry of the timeline."""
    place = on_timeline(incident)
    place["is_drill"] = all(task.is_drill for task in tasks)
    return TasksChanged(
        **place, change=change, task_kinds=sorted({task.kind for task in tasks}),
        task_count=len(tasks), task_ids=[task.id for task in tasks[:TOLD]], owner_id=owner_id, happened_at=happened_at,
        clocks_started=started, clocks_met=met, clocks_cancelled=cancelled, other_incident_id=other_incident_id,
        reason=reason,
    )  # fmt: skip


async def _held(tx: Tx, task_id: UUID, expected: Expected) -> tuple[Incident, Task]:
    """The task and its incident, which is locked: nothing of either changes meanwhile. Stale where it has changed."""
    while True:
        incident = await get_incident(tx, (await get_task(tx, task_id)).incident_id, lock=True)
        task = await get_task(tx, task_id)
        # It may have gone along with a merge while we waited.
        if task.incident_id == incident.id:
            expected.meet(task.version)
            return incident, task


async def _changed(
    tx: Tx, incident: Incident, task: Task, action: TaskAction, *, fields: Sequence[str] = (), reason: str = "",
    caller: Caller, now: datetime,
) -> None:  # fmt: skip
    touch(task, now)
    event = TaskChanged(**named(incident, task), action=action, fields=list(fields), reason=reason)
    await record(tx, event, caller=caller)


def must_may(action: TaskAction, incident: Incident, task: Task) -> None:
    """TaskRefused where the task or its incident is in no state for it."""
    code = refusal(action, facts_of(task, incident.status))
    if code is not None:
        raise refused(code, incident, task)


def must_fit(kind: TaskKind, result: Mapping[str, Any] | None, *, finishing: bool) -> None:
    """Invalid where the result is none of this kind's at this time."""
    code = result_fault(kind, result, finishing=finishing)
    if code is not None:
        raise Invalid.at("/result", says(code, kind), code)


async def must_cite(tx: Tx, incident: Incident, results: Mapping[str, Mapping[str, Any] | None]) -> None:
    """Invalid where a note of progress reports on what the incident has not promised. ``results``: pointer -> result."""
    cited = {
        f"{pointer}/commitment_ids/{place}": UUID(id_)
        for pointer, result in results.items()
        for place, id_ in enumerate((result or {}).get("commitment_ids", ()))
    }
    await must_be_promised(tx, incident, cited)


async def must_be_here(tx: Tx, owner_id: UUID | None) -> None:
    """Invalid where the owner is nobody we know, or has left."""
    if owner_id is not None:
        await active_person(tx, owner_id, "/owner_id")


def must_lie_ahead(due_at: datetime | None, now: datetime) -> None:
    """Invalid where a date is promised that has passed."""
    if due_at is not None and due_at <= now:
        raise Invalid.at("/due_at", "lies in the past; leave it out where it was never promised", "in_the_past")


def must_be_by_hand(kind: TaskKind) -> None:
    """Invalid where no hand creates what is of this kind."""
    if kind in PUBLISHED:
        raise Invalid.at("/kind", SAYS["not_by_hand"], "not_by_hand")
    if kind in OF_A_DRILL:
        raise Invalid.at("/kind", SAYS["not_of_a_drill"], "not_of_a_drill")


def _must_be_due(kind: TaskKind, due_at: datetime | None, now: datetime) -> None:
    """Invalid where a task of this kind can't be due then from now on."""
    if kind in PUBLISHED:
        raise Invalid.at("/due_at", SAYS["promised"], "promised")
    must_lie_ahead(due_at, now)
    if kind in TIMED and due_at is None:
        raise Invalid.at("/due_at", f"a {kind} is always due: state when", "due_needed")
