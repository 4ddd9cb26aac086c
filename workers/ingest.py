"""Counts what was accepted, until the inbox is empty, and matches again what rules that changed concern."""

from collections import Counter as Tally
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import structlog

from app.core.db import RETRYABLE, Tx
from app.incidents.spread import Ledger
from app.mentions.claims import ASIDE_FOR, Claim, set_aside
from app.mentions.processing import Batch, process_inbox
from app.mentions.rematching import rematch
from app.mentions.rulebook import Rules
from app.mentions.source_beats import Heard
from workers.context import Context

log = structlog.get_logger()

# A look that costs a tenth of a transaction: most sweeps find nothing.
_WAITING = "select exists(select from inbox) as some"
_OWED = "select exists(select from rematches where finished_at is null) as some"
# Short steps: new readings must not wait for old mentions.
REMATCH_STEP = 200
# Workers that meet on the same new mentions give way to each other; one of them always gets through.
TRIES = 20
# A reading that fails alone so often is set aside; a moment's trouble with the database passes before.
TRIES_ALONE = 3
# When so many in a row fail alone, it is perhaps not they that are at fault. No more are set aside, and each sweep tries
# a later one: as soon as one counts, those before it are at fault after all.
MOST_ASIDE = 10


@dataclass(slots=True)
class Portion:
    """How much is taken at once: half as much after a failure, twice as much again after each success."""

    most: int
    size: int

    def shrink(self) -> bool:
        """False where it can't be less."""
        if self.size == 1:
            return False
        self.size //= 2
        return True

    def grow(self) -> None:
        self.size = min(self.most, self.size * 2)


class Counter:
    """Holds this process's rule book and the series of busy incidents between batches.

    A batch that fails is tried again in halves, down to a single reading, so that one which can't be counted is found
    and never stops the others for good.
    """

    def __init__(self, context: Context) -> None:
        self._database = context.database
        self._readings = Portion(context.settings.inbox_claim, context.settings.inbox_claim)
        self._mentions = Portion(REMATCH_STEP, REMATCH_STEP)
        self._failed_alone: Tally[UUID] = Tally()
        self._aside_in_a_row = 0
        # The place in the inbox after which the next reading is tried, while no more are set aside.
        self._after = 0
        self._rules = Rules()
        self._ledger = Ledger()
        self._heard = Heard()
        self._stopping = False

    def stop(self) -> None:
        """Lets the batch under way be the last; the rest is left to other workers."""
        self._stopping = True

    async def sweep(self) -> int:
        """Counts until nothing waits; how many readings that were."""
        return await self._repeat(_WAITING, self._count)

    async def sweep_rematches(self) -> int:
        """Matches again until no change of rules asks for it; how many mentions that were."""
        return await self._repeat(_OWED, self._rematch)

    async def _repeat(self, waiting: str, step: Callable[[], Awaitable[int | None]]) -> int:
        """``step`` returns how much it did; None when it failed and less is to be tried."""
        total = 0
        while not self._stopping and (await self._database.fetch(waiting))[0]["some"]:
            done = await step()
            if done == 0:
                # Others hold what is there.
                break
            total += done or 0
        return total

    async def _count(self) -> int | None:
        claim = Claim(self._readings.size, self._after)
        try:
            done = await self._run(lambda tx: process_inbox(tx, self._rules, self._ledger, claim, self._heard))
        except Exception as error:
            if not claim.mention_ids:
                raise  # Nothing was claimed yet: the readings have no part in it.
            if self._readings.shrink():
                log.warning("batch failed, fewer are tried", readings=claim.limit, error=repr(error))
            else:
                await self._failed(claim, error)
            return None
        self._readings.grow()
        if done:
            self._failed_alone.clear()
            self._aside_in_a_row = 0
        passed_over, self._after = self._after, 0
        # Where nothing is left behind that place: from the beginning again.
        return None if passed_over and not done else done

    async def _failed(self, claim: Claim, error: Exception) -> None:
        """A single reading failed. Raises ``error`` where that may pass or is not the reading's fault."""
        [mention_id] = claim.mention_ids
        if self._aside_in_a_row >= MOST_ASIDE:
            self._after = claim.upto
            raise error
        self._failed_alone[mention_id] += 1
        contended = getattr(getattr(error, "orig", error), "sqlstate", None) in RETRYABLE
        tried = self._failed_alone[mention_id] >= TRIES_ALONE
        if contended or not tried:
            raise error
        await set_aside(self._database, mention_id)
        self._aside_in_a_row += 1
        log.error("mention set aside, its readings can't be counted", mention_id=str(mention_id),
                  again_after_seconds=ASIDE_FOR.total_seconds(), exc_info=error)  # fmt: skip

    async def _rematch(self) -> int | None:
        limit = self._mentions.size
        try:
            done = await self._run(lambda tx: rematch(tx, self._rules, self._ledger, limit=limit))
        except Exception as error:
            if not self._mentions.shrink():
                raise
            log.warning("step of matching again failed, fewer are tried", mentions=limit, error=repr(error))
            return None
        self._mentions.grow()
        return done

    async def _run(self, work: Callable[[Tx], Awaitable[Batch]]) -> int:
        batch = await self._database.run(work, tries=TRIES)
        # Only here, after the commit: a batch that was rolled back must leave nothing in memory.
        self._ledger.hold(batch.held)
        self._heard.hold(batch.beats)
        return batch.readings
