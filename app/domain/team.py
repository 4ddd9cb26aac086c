"""Who answers for an incident (R38, R40): the team a grade calls for, who is called where somebody keeps silent, and when the
team has answered.

What is known of people is given; nothing here looks them up or at a clock.
"""

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.domain.deadlines import rings_at
from app.domain.drills import REAL, Pace
from app.domain.grades import Grade
from app.domain.vocabulary import CallStep, DepartmentKind, JoinReason, Role, TeamPosition

CALLS: tuple[tuple[int, tuple[CallStep, ...]], ...] = (
    (50, (CallStep.DEPUTY,)),
    (80, (CallStep.HEAD, CallStep.LEAD)),
)
"""At which share of the time a member has, in per cent, who is called in their place: B角; then the head, then the leads."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One person of the roster 值班表. Who is not active has left, and is never called."""

    id: UUID
    department_id: UUID | None = None
    roles: frozenset[str] = frozenset()
    on_duty: bool = True
    deputy_id: UUID | None = None
    active: bool = True

    @property
    def can_be_called(self) -> bool:
        return self.active and self.on_duty


@dataclass(frozen=True, slots=True)
class Unit:
    """A department 部门. ``names`` are its own and those of the business units it answers for."""

    id: UUID
    kind: DepartmentKind
    names: frozenset[str] = frozenset()
    head_id: UUID | None = None

    def answers_for(self, business_unit: str) -> bool:
        """Whether the business unit is its own, however it is written."""
        return _folded(business_unit) in {_folded(name) for name in self.names}


@dataclass(frozen=True, slots=True)
class Roster:
    """Who there is, and in which departments."""

    people: Mapping[UUID, Entry] = field(default_factory=dict)
    departments: Sequence[Unit] = ()

    @classmethod
    def of(cls, people: Iterable[Entry], departments: Iterable[Unit]) -> "Roster":
        """A roster in an order of its own, so that whoever asks is answered the same."""
        return cls({one.id: one for one in people}, sorted(departments, key=lambda unit: unit.id))

    def of_kind(self, kind: DepartmentKind) -> list[Unit]:
        return [unit for unit in self.departments if unit.kind is kind]

    def on_duty(self, units: Collection[Unit]) -> list[Entry]:
        """Those of these departments who can be called now."""
        ids = {unit.id for unit in units}
        return [one for one in self._in_order() if one.department_id in ids and one.can_be_called]

    def leads(self) -> list[Entry]:
        """Everybody with the role of a lead 组长 who can be called now."""
        return [one for one in self._in_order() if Role.LEAD in one.roles and one.can_be_called]

    def deputies(self, person_id: UUID) -> Iterator[Entry]:
        """A person's deputy B角, that one's deputy and so on, each once, whether or not they can be called."""
        seen, one = {person_id}, self.people.get(person_id)
        while one is not None and one.deputy_id is not None and one.deputy_id not in seen:
            seen.add(one.deputy_id)
            one = self.people.get(one.deputy_id)
            if one is not None:
                yield one

    def position_of(self, person_id: UUID) -> TeamPosition:
        """What somebody is to a team by their department alone."""
        one = self.people.get(person_id)
        kinds = [unit.kind for unit in self.departments if one is not None and unit.id == one.department_id]
        return TeamPosition(kinds[0].value) if kinds else TeamPosition.OTHER

    def _in_order(self) -> list[Entry]:
        return sorted(self.people.values(), key=lambda one: one.id)


class Seat(NamedTuple):
    """A place in the team. ``for_person_id``: whom they stand in for."""

    person_id: UUID
    position: TeamPosition
    reason: JoinReason = JoinReason.TEAM
    for_person_id: UUID | None = None


def team_for(grade: Grade, roster: Roster, business_unit: str | None) -> list[Seat]:
    """The team a grade calls for; empty where no department has anybody.

    Major 应急小组: a lead of public relations, and the heads of operations, legal and of the business department that
    answers for the unit; of all business departments where that is not known. Below 专项小组: who is on duty in public
    relations, and the head of the business department. Who is off duty has their deputy stand in. Nobody sits twice.
    """
    wanted = _of_a_major(roster, business_unit) if grade is Grade.MAJOR else _of_the_others(roster, business_unit)
    seats: dict[UUID, Seat] = {}
    for person_id, position in wanted:
        seat = _seat(roster, person_id, position)
        if seat is not None:
            seats.setdefault(seat.person_id, seat)
    return list(seats.values())


def team_of(person_ids: Collection[UUID], roster: Roster) -> list[Seat]:
    """A team of these people, as in a drill that names who takes part: the first who is a lead leads it."""
    named = [
        roster.people[id_] for id_ in dict.fromkeys(person_ids) if id_ in roster.people and roster.people[id_].active
    ]
    lead = next((one.id for one in named if Role.LEAD in one.roles), None)
    return [Seat(one.id, TeamPosition.LEAD if one.id == lead else roster.position_of(one.id)) for one in named]


Wanted = Iterator[tuple[UUID, TeamPosition]]


def _of_a_major(roster: Roster, business_unit: str | None) -> Wanted:
    press = roster.of_kind(DepartmentKind.PUBLIC_RELATIONS)
    heads = [unit.head_id for unit in press if unit.head_id is not None]
    leads = [one.id for one in roster.on_duty(press) if Role.LEAD in one.roles]
    # A head who is a lead comes first; where no lead is on duty it is the head's to answer, or their deputy's.
    chosen = sorted(leads, key=lambda id_: id_ not in heads) or [id_ for id_ in heads if _seat(roster, id_)]
    yield from ((id_, TeamPosition.LEAD) for id_ in chosen[:1])
    for kind in (DepartmentKind.OPERATIONS, DepartmentKind.LEGAL):
        yield from _heads(roster.of_kind(kind))
    business = roster.of_kind(DepartmentKind.BUSINESS)
    yield from _heads(_answering(business, business_unit) or business)


def _of_the_others(roster: Roster, business_unit: str | None) -> Wanted:
    press = roster.of_kind(DepartmentKind.PUBLIC_RELATIONS)
    on_duty = [(one.id, TeamPosition.PUBLIC_RELATIONS) for one in roster.on_duty(press)]
    yield from on_duty or _heads(press)
    yield from _heads(_answering(roster.of_kind(DepartmentKind.BUSINESS), business_unit))


def _heads(units: Iterable[Unit]) -> Wanted:
    return ((unit.head_id, TeamPosition(unit.kind.value)) for unit in units if unit.head_id is not None)


def _answering(units: Iterable[Unit], business_unit: str | None) -> list[Unit]:
    return [unit for unit in units if business_unit and unit.answers_for(business_unit)]


def _seat(roster: Roster, person_id: UUID, position: TeamPosition = TeamPosition.OTHER) -> Seat | None:
    """Who sits there. Who is off duty and has nobody to stand in is called all the same: the clock's half time finds
    others, and better that than a place which nobody misses."""
    one = roster.people.get(person_id)
    if one is not None and one.can_be_called:
        return Seat(person_id, position)
    stands_in = next((other for other in roster.deputies(person_id) if other.can_be_called), None)
    if stands_in is not None:
        return Seat(stands_in.id, position, JoinReason.DEPUTY, person_id)
    return Seat(person_id, position) if one is not None and one.active else None


class Call(NamedTuple):
    """Somebody who is called because a member keeps silent, and as what they join."""

    person_id: UUID
    step: CallStep
    position: TeamPosition


def calls_for(
    step: CallStep, silent: UUID, position: TeamPosition, roster: Roster, taken: Collection[UUID]
) -> list[Call]:
    """Whom a step calls for a member who keeps silent: the next in line who can be called and is not ``taken``.

    The deputy takes the member's own position. Of the leads all are called.
    """
    if step is CallStep.LEAD:
        return [Call(one.id, step, roster.position_of(one.id)) for one in roster.leads() if one.id not in taken]
    line = roster.deputies(silent) if step is CallStep.DEPUTY else _head_of(silent, roster)
    called = next((one.id for one in line if one.can_be_called and one.id not in taken), None)
    if called is None:
        return []
    return [Call(called, step, position if step is CallStep.DEPUTY else roster.position_of(called))]


def _head_of(person_id: UUID, roster: Roster) -> Iterator[Entry]:
    """The head of somebody's department; in place of one who can't be called their deputies."""
    one = roster.people.get(person_id)
    heads = [unit.head_id for unit in roster.departments if one is not None and unit.id == one.department_id]
    for head_id in heads:
        if head_id is not None and head_id != person_id:
            head = roster.people.get(head_id)
            yield from [head] if head is not None and head.can_be_called else roster.deputies(head_id)


def next_call(called_at: datetime, due_at: datetime | None, made: int, pace: Pace = REAL) -> datetime | None:
    """When somebody is called in a member's place, of whose calls so many were ``made``; None: no more."""
    if due_at is None or made >= len(CALLS):
        return None
    return rings_at(called_at, due_at, CALLS[made][0], pace)


@dataclass(frozen=True, slots=True)
class Answering:
    """A member as far as the first response waits for them. ``acknowledged_at``: first, since its clock was started."""

    is_lead: bool = False
    # Joined by a raise since then: the response waits for each of these.
    by_raise: bool = False
    acknowledged_at: datetime | None = None


def answered_at(members: Sequence[Answering]) -> datetime | None:
    """When the team had answered, None while it has not: when the lead acknowledged, or each member that a raise added;
    where none did, any member."""
    by_lead = [one.acknowledged_at for one in members if one.is_lead and one.acknowledged_at is not None]
    asked = [one for one in members if one.by_raise] or members
    answers = [one.acknowledged_at for one in asked if one.acknowledged_at is not None]
    if asked is members:
        return min(answers, default=None)
    by_all = [max(answers)] if len(answers) == len(asked) else []
    return min(by_lead + by_all, default=None)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip()
