"""Watches the clocks of hits: what was pushed is noted, what was not rings, as soon as its time is up."""

from app.core.db import Database
from app.incidents.alerts import START, breach_alerts, is_any_running, next_alert_in, note_pushes

# Of one transaction, so that a great many that are due at once don't hold their rows for long.
AT_ONCE = 500
EVERY = 1.0
# A push that is waited for leaves its clock due: that is no reason to look without a pause.
PAUSE = 0.1


class AlertClock:
    """The alerts of one process. Other processes do the same; each row is ended once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._mark = START
        self._wait = EVERY

    def seconds(self) -> float:
        """How long the next sweep may be put off."""
        return self._wait

    async def sweep(self) -> int:
        """Ends what has come to its end; how many clocks those were."""
        self._wait = EVERY
        if not await is_any_running(self._database):
            return 0
        total = await self._note()
        while ended := await self._database.run(lambda tx: breach_alerts(tx, AT_ONCE)):
            total += ended
        seconds = await next_alert_in(self._database, EVERY)
        if seconds is not None:
            self._wait = max(seconds, PAUSE)
        return total

    async def _note(self) -> int:
        """Goes on while there is something to note; else those that nobody takes cost one look a sweep."""
        total = 0
        while True:
            noted, self._mark = await self._database.run(lambda tx: note_pushes(tx, self._mark))
            total += noted
            if not noted or self._mark == START:
                return total
