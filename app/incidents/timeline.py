"""What each change of an incident leaves behind: a place on its timeline."""

from typing import TypedDict
from uuid import UUID

from app.models import Incident


class Place(TypedDict):
    """What every event of an incident says first: see :class:`app.domain.events.IncidentEvent`."""

    incident_id: UUID
    number: str
    seq: int
    is_drill: bool


def on_timeline(incident: Incident) -> Place:
    """Takes the next place on the incident's timeline; its row is locked, so there is no gap and no double."""
    incident.seq += 1
    return Place(incident_id=incident.id, number=incident.number, seq=incident.seq, is_drill=incident.is_drill)
