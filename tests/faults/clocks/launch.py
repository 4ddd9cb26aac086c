"""A worker as `python -m workers`, but with a wrong wall clock, or with a part of the clocks taken out.

Only this launcher changes anything, in its own process; the product has no such switch. Nothing from outside can shift
one process's wall clock here (a time namespace moves the monotonic clock and the boot time only), so Python's own
readings of it are replaced before anything of the service is imported: `time.time`, `time.time_ns`, `datetime.now`,
`utcnow`, `today`, and the clock that ids of UUID 7 are made of. The monotonic clock stays, as it would.
"""

import argparse
import asyncio
import ctypes
import gc
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID


def shift_clock(seconds: float) -> None:
    """Every look at the wall clock in this process is so much ahead; behind, where negative."""
    true_time, true_ns, true_now, by = time.time, time.time_ns, datetime.now, timedelta(seconds=seconds)
    time.time = lambda: true_time() + seconds
    time.time_ns = lambda: true_ns() + int(seconds * 10**9)

    def now(cls: type[datetime], tz: tzinfo | None = None) -> datetime:
        return true_now(tz) + by

    # The class is C's own and stays the one that the drivers make; only what it says changes.
    members = gc.get_referents(datetime.__dict__)[0]
    members["now"] = classmethod(now)
    members["today"] = classmethod(lambda cls: true_now() + by)
    members["utcnow"] = classmethod(lambda cls: true_now(UTC).replace(tzinfo=None) + by)
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime))
    _shift_ids()


def _shift_ids() -> None:
    import uuid_utils

    made = uuid_utils.uuid7

    uuid_utils.uuid7 = lambda: made(nanoseconds=time.time_ns())


def slow_look(seconds: float) -> None:
    """Makes the moment between finding what is due and locking it so long that a cancel falls into it."""
    from app.incidents import ringing

    lock = ringing.lock_incidents

    async def later(tx: Any, ids: Iterable[UUID], **how: bool) -> Any:
        await asyncio.sleep(seconds)
        return await lock(tx, ids, **how)

    ringing.lock_incidents = later


def without_skip_locked() -> None:
    """Whoever finds an incident held waits for it."""
    from app.incidents import ringing

    lock = ringing.lock_incidents

    async def waiting(tx: Any, ids: Iterable[UUID], **_: bool) -> Any:
        return await lock(tx, ids)

    ringing.lock_incidents = waiting


def without_second_look() -> None:
    """What was found due is rung without asking again, now that it is locked, whether it still is."""
    from sqlalchemy import select

    from app.incidents import ringing
    from app.models import Deadline

    async def unchecked(tx: Any, ids: Any, incidents: Any) -> Any:
        query = select(Deadline).where(Deadline.id.in_(ids), Deadline.incident_id.in_(incidents))
        return (await tx.scalars(query.order_by(Deadline.level, Deadline.due_at))).all()

    ringing._due_rows = unchecked


def without_rescue() -> None:
    """Nobody takes over the deliveries of a worker that died."""
    from workers import __main__ as worker

    async def nothing(*_: object) -> int:
        return 0

    worker.rescue = nothing


REMOVED: dict[str, Callable[[], None]] = {
    "skip_locked": without_skip_locked, "second_look": without_second_look, "rescue": without_rescue,
}  # fmt: skip


def main() -> None:
    """Changes what is asked for, and is a worker."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shift", type=float, default=0.0, help="seconds the wall clock is ahead")
    parser.add_argument("--slow-look", type=float, default=0.0, help="seconds between finding and locking")
    parser.add_argument("--without", choices=REMOVED)
    chosen = parser.parse_args()
    if chosen.shift:
        shift_clock(chosen.shift)
    if chosen.without:
        REMOVED[chosen.without]()
    if chosen.slow_look:
        slow_look(chosen.slow_look)
    from workers.__main__ import main as work

    work()


if __name__ == "__main__":
    main()
