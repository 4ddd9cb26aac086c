"""``fenghuo up``: everything on this machine, in the foreground."""

import asyncio
from typing import Annotated

import typer

from app.cli.children import Children
from app.cli.console import configured, run, say, watched
from app.cli.stack import Stack, prepared


def up(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="The processes' logs here, not in files.")] = False,
) -> None:
    """Runs everything on this machine: database, Redis, API and worker. Ctrl-C stops all of it.

    DATABASE_URL and REDIS_URL name services of your own; without them PostgreSQL and Valkey start from wheels and
    keep their data in FENGHUO_DATA_DIR. FENGHUO_PORT chooses the port, FENGHUO_BOOTSTRAP_KEY the first admin key.
    """
    with prepared(configured(), progress) as stack:
        run(_serve(stack, verbose=verbose))


def progress(what: str) -> None:
    """Where a person watches, what takes a moment is named."""
    if watched():
        say(f"{what} …")


async def _serve(stack: Stack, *, verbose: bool) -> int:
    async with Children(stack.home, stack.env, stack.address, verbose=verbose) as children:
        await children.ready()
        print(f"Fenghuo is ready: {stack.address}  key {stack.key}  docs {stack.address}/docs", flush=True)
        await asyncio.Event().wait()
    return 0
