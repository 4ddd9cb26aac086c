"""Counts what was accepted, until the inbox is empty, and matches again what rules that changed concern."""

from collections.abc import Awaitable, Callable

from app.core.db import Tx
from app.incidents.spread import Ledger
from app.mentions.processing import Batch, process_inbox
from app.mentions.rematching import rematch
from app.mentions.rulebook import Rules
from workers.context import Context

# A look that costs a tenth of a transaction: most sweeps find nothing.
_WAITING = "select exists(select from inbox) as some"
_OWED = "select exists(select from rematches where finished_at is null) as some"
# Short steps: new readings must not wait for old mentions.
REMATCH_STEP = 200
# Workers that meet on the same new mentions give way to each other; one of them always gets through.
TRIES = 20


class Counter:
    """Holds this process's rule book and the series of busy incidents between batches."""

    def __init__(self, context: Context) -> None:
        self._database = context.database
        self._limit = context.settings.inbox_claim
        self._rules = Rules()
        self._ledger = Ledger()
        self._stopping = False

    def stop(self) -> None:
        """Lets the batch under way be the last; the rest is left to other workers."""
        self._stopping = True

    async def sweep(self) -> int:
        """Counts until nothing waits; how many readings that were."""
        return await self._repeat(_WAITING, lambda tx: process_inbox(tx, self._rules, self._ledger, limit=self._limit))

    async def sweep_rematches(self) -> int:
        """Matches again until no change of rules asks for it; how many mentions that were."""
        return await self._repeat(_OWED, lambda tx: rematch(tx, self._rules, self._ledger, limit=REMATCH_STEP))

    async def _repeat(self, waiting: str, step: Callable[[Tx], Awaitable[Batch]]) -> int:
        total = 0
        while not self._stopping and (await self._database.fetch(waiting))[0]["some"]:
            batch = await self._keep(await self._database.run(step, tries=TRIES))
            if not batch:
                # Others hold what is there.
                break
            total += batch
        return total

    async def _keep(self, batch: Batch) -> int:
        # Only here, after the commit: a batch that was rolled back must leave nothing in memory.
        self._ledger.hold(batch.held)
        return batch.readings
