"""A row a worker process, so that health can tell whether anybody is working."""

from sqlalchemy import delete

from app.models import WorkerHeartbeat
from workers.context import Context

_BEAT = """
insert into worker_heartbeats(id, host, pid, seen_at) values ($1, $2, $3, now())
on conflict (id) do update set seen_at = now()"""


async def beat(context: Context, host: str, pid: int) -> int:
    """Says that this process is alive, by the database's clock."""
    await context.database.fetch(_BEAT, context.worker_id, host, pid)
    return 1


async def forget(context: Context) -> None:
    """Takes the row away when the process ends in good order."""
    async with context.database.transaction() as tx:
        await tx.execute(delete(WorkerHeartbeat).where(WorkerHeartbeat.id == context.worker_id))
