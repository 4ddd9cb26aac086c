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
from app.domain.events.affected import AffectedUsersChanged, AffectedUsersUnmasked
from app.domain.events.alerts import AlertBreached, AlertNoReceiver
from app.domain.events.base import Changed, Event
from app.domain.events.calendar import CalendarYearMissing, CalendarYearPublished
from app.domain.events.calm import IncidentCalmed, IncidentRebounded
from app.domain.events.deadlines import DeadlineEvent, DeadlineRedated, DeadlinesSet, SlaBreached, SlaMet, SlaWarning
from app.domain.events.files import EvidenceChanged, FileAttachmentChanged, FileRead, FilesUnmasked
from app.domain.events.holds import LegalHoldLifted, LegalHoldSet
from app.domain.events.incidents import (
    GradeChanged,
    IncidentChanged,
    IncidentEvent,
    IncidentOpened,
    MentionsMoved,
    StatusChanged,
)
from app.domain.events.mentions import (
    LegalThresholdReached,
    MentionFigures,
    MentionHit,
    MentionUnmasked,
    NeedsJudgement,
    ViewsHigh,
)
from app.domain.events.notes import NoteAdded
from app.domain.events.people import PeopleUnmasked, WordsUnmasked
from app.domain.events.placements import PlacementChanged, StatementOriginMissing
from app.domain.events.silence import IncidentSilent
from app.domain.events.statements import (
    StatementApproved,
    StatementChanged,
    StatementChangesRequested,
    StatementEvent,
    StatementPublished,
    StatementPublishedUnapproved,
    StatementSlotApproved,
    StatementSubmitted,
    StatementWithdrawn,
)
from app.domain.events.tasks import TaskChanged, TaskCreated, TaskDone, TaskEvent, TasksChanged, TaskWaived
from app.domain.events.team import PersonCalled, TeamChanged
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
    "AffectedUsersChanged",
    "AffectedUsersUnmasked",
    "AlertBreached",
    "AlertNoReceiver",
    "CalendarYearMissing",
    "CalendarYearPublished",
    "Changed",
    "DeadlineEvent",
    "DeadlineRedated",
    "DeadlinesSet",
    "DecisionMade",
    "Event",
    "EvidenceChanged",
    "FactChecked",
    "FileAttachmentChanged",
    "FileRead",
    "FilesUnmasked",
    "GradeChanged",
    "IncidentAcknowledged",
    "IncidentAct",
    "IncidentCalmed",
    "IncidentChanged",
    "IncidentEvent",
    "IncidentOpened",
    "IncidentRebounded",
    "IncidentSilent",
    "LegalHoldLifted",
    "LegalHoldSet",
    "LegalThresholdReached",
    "MeetingHeld",
    "MentionFigures",
    "MentionHit",
    "MentionUnmasked",
    "MentionsMoved",
    "NeedsJudgement",
    "NoteAdded",
    "PeopleUnmasked",
    "PersonCalled",
    "PlacementChanged",
    "PublicationRecorded",
    "SlaBreached",
    "SlaMet",
    "SlaWarning",
    "StatementApproved",
    "StatementChanged",
    "StatementChangesRequested",
    "StatementEvent",
    "StatementOriginMissing",
    "StatementPublished",
    "StatementPublishedUnapproved",
    "StatementSlotApproved",
    "StatementSubmitted",
    "StatementWithdrawn",
    "StatusChanged",
    "TaskChanged",
    "TaskCreated",
    "TaskDone",
    "TaskEvent",
    "TaskWaived",
    "TasksChanged",
    "TeamChanged",
    "ViewsHigh",
    "WebhookBreakerClosed",
    "WebhookBreakerOpened",
    "WebhookEndpointDisabled",
    "WebhookEndpointEvent",
    "WebhookTested",
    "WordsUnmasked",
]

PUBLIC: tuple[type[Event], ...] = (
    MentionHit,
    LegalThresholdReached,
    ViewsHigh,
    NeedsJudgement,
    AlertBreached,
    AlertNoReceiver,
    IncidentOpened,
    GradeChanged,
    StatusChanged,
    IncidentCalmed,
    IncidentRebounded,
    IncidentSilent,
    IncidentAcknowledged,
    MeetingHeld,
    FactChecked,
    PublicationRecorded,
    DecisionMade,
    NoteAdded,
    TeamChanged,
    PersonCalled,
    AffectedUsersChanged,
    LegalHoldSet,
    LegalHoldLifted,
    TaskCreated,
    TaskChanged,
    TaskDone,
    TaskWaived,
    TasksChanged,
    StatementSubmitted,
    StatementApproved,
    StatementChangesRequested,
    StatementPublished,
    StatementPublishedUnapproved,
    StatementWithdrawn,
    StatementOriginMissing,
    SlaWarning,
    SlaBreached,
    SlaMet,
    DeadlineRedated,
    CalendarYearPublished,
    CalendarYearMissing,
    WebhookTested,
    WebhookEndpointDisabled,
    WebhookBreakerOpened,
    WebhookBreakerClosed,
)
PUBLIC_TYPES: tuple[str, ...] = tuple(event.type for event in PUBLIC)
