"""What a drill taught 改进事项 (R69): it becomes a task, so that somebody does it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.auth import Caller
from app.core.db import Tx
from app.core.errors import Conflict, Invalid
from app.domain.grades import grade_of
from app.incidents.improvements import create_improvement
from app.models import Incident, Task
from app.trainings.drills_queries import get_drill
from app.trainings.scoreboard_facts import incidents_of


class DrillWithoutIncident(Conflict):
    """Nothing came of the drill, so that there is nothing to learn from."""

    code, title = "drill_without_incident", ("Nothing came of the drill", "演练未形成事件")


async def add_improvement(
    tx: Tx, drill_id: UUID, fields: Mapping[str, Any], *, caller: Caller, now: datetime
) -> Task:  # fmt: skip
    """A task on one of the drill's incidents, the gravest where none is named."""
    drill = await get_drill(tx, drill_id)
    incidents = await incidents_of(tx, drill.id)
    if not incidents:
        raise DrillWithoutIncident(
            f"The drill {drill.number} has come to no incident, on which a task could stand: wait for its first post, or open "
            "an exercise by hand (POST /v1/incidents with is_drill) and give it the task."
        )
    incident = _named(incidents, fields["incident_id"])
    return await create_improvement(
        tx, incident.id, fields["text"], owner_id=fields["owner_id"], due_at=fields["due_at"], caller=caller, now=now
    )


def _named(incidents: Sequence[Incident], incident_id: UUID | None) -> Incident:
    if incident_id is None:
        return min(incidents, key=lambda one: (grade.level if (grade := grade_of(one.grade)) else 4, one.id))
    found = next((one for one in incidents if one.id == incident_id), None)
    if found is None:
        raise Invalid.at("/incident_id", "is no incident of this drill; leave it out for the gravest", "not_found")
    return found
