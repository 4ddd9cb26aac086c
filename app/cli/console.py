"""What every command needs to talk to people: their faults in one sentence, settings with readable complaints."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any

from pydantic import ValidationError
from rich.console import Console

from app.settings import Settings

# Where nobody watches (a pipe, a log, CI) lines must not be broken in the middle of a table.
WIDTH_UNWATCHED = 150
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Trouble(Exception):
    """Something a person can mend: the message says what is wrong, where, and what to do."""


def console() -> Console:
    """Standard output: coloured and as wide as the screen for people, plain and wide for programs."""
    watched = sys.stdout.isatty()
    return Console(width=None if watched else WIDTH_UNWATCHED, highlight=False, soft_wrap=not watched)


def watched() -> bool:
    """Whether a person looks at standard output, so that it may move."""
    return sys.stdout.isatty()


def say(line: str) -> None:
    """One line for people beside a command's result, on standard error."""
    print(line, file=sys.stderr, flush=True)


def configured(**given: Any) -> Settings:
    """The settings of the environment; Trouble that names each bad variable."""
    try:
        return Settings(**given)
    except ValidationError as error:
        faults = [f"{_variable(item['loc'])}: {item['msg'].removeprefix('Value error, ')}" for item in error.errors()]
        raise Trouble("bad settings\n  " + "\n  ".join(faults)) from None


def _variable(location: tuple[int | str, ...]) -> str:
    name = str(location[0]).upper() if location else ""
    return name if name in ("DATABASE_URL", "REDIS_URL") else f"FENGHUO_{name}"


def run(work: Coroutine[Any, Any, int]) -> int:
    """Runs ``work`` until it ends or a signal asks it to: then it is cancelled once and cleans up in its own time.

    Returns its exit code, or 128 + the signal's number when one interrupted it.
    """
    code = asyncio.run(_interruptible(work))
    if code > 128:  # what follows stops what was started, and shall not be interrupted half-way
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
    return code


async def _interruptible(work: Coroutine[Any, Any, int]) -> int:
    task = asyncio.ensure_future(work)
    asked: list[int] = []

    def interrupt(number: int) -> None:
        if not asked:
            task.cancel()
        asked.append(number)

    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, interrupt, number)
    try:
        return await task
    except asyncio.CancelledError:
        if not asked:
            raise
        return 128 + asked[0]
