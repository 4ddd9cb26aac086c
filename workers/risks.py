"""What the risk register brings about by itself: late reviews and measures are told; incidents are measured for likeness."""

from app.core.db import Database
from app.reviews.risks_overdue import tell_overdue


async def watch_risks(database: Database) -> int:
    """Tells all that is late; how much it was."""
    told = 0
    while count := await database.run(tell_overdue):
        told += count
    return told
