"""Whom the rows of a sheet mean: people we know, or rows before them."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, islice
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from app.core.db import Tx
from app.models import Department, Person
from app.people.persons import last_days

_COLUMNS: Final = (
    "name", "email", "phone", "department_id", "deputy_id", "on_duty", "oidc_subject", "roles", "scopes", "active",
)  # fmt: skip


class Unmatched(Exception):
    """A cell names nobody, or more than one. Says which column, and what to do."""

    def __init__(self, column: str, detail: str, code: str) -> None:
        super().__init__(detail)
        self.column, self.detail, self.code = column, detail, code


def _has_left(column: str, on: date | None) -> Unmatched:
    when = "has left" if on is None else "had left before that day"
    mend = "set them active first" if on is None else "mend one of them"
    return Unmatched(column, f"is of somebody who {when}; {mend}", "person_inactive")


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody of the table, or of a row before."""

    id: UUID
    values: Mapping[str, Any]
    # The last day of whoever has left.
    last_day: date | None = None

    @property
    def has_mail(self) -> bool:
        return self.values["email"] is not None


class Sharing:
    """People by what they share, of whom a row's further cells leave few: thousands may have the switchboard's number, and
    whoever looked at each of them for each row would look for minutes."""

    def __init__(self) -> None:
        self._found: defaultdict[tuple[Hashable, bool], dict[str | None, dict[UUID, Known]]] = defaultdict(dict)
        # What is known of each, by which they were found last.
        self._last: dict[tuple[Hashable, UUID], Known] = {}

    def put(self, key: Hashable, known: Known) -> None:
        """Who shares it, in place of what was known of them."""
        before = self._last.get((key, known.id))
        if before is not None:
            del self._found[key, before.has_mail][before.values["phone"]][known.id]
        self._last[key, known.id] = known
        self._found[key, known.has_mail].setdefault(known.values["phone"], {})[known.id] = known

    def could_be(self, key: Hashable, email: str | None, phone: str | None) -> Iterator[Known]:
        """Those of whom nothing that is known says otherwise. ``email``: one that nobody has."""
        for has_mail in (False,) if email is not None else (False, True):
            by_phone = self._found.get((key, has_mail), {})
            groups = by_phone.values() if phone is None else (by_phone.get(one, {}) for one in (None, phone))
            for group in groups:
                yield from group.values()


Index = defaultdict[Any, dict[UUID, Known]]


def _index() -> Index:
    return defaultdict(dict)


def _folded(text: str | None) -> str | None:
    return text.casefold() if text is not None else None


@dataclass(slots=True)
class Circle:
    """People by what they are known by."""

    emails: Index = field(default_factory=_index)
    names: Index = field(default_factory=_index)
    phones: Sharing = field(default_factory=Sharing)
    places: Sharing = field(default_factory=Sharing)

    def know(self, known: Known) -> None:
        values = known.values
        for index, key in ((self.emails, _folded(values["email"])), (self.names, _folded(values["name"]))):
            if key is not None:
                index[key][known.id] = known
        if values["phone"] is not None:
            self.phones.put(values["phone"], known)
        self.places.put((_folded(values["name"]), values["department_id"]), known)


def _were(found: Iterable[Known], on: date | None) -> Iterator[Known]:
    """Those who had not left by that day."""
    return (one for one in found if on is not None and one.last_day is not None and on <= one.last_day)


@dataclass(slots=True)
class Matching:
    """Everybody there is, by what they are known by. Whom a row adds or changes is known by it to the rows after it.

    Rows about a day (``on``) mean those who have left since, too: what was before somebody left stays so.
    """

    departments: Mapping[str, Department]
    here: Circle = field(default_factory=Circle)
    left: Circle = field(default_factory=Circle)
    subjects: dict[str, UUID] = field(default_factory=dict)
    # Whom which row is about.
    claimed: dict[UUID, int] = field(default_factory=dict)
    # Which row, an invalid one, names somebody by this name or mail.
    refused: dict[str | None, int] = field(default_factory=dict)

    @classmethod
    async def load(cls, tx: Tx, *, lock: bool) -> "Matching":
        """Everybody as they are now, locked where they may be changed."""
        departments = {row.name.casefold(): row for row in await tx.scalars(select(Department))}
        found = cls(departments)
        query = select(Person.id, *(getattr(Person, name) for name in _COLUMNS)).order_by(Person.id)
        rows = (await tx.execute(query.with_for_update(key_share=True) if lock else query)).all()
        last = await last_days(tx)
        for row in rows:
            values = dict(row._mapping)
            person_id, active = values.pop("id"), values.pop("active")
            if active:
                found.here.know(Known(person_id, values))
            else:
                # Who was never there for a while has left before any day.
                found.left.know(Known(person_id, values, last.get(person_id, date.min)))
            if values["oidc_subject"]:
                found.subjects[values["oidc_subject"]] = person_id
        return found

    def add(self, person_id: UUID, values: Mapping[str, Any], row: int) -> None:
        """Whom a row adds or changes, as they are by it."""
        self.here.know(Known(person_id, values))
        self.claimed[person_id] = row
        if values["oidc_subject"]:
            self.subjects[values["oidc_subject"]] = person_id

    def refuse(self, row: int, called: Iterable[str | None]) -> None:
        """A row that is invalid, and what whoever it is about is called there."""
        for name in called:
            if name is not None:
                self.refused.setdefault(_folded(name), row)

    def claimed_by(self, person: Known | None) -> int | None:
        """The row that is about them already, where there is one."""
        return self.claimed.get(person.id) if person else None

    def department(self, name: str | None) -> UUID | None:
        """The active department of this name."""
        if name is None:
            return None
        found = self.departments.get(name.casefold())
        if found is None:
            raise Unmatched("department", "there is no such department; add it first, or mend its name", "not_found")
        if not found.active:
            raise Unmatched("department", "this department is no more; name an active one", "department_inactive")
        return found.id

    def person(
        self, name: str, email: str | None, phone: str | None, department_id: UUID | None, on: date | None = None
    ) -> Known | None:
        """Whom these mean; None where it is somebody new. A mail or a phone is rather of somebody who is here."""
        if email is not None:
            here, left = (circle.emails[_folded(email)].values() for circle in (self.here, self.left))
            if found := self._only("email", here) or self._only("email", _were(left, on)):
                return found
            if left:
                raise _has_left("email", on)
        if phone is not None:
            could = [circle.phones.could_be(phone, email, phone) for circle in (self.here, self.left)]
            if found := self._only("phone", could[0]) or self._only("phone", _were(could[1], on)):
                return found
        place = (_folded(name), department_id)
        could = [circle.places.could_be(place, email, phone) for circle in (self.here, self.left)]
        found = self._only("name", chain(could[0], _were(could[1], on)))
        if found is None and on is not None and self._had_left(place, email, phone):
            raise _has_left("name" if name else "phone", on)
        return found

    def _had_left(self, place: Hashable, email: str | None, phone: str | None) -> bool:
        could = self.left.phones.could_be(phone, email, phone) if phone is not None else ()
        return any(True for _ in chain(could, self.left.places.could_be(place, email, phone)))

    def namesake(self, name: str, on: date) -> Known | None:
        """Who has this name, in whatever department; None where nobody has."""
        named = self.left.names[_folded(name)].values()
        found = self._only("name", chain(self.here.names[_folded(name)].values(), _were(named, on)))
        if found is None and named:
            raise _has_left("name", on)
        return found

    def _only(self, column: str, found: Iterable[Known]) -> Known | None:
        people = list(islice(found, 2))
        if len(people) > 1:
            raise Unmatched(
                column, "means more than one person; fill in their mail, or make them one first", "ambiguous"
            )
        return people[0] if people else None

    def subject_is_free(self, subject: str | None, person: Known | None) -> None:
        """Unmatched where somebody else signs in so."""
        holder = self.subjects.get(subject) if subject is not None else None
        if holder is not None and (person is None or person.id != holder):
            raise Unmatched("oidc_subject", "another person has this subject; take it from them first", "taken")

    def deputy(self, text: str, person_id: UUID) -> UUID:
        """Whom a cell names as deputy, by mail or by a name that nobody else has."""
        index = self.here.emails if "@" in text else self.here.names
        people = list(islice(index[_folded(text)].values(), 2))
        row = self.refused.get(_folded(text))
        if not people and row is not None:
            detail = f"row {row}, which names them, is itself invalid; mend that row first"
            raise Unmatched("deputy", detail, "row_invalid")
        if not people:
            raise Unmatched("deputy", "names nobody who is active; write their mail or their whole name", "not_found")
        if len(people) > 1:
            raise Unmatched("deputy", "is the name of more than one person; write their mail", "ambiguous")
        if people[0].id == person_id:
            raise Unmatched("deputy", "nobody is their own deputy; name somebody else", "own_deputy")
        return people[0].id
