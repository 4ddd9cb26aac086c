"""Plays the drills: asleep until something is due in one, never for long, because a ring of the doorbell may be lost."""

from uuid import UUID

import structlog

from app.core.db import Database, Tx
from app.mentions.rulebook import Rules
from app.trainings.drills_failing import tried_in_vain
from app.trainings.drills_playing import Step, play_on, seconds_to_next, take

log = structlog.get_logger()

LOOK = 1.0


class Player:
    """The drills as one process plays them. Several share the work: a run that somebody plays is left to them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rules = Rules()
        self._wait = 0.0
        # The run that is being played.
        self._at: UUID | None = None

    def seconds(self) -> float:
        """How long the next sweep may be put off."""
        return self._wait

    async def sweep(self) -> int:
        """Plays everything that is due, instant by instant; how much it was. A run that can't be played holds no other up: it is
        not due again before its next try."""
        self._wait, played = LOOK, 0
        while (done := await self._next()) is not None:
            played += done.played
        async with self._database.transaction() as tx:
            seconds = await seconds_to_next(tx)
        if seconds is not None:
            # What somebody else has at this moment is not due for us; it is looked for again soon.
            self._wait = min(max(seconds, 0.02), LOOK)
        return played

    async def _next(self) -> Step | None:
        """One step of a run that can be played; None where nothing is due in any."""
        while True:
            self._at = None
            try:
                return await self._database.run(self._step)
            except Exception as error:
                if self._at is None:
                    raise
                log.warning("a drill can't be played on", drill_id=str(self._at), error=repr(error))
                await tried_in_vain(self._database, self._at, error)

    async def _step(self, tx: Tx) -> Step | None:
        drill = await take(tx)
        if drill is None:
            return None
        self._at = drill.id
        return await play_on(tx, self._rules, drill)
