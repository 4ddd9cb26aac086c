"""``fenghuo drill``: a scenario played through the service, live in the terminal, with its scoreboard at the end (R68, R69)."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.live import Live

from app.cli.children import Children
from app.cli.client import Api
from app.cli.console import Trouble, configured, console, run, watched
from app.cli.demo import own_settings
from app.cli.drill_play import Director, Part
from app.cli.drill_screen import line, picture, scenarios_table, summary
from app.cli.stack import prepared
from app.cli.up import progress
from app.domain.drills import MOST_SCALE

drill = typer.Typer(no_args_is_help=True, help="Play crisis drills 演练 and see how they went.")
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="The processes' logs here, not in files.")]


@drill.command("run")
def run_(
    scenario: Annotated[str, typer.Argument(help="The scenario's key: see `fenghuo drill list`.")],
    scale: Annotated[
        int, typer.Option(min=1, max=MOST_SCALE, help="How many times faster than the scenario; 600: an hour in 6 s.")
    ] = 60,
    rule: Annotated[
        UUID | None, typer.Option(help="The watch rule that it is played for; without one it has words of its own.")
    ] = None,
    respond: Annotated[
        bool, typer.Option("--respond", help="Act as the trainees should: acknowledge, meet, check, publish.")
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Plays a scenario, shows it live, and prints the scoreboard. Ctrl-C stops the drill.

    With FENGHUO_KEY it is played in the service at FENGHUO_URL; without, everything is started for it on this machine, with
    data of its own (FENGHUO_DATA_DIR/demo). Whatever the score, the exit code is 0.
    """
    part = Part(scenario, scale, str(rule) if rule else None, respond)
    code = _in_service(lambda api, url: _play(api, url, part), verbose=verbose)
    if code:
        raise typer.Exit(code)


@drill.command("list")
def list_(verbose: Verbose = False) -> None:
    """Lists the scenarios 演练剧本 that can be played, with the grades that each reaches if nobody stops it."""
    code = _in_service(lambda api, _: _list(api), verbose=verbose)
    if code:
        raise typer.Exit(code)


def _in_service(work: Callable[[Api, str], Coroutine[Any, Any, int]], *, verbose: bool) -> int:
    """The work done in the service that a key was given for; without a key in one of our own, started for it."""
    key = os.environ.get("FENGHUO_KEY", "")

    async def done(url: str, key: str) -> int:
        async with Api(url, key) as api:
            return await work(api, url)

    if key:
        return run(done(os.environ.get("FENGHUO_URL") or f"http://127.0.0.1:{configured().port}", key))
    with prepared(own_settings(), progress) as stack:

        async def started() -> int:
            async with Children(stack.home, stack.env, stack.address, verbose=verbose) as children:
                await children.ready()
                return await done(stack.address, stack.key)

        return run(started())


async def _list(api: Api) -> int:
    rows = [row async for row in api.rows("/v1/scenarios")]
    if not rows:
        raise Trouble("there are no scenarios: POST /v1/scenarios makes one")
    console().print(scenarios_table(rows))
    return 0


async def _play(api: Api, url: str, part: Part) -> int:
    """One drill, from its start to its scoreboard; stopped where a person interrupts."""
    screen = console()
    director = Director(api, url, part, told=None if watched() else lambda mark: print(line(mark), flush=True))
    try:
        await director.start()
        print(f"Drill 演练 {director.number}: {director.name}, {part.scale} times faster", flush=True)
        async with _shown(director):
            await director.follow()
    except asyncio.CancelledError:
        # Once asked to end, nothing interrupts any more: see `console.run`.
        await director.stop("Stopped at the terminal.")
        screen.print(summary(director.board))
        raise
    finally:
        await director.leave()
    screen.print(summary(director.board))
    return 0


@asynccontextmanager
async def _shown(director: Director) -> AsyncIterator[None]:
    """While the block runs, the live picture. Where nobody watches there is nothing to see: see `line`."""
    screen = console()
    if not screen.is_terminal:
        yield
        return
    with Live(get_renderable=lambda: picture(director), console=screen, refresh_per_second=8):
        yield
