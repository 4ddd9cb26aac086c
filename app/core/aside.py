"""Long reckonings, off the loop that answers everybody: a document of megabytes, thousands of texts compared.

One at a time in a process: threads take turns at the interpreter with the loop, so that each further one would make
every other request slower, and none of them would end sooner.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from app.core.errors import Unavailable

T = TypeVar("T")

MOST_WAITING = 6
"""Each takes about a second at the most, and holds what it works on; whoever waits longer has given up."""


class Aside:
    """One thread, and a short queue before it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="aside")
        self._asked = 0

    async def __call__(self, function: Callable[..., T], *args: object) -> T:
        """What the function returns; Unavailable when too many wait. Ask when your transaction has ended."""
        if self._asked > MOST_WAITING:
            raise Unavailable("More is asked than can be answered just now; try again.", headers={"Retry-After": "1"})
        self._asked += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, function, *args)
        finally:
            self._asked -= 1


aside = Aside()


async def by_turns(items: Iterable[T], portion: int = 200) -> AsyncIterator[T]:
    """The items one by one, letting others have their turn in between: for loops that a transaction needs in its midst."""
    for number, item in enumerate(items, 1):
        yield item
        if number % portion == 0:
            await asyncio.sleep(0)
