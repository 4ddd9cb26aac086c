"""The end of a process: answers and tasks that never end by themselves have to hear of it."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def when_asked_to_end(leave: Callable[[], None]) -> Iterator[None]:
    """Calls ``leave`` on SIGTERM and SIGINT, before whoever handled them so far.

    A server waits for the answers under way before it ends the application's lifespan, so a stream that waited for
    that would wait for ever. Where nobody handles a signal, or another thread would have to, nothing is done.
    """
    loop = asyncio.get_running_loop()
    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(leave)
        earlier = before[signal.Signals(number)]
        if callable(earlier):
            earlier(number, frame)

    for number, earlier in before.items():
        if callable(earlier):
            signal.signal(number, handle)
    try:
        yield
    finally:
        for number, earlier in before.items():
            if signal.getsignal(number) is handle:
                signal.signal(number, earlier)


async def cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancels the tasks and waits for their end, whatever they end with.

    Again each second: a library may swallow a cancellation that comes in the very moment in which its own time is up,
    and then the task would be waited for for ever.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        done, pending = await asyncio.wait(pending, timeout=1)
        for task in done:
            # Looked at, or it would be complained of later.
            _ = task.cancelled() or task.exception()
