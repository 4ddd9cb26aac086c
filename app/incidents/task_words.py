"""What of tasks is searched 检索: their titles, details and what came of them."""

from app.core import search
from app.core.db import Tx
from app.models import Task


async def keep(tx: Tx, *tasks: Task) -> None:
    """Keeps the words of these tasks, in place of what was kept of them."""
    await search.keep(
        tx,
        *(search.Kept("task", task.id, (task.title, task.details, task.outcome), task.incident_id) for task in tasks),
    )
