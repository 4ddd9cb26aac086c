"""How many incidents there are, by where they stand and how grave they are: one query, whatever is asked for."""

from collections import Counter
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from app.core.db import Tx
from app.domain.grades import Grade
from app.domain.lifecycle import ACCEPTING
from app.domain.vocabulary import IncidentStatus, TaskState
from app.incidents.queries import chosen
from app.incidents.screen_schemas import IncidentFilters
from app.models import Deadline, Incident, IncidentMember, Task

_GRADES = (*Grade, None)


async def count_incidents(tx: Tx, query: IncidentFilters) -> dict[str, Any]:
    """The counts of the incidents that a list with these filters would have."""
    is_open = Incident.status.in_(ACCEPTING)
    rows = select(
        Incident.status, Incident.grade, func.count().label("here"),
        func.count().filter(is_open).label("open"),
        func.count().filter(and_(is_open, _unacknowledged())).label("unacknowledged"),
        func.count().filter(and_(is_open, _overdue())).label("overdue"),
    ).where(*chosen(query)).group_by(Incident.status, Incident.grade)  # fmt: skip
    found = (await tx.execute(rows)).all()
    both = {(row.status, row.grade): row.here for row in found}
    statuses, grades = Counter[str](), Counter[str | None]()
    for (status, grade), count in both.items():
        statuses[status] += count
        grades[grade] += count
    return {
        "total": statuses.total(), "open": sum(row.open for row in found),
        "overdue": sum(row.overdue for row in found),
        "unacknowledged": sum(row.unacknowledged for row in found),
        "by_status": [{"status": status, "count": statuses[status]} for status in IncidentStatus],
        "by_grade": [{"grade": grade, "count": grades[grade]} for grade in _GRADES],
        "by_status_and_grade": [
            {"status": status, "grade": grade, "count": both[status, grade]}
            for status in IncidentStatus for grade in _GRADES if (status, grade) in both
        ],
    }  # fmt: skip


def _unacknowledged() -> ColumnElement[bool]:
    """Somebody of the team has not acknowledged."""
    silent = (IncidentMember.left_at.is_(None), IncidentMember.acknowledged_at.is_(None))
    return Incident.id.in_(select(IncidentMember.incident_id).where(*silent))


def _overdue() -> ColumnElement[bool]:
    """A clock's time is over, and what it waits for has not happened: it has breached, or will within a moment."""
    over = or_(
        and_(Deadline.state == "breached", Deadline.met_at.is_(None)),
        and_(Deadline.state == "running", Deadline.due_at < func.now()),
    )
    # A breach stays one for good; of a task that was waived since, nothing is waited for any more.
    waived = exists().where(Task.id == Deadline.task_id, Task.state == TaskState.WAIVED)
    kinds = Deadline.kind.not_in(("alert", "first_word"))
    return Incident.id.in_(select(Deadline.incident_id).where(over, kinds, ~waived))
