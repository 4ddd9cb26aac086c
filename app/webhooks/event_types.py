"""The types of events that may be subscribed to, in the order people meet them."""

from enum import StrEnum


class EventType(StrEnum):
    """What may be subscribed to."""

    MENTION_HIT = "mention.hit"
    MENTION_LEGAL_THRESHOLD = "mention.legal_threshold"
    MENTION_VIEWS_HIGH = "mention.views_high"
    MENTION_NEEDS_JUDGEMENT = "mention.needs_judgement"
    ALERT_BREACHED = "alert.breached"
    ALERT_NO_RECEIVER = "alert.no_receiver"
    INCIDENT_OPENED = "incident.opened"
    INCIDENT_GRADE_CHANGED = "incident.grade_changed"
    INCIDENT_STATUS_CHANGED = "incident.status_changed"
    INCIDENT_CALMED = "incident.calmed"
    INCIDENT_REBOUNDED = "incident.rebounded"
    INCIDENT_ACKNOWLEDGED = "incident.acknowledged"
    INCIDENT_MEETING_HELD = "incident.meeting_held"
    INCIDENT_FACT_CHECKED = "incident.fact_checked"
    INCIDENT_PUBLICATION_RECORDED = "incident.publication_recorded"
    INCIDENT_DECISION_MADE = "incident.decision_made"
    SLA_WARNING = "sla.warning"
    SLA_BREACHED = "sla.breached"
    SLA_MET = "sla.met"
    DEADLINE_REDATED = "deadline.redated"
    CALENDAR_YEAR_PUBLISHED = "calendar.year_published"
    CALENDAR_YEAR_MISSING = "calendar.year_missing"
    WEBHOOK_TEST = "webhook.test"
    WEBHOOK_ENDPOINT_DISABLED = "webhook_endpoint.disabled"
    WEBHOOK_BREAKER_OPENED = "webhook_endpoint.breaker_opened"
    WEBHOOK_BREAKER_CLOSED = "webhook_endpoint.breaker_closed"
