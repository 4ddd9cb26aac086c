"""Waiting for what a test expects, instead of sleeping for a guess."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

import pytest

T = TypeVar("T")


async def eventually(check: Callable[[], T | Awaitable[T]], timeout: float = 10.0, what: str = "the condition") -> T:
    """The first truthy value of `check`, asked every 15 ms; fails with the last value seen.

    An AssertionError inside `check` counts as "not yet", so that a check may consist of asserts.
    """
    deadline = time.monotonic() + timeout
    last: object = None
    while True:
        try:
            answer = check()
            value = await answer if inspect.isawaitable(answer) else answer
            if value:
                return cast("T", value)
            last = value
        except AssertionError as error:
            last = error
        if time.monotonic() >= deadline:
            pytest.fail(f"{what} did not happen within {timeout:g} s; last seen: {last!r}")
        await asyncio.sleep(0.015)
