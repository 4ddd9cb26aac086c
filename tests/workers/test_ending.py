"""A process ends though a library swallowed the first word of it."""

import asyncio

from app.core.ending import cancel


async def test_a_task_that_swallows_a_cancellation_is_told_again():
    swallowed = 0

    async def deaf() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                swallowed += 1
                if swallowed == 2:
                    raise

    async def faulty() -> None:
        raise OSError

    tasks = [asyncio.create_task(work()) for work in (deaf, faulty, asyncio.Event().wait)]
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await cancel(tasks)
    assert (swallowed, all(task.done() for task in tasks)) == (2, True)
