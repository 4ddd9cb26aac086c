"""Says of reviews whose decisions are late."""

from app.core.db import Database
from app.reviews.overdue import late_reviews, tell_of


async def watch_decisions(database: Database) -> int:
    """One round; of how many reviews it told. One that can't be looked at does not keep the others from it."""
    async with database.transaction() as tx:
        late = await late_reviews(tx)
    told, failure = 0, None
    for review_id in late:
        try:
            told += await database.run(lambda tx, one=review_id: tell_of(tx, one))  # type: ignore[misc]
        except Exception as error:  # noqa: BLE001 - raised below
            failure = error
    if failure is not None:
        raise failure
    return told
