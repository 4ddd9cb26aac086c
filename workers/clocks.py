"""Rings the clocks and calls people: asleep until the earliest is due, never for long, because a ring of the doorbell may
be lost."""

import asyncio
from uuid import UUID

import structlog

from app.core.db import Tx
from app.incidents.audit import mend
from app.incidents.calling import call_due, call_incident
from app.incidents.ringing import ring_due, ring_incident, seconds_to_next
from workers.context import Context

log = structlog.get_logger()

# The longest sleep: what a clock that was started without a ring may be late.
LOOK = 0.25
# How soon is looked again while somebody holds an incident whose clock is due.
LOOK_AGAIN = 0.02
# Held for so long, an incident is waited for in line: while it burns, somebody always holds it.
PATIENCE = 0.1
IN_LINE = 4


async def _whole(tx: Tx, incident_id: UUID) -> None:
    """All that is due of one incident."""
    await ring_incident(tx, incident_id)
    await call_incident(tx, incident_id)


class Clockwork:
    """The clocks of one process. Several share the work: who finds an incident held leaves it to its holder."""

    def __init__(self, context: Context) -> None:
        self._database = context.database
        self._wait = 0.0
        self._held_since: dict[UUID, float] = {}
        self._in_line: dict[UUID, asyncio.Task[None]] = {}

    def seconds(self) -> float:
        """How long the next sweep may be put off."""
        return self._wait

    async def sweep(self) -> int:
        """Rings everything that is due, and has people called in the place of those who keep silent; how often."""
        self._wait = LOOK
        count, held = 0, set[UUID]()
        for look in (ring_due, call_due):
            while True:
                without = held | self._in_line.keys()
                rung = await self._database.run(lambda tx, by=look, but=without: by(tx, without=but))  # type: ignore[misc]
                count += rung.count
                held |= rung.held
                if not rung.more:
                    break
        self._queue_up(held)
        await self._sleep(bool(held or self._in_line))
        return count

    async def _sleep(self, some_held: bool) -> None:
        if some_held:
            self._wait = LOOK_AGAIN
            return
        async with self._database.transaction() as tx:
            seconds = await seconds_to_next(tx)
        if seconds is not None:
            self._wait = min(max(seconds, 0.0), LOOK)

    def _queue_up(self, held: set[UUID]) -> None:
        now = asyncio.get_running_loop().time()
        self._held_since = {id_: self._held_since.get(id_, now) for id_ in held}
        waited = sorted((since, id_) for id_, since in self._held_since.items() if now - since > PATIENCE)
        # For the others the sweep goes on looking: whoever has no place in the line must not be passed over for it.
        for _, id_ in waited[: IN_LINE - len(self._in_line)]:
            del self._held_since[id_]
            self._in_line[id_] = task = asyncio.create_task(self._ring_in_line(id_))
            task.add_done_callback(lambda _, done=id_: self._in_line.pop(done))  # type: ignore[misc]

    async def _ring_in_line(self, incident_id: UUID) -> None:
        try:
            await self._database.run(lambda tx: _whole(tx, incident_id), tries=1)
        except Exception as error:  # noqa: BLE001 - the next sweep finds it again
            log.warning(
                "clocks of an incident wait for whoever holds it", incident_id=str(incident_id), error=repr(error)
            )

    async def audit(self) -> int:
        """The second look, which does not trust the first one's notes: see :mod:`app.incidents.audit`."""
        mended = await self._database.run(mend)
        if mended:
            log.error("clocks were overdue and would not have rung", deadlines=[str(id_) for id_ in mended])
        return len(mended)

    async def close(self) -> None:
        """Lets what waits in line end."""
        if self._in_line:
            await asyncio.wait(self._in_line.values(), timeout=2)
