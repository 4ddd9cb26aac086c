"""How affected users 受影响用户 are looked after: by the newest remediation and the newest follow-up of each (R50b, R56)."""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, ScalarSelect, and_, case, exists, func, literal, select, text, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from app.core.db import Tx
from app.core.errors import FieldError, Invalid
from app.domain.tasks import FINISHED, MOST_AT_ONCE, average_of, percent_of
from app.domain.vocabulary import CareState, ContactKind, TaskKind, TaskState
from app.models import AffectedUser, Incident, Task

KINDS: Final = (TaskKind.REMEDIATION, TaskKind.FOLLOW_UP)
SATISFACTIONS: Final = range(1, 6)
_SAID: Final = ("solved", "satisfaction")


class Chosen(NamedTuple):
    """The affected users that tasks are created for, the first entered first."""

    user_ids: Sequence[UUID]
    passed_over: int = 0
    """Who fit as well, and have a task of the kind already."""
    remaining: int = 0
    """Who are more than fit into one call."""


async def must_be_affected(tx: Tx, incident: Incident, named: Mapping[str, UUID | None]) -> None:
    """Invalid where somebody, named by the member that names them, is not the incident's, or was erased."""
    ids = [id_ for id_ in named.values() if id_ is not None]
    if not ids:
        return
    query = select(AffectedUser.id, AffectedUser.erased_at)
    query = query.where(AffectedUser.incident_id == incident.id, AffectedUser.id.in_(ids))
    erased = {id_: erased_at is not None for id_, erased_at in await tx.execute(query)}
    errors = [
        FieldError(pointer, "was erased: nobody can reach them any more", "erased")
        if id_ in erased else FieldError(pointer, "there is no such affected user of this incident", "not_found")
        for pointer, id_ in named.items() if id_ is not None and erased.get(id_, True)
    ]  # fmt: skip
    if errors:
        raise Invalid.of(errors)


async def choose(tx: Tx, incident: Incident, kind: TaskKind, fits: Sequence[ColumnElement[bool]]) -> Chosen:
    """Whom of the incident's users tasks of this kind are created for: who fit, can be reached and have none of it, so that
    the same once more creates none."""
    had = has_task(kind)
    wanted = (AffectedUser.incident_id == incident.id, AffectedUser.erased_at.is_(None), *fits)
    lacking = select(AffectedUser.id).where(*wanted, ~had).order_by(AffectedUser.id).limit(MOST_AT_ONCE)
    found = (await tx.scalars(lacking)).all()
    counts = select(func.count(), func.count().filter(had)).select_from(AffectedUser).where(*wanted)
    total, passed_over = (await tx.execute(counts)).one()
    return Chosen(found, passed_over, total - passed_over - len(found))


def has_task(*kinds: TaskKind) -> ColumnElement[bool]:
    """Whether a task of one of these kinds was made for the user."""
    return exists().where(Task.affected_user_id == AffectedUser.id, Task.kind.in_(kinds))


def stands(kind: TaskKind, states: Collection[CareState]) -> ColumnElement[bool]:
    """Whether the user's newest task of the kind is in one of these states."""
    return func.coalesce(_newest_state(kind), CareState.NONE.value).in_(states)


async def cared_for(tx: Tx, users: Sequence[AffectedUser]) -> dict[UUID, dict[str, Any]]:
    """The newest remediation and follow-up of each user, as the API shows them: one query, however many they are."""
    shown: dict[UUID, dict[str, Any]] = {user.id: dict.fromkeys(KINDS) for user in users}
    if not users:
        return shown
    query = (
        select(Task).ext(distinct_on(Task.affected_user_id, Task.kind))
        .where(Task.affected_user_id.in_(list(shown)), Task.kind.in_(KINDS))
        .order_by(Task.affected_user_id, Task.kind, Task.id.desc())
    )  # fmt: skip
    for task in await tx.scalars(query):
        if task.affected_user_id is not None:
            shown[task.affected_user_id][task.kind] = _shown(task)
    return shown


def _shown(task: Task) -> dict[str, Any]:
    answer = {"task_id": task.id, "state": task.state, "due_at": task.due_at, "owner_id": task.owner_id}
    if task.kind == TaskKind.FOLLOW_UP:
        # Once reopened it keeps what was said before; that is no answer any more.
        said = task.result if task.state == TaskState.DONE and task.result else {}
        answer |= {name: said.get(name) for name in _SAID}
    return answer


async def figures(tx: Tx, incident_id: UUID) -> dict[str, Any]:
    """How far an incident's affected users are looked after. Who is erased is counted on."""
    remediation, follow_up = (_newest(kind) for kind in KINDS)
    done = follow_up.c.state == TaskState.DONE
    users = select(
        AffectedUser.contact_kind, AffectedUser.erased_at.is_not(None).label("erased"),
        func.coalesce(remediation.c.state, CareState.NONE.value).label("remedied"),
        and_(remediation.c.state == TaskState.OPEN, remediation.c.due_at < await tx.now()).label("overdue"),
        func.coalesce(follow_up.c.state, CareState.NONE.value).label("followed"),
        *(case((done, follow_up.c.result[name].astext)).label(name) for name in _SAID),
    )  # fmt: skip
    users = users.select_from(AffectedUser).outerjoin(remediation, true()).outerjoin(follow_up, true())
    alike = users.where(AffectedUser.incident_id == incident_id).subquery()
    counts = [Counter[Any]() for _ in alike.c]
    for *facts, count in await tx.execute(select(*alike.c, func.count()).group_by(*alike.c)):
        for counter, fact in zip(counts, facts, strict=True):
            counter[fact] += count
    kinds, erased, remedied, overdue, followed, solved, satisfied = counts
    answers = {n: satisfied[str(n)] for n in SATISFACTIONS}
    return {
        "total": erased.total(), "erased": erased[True],
        "by_contact_kind": [{"contact_kind": kind, "count": kinds[kind]} for kind in ContactKind],
        "remediation": _completion(remedied) | {"overdue": overdue[True]}, "follow_up": _completion(followed),
        "solved": solved["true"],
        "satisfaction": {
            "answers": sum(answers.values()), "average": average_of(answers),
            "distribution": [{"satisfaction": n, "count": count} for n, count in answers.items()],
        },
    }  # fmt: skip


def _completion(states: Counter[str]) -> dict[str, Any]:
    over = states[CareState.DONE] + states[CareState.WAIVED]
    return {state.value: states[state] for state in CareState} | {
        "completion_percent": percent_of(over, states.total())
    }


def follow_ups(status: str) -> FromClause:
    """Of incidents in this status the figures of :class:`app.domain.tasks.FollowUps`, in its order, to be joined to them;
    of others nothing is read."""
    newest = _newest(TaskKind.FOLLOW_UP)
    mine = (AffectedUser.incident_id == Incident.id, Incident.status == status)
    users = select(
        func.count().label("users"),
        func.count().filter(newest.c.state.in_(FINISHED)).label("users_over"),
        func.count().filter(AffectedUser.erased_at.is_not(None), newest.c.state.is_(None)).label("unreachable"),
    )
    users = users.select_from(AffectedUser).outerjoin(newest, true()).where(*mine).correlate(Incident)
    return users.lateral("followed_users")


def other_follow_ups(status: str) -> FromClause:
    """The same of follow-ups that were made for none of the users."""
    mine = (Task.incident_id == Incident.id, Task.kind == TaskKind.FOLLOW_UP, Task.affected_user_id.is_(None))
    others = select(
        func.count().label("others"), func.count().filter(Task.state.in_(FINISHED)).label("others_over")
    ).where(*mine, Incident.status == literal(status))
    return others.correlate(Incident).lateral("other_follow_ups")


@asynccontextmanager
async def moving(tx: Tx) -> AsyncIterator[None]:
    """Around a merge: tasks and their users go to another incident one after the other, and at its end are together."""
    await tx.execute(text("set constraints fk_tasks_affected_user deferred"))
    yield
    await tx.flush()
    await tx.execute(text("set constraints fk_tasks_affected_user immediate"))


async def twins(tx: Tx, source: Incident, target: Incident) -> dict[UUID, UUID]:
    """Who stands in both incidents, because they are reached in the same way: the entry of the one by that of the other."""
    there = aliased(AffectedUser)
    query = select(AffectedUser.id, there.id).join(there, there.contact_hash == AffectedUser.contact_hash)
    query = query.where(AffectedUser.incident_id == source.id, there.incident_id == target.id)
    return {row[0]: row[1] for row in await tx.execute(query)}


def _newest(kind: TaskKind) -> FromClause:
    query = select(Task.state, Task.due_at, Task.result).where(*_made_for_them(kind))
    return query.order_by(Task.id.desc()).limit(1).correlate(AffectedUser).lateral()


def _newest_state(kind: TaskKind) -> ScalarSelect[str]:
    query = select(Task.state).where(*_made_for_them(kind)).order_by(Task.id.desc()).limit(1)
    return query.correlate(AffectedUser).scalar_subquery()


def _made_for_them(kind: TaskKind) -> tuple[ColumnElement[bool], ...]:
    return Task.affected_user_id == AffectedUser.id, Task.kind == kind
