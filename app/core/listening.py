"""From when until when the API could be reached, noted by itself: who could not reach us was not silent.

Each process notes every few seconds that it runs; several extend one span. A gap ends it, and the next begins: then those
who report to us have their whole time anew.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

import asyncpg
import structlog

from app.core.db import Database
from app.core.ending import cancel

log = structlog.get_logger()

EVERY_SECONDS: Final = 10.0
GAP: Final = timedelta(seconds=40)
"""What was not noted for longer is a time in which nobody could be heard."""

_NOTE = """
with last as (
  select started_at, seen_at from listening_spans order by started_at desc limit 1 for update),
 kept as (
  update listening_spans l set seen_at = greatest(l.seen_at, now()) from last
  where l.started_at = last.started_at and last.seen_at > now() - $1::interval returning l.started_at)
insert into listening_spans(started_at, seen_at) select now(), now() where not exists (select from kept)
on conflict do nothing"""


async def note(database: Database) -> None:
    """Notes that we listen."""
    await database.fetch(_NOTE, GAP)


@asynccontextmanager
async def listening(database: Database) -> AsyncIterator[None]:
    """While this runs it is noted. A database that is away is waited for: then nobody is heard either."""
    task = asyncio.create_task(_go_on(database))
    try:
        yield
    finally:
        await cancel([task])


async def _go_on(database: Database) -> None:
    while True:
        try:
            await note(database)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("not noted that we listen, trying again", error=repr(error))
        await asyncio.sleep(EVERY_SECONDS)
