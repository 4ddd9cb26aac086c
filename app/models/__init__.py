"""Every table, one file a room. Columns and constraints only: what may be done with them stands in the rooms."""

from app.models.base import Base
from app.models.deadlines import Deadline, DeadlineFiring, SlaPolicy
from app.models.incidents import GradingPolicy, Incident, IncidentNumber, MediaOutlet, SpreadBucket
from app.models.mentions import (
    Hit,
    InboxReading,
    Mention,
    MentionState,
    Observation,
    Rematch,
    Revision,
    SetAside,
    WatchRule,
)
from app.models.outbox import Event, IdempotencyKey, SaidOnce, WorkerHeartbeat
from app.models.people import ApiKey, Person
from app.models.webhooks import Delivery, DeliveryAttempt, RobotMessage, WebhookEndpoint

__all__ = [
    "ApiKey",
    "Base",
    "Deadline",
    "DeadlineFiring",
    "Delivery",
    "DeliveryAttempt",
    "Event",
    "GradingPolicy",
    "Hit",
    "IdempotencyKey",
    "InboxReading",
    "Incident",
    "IncidentNumber",
    "MediaOutlet",
    "Mention",
    "MentionState",
    "Observation",
    "Person",
    "Rematch",
    "Revision",
    "RobotMessage",
    "SaidOnce",
    "SetAside",
    "SlaPolicy",
    "SpreadBucket",
    "WatchRule",
    "WebhookEndpoint",
    "WorkerHeartbeat",
]
