"""Of contacts outside the company 外部联系人: for the audit log only."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.domain.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideContactsUnmasked(Event):
    """Somebody with people:unmask was shown these contacts' names and numbers as they are."""

    type: ClassVar[str] = "outside_contacts.unmasked"
    public: ClassVar[bool] = False
    contact_ids: list[UUID]
