"""What is amiss with who reports mentions: a source that is silent for too long; beats that are old are thinned."""

from app.core.db import Database
from app.mentions.source_beats import tidy_beats
from app.mentions.source_silences import tell_silences


async def watch_sources(database: Database) -> int:
    """Tells of silences that began or ended; how many."""
    return await database.run(tell_silences)


async def thin_beats(database: Database) -> int:
    """Thins what is old, and forgets what is very old; how much."""
    thinned = 0
    while count := await database.run(tidy_beats):
        thinned += count
    return thinned
