"""A row a worker process, so that health can tell whether anybody is working."""

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert

from app.models import WorkerHeartbeat
from workers.context import Context


async def beat(context: Context, host: str, pid: int) -> int:
    """Says that this process is alive, by the database's clock."""
    row = insert(WorkerHeartbeat).values(id=context.worker_id, host=host, pid=pid, seen_at=func.now())
    async with context.database.transaction() as tx:
        await tx.execute(row.on_conflict_do_update(index_elements=["id"], set_={"seen_at": func.now()}))
    return 1


async def forget(context: Context) -> None:
    """Takes the row away when the process ends in good order."""
    async with context.database.transaction() as tx:
        await tx.execute(delete(WorkerHeartbeat).where(WorkerHeartbeat.id == context.worker_id))
