"""What the working calendar brings about: reviews are dated anew, and a year that is not known in time is missed."""

from app.core.db import Database
from app.incidents.redating import misdated, redate, warn_of_missing_year


async def follow_calendar(database: Database) -> int:
    """One round; how many incidents it changed."""
    async with database.transaction() as tx:
        await warn_of_missing_year(tx, await tx.now())
        wrong = await misdated(tx)
    changed = 0
    for incident_id in wrong:
        changed += await database.run(lambda tx, chosen=incident_id: redate(tx, chosen))  # type: ignore[misc]
    return changed
