"""What happens, in the past tense. One row of the event table each: timeline, audit log and outbox at once.

Events hold ids, words of our vocabularies and figures; never personal data or the text of a post, because they
are kept for years and sent to other companies' tools.
"""

from dataclasses import dataclass, fields
from datetime import datetime
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
    def kind(self) -> str:
        return self.type

    def data(self) -> dict[str, Any]:
        """The members of the event as outside tools see them."""
        return {field.name.rstrip("_"): getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentEvent(Event):
    """Something that stands on an incident's timeline."""

    incident_id: UUID
    number: str
    seq: int

    @property
    def incident(self) -> tuple[UUID, int] | None:
        return self.incident_id, self.seq


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


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged(IncidentEvent):
    """The incident moved on, ended or came back."""

    type: ClassVar[str] = "incident.status_changed"
    from_: str
    to: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionsMoved(IncidentEvent):
    """A person attached mentions to the incident, took them out of it, or merged another incident into it."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionHit(Event):
    """A negative mention matches watch rules: the alarm's first spark (方案 二(一)2, within 10 minutes)."""

    type: ClassVar[str] = "mention.hit"
    mention_id: UUID
    incident_id: UUID | None
    platform: str
    rule_ids: list[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookTested(Event):
    """Somebody asked whether an endpoint hears us."""

    type: ClassVar[str] = "webhook.test"
    endpoint_id: UUID
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleUnmasked(Event):
    """Somebody with people:unmask was shown these people's names or mails as they are: for the audit log only."""

    type: ClassVar[str] = "people.unmasked"
    public: ClassVar[bool] = False
    person_ids: list[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointEvent(Event):
    """Something that befell an endpoint. The others hear of it; what can't be reached is not told so."""

    endpoint_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointDisabled(WebhookEndpointEvent):
    """Nothing is sent there any more, until somebody enables it."""

    type: ClassVar[str] = "webhook_endpoint.disabled"
    reason: str
    failing_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookBreakerOpened(WebhookEndpointEvent):
    """The receiver fails: what is owed to it waits, and one probe at a time finds out when it is back."""

    type: ClassVar[str] = "webhook_endpoint.breaker_opened"
    failures_in_row: int
    recent_tries: int
    recent_failures: int
    failing_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookBreakerClosed(WebhookEndpointEvent):
    """The receiver is back: what is owed to it goes out."""

    type: ClassVar[str] = "webhook_endpoint.breaker_closed"
    opened_at: datetime


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


PUBLIC: tuple[type[Event], ...] = (
    MentionHit, IncidentOpened, GradeChanged, StatusChanged, WebhookTested, WebhookEndpointDisabled,
    WebhookBreakerOpened, WebhookBreakerClosed,
)  # fmt: skip
PUBLIC_TYPES: tuple[str, ...] = tuple(event.type for event in PUBLIC)
