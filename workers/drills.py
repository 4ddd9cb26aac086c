"""Plays the drills: asleep until something is due in one, never for long, because a ring of the doorbell may be lost."""

from app.core.db import Database
from app.mentions.rulebook import Rules
from app.trainings.drills_playing import seconds_to_next, step

LOOK = 1.0


class Player:
    """The drills as one process plays them. Several share the work: a run that somebody plays is left to them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rules = Rules()
        self._wait = 0.0

    def seconds(self) -> float:
        """How long the next sweep may be put off."""
        return self._wait

    async def sweep(self) -> int:
        """Plays everything that is due, instant by instant; how much it was."""
        self._wait, played = LOOK, 0
        while (done := await self._database.run(lambda tx: step(tx, self._rules))) is not None:
            played += done.played
        async with self._database.transaction() as tx:
            seconds = await seconds_to_next(tx)
        if seconds is not None:
            # What somebody else has at this moment is not due for us; it is looked for again soon.
            self._wait = min(max(seconds, 0.02), LOOK)
        return played
