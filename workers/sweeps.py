"""A sweep is done when its bell rings and, at the latest, when its time is up: truth is in the rows, not in the ring."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

log = structlog.get_logger()


@dataclass(slots=True)
class Sweep:
    """``work`` finds its own rows and returns how many it did; it may be called at any time.

    ``seconds`` is how long it may be put off, or says so each time.
    """

    name: str
    work: Callable[[], Awaitable[int]]
    seconds: float | Callable[[], float]
    wake: asyncio.Event = field(default_factory=asyncio.Event)


async def run_sweep(sweep: Sweep, stopping: asyncio.Event) -> None:
    """Never two at once, never an end before ``stopping``: a fault is logged and the next sweep tries again."""
    while not stopping.is_set():
        sweep.wake.clear()
        try:
            await sweep.work()
        except Exception as error:  # noqa: BLE001 - a worker outlives its database
            log.warning("sweep failed, trying again", sweep=sweep.name, error=repr(error))
            await _wait(stopping, 0.25)
        await _wait(sweep.wake, sweep.seconds() if callable(sweep.seconds) else sweep.seconds)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
