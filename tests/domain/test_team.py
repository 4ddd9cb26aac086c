"""Who answers for an incident (R38, R40): the team of a grade, who is called for the silent, and when it has answered."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.grades import Grade
from app.domain.team import (
    CALLS,
    Answering,
    Entry,
    Roster,
    Unit,
    answered_at,
    calls_for,
    next_call,
    team_for,
)
from app.domain.vocabulary import CallStep, DepartmentKind, JoinReason, TeamPosition

PEOPLE = (
    "press head", "press lead", "press one", "press two", "ops head", "ops two", "law head", "milk head", "milk two",
    "tea head", "boss",
)  # fmt: skip
ID = {name: UUID(int=number) for number, name in enumerate(PEOPLE, 1)}
NAME = {id_: name for name, id_ in ID.items()}
KINDS = {"press": DepartmentKind.PUBLIC_RELATIONS, "ops": DepartmentKind.OPERATIONS, "law": DepartmentKind.LEGAL,
         "milk": DepartmentKind.BUSINESS, "tea": DepartmentKind.BUSINESS}  # fmt: skip
UNIT = {name: UUID(int=100 + number) for number, name in enumerate(KINDS)}
AT = datetime(2026, 3, 1, 3, tzinfo=UTC)


def roster(without: tuple[str, ...] = (), **changes: Mapping[str, Any]) -> Roster:
    """The usual house; `press_head={"on_duty": False}` changes one person."""
    people = []
    for name in PEOPLE:
        unit = UNIT.get(name.split()[0])
        roles = frozenset({"lead"} if name in ("press lead", "boss") else {"responder"})
        fields = {"department_id": unit, "roles": roles} | dict(changes.get(name.replace(" ", "_"), {}))
        people.append(Entry(ID[name], **fields))
    units = [
        Unit(UNIT[name], kind, frozenset({name, f"{name}事业部"}), ID[f"{name} head"])
        for name, kind in KINDS.items() if name not in without
    ]  # fmt: skip
    return Roster.of(reversed(people), reversed(units))


def seats(grade: Grade, roster: Roster, unit: str | None = "milk") -> dict[str, str]:
    """Who sits there -> as what, and for whom."""
    found = {}
    for seat in team_for(grade, roster, unit):
        stands_for = f" for {NAME[seat.for_person_id]}" if seat.for_person_id else ""
        assert (seat.reason is JoinReason.DEPUTY) == bool(stands_for)
        found[NAME[seat.person_id]] = f"{seat.position}{stands_for}"
    return found


OFF = {"on_duty": False}
GONE = {"active": False}
HEADS = {"ops head": "operations", "law head": "legal", "milk head": "business"}


def but(name: str) -> dict[str, str]:
    """The heads without one of them."""
    return {head: position for head, position in HEADS.items() if head != name}


ON_DUTY = dict.fromkeys(("press head", "press lead", "press one", "press two"), "public_relations")

TEAMS: list[tuple[str, Grade, Roster, str | None, dict[str, str]]] = [
    ("a major", Grade.MAJOR, roster(), "milk", {"press lead": "lead"} | HEADS),
    ("its unit is written otherwise", Grade.MAJOR, roster(), " ＭＩＬＫ事业部 ", {"press lead": "lead"} | HEADS),
    ("no unit is known", Grade.MAJOR, roster(), None, {"press lead": "lead"} | HEADS | {"tea head": "business"}),
    ("nobody answers for it", Grade.MAJOR, roster(), "oil", {"press lead": "lead"} | HEADS | {"tea head": "business"}),
    ("no lead is on duty", Grade.MAJOR, roster(press_lead=OFF), "milk", {"press head": "lead"} | HEADS),
    ("the head is a lead too", Grade.MAJOR, roster(press_head={"roles": frozenset({"lead"})}), "milk",
     {"press head": "lead"} | HEADS),
    ("neither lead nor head is there, but the head's deputy", Grade.MAJOR,
     roster(press_lead=OFF, press_head=OFF | {"deputy_id": ID["press two"]}), "milk",
     {"press two": "lead for press head"} | HEADS),
    ("a head is off duty", Grade.MAJOR, roster(ops_head=OFF | {"deputy_id": ID["ops two"]}), "milk",
     {"press lead": "lead", "ops two": "operations for ops head"} | but("ops head")),
    ("so is the deputy, whose deputy is there", Grade.MAJOR,
     roster(ops_head=OFF | {"deputy_id": ID["ops two"]}, ops_two=OFF | {"deputy_id": ID["boss"]}), "milk",
     {"press lead": "lead", "boss": "operations for ops head"} | but("ops head")),
    ("they stand in for each other and neither is there", Grade.MAJOR,
     roster(ops_head=OFF | {"deputy_id": ID["ops two"]}, ops_two=OFF | {"deputy_id": ID["ops head"]}), "milk",
     {"press lead": "lead"} | HEADS),
    ("a head has left, and has a deputy", Grade.MAJOR, roster(law_head=GONE | {"deputy_id": ID["boss"]}), "milk",
     {"press lead": "lead", "boss": "legal for law head"} | but("law head")),
    ("a head has left without a deputy", Grade.MAJOR, roster(law_head=GONE), "milk",
     {"press lead": "lead"} | but("law head")),
    ("one stands in for two, and sits once", Grade.MAJOR,
     roster(ops_head=OFF | {"deputy_id": ID["boss"]}, law_head=OFF | {"deputy_id": ID["boss"]}), "milk",
     {"press lead": "lead", "boss": "operations for ops head", "milk head": "business"}),
    ("who stands in sits there already", Grade.MAJOR, roster(ops_head=OFF | {"deputy_id": ID["law head"]}), "milk",
     {"press lead": "lead", "law head": "operations for ops head", "milk head": "business"}),
    ("there is no legal department", Grade.MAJOR, roster(("law",)), "milk", {"press lead": "lead"} | but("law head")),
    ("a general one", Grade.GENERAL, roster(), "milk", ON_DUTY | {"milk head": "business"}),
    ("a serious one", Grade.SERIOUS, roster(press_one=OFF), "tea",
     {name: as_ for name, as_ in ON_DUTY.items() if name != "press one"} | {"tea head": "business"}),
    ("a general one of no unit", Grade.GENERAL, roster(), None, ON_DUTY),
    ("nobody of public relations is on duty", Grade.GENERAL,
     roster(press_head=OFF | {"deputy_id": ID["boss"]}, press_lead=OFF, press_one=OFF, press_two=GONE), "milk",
     {"boss": "public_relations for press head", "milk head": "business"}),
    ("an empty roster", Grade.MAJOR, Roster(), "milk", {}),
    ("departments without anybody", Grade.MAJOR, Roster.of([], roster().departments), "milk", {}),
    ("people without departments", Grade.GENERAL, Roster.of(roster().people.values(), []), None, {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("grade", "house", "unit", "expected"), [case[1:] for case in TEAMS], ids=[c[0] for c in TEAMS]
)
def test_the_team_of_a_grade(grade: Grade, house: Roster, unit: str | None, expected: dict[str, str]) -> None:
    assert seats(grade, house, unit) == expected


ids = st.sampled_from([*ID.values()])
entries = st.builds(
    Entry, id=ids, department_id=st.sampled_from([None, *UNIT.values()]), on_duty=st.booleans(), active=st.booleans(),
    roles=st.sampled_from([frozenset(), frozenset({"lead"})]), deputy_id=st.none() | ids,
)  # fmt: skip
units = st.builds(
    Unit, id=st.sampled_from([*UNIT.values()]), kind=st.sampled_from(DepartmentKind), head_id=st.none() | ids,
    names=st.sampled_from([frozenset(), frozenset({"milk"})]),
)  # fmt: skip
rosters = st.builds(
    Roster.of,
    st.lists(entries, unique_by=lambda one: one.id, max_size=len(PEOPLE)),
    st.lists(units, unique_by=lambda one: one.id, max_size=5),
)


@given(rosters, st.sampled_from(Grade), st.sampled_from([None, "milk", "oil"]))
def test_whatever_the_roster_nobody_sits_twice_or_has_left(house: Roster, grade: Grade, unit: str | None) -> None:
    found = team_for(grade, house, unit)
    people = [seat.person_id for seat in found]
    assert len(people) == len(set(people))
    assert all(house.people[id_].active for id_ in people)
    for seat in found:
        if seat.for_person_id is not None:
            assert house.people[seat.person_id].can_be_called, "who stands in is there"
            assert seat.for_person_id not in house.people or not house.people[seat.for_person_id].can_be_called
    assert sum(seat.position is TeamPosition.LEAD for seat in found) <= (grade is Grade.MAJOR)
    assert found == team_for(grade, Roster.of(house.people.values(), house.departments), unit)


@given(rosters, ids, st.sets(ids), st.sampled_from(CallStep))
def test_whoever_is_called_can_be_called_and_was_not(
    house: Roster, silent: UUID, taken: set[UUID], step: CallStep
) -> None:
    called = calls_for(step, silent, TeamPosition.LEGAL, house, taken | {silent})
    assert all(house.people[one.person_id].can_be_called for one in called)
    assert not {one.person_id for one in called} & (taken | {silent})
    assert step is CallStep.LEAD or len(called) <= 1


def called(step: CallStep, silent: str, house: Roster, *taken: str) -> dict[str, str]:
    found = calls_for(step, ID[silent], TeamPosition.OPERATIONS, house, {ID[name] for name in (silent, *taken)})
    assert {one.step for one in found} <= {step}
    return {NAME[one.person_id]: str(one.position) for one in found}


def test_the_deputy_is_called_in_the_members_own_position() -> None:
    house = roster(ops_two={"deputy_id": ID["boss"]}, boss={"deputy_id": ID["law head"]})
    assert called(CallStep.DEPUTY, "ops two", house) == {"boss": "operations"}
    assert called(CallStep.DEPUTY, "ops two", house, "boss") == {"law head": "operations"}
    assert called(CallStep.DEPUTY, "ops head", house) == {}
    away = roster(ops_two={"deputy_id": ID["boss"]}, boss=OFF | {"deputy_id": ID["law head"]})
    assert called(CallStep.DEPUTY, "ops two", away) == {"law head": "operations"}


def test_then_the_head_of_the_department_and_the_leads() -> None:
    house = roster()
    assert called(CallStep.HEAD, "ops two", house) == {"ops head": "operations"}
    assert called(CallStep.HEAD, "ops two", house, "ops head") == {}
    assert called(CallStep.HEAD, "ops head", house) == {}
    assert called(CallStep.HEAD, "boss", house) == {}
    away = roster(ops_head=OFF | {"deputy_id": ID["milk two"]})
    assert called(CallStep.HEAD, "ops two", away) == {"milk two": "business"}
    assert called(CallStep.LEAD, "ops two", house) == {"press lead": "public_relations", "boss": "other"}
    assert called(CallStep.LEAD, "ops two", house, "boss") == {"press lead": "public_relations"}


def test_calls_are_made_at_half_and_at_four_fifths_of_the_members_own_time() -> None:
    due = AT + timedelta(minutes=30)
    assert [next_call(AT, due, made) for made in range(3)] == [
        AT + timedelta(minutes=15), AT + timedelta(minutes=24), None,
    ]  # fmt: skip
    assert next_call(AT, None, 0) is None
    assert [step for _, steps in CALLS for step in steps] == [CallStep.DEPUTY, CallStep.HEAD, CallStep.LEAD]


def at(minute: int | None) -> datetime | None:
    return None if minute is None else AT + timedelta(minutes=minute)


def said(minute: int | None, *, lead: bool = False, new: bool = False) -> Answering:
    return Answering(lead, new, at(minute))


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([], None),
        ([said(None), said(None, lead=True)], None),
        ([said(None), said(9), said(7)], 7),
        ([said(5), said(None, new=True)], None),
        ([said(None), said(6, new=True), said(None, new=True)], None),
        ([said(None), said(6, new=True), said(8, new=True)], 8),
        ([said(None), said(6, new=True), said(None, new=True), said(7, lead=True)], 7),
        ([said(3, lead=True), said(6, new=True)], 3),
        ([said(9, lead=True), said(6, new=True)], 6),
        ([said(4, lead=True, new=True), said(None, new=True)], 4),
    ],
)
def test_when_the_team_had_answered(members: list[Answering], expected: int | None) -> None:
    assert answered_at(members) == at(expected)
