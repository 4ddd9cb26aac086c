"""Everything that is read of patrols, with names and notes as the caller may see them."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from app.core import paging
from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import Invalid, NotFound
from app.core.params import PageQuery
from app.domain import patrols as domain
from app.domain.events import Event, PatrolsUnmasked
from app.domain.vocabulary.patrols import PatrolRotation, PatrolState
from app.mentions.patrol_schemas import PatrolQuery
from app.models import Patrol, PatrolFinding, PatrolPlan
from app.models.base import columns_of
from app.people.masks import people_of, words_of

_HIDDEN: Final = ("plan_id", "assignee_id", "assigned_by_hand", "created_at")


def _unmasked(ids: list[UUID]) -> Event:
    return PatrolsUnmasked(patrol_ids=ids)


async def newest_plan(tx: Tx) -> PatrolPlan:
    """The version that was written last. There is always one: the shipped."""
    return (await tx.scalars(select(PatrolPlan).order_by(PatrolPlan.version.desc()).limit(1))).one()


async def plan_at(tx: Tx, at: datetime | None) -> PatrolPlan:
    """The version that holds at an instant, or that was written last; Invalid before the first."""
    if at is None:
        return await newest_plan(tx)
    rows = select(PatrolPlan).where(PatrolPlan.effective_at <= at).order_by(PatrolPlan.version.desc())
    plan = (await tx.scalars(rows.limit(1))).one_or_none()
    if plan is None:
        raise Invalid.at("?at", "at that time no plan of patrols had taken effect; ask for a later one", "too_early")
    return plan


async def list_plans(tx: Tx, query: PageQuery, *, caller: Caller) -> dict[str, Any]:
    """Every version, the newest first."""
    rows = select(PatrolPlan).order_by(PatrolPlan.version.desc()).limit(query.limit + 1)
    bound = ["patrol_plans"]
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(PatrolPlan.version < after[0])
    page = paging.page((await tx.scalars(rows)).all(), query.limit, bound, lambda plan: [plan.version])
    return page | {"data": await shown_plans(tx, page["data"], caller=caller)}


async def shown_plans(tx: Tx, plans: Sequence[PatrolPlan], *, caller: Caller) -> list[dict[str, Any]]:
    """The versions as the API shows them."""
    notes = await words_of(tx, [(plan.id, {"note": plan.note}) for plan in plans], caller=caller, told=_unmasked)
    return [columns_of(plan) | words for plan, words in zip(plans, notes, strict=True)]


def planned(plan: PatrolPlan) -> domain.PatrolPlan:
    """A version as the domain reckons with it."""
    slots = tuple(
        domain.PlannedSlot(
            time.fromisoformat(slot["time"]), tuple(map(UUID, slot["assignee_ids"])), PatrolRotation(slot["rotation"])
        )
        for slot in plan.slots
    )
    return domain.PatrolPlan(plan.version, plan.effective_at, slots, plan.default_assignee_id)


async def get_patrol(tx: Tx, patrol_id: UUID, *, lock: bool = False) -> Patrol:
    """The patrol as it is now; NotFound otherwise."""
    query = select(Patrol).where(Patrol.id == patrol_id).execution_options(populate_existing=True)
    if lock:
        query = query.with_for_update(key_share=True)
    patrol = (await tx.scalars(query)).one_or_none()
    if patrol is None:
        raise NotFound(f"There is no patrol {patrol_id}.")
    return patrol


async def list_patrols(tx: Tx, query: PatrolQuery, *, caller: Caller) -> dict[str, Any]:
    """Patrols, the latest first: those ahead, and then back through those that were."""
    await tx.plan_anew()
    now = await tx.now()
    rows = select(Patrol).order_by(Patrol.slot_at.desc())
    if query.assignee_id:
        rows = rows.where(Patrol.assignee_id.in_(query.assignee_id))
    if query.state:
        rows = rows.where(or_(*(_stands(state, now) for state in query.state)))
    if query.slot_after is not None:
        rows = rows.where(Patrol.slot_at > query.slot_after)
    if query.slot_before is not None:
        rows = rows.where(Patrol.slot_at < query.slot_before)
    bound = ["patrols", query.filters()]
    after = paging.decode(query.cursor, bound)
    if after:
        rows = rows.where(Patrol.slot_at < datetime.fromisoformat(after[0]))
    found = (await tx.scalars(rows.limit(query.limit + 1))).all()
    page = paging.page(found, query.limit, bound, lambda patrol: [patrol.slot_at.isoformat()])
    return page | {"data": await shown(tx, page["data"], caller=caller)}


def _stands(state: PatrolState, now: datetime) -> ColumnElement[bool]:
    """The same as :func:`app.domain.patrols.state_of`, as a condition."""
    walked, in_time = Patrol.happened_at.is_not(None), Patrol.happened_at <= Patrol.due_by
    return {
        PatrolState.DONE: and_(in_time, Patrol.missed_at.is_(None)),
        PatrolState.DONE_RECORDED_LATE: and_(in_time, Patrol.missed_at.is_not(None)),
        PatrolState.DONE_LATE: Patrol.happened_at > Patrol.due_by,
        PatrolState.SCHEDULED: and_(~walked, Patrol.slot_at > now),
        PatrolState.DUE: and_(~walked, Patrol.slot_at <= now, Patrol.due_by > now),
        PatrolState.MISSED: and_(~walked, Patrol.due_by <= now),
    }[state]


def state_of(patrol: Patrol, now: datetime) -> PatrolState:
    """Where the patrol stands."""
    return domain.state_of(patrol.slot_at, patrol.due_by, patrol.happened_at, patrol.missed_at, now)


async def shown_one(tx: Tx, patrol: Patrol, *, caller: Caller) -> dict[str, Any]:
    """The patrol as the API shows it."""
    [answer] = await shown(tx, [patrol], caller=caller)
    return answer


async def shown(tx: Tx, patrols: Sequence[Patrol], *, caller: Caller) -> list[dict[str, Any]]:
    """The patrols as the API shows them to the caller."""
    now, ids = await tx.now(), [patrol.id for patrol in patrols]
    people = await people_of(
        tx, [id_ for patrol in patrols for id_ in (patrol.assignee_id, patrol.walked_by)], caller=caller
    )
    plans = {patrol.plan_id for patrol in patrols}
    rows = await tx.execute(select(PatrolPlan.id, PatrolPlan.version).where(PatrolPlan.id.in_(plans)))
    versions = {row.id: row.version for row in rows}
    findings: dict[UUID, list[dict[str, Any]]] = {id_: [] for id_ in ids}
    kept = select(PatrolFinding).where(PatrolFinding.patrol_id.in_(ids)).order_by(PatrolFinding.place)
    for found in await tx.scalars(kept):
        findings[found.patrol_id].append({"mention_id": found.mention_id, "created": found.created})
    notes = await words_of(tx, [(one.id, {"note": one.note}) for one in patrols], caller=caller, told=_unmasked)
    return [
        {name: value for name, value in columns_of(patrol).items() if name not in _HIDDEN} | words | {
            "plan_version": versions[patrol.plan_id], "state": state_of(patrol, now),
            "assignee": people.get(patrol.assignee_id), "walked_by": people.get(patrol.walked_by),
            "not_looked_at": [
                platform for platform in patrol.platforms if platform not in patrol.looked_at
            ] if patrol.happened_at else [],
            "findings": findings[patrol.id],
        }
        for patrol, words in zip(patrols, notes, strict=True)
    ]  # fmt: skip


class PatrolFigure(NamedTuple):
    """A patrol whose time is over, as figures count it (R22)."""

    id: UUID
    slot_at: datetime
    state: PatrolState
    assignee_id: UUID | None
    walked_by: UUID | None


async def figures(tx: Tx, from_: datetime, to: datetime) -> list[PatrolFigure]:
    """The patrols of a time that had to be walked by now, in order: those done in time by those due are R22's figure."""
    now = await tx.now()
    rows = select(Patrol).where(Patrol.slot_at >= from_, Patrol.slot_at < to)
    over = or_(Patrol.due_by <= now, Patrol.happened_at.is_not(None))
    return [
        PatrolFigure(patrol.id, patrol.slot_at, state_of(patrol, now), patrol.assignee_id, patrol.walked_by)
        for patrol in await tx.scalars(rows.where(over).order_by(Patrol.slot_at))
    ]
