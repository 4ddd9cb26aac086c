"""Long reckonings have one thread between them, and a short queue."""

import asyncio
import threading

import pytest

from app.core.aside import MOST_WAITING, Aside
from app.core.errors import Unavailable


async def test_one_runs_some_wait_and_the_next_is_turned_away():
    aside, go, running, most = Aside(), threading.Event(), [], []

    def work(number: int) -> int:
        running.append(number)
        go.wait()
        most.append(len(running))
        running.remove(number)
        return number

    asked = [asyncio.create_task(aside(work, number)) for number in range(1 + MOST_WAITING)]
    await asyncio.sleep(0)
    try:
        with pytest.raises(Unavailable) as refused:
            await asyncio.wait_for(aside(work, -1), 10)
    finally:
        go.set()
    assert refused.value.headers == {"Retry-After": "1"}
    assert await asyncio.gather(*asked) == list(range(1 + MOST_WAITING))
    assert set(most) == {1}
    assert await aside(work, 99) == 99, "and later there is a place again"


async def test_what_fails_or_is_given_up_leaves_its_place():
    aside, go = Aside(), threading.Event()
    first = asyncio.create_task(aside(go.wait))
    given_up = [asyncio.create_task(aside(int)) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    for task in given_up:
        task.cancel()
    assert all(
        isinstance(one, asyncio.CancelledError) for one in await asyncio.gather(*given_up, return_exceptions=True)
    )
    again = [asyncio.create_task(aside(int, "x")) for _ in range(MOST_WAITING)]
    go.set()
    await first
    assert all(isinstance(one, ValueError) for one in await asyncio.gather(*again, return_exceptions=True))
    assert await aside(int) == 0
