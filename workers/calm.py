"""The look each minute: whether a fire is out, or has flared up again."""

from app.core.db import Database
from app.incidents.calm import check, handled


async def watch_calm(database: Database) -> int:
    """One round; how many incidents it changed. One that can't be looked at does not keep the others from it."""
    async with database.transaction() as tx:
        chosen = await handled(tx)
    changed, failure = 0, None
    for incident_id in chosen:
        try:
            changed += await database.run(lambda tx, one=incident_id: check(tx, one))  # type: ignore[misc]
        except Exception as error:  # noqa: BLE001 - raised below
            failure = error
    if failure is not None:
        raise failure
    return changed
