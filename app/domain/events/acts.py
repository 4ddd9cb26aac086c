"""What people do about an incident. Each act says when it happened, which may be long before it was recorded."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.domain.events.incidents import IncidentEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentAct(IncidentEvent):
    """Something that people did, and that clocks may be waiting for. They judge by ``happened_at``."""

    happened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentAcknowledged(IncidentAct):
    """A person took the incident on: the first response (方案 一, 响应). ``member_id``: as which member of its team."""

    type: ClassVar[str] = "incident.acknowledged"
    acknowledgement_id: UUID
    member_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingHeld(IncidentAct):
    """The emergency meeting took place (方案 二(二)1). Without a direction it is not complete."""

    type: ClassVar[str] = "incident.meeting_held"
    meeting_id: UUID
    has_direction: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FactChecked(IncidentAct):
    """The facts were checked: what is true of it, and who answers for it (方案 二(二)2)."""

    type: ClassVar[str] = "incident.fact_checked"
    fact_check_id: UUID
    truth: str
    responsibility: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationRecorded(IncidentAct):
    """We spoke in public (方案 二(二)2). ``on_origin``: on the platform where it began. ``statement_made``: by now more than
    a first word stands there, or where that was decided, or it was decided not to."""

    type: ClassVar[str] = "incident.publication_recorded"
    publication_id: UUID
    platform: str
    statement_kind: str
    on_origin: bool
    statement_made: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionMade(IncidentAct):
    """A decision stands in the log, with what was known when it was made. A correction is a new one.

    ``statement_made`` as of a publication.
    """

    type: ClassVar[str] = "incident.decision_made"
    decision_id: UUID
    decision_kind: str
    corrects: UUID | None
    statement_made: bool
