"""Of people 人员, for the audit log."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.domain.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleUnmasked(Event):
    """Somebody with people:unmask was shown these people's names or mails as they are: for the audit log only."""

    type: ClassVar[str] = "people.unmasked"
    public: ClassVar[bool] = False
    person_ids: list[UUID]
