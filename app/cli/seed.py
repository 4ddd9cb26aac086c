"""``fenghuo seed``: a made-up past to look at, as the service itself would have recorded it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from app import reactions
from app.cli.company.playing import in_the_way, play
from app.cli.company.script import write
from app.cli.console import Trouble, configured, console, say
from app.cli.home import Home
from app.cli.serve import need
from app.cli.stack import completed, explained, prepared, running
from app.cli.up import progress
from app.core.db import Database
from app.core.doorbell import Doorbell, connect
from app.core.errors import Problem
from app.settings import Settings

seed = typer.Typer(no_args_is_help=True, help="Fill the service with a made-up past.")
NAMES = {
    "people": "people", "incidents": "incidents", "mentions": "mentions", "statements": "statements", "reviews": "reviews",
    "sessions": "training sessions", "completions": "results of trainings", "acknowledgements": "readings of the code of conduct", "drills": "drills", "patrols": "patrols",
    "events": "events",
}  # fmt: skip


@seed.callback()
def _() -> None:
    """Its commands are named."""


@seed.command("company")
def company(
    number: Annotated[int, typer.Option("--seed", help="The same number makes the same company.")] = 1,
    months: Annotated[int, typer.Option(min=1, max=12, help="How many months of 30 days.")] = 1,
    ending: Annotated[
        datetime | None, typer.Option(help="When they end, by UTC unless an offset is given; now where missing.", formats=[
            "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d",
        ]),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Also where there are incidents or people already.")] = False,
) -> None:  # fmt: skip
    """Makes a company of 300 people up, and a month of it: fires, what people did about them, trainings, patrols, a drill.

    Everything goes through the service's own rules at instants of the past. Nothing is sent to anybody. Without DATABASE_URL
    it is made in FENGHUO_DATA_DIR, for the next `fenghuo up`; no worker may run meanwhile.
    """
    with _quiet(configured()) as settings, explained():
        made = asyncio.run(_company(settings, number, months, ending, force=force))
    table = Table("made", "how many", box=None)
    for name, count in made.items():
        table.add_row(NAMES[name], f"{count:,}")
    console().print(table)


@contextmanager
def _quiet(chosen: Settings) -> Iterator[Settings]:
    """Services in which the past can be made up: those that run, or embedded ones that are started for it alone."""
    if chosen.database_url or running(Home(chosen.data_dir).folder) is not None:
        settings = completed(chosen)
        need(settings, "secret_key")
        yield settings
        return
    with prepared(chosen.model_copy(update={"port": 0}), progress) as stack:
        yield stack.settings


async def _company(
    settings: Settings, number: int, months: int, ending: datetime | None, *, force: bool
) -> dict[str, int]:  # fmt: skip
    reactions.install()
    redis = connect(settings.redis_url)
    doorbell = Doorbell(redis)
    database = Database(settings, doorbell=doorbell, workload="batches")
    try:
        now = await database.clock.now()
        end = now if ending is None else ending.replace(tzinfo=ending.tzinfo or UTC)
        if end > now:
            raise Trouble("--ending lies in the future: a past ends now at the latest")
        script = write(number, months)
        why = await in_the_way(database, script, end, force=force)
        if why:
            raise Trouble(why)
        return await play(database, settings, doorbell, script, end, progress=lambda what: say(f"Making up {what}"))
    except Problem as problem:
        raise Trouble(problem.detail) from None
    finally:
        await doorbell.close()
        await database.close()
        await redis.aclose()
