"""Matching again after the rules changed: long work, so it is a row that is claimed in steps (方案 二(一)2).

A step takes the next mentions below the row's mark, newest first, and ends in the same way as a batch of readings:
what hits now joins, is counted with its true minutes, and alerts. Mentions that are in an incident stay there. What was
played in a drill was matched by the rule that it was played for.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core.db import Tx
from app.incidents.spread import Ledger
from app.mentions.processing import Batch, conclude, load_counted
from app.mentions.rulebook import Rules
from app.models import Rematch, Revision

_STEP = """
select mention_id from mention_states where mention_id < $1 and rules_version <> $2 and drill_id is null
order by mention_id desc limit $3"""
_NEWEST = UUID(int=2**128 - 1)


async def hold_rules(tx: Tx) -> None:
    """Keeps the rules as they are to the transaction's end, before whoever changes them locks an incident.

    Waits for the batches under way: they hold the version's row in share mode until they commit. The lock of the table
    is what is queued for: for the row alone workers that take turns would keep us waiting for ever.
    """
    await (await tx.driver()).execute("lock table revisions in exclusive mode")


async def change_rules(tx: Tx) -> None:
    """Makes every process read the rules anew, and owes a match of all mentions that were matched before."""
    await hold_rules(tx)
    revision = await tx.get(Revision, "rules", with_for_update=True, populate_existing=True)
    assert revision is not None, "born with the first migration"
    revision.value += 1
    await tx.flush()
    await tx.execute(insert(Rematch).values(rules_version=revision.value, before=_NEWEST, created_at=await tx.now()))


async def rematch(tx: Tx, rules: Rules, ledger: Ledger, *, limit: int) -> Batch:
    """One step of the oldest work that nobody else has under way; what has nothing left is finished on the way."""
    query = select(Rematch).where(Rematch.finished_at.is_(None)).order_by(Rematch.rules_version).limit(1)
    now, driver = await tx.now(), await tx.driver()
    while (task := (await tx.scalars(query.with_for_update(skip_locked=True))).first()) is not None:
        book = await rules.current(tx)
        ids = [row["mention_id"] for row in await driver.fetch(_STEP, task.before, book.version, limit)]
        if ids:
            task.before = ids[-1]
            works = await load_counted(driver, ids, now=now)
            return Batch(len(ids), await conclude(tx, ledger, works, book, observed=[]))
        task.finished_at = now
        await tx.flush()
    return Batch(0, [])
