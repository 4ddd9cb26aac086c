"""Counts what was accepted, until the inbox is empty, and matches again what rules that changed concern."""

from app.incidents.spread import Ledger
from app.mentions.processing import Batch, process_inbox
from app.mentions.rematching import rematch
from app.mentions.rulebook import Rules
from workers.context import Context


class Counter:
    """Holds this process's rule book and the series of busy incidents between batches."""

    def __init__(self, context: Context) -> None:
        self._database = context.database
        self._limit = context.settings.inbox_claim
        self._rules = Rules()
        self._ledger = Ledger()

    async def sweep(self) -> int:
        """Counts until nothing waits; how many readings that were."""
        total = 0
        while batch := await self._keep(
            await self._database.run(lambda tx: process_inbox(tx, self._rules, self._ledger, limit=self._limit))
        ):
            total += batch
        return total

    async def sweep_rematches(self) -> int:
        """Matches again until no change of rules asks for it; how many mentions that were."""
        total = 0
        while batch := await self._keep(
            await self._database.run(lambda tx: rematch(tx, self._rules, self._ledger, limit=self._limit))
        ):
            total += batch
        return total

    async def _keep(self, batch: Batch) -> int:
        # Only here, after the commit: a batch that was rolled back must leave nothing in memory.
        self._ledger.hold(batch.held)
        return batch.readings
