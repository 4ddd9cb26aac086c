"""``fenghuo demo``: a crisis, from the first post to the last verified webhook, on real services."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.cli.children import Children
from app.cli.client import Api
from app.cli.console import configured, console, run, watched
from app.cli.play import Play, Scene
from app.cli.receiver import Receiver
from app.cli.stack import Stack, prepared
from app.cli.stage import line, save_picture, shown, summary
from app.cli.up import progress
from app.settings import Settings

PACE_WATCHED = 0.5
PACE_UNWATCHED = 0.05


class Held(StrEnum):
    """A grade to stop at."""

    GENERAL = "general"
    SERIOUS = "serious"
    MAJOR = "major"


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the last webhook was verified.")] = False,
    hold: Annotated[
        Held | None, typer.Option(help="Stop at this grade and keep the incident alive, to build screens on.")
    ] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="The plan's minutes pass as seconds: one clock is met, one is breached.")
    ] = False,
    pace: Annotated[float | None, typer.Option(min=0, help="Seconds between posts.", hidden=True)] = None,
    picture: Annotated[Path | None, typer.Option(help="Draw the end into this file, as an SVG.", hidden=True)] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="The processes' logs here, not in files.")] = False,
) -> None:
    """Plays a product-quality crisis of a fictional dairy through the public API, with a receiver that checks signatures.

    Starts PostgreSQL, Valkey, API and worker with data of their own (FENGHUO_DATA_DIR/demo), whatever DATABASE_URL
    says. FENGHUO_PORT chooses the port; without it a free one is taken.
    """
    if fast and hold:
        raise typer.BadParameter("--fast shows clocks, --hold stops before them: choose one of them")
    if once and hold:
        raise typer.BadParameter("--once ends, --hold stays: choose one of them")
    if pace is None:
        pace = PACE_WATCHED if watched() else PACE_UNWATCHED
    with prepared(own_settings(), progress) as stack:
        held = hold.value if hold else None
        code = run(_demo(stack, once=once, hold=held, fast=fast, pace=pace, picture=picture, verbose=verbose))
    # Ctrl-C is how a demo that stays is ended; one that shall end by itself did not.
    if code and (once or code < 128):
        raise typer.Exit(code)


def own_settings() -> Settings:
    """Services, secret and data of the demo's own: a demo never writes into somebody's database."""
    chosen = configured()
    own = {
        "database_url": "", "redis_url": "", "secret_key": "", "data_dir": chosen.data_dir / "demo",
        "host": "127.0.0.1", "port": chosen.port if "port" in chosen.model_fields_set else 0,
        "webhook_allow_loopback": True,
    }  # fmt: skip
    return chosen.model_copy(update=own)


async def _demo(
    stack: Stack, *, once: bool, hold: str | None, fast: bool, pace: float, picture: Path | None, verbose: bool
) -> int:
    screen, scene = console(), Scene(told=None if watched() else lambda mark: print(line(mark), flush=True))
    async with (
        Children(stack.home, stack.env, stack.address, verbose=verbose) as children,
        Receiver() as receiver,
        Api(stack.address, stack.key) as api,
    ):
        await children.ready()
        print(f"Ready: {stack.address}  key {stack.key}  docs {stack.address}/docs", flush=True)
        play = Play(api, receiver, scene, pace=pace, fast=fast)
        await play.set_up()
        async with shown(screen, play, scene, receiver):
            await play.run(until=hold)
            if not hold:
                await play.respond(stack.address)
            await play.settle()
        screen.print(summary(scene, receiver))
        if picture:
            save_picture(picture, scene, receiver)
        if once:
            return 0
        print(f"The incident stays at {stack.address}/v1/incidents  key {stack.key}  Ctrl-C ends it.", flush=True)
        if hold:
            await play.hold(hold)
        await asyncio.Event().wait()
    return 0
