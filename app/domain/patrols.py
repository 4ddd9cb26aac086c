"""Patrols 人工巡查: people look through the platforms at 9:00, 14:00 and 20:00 each day (方案 二(一)2, R22).

The hours of the day are Shanghai's, reckoned by its zone; everything else is an instant. Which slots there are follows from
the plans alone, so that it does not matter who reckons them, when, or how long nobody did.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from app.domain.vocabulary.patrols import PatrolRotation, PatrolState
from app.domain.worktime import DAY, SHANGHAI

SHIPPED_TIMES: Final = ("09:00", "14:00", "20:00")
# Whoever is early has walked it; whoever is earlier than this has not.
EARLY: Final = timedelta(minutes=60)
_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class PlannedSlot:
    """A time of each day, and the people who take turns at it, the first of them on the plan's first day."""

    at: time
    assignees: tuple[UUID, ...] = ()
    rotation: PatrolRotation = PatrolRotation.DAILY


@dataclass(frozen=True, slots=True)
class PatrolPlan:
    """What one version of the plan says, from ``effective_at`` on until a later version says otherwise."""

    version: int
    effective_at: datetime
    slots: tuple[PlannedSlot, ...]
    default_assignee: UUID | None = None


class Slot(NamedTuple):
    """A patrol that is to be walked at an instant, as a version of the plan has it."""

    at: datetime
    planned: PlannedSlot
    plan: PatrolPlan


def in_force(plans: Collection[PatrolPlan], at: datetime) -> PatrolPlan | None:
    """The plan that holds at an instant: the last written of those that have taken effect. None before the first."""
    return max((plan for plan in plans if plan.effective_at <= at), key=lambda plan: plan.version, default=None)


def slots_between(plans: Sequence[PatrolPlan], after: datetime, until: datetime) -> Iterator[Slot]:
    """The slots after one instant until another, that included, in order. A version that takes effect at the very time of a
    slot decides about it."""
    day = after.astimezone(SHANGHAI).date()
    last = until.astimezone(SHANGHAI).date()
    while day <= last:
        instants = {_instant(day, slot.at) for plan in plans for slot in plan.slots}
        for at in sorted(instants):
            plan = in_force(plans, at)
            if plan is not None and after < at <= until:
                yield from (Slot(at, slot, plan) for slot in plan.slots if _instant(day, slot.at) == at)
        day += DAY


def _instant(day: date, at: time) -> datetime:
    return datetime.combine(day, at, SHANGHAI).astimezone(UTC)


def assignee_of(slot: Slot, active: Collection[UUID]) -> UUID | None:
    """Whose turn the slot is: by the rotation, passing over people who are not active; else the plan's default, else
    nobody."""
    people = slot.planned.assignees
    days = (slot.at.astimezone(SHANGHAI).date() - slot.plan.effective_at.astimezone(SHANGHAI).date()).days
    turn = days if slot.planned.rotation == PatrolRotation.DAILY else days // _WEEK
    for place in range(len(people)):
        person = people[(turn + place) % len(people)]
        if person in active:
            return person
    return slot.plan.default_assignee if slot.plan.default_assignee in active else None


def state_of(
    slot_at: datetime, due_by: datetime, happened_at: datetime | None, missed_at: datetime | None, now: datetime
) -> PatrolState:
    """Where a patrol stands: judged, as clocks are, by when it was walked and not by when that was told."""
    if happened_at is not None:
        if happened_at > due_by:
            return PatrolState.DONE_LATE
        return PatrolState.DONE if missed_at is None else PatrolState.DONE_RECORDED_LATE
    if now < slot_at:
        return PatrolState.SCHEDULED
    return PatrolState.DUE if now < due_by else PatrolState.MISSED
