"""Improvements 改进事项: what a drill taught, as a task (方案 三; R69).

It stands on the incident of the drill, so that one sees where it comes from, and is no exercise: it is in its owner's inbox
and in the lists of real work, and is done when the drill is long over.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.core.auth import Caller
from app.core.db import Tx
from app.core.outbox import record
from app.domain.events import TaskCreated
from app.domain.vocabulary import TaskKind
from app.incidents import task_words
from app.incidents.queries import get_incident
from app.incidents.task_ending import named
from app.incidents.tasks import must_be_here, must_lie_ahead, newborn
from app.models import Task

LONGEST_TITLE: Final = 200


async def create_improvement(
    tx: Tx, incident_id: UUID, text: str, *, owner_id: UUID | None, due_at: datetime | None, caller: Caller, now: datetime
) -> Task:  # fmt: skip
    """Something to be better at next time, whatever became of the drill's incident meanwhile."""
    incident = await get_incident(tx, incident_id, lock=True)
    await must_be_here(tx, owner_id)
    must_lie_ahead(due_at, now)
    fields: Mapping[str, Any] = {
        "kind": TaskKind.IMPROVEMENT.value, "title": _title(text), "details": text, "owner_id": owner_id, "due_at": due_at,
        "affected_user_id": None, "result": None,
    }  # fmt: skip
    task = newborn(incident, fields, caller=caller, now=now)
    task.is_drill = False
    tx.add(task)
    await task_words.keep(tx, task)
    await record(tx, TaskCreated(**named(incident, task), affected_user_id=None), caller=caller)
    return task


def _title(text: str) -> str:
    """The first line, as much of it as a title holds."""
    first = text.strip().splitlines()[0].strip()
    return first if len(first) <= LONGEST_TITLE else f"{first[: LONGEST_TITLE - 1]}…"
