"""Patrols come about by themselves: a row a slot, a day ahead; and those that nobody walked are told (R22).

Which slots there are follows from the plan's versions and the database's clock alone. Whoever makes them holds one lock, and
one instant is one row, so that two workers, a worker that was away for days and a host whose clock jumps make each once.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from app.core.auth import SYSTEM
from app.core.conditional import touch
from app.core.db import Tx
from app.core.outbox import Stored, record
from app.domain import patrols as domain
from app.domain.events import Changed, PatrolMissed, PersonChanged
from app.mentions.patrol_queries import planned
from app.models import Patrol, PatrolPlan, Person
from app.models.base import new_id

AHEAD: Final = timedelta(hours=24)
PORTION: Final = 200


async def hold_plan(tx: Tx) -> None:
    """Whoever changes the plan or makes slots by it waits for whoever does."""
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("patrols", 0))))


async def make_slots(tx: Tx) -> int:
    """Makes the slots that are not there yet, some at a time; how many. After an outage it begins where it ended."""
    now = await tx.now()
    if not await _missing(tx, now):
        return 0
    await hold_plan(tx)
    return await store_slots(tx, await _missing(tx, now), now=now)


async def catch_up(tx: Tx, *, now: datetime) -> None:
    """Makes all slots that are not there yet. The plan is held."""
    while slots := await _missing(tx, now):
        await store_slots(tx, slots, now=now)


async def _missing(tx: Tx, now: datetime) -> list[domain.Slot]:
    """The next slots that no row is there for. What lies behind the last one that began is settled."""
    plans = [planned(plan) for plan in await _plans(tx)]
    begun = await tx.scalar(select(func.max(Patrol.slot_at)).where(Patrol.slot_at <= now))
    after = begun or min(plan.effective_at for plan in plans) - timedelta(microseconds=1)
    known = set(await tx.scalars(select(Patrol.slot_at).where(Patrol.slot_at > after)))
    slots = domain.slots_between(plans, after, now + AHEAD)
    return list(islice((slot for slot in slots if slot.at not in known), PORTION))


async def _plans(tx: Tx) -> Collection[PatrolPlan]:
    return (await tx.scalars(select(PatrolPlan).execution_options(populate_existing=True))).all()


async def slots_from(tx: Tx, begin: datetime, *, now: datetime) -> list[domain.Slot]:
    """All slots that the plan asks for from an instant on, as far ahead as they are made."""
    plans = [planned(plan) for plan in await _plans(tx)]
    return list(domain.slots_between(plans, begin - timedelta(microseconds=1), now + AHEAD))


async def store_slots(tx: Tx, slots: Collection[domain.Slot], *, now: datetime) -> int:
    """Writes these slots; how many are new."""
    if not slots:
        return 0
    plans = {plan.version: plan for plan in await _plans(tx)}
    active = await active_of(tx, slots)
    rows = [
        {
            "id": new_id(), "plan_id": plans[slot.plan.version].id, "slot_at": slot.at,
            "due_by": slot.at + timedelta(seconds=plans[slot.plan.version].grace_seconds),
            "platforms": plans[slot.plan.version].platforms, "assignee_id": domain.assignee_of(slot, active),
            "created_at": now, "updated_at": now,
        }
        for slot in slots
    ]  # fmt: skip
    made = insert(Patrol).values(rows).on_conflict_do_nothing().returning(Patrol.id)
    return len((await tx.scalars(made)).all())


async def active_of(
    tx: Tx, slots: Iterable[domain.Slot], others: Iterable[UUID | None] = ()
) -> Collection[UUID]:  # fmt: skip
    """Who of the people whom the slots name, and of these others, is active."""
    whom = [id_ for slot in slots for id_ in (*slot.planned.assignees, slot.plan.default_assignee)]
    named = {id_ for id_ in (*whom, *others) if id_ is not None}
    return set(await tx.scalars(select(Person.id).where(Person.id.in_(named), Person.active))) if named else set()


async def person_changed(tx: Tx, stored: Sequence[Stored]) -> None:
    """Whoever leaves or comes back changes whose turn the slots are that were made ahead and have not begun: they are given
    as if they were made now. What somebody was given by hand is theirs until they leave."""
    changed = [entry.event for entry in stored if isinstance(entry.event, PersonChanged)]
    if not any("active" in event.fields for event in changed):
        return
    await hold_plan(tx)
    now = await tx.now()
    slots = {slot.at: slot for slot in await slots_from(tx, now, now=now)}
    ahead = select(Patrol).where(Patrol.slot_at > now, Patrol.happened_at.is_(None)).order_by(Patrol.slot_at)
    locked = ahead.with_for_update(key_share=True).execution_options(populate_existing=True)
    rows = [row for row in await tx.scalars(locked) if row.slot_at in slots]
    by_hand = {row.assignee_id for row in rows if row.assigned_by_hand}
    active = await active_of(tx, slots.values(), by_hand)
    given = [row for row in rows if give(row, slots[row.slot_at], active)]
    for row in given:
        touch(row, now)
    events = [
        Changed(subject="patrol", subject_id=str(row.id), action="assigned", fields=["assignee_id"]) for row in given
    ]
    await record(tx, *events, caller=SYSTEM)


def give(patrol: Patrol, slot: domain.Slot, active: Collection[UUID]) -> bool:
    """Gives the patrol to whose turn the slot is; whether that is somebody else. What was decided by hand stays, unless it
    names somebody who has left."""
    if patrol.assigned_by_hand and (patrol.assignee_id is None or patrol.assignee_id in active):
        return False
    before, patrol.assignee_id, patrol.assigned_by_hand = patrol.assignee_id, domain.assignee_of(slot, active), False
    return patrol.assignee_id != before


async def tell_missed(tx: Tx) -> int:
    """Tells of the patrols that nobody walked in time, some at a time; how many. Each once: that it was told stands in its
    row. What somebody else tells or checks in from at this moment is passed over."""
    now = await tx.now()
    missed = select(Patrol).where(Patrol.missed_at.is_(None), Patrol.happened_at.is_(None), Patrol.due_by <= now)
    locked = missed.order_by(Patrol.due_by).limit(PORTION).with_for_update(key_share=True, skip_locked=True)
    patrols = (await tx.scalars(locked.execution_options(populate_existing=True))).all()
    await record(tx, *(mark_missed(patrol, now) for patrol in patrols), caller=SYSTEM)
    return len(patrols)


def mark_missed(patrol: Patrol, now: datetime) -> PatrolMissed:
    """Says in the patrol's row that it was missed, and with what event that is told."""
    patrol.missed_at = now
    patrol.version += 1
    patrol.updated_at = now
    return PatrolMissed(
        patrol_id=patrol.id, slot_at=patrol.slot_at, due_by=patrol.due_by, assignee_id=patrol.assignee_id,
        platforms=patrol.platforms, late_by_seconds=int((now - patrol.due_by).total_seconds()),
    )  # fmt: skip
