"""What every event is, and the audit log's own."""

from dataclasses import dataclass, fields
from typing import Any, ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all. ``seq`` is the incident's own counter, for the events of an incident."""

    type: ClassVar[str]
    # Whether outside tools may subscribe to it; the others are the audit log's.
    public: ClassVar[bool] = True

    @property
    def incident(self) -> tuple[UUID, int] | None:
        """The incident whose timeline this stands on, and its place there."""
        return None

    @property
    def of_drill(self) -> bool:
        """Whether it is part of an exercise 演练, and kept from whoever did not ask for them."""
        return False

    @property
    def kind(self) -> str:
        return self.type

    def data(self) -> dict[str, Any]:
        """The members of the event as outside tools see them."""
        return {field.name.rstrip("_"): getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed(Event):
    """A record was created, updated or deleted by somebody: for the audit log only."""

    type: ClassVar[str] = "record.changed"
    public: ClassVar[bool] = False
    subject: str
    subject_id: str
    action: str
    fields: list[str]

    @property
    def kind(self) -> str:
        return f"{self.subject}.{self.action}"
