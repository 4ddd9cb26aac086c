"""Issues digests that are due, each once, the oldest first."""

from app.core.db import Database
from app.metrics.digests import issue_next


async def issue_digests(database: Database) -> int:
    """All that are due, each in a transaction of its own; how many."""
    issued = 0
    while await database.run(issue_next):
        issued += 1
    return issued
