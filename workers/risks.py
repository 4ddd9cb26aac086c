"""What the risk register brings about by itself: late reviews and measures are told; incidents are measured for likeness."""

from app.core.db import Database
from app.reviews.risks_overdue import tell_overdue
from app.reviews.similar_measuring import PORTION, measure


async def watch_risks(database: Database) -> int:
    """Tells all that is late; how much it was."""
    told = 0
    while count := await database.run(tell_overdue):
        told += count
    return told


async def measure_incidents(database: Database) -> int:
    """Measures every incident that was not, or is other than when it was; how many."""
    measured = count = await database.run(measure)
    while count == PORTION:
        count = await database.run(measure)
        measured += count
    return measured
