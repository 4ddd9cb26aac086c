"""Of incidents 危机事件: opened, graded, moved."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from app.domain.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentEvent(Event):
    """Something that stands on an incident's timeline."""

    incident_id: UUID
    number: str
    seq: int
    # Whether the incident is an exercise 演练.
    is_drill: bool

    @property
    def incident(self) -> tuple[UUID, int] | None:
        return self.incident_id, self.seq

    @property
    def of_drill(self) -> bool:
        return self.is_drill


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentOpened(IncidentEvent):
    """Mentions are handled as one case from here on."""

    type: ClassVar[str] = "incident.opened"
    rule_id: UUID | None
    harm_class: str | None
    business_unit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeChanged(IncidentEvent):
    """The grade was raised by the machine, or set by a person (方案 二(二)1)."""

    type: ClassVar[str] = "incident.grade_changed"
    from_: str | None
    to: str | None
    level: int | None
    label: str | None
    source: str
    reason: str
    evidence: dict[str, Any]
    # Where it began 首发平台, as far as was known then.
    origin_platform: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged(IncidentEvent):
    """The incident moved on, ended or came back."""

    type: ClassVar[str] = "incident.status_changed"
    from_: str
    to: str
    reason: str
    # The guards that were not met, and passed over by a lead who gave the reason.
    overridden: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionsMoved(IncidentEvent):
    """A person attached mentions to the incident, took them out of it, merged another incident into it or split it.

    ``action``: attached, detached, merged_in, merged_away, split_off (they are another incident's now), split_from.
    """

    type: ClassVar[str] = "incident.mentions_moved"
    public: ClassVar[bool] = False
    action: str
    mention_count: int
    mention_ids: list[UUID]
    other_incident_id: UUID | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentChanged(IncidentEvent):
    """A person changed what the incident says of itself, or what decides its grade."""

    type: ClassVar[str] = "incident.changed"
    public: ClassVar[bool] = False
    fields: list[str]
    reason: str
    # Whose it is after the change: figures by product are made of it.
    business_unit: str | None
