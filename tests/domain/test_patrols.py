"""Which patrols there are follows from the plans alone; whose turn it is, and where one stands."""

import itertools
from datetime import UTC, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.patrols import (
    SHIPPED_TIMES,
    PatrolPlan,
    PlannedSlot,
    Slot,
    assignee_of,
    in_force,
    slots_between,
    state_of,
)
from app.domain.vocabulary.patrols import PatrolRotation, PatrolState
from app.domain.worktime import SHANGHAI

MORNING = datetime(2026, 3, 1, 8, 0, tzinfo=SHANGHAI)
THREE = tuple(PlannedSlot(time.fromisoformat(at)) for at in SHIPPED_TIMES)
FIRST = PatrolPlan(1, MORNING, THREE)


def local(*slots: Slot) -> list[str]:
    return [f"{slot.at.astimezone(SHANGHAI):%d %H:%M} v{slot.plan.version}" for slot in slots]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)


def test_the_day_has_three_patrols_by_shanghais_clock():
    """R22, 方案 二(一)2: 9 点 14 点 20 点."""
    assert local(*slots_between([FIRST], at(1, 0), at(2, 10))) == [
        "01 09:00 v1", "01 14:00 v1", "01 20:00 v1", "02 09:00 v1",
    ]  # fmt: skip
    [nine, *_] = slots_between([FIRST], at(1, 0), at(1, 12))
    assert nine.at == datetime(2026, 3, 1, 1, 0, tzinfo=UTC)


def test_what_was_before_the_first_plan_and_the_end_that_is_not_meant_is_no_slot():
    late = PatrolPlan(1, at(1, 9, 1), THREE)
    assert local(*slots_between([late], at(1, 0), at(1, 14))) == ["01 14:00 v1"]
    assert local(*slots_between([FIRST], at(1, 9), at(1, 14))) == ["01 14:00 v1"], "after, and until, that included"


def test_a_version_decides_from_when_it_takes_effect_and_never_before():
    ten = (PlannedSlot(time(10)), PlannedSlot(time(14)))
    second = PatrolPlan(2, at(1, 14), ten)
    assert local(*slots_between([FIRST, second], at(1, 0), at(2, 23))) == [
        "01 09:00 v1", "01 14:00 v2", "02 10:00 v2", "02 14:00 v2",
    ]  # fmt: skip


def test_the_last_written_holds_where_several_have_taken_effect():
    later, sooner = PatrolPlan(2, at(9, 0), ()), PatrolPlan(3, at(5, 0), THREE[:1])
    assert in_force([FIRST, later, sooner], at(4, 0)) is FIRST
    assert in_force([FIRST, later, sooner], at(12, 0)) is sooner
    assert in_force([FIRST], at(1, 7)) is None


@given(st.lists(st.integers(0, 3_000), max_size=6))
def test_however_often_and_late_one_looks_each_slot_comes_once(minutes):
    """The slots between any looks together are those of one look."""
    begin, end = at(1, 0), at(4, 0)
    looks = sorted({begin, end, *(begin + timedelta(minutes=m) for m in minutes)})
    pieces = [slot for one, next_ in itertools.pairwise(looks) for slot in slots_between([FIRST], one, next_)]
    assert pieces == list(slots_between([FIRST], begin, end))


PEOPLE = tuple(UUID(int=n) for n in (1, 2, 3))


def slot_of(day: int, rotation: PatrolRotation = PatrolRotation.DAILY, **plan: object) -> Slot:
    planned = PlannedSlot(time(9), PEOPLE, rotation)
    return Slot(at(day, 9), planned, PatrolPlan(1, MORNING, (planned,), **plan))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("day", "rotation", "turn"), [(1, "daily", 0), (2, "daily", 1), (4, "daily", 0), (7, "weekly", 0), (8, "weekly", 1)]
)
def test_people_take_turns_the_first_of_them_on_the_first_day(day, rotation, turn):
    assert assignee_of(slot_of(day, PatrolRotation(rotation)), set(PEOPLE)) == PEOPLE[turn]


def test_who_is_not_active_is_passed_over_and_the_default_comes_last():
    default = uuid4()
    assert assignee_of(slot_of(1), {PEOPLE[2], default}) == PEOPLE[2]
    assert assignee_of(slot_of(1, default_assignee=default), {default}) == default
    assert assignee_of(slot_of(1, default_assignee=default), set()) is None


@pytest.mark.parametrize(
    ("now", "walked", "missed", "state"),
    [
        (at(1, 8), None, None, "scheduled"),
        (at(1, 9), None, None, "due"),
        (at(1, 10), None, None, "missed"),
        (at(1, 10), at(1, 9, 30), None, "done"),
        (at(1, 12), at(1, 9, 30), None, "done"),
        (at(1, 12), at(1, 9, 30), at(1, 10), "done_recorded_late"),
        (at(1, 12), at(1, 10), at(1, 10), "done_recorded_late"),
        (at(1, 12), at(1, 11), at(1, 10), "done_late"),
    ],
)
def test_a_patrol_stands_as_it_was_walked_and_not_as_that_was_told(now, walked, missed, state):
    assert state_of(at(1, 9), at(1, 10), walked, missed, now) == PatrolState(state)
