"""Patrols come about and are missed by themselves."""

from app.core.db import Database
from app.mentions.patrol_slots import make_slots, tell_missed


async def watch_patrols(database: Database) -> int:
    """Makes every slot that is not there yet, then tells of all that were missed; how many both were."""
    done = 0
    for step in (make_slots, tell_missed):
        while count := await database.run(step):
            done += count
    return done
