"""What happens, in the past tense. One row of the event table each: timeline, audit log and outbox at once.

Events hold ids, words of our vocabularies and figures; never personal data or the text of a post, because they
are kept for years and sent to other companies' tools.
"""

from app.domain.events.acts import (
    DecisionMade,
    FactChecked,
    IncidentAcknowledged,
    IncidentAct,
    MeetingHeld,
    PublicationRecorded,
)
from app.domain.events.base import Changed, Event
from app.domain.events.calm import IncidentCalmed, IncidentRebounded
from app.domain.events.incidents import (
    GradeChanged,
    IncidentChanged,
    IncidentEvent,
    IncidentOpened,
    MentionsMoved,
    StatusChanged,
)
from app.domain.events.mentions import MentionHit
from app.domain.events.people import PeopleUnmasked
from app.domain.events.webhooks import (
    WebhookBreakerClosed,
    WebhookBreakerOpened,
    WebhookEndpointDisabled,
    WebhookEndpointEvent,
    WebhookTested,
)

__all__ = [
    "PUBLIC",
    "PUBLIC_TYPES",
    "Changed",
    "DecisionMade",
    "Event",
    "FactChecked",
    "GradeChanged",
    "IncidentAcknowledged",
    "IncidentAct",
    "IncidentCalmed",
    "IncidentChanged",
    "IncidentEvent",
    "IncidentOpened",
    "IncidentRebounded",
    "MeetingHeld",
    "MentionHit",
    "MentionsMoved",
    "PeopleUnmasked",
    "PublicationRecorded",
    "StatusChanged",
    "WebhookBreakerClosed",
    "WebhookBreakerOpened",
    "WebhookEndpointDisabled",
    "WebhookEndpointEvent",
    "WebhookTested",
]

PUBLIC: tuple[type[Event], ...] = (
    MentionHit, IncidentOpened, GradeChanged, StatusChanged, IncidentCalmed, IncidentRebounded,
    WebhookTested, WebhookEndpointDisabled, WebhookBreakerOpened, WebhookBreakerClosed,
)  # fmt: skip
PUBLIC_TYPES: tuple[str, ...] = tuple(event.type for event in PUBLIC)
