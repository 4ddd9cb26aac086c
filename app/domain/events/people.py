"""Of people 人员, for the audit log."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.domain.events.base import Changed, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleUnmasked(Event):
    """Somebody with people:unmask was shown these people's names, mails or phones as they are: for the audit log only."""

    type: ClassVar[str] = "people.unmasked"
    public: ClassVar[bool] = False
    person_ids: list[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsUnmasked(Event):
    """Somebody with people:unmask was shown people's data in what was written about these incidents, or chose mentions by
    it: for the audit log only."""

    type: ClassVar[str] = "words.unmasked"
    public: ClassVar[bool] = False
    incident_ids: list[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChanged(Changed):
    """A person was entered or changed, and whether and where they are on the roster from here on: who keeps the events can
    recount past coverage (R07)."""

    subject: str = "person"
    active: bool
    department_id: UUID | None
