"""What a change would make of an incident, for people who look before they act. Nothing here is stored."""

from datetime import datetime
from typing import Any

from app.domain.drills import REAL, Pace
from app.domain.grading import Policy
from app.domain.spread import minute_of
from app.incidents.grading import find, foreseen
from app.incidents.queries import windows_of
from app.incidents.spread import Counted, peaks_of
from app.models import Incident
from app.models.base import columns_of


def copy_of(incident: Incident) -> Incident:
    """The incident's row as it is, in no transaction: what is changed in it stays here."""
    return Incident(**columns_of(incident))


def figures(
    incident: Incident, policy: Policy, counted: Counted, *, now: datetime, pace: Pace = REAL
) -> dict[str, Any]:
    """How much there is of an incident, the grades that follow from it, and the rule that decides."""
    finding = find(incident, policy, counted, now, pace)
    return {
        "mention_count": incident.mention_count, "total": incident.total, "baseline": incident.baseline,
        "harm_class": incident.harm_class, "media_follow_up": incident.media_follow_up,
        "grade": foreseen(incident, finding), "auto_grade": finding.auto.grade if finding.auto else None,
        "suggested_grade": finding.suggested, "rule": finding.auto.id if finding.auto else None,
        "windows": windows_of(policy, counted.series, peaks_of(incident, policy), minute_of(pace.scenario(now))),
    }  # fmt: skip
