"""What is amiss with our public words: a silence that lasts too long, a statement that is not where it began."""

from collections.abc import Awaitable, Callable, Collection
from typing import Final, NamedTuple, Protocol
from uuid import UUID

import structlog

from app.core.db import Database, Tx
from app.incidents import silence
from app.incidents.ringing import Rung
from app.statements import origins

log = structlog.get_logger()


class RingDue(Protocol):
    """Rings what is due of incidents that nobody holds, without some."""

    async def __call__(self, tx: Tx, *, without: Collection[UUID] = ()) -> Rung: ...


class Look(NamedTuple):
    """One kind of what rings, of many incidents and of one that is waited for."""

    due: RingDue
    of_incident: Callable[[Tx, UUID], Awaitable[int]]


LOOKS: Final = (
    Look(silence.ring_due, silence.ring_incident), Look(origins.ring_due, origins.ring_incident),
)  # fmt: skip


async def watch_words(database: Database) -> int:
    """One round; how often it rang. Due by the hour, it may be a second late and need not be woken."""
    return sum([await _round(database, look) for look in LOOKS])


async def _round(database: Database, look: Look) -> int:
    count, held = 0, set[UUID]()
    while True:
        rung = await database.run(lambda tx, but=frozenset(held): look.due(tx, without=but))  # type: ignore[misc]
        count += rung.count
        held |= rung.held
        if not rung.more:
            break
    # While it burns somebody always holds it: it is waited for in line.
    for incident_id in sorted(held):
        try:
            count += await database.run(lambda tx, one=incident_id: look.of_incident(tx, one), tries=1)  # type: ignore[misc]
        except Exception as error:  # noqa: BLE001 - the next round finds it again
            log.warning(
                "our silence waits for whoever holds the incident", incident_id=str(incident_id), error=repr(error)
            )
    return count
