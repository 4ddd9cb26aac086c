"""Events on the wire: what `GET /v1/events`, the stream and webhooks say, one model for each public type.

They repeat by hand what :mod:`app.domain.events` records, so that the contract changes only where somebody means it;
a test holds the two equal.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, RootModel

from app.core.bodies import Instant
from app.core.faults import Like
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.vocabulary import Drills
from app.webhooks.event_schemas.acts import (
    DecisionMadeEvent,
    FactCheckedEvent,
    IncidentAcknowledgedEvent,
    MeetingHeldEvent,
    PublicationRecordedEvent,
)
from app.webhooks.event_schemas.affected import AffectedUsersChangedEvent
from app.webhooks.event_schemas.alerts import AlertBreachedEvent, AlertNoReceiverEvent
from app.webhooks.event_schemas.base import EventBase, shown_as
from app.webhooks.event_schemas.calendar import CalendarYearMissingEvent, CalendarYearPublishedEvent
from app.webhooks.event_schemas.calm import IncidentCalmedEvent, IncidentReboundedEvent
from app.webhooks.event_schemas.commitments import CommitmentBrokenEvent
from app.webhooks.event_schemas.deadlines import DeadlineRedatedEvent, SlaBreachedEvent, SlaMetEvent, SlaWarningEvent
from app.webhooks.event_schemas.documents import DocumentAcknowledgedEvent, DocumentVersionPublishedEvent
from app.webhooks.event_schemas.drills import (
    DrillEndedEvent,
    DrillPausedEvent,
    DrillResumedEvent,
    DrillStartedEvent,
)
from app.webhooks.event_schemas.endpoints import (
    WebhookBreakerClosedEvent,
    WebhookBreakerOpenedEvent,
    WebhookEndpointDisabledEvent,
    WebhookTestEvent,
)
from app.webhooks.event_schemas.holds import LegalHoldLiftedEvent, LegalHoldSetEvent
from app.webhooks.event_schemas.incidents import GRADED, GradeChangedEvent, IncidentOpenedEvent, StatusChangedEvent
from app.webhooks.event_schemas.mentions import (
    MentionHitEvent,
    MentionLegalThresholdEvent,
    MentionNeedsJudgementEvent,
    MentionViewsHighEvent,
)
from app.webhooks.event_schemas.notes import NoteAddedEvent
from app.webhooks.event_schemas.patrols import PatrolCheckedInEvent, PatrolMissedEvent
from app.webhooks.event_schemas.placements import StatementOriginMissingEvent
from app.webhooks.event_schemas.quality import DigestDailyEvent, DigestWeeklyEvent, TrialEndedEvent, TrialStartedEvent
from app.webhooks.event_schemas.reviews import (
    ReviewCompletedEvent,
    ReviewDecidedEvent,
    ReviewDecisionsOverdueEvent,
    ReviewOpenedEvent,
    ReviewReportedEvent,
    ReviewResumedEvent,
    ReviewSuspendedEvent,
)
from app.webhooks.event_schemas.risks import IncidentRecurredEvent, RiskMeasureOverdueEvent, RiskReviewOverdueEvent
from app.webhooks.event_schemas.silence import IncidentSilentEvent
from app.webhooks.event_schemas.sources import SourceHeardAgainEvent, SourceSilentEvent
from app.webhooks.event_schemas.statements import (
    StatementApprovedEvent,
    StatementChangesRequestedEvent,
    StatementPublishedEvent,
    StatementPublishedUnapprovedEvent,
    StatementSubmittedEvent,
    StatementWithdrawnEvent,
)
from app.webhooks.event_schemas.tasks import (
    TaskChangedEvent,
    TaskCreatedEvent,
    TaskDoneEvent,
    TasksChangedEvent,
    TaskWaivedEvent,
)
from app.webhooks.event_schemas.team import EscalationPersonEvent, TeamChangedEvent
from app.webhooks.event_schemas.trainings import TrainingCoverageBelowTargetEvent, TrainingValidityEndingEvent
from app.webhooks.event_types import EventType

__all__ = ["Event", "EventBase", "EventId", "EventPage", "EventQuery", "EventStreamQuery", "shown"]


class Event(
    RootModel[
        Annotated[
            MentionHitEvent
            | MentionLegalThresholdEvent
            | MentionViewsHighEvent
            | MentionNeedsJudgementEvent
            | AlertBreachedEvent
            | AlertNoReceiverEvent
            | IncidentOpenedEvent
            | GradeChangedEvent
            | StatusChangedEvent
            | SlaWarningEvent
            | SlaBreachedEvent
            | SlaMetEvent
            | IncidentAcknowledgedEvent
            | MeetingHeldEvent
            | FactCheckedEvent
            | PublicationRecordedEvent
            | DecisionMadeEvent
            | NoteAddedEvent
            | TeamChangedEvent
            | EscalationPersonEvent
            | AffectedUsersChangedEvent
            | TaskCreatedEvent
            | TaskChangedEvent
            | TaskDoneEvent
            | TaskWaivedEvent
            | TasksChangedEvent
            | StatementSubmittedEvent
            | StatementApprovedEvent
            | StatementChangesRequestedEvent
            | StatementPublishedEvent
            | StatementPublishedUnapprovedEvent
            | StatementWithdrawnEvent
            | CommitmentBrokenEvent
            | StatementOriginMissingEvent
            | DeadlineRedatedEvent
            | ReviewOpenedEvent
            | ReviewSuspendedEvent
            | ReviewResumedEvent
            | ReviewReportedEvent
            | ReviewDecidedEvent
            | ReviewCompletedEvent
            | ReviewDecisionsOverdueEvent
            | CalendarYearPublishedEvent
            | CalendarYearMissingEvent
            | IncidentCalmedEvent
            | IncidentReboundedEvent
            | IncidentSilentEvent
            | IncidentRecurredEvent
            | RiskReviewOverdueEvent
            | RiskMeasureOverdueEvent
            | PatrolMissedEvent
            | PatrolCheckedInEvent
            | DocumentVersionPublishedEvent
            | DocumentAcknowledgedEvent
            | TrainingValidityEndingEvent
            | TrainingCoverageBelowTargetEvent
            | SourceSilentEvent
            | SourceHeardAgainEvent
            | LegalHoldSetEvent
            | LegalHoldLiftedEvent
            | DigestDailyEvent
            | DigestWeeklyEvent
            | TrialStartedEvent
            | TrialEndedEvent
            | DrillStartedEvent
            | DrillPausedEvent
            | DrillResumedEvent
            | DrillEndedEvent
            | WebhookTestEvent
            | WebhookEndpointDisabledEvent
            | WebhookBreakerOpenedEvent
            | WebhookBreakerClosedEvent,
            Field(discriminator="type"),
        ]
    ]
):
    """Something that happened, as everybody outside hears of it: `type` says which of these it is."""

    model_config = shown_as("incident.grade_changed", GRADED)


def shown(id_: int, type_: str, at: datetime, data: object) -> dict[str, Any]:
    """A stored event as the wire has it."""
    timestamp = at.isoformat().replace("+00:00", "Z")
    return {"id": f"evt_{id_}", "type": type_, "timestamp": timestamp, "data": data}


EventId = Annotated[str, Like(r"^evt_[0-9]{1,18}$", "must be an event's id as answers give it, for example evt_42")]
TYPE = "Of one of these types."
DRILLS = "Whether events of exercises 演练 are told too, or they alone. Unasked nobody hears of them."
ON_INCIDENT = "On the timeline of one of these incidents."


class EventStreamQuery(BaseModel):
    """Which events: values of one parameter are alternatives, different parameters all hold."""

    model_config = ConfigDict(extra="forbid")

    type: Annotated[list[EventType], Field(max_length=20, description=TYPE)] = []
    incident_id: Annotated[list[UUID], Field(max_length=20, description=ON_INCIDENT)] = []
    drills: Annotated[Drills, Field(description=DRILLS)] = Drills.EXCLUDE


class EventQuery(PageQuery):
    """Which events, and which page of them."""

    type: Annotated[list[EventType], Field(max_length=20, description=TYPE)] = []
    incident_id: Annotated[list[UUID], Field(max_length=20, description=ON_INCIDENT)] = []
    drills: Annotated[Drills, Field(description=DRILLS)] = Drills.EXCLUDE
    at_after: Annotated[Instant | None, Field(description="Happened after this instant.")] = None
    at_before: Annotated[Instant | None, Field(description="Happened before this instant.")] = None
    after: Annotated[
        EventId | None,
        Field(description="Come after this event: how to go on from the last one you have, for example `evt_7001`."),
    ] = None


class EventPage(Page[Event]):
    """A page of them."""
