"""What trainings bring about by themselves: sessions that recur are made, and what ends or falls is told."""

from app.core.db import Database
from app.trainings.sessions import make_due
from app.trainings.telling import tell_coverage, tell_ending


async def follow_trainings(database: Database) -> int:
    """Makes every session that is due, and tells all that is to be told; how much it was."""
    done = 0
    for job in (make_due, tell_ending):
        while count := await database.run(job):
            done += count
    return done + await database.run(tell_coverage)
