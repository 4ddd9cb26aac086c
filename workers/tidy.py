"""What time alone brings about: watched incidents subside, suggestions fade, dead workers' rows and kept answers go, and
what reaches affected users is erased when their incident has ended for long enough."""

from app.core.db import Database
from app.incidents.affected import expire, expiring
from app.incidents.fading import refresh_suggestion, stale_suggestions, subside, subsiding

# What takes something from an incident, as the contacts of its affected users, asks `app.incidents.holds.held` first: a legal
# hold stops it.
_FORGET = (
    "delete from worker_heartbeats where seen_at < now() - interval '1 hour'",
    "delete from idempotency_keys where created_at < now() - interval '24 hours'",
    # Those that still can't be counted were set aside anew.
    "delete from mentions_set_aside where until < now() - interval '1 day'",
)


async def tidy(database: Database) -> int:
    """One round; how many incidents it changed."""
    changed = 0
    async with database.transaction() as tx:
        for statement in _FORGET:
            await (await tx.driver()).execute(statement)
        fading, quiet, over = await stale_suggestions(tx), await subsiding(tx), await expiring(tx)
    for incident_id in fading:
        changed += await database.run(lambda tx, chosen=incident_id: refresh_suggestion(tx, chosen))  # type: ignore[misc]
    for incident_id in quiet:
        changed += await database.run(lambda tx, chosen=incident_id: subside(tx, chosen))  # type: ignore[misc]
    for incident_id in over:
        await database.run(lambda tx, chosen=incident_id: expire(tx, chosen))  # type: ignore[misc]
    return changed
