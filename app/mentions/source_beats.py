"""Signs of life of who reports mentions 来源 (方案 二(一)2: R04, R21), kept as beats: a minute, a channel and a platform.

Whatever is ingested is one, readings of known posts too, dated by the database's clock when it was received: what a
sender says of the time of its reading proves nothing. What is loaded from the past (``historical``) or played in a drill is
none, because it says nothing of whether anybody looks now. A beat is its own record: there is one a minute at most, and no event.

Counting writes them in its own transaction, and last: two workers that meet in a minute wait for each other there, where
neither needs anything more. A process remembers what it wrote, so that most batches write nothing.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from app.core.db import Tx
from app.domain.sources import MINUTE, minute_at
from app.domain.vocabulary import Platform
from app.mentions.reading import Work

PATROLS: Final = "patrols:"
"""The channel of check-ins from patrols 人工巡查, whoever walks them: it is no key, because keys have no colon."""

KEPT_FINE: Final = timedelta(days=35)
KEPT: Final = timedelta(days=3 * 366)
"""Beats are thinned to one an hour, which is all that coverage reads, and go when events do."""

_WRITE = """
insert into source_beats(channel, at, platform) select * from unnest($1::text[], $2::timestamptz[], $3::text[])
order by 1, 2, 3 on conflict do nothing"""
# The first of an hour stays: the hour is covered as it was. What was not thinned in its time stays as it is.
_THIN = """
delete from source_beats b using (
  select thin.channel, thin.at, thin.platform
  from unnest($4::text[]) as p(platform) join source_beats thin on thin.platform = p.platform
  where thin.at >= $1 and thin.at < $2 and exists (
    select from source_beats first where first.channel = thin.channel and first.platform = thin.platform
      and first.at >= date_trunc('hour', thin.at, 'UTC') and first.at < thin.at)
  limit $3) old
where b.channel = old.channel and b.at = old.at and b.platform = old.platform"""
_FORGET = """
delete from source_beats b using unnest($2::text[]) as p(platform) where b.platform = p.platform and b.at < $1"""


class Beat(NamedTuple):
    """Something came by a channel about a platform, in this minute."""

    channel: str
    at: datetime
    platform: str


class Heard:
    """The beats that one process wrote in the last minutes."""

    def __init__(self) -> None:
        self._beats: set[Beat] = set()

    def new(self, beats: Iterable[Beat]) -> list[Beat]:
        """Those that it did not write."""
        return [beat for beat in beats if beat not in self._beats]

    def hold(self, beats: Sequence[Beat]) -> None:
        """Remembers what was committed; what is older than some minutes is forgotten."""
        if not beats:
            return
        oldest = max(beat.at for beat in beats) - 5 * MINUTE
        self._beats = {beat for beat in (*self._beats, *beats) if beat.at >= oldest}


def channel_of(source_id: UUID) -> str:
    """The channel of a source's explicit signs of life."""
    return f"source:{source_id}"


def beats_of(works: Iterable[Work]) -> set[Beat]:
    """What these readings prove; what is played in a drill proves nothing. One instant a statement, so there are few before
    they are cut to minutes."""
    told = {
        (row["key_id"], row["received_at"], work.post.platform)
        for work in works
        if work.post.drill_id is None
        for row in work.readings
        if not row["historical"]
    }
    return {Beat(channel, minute_at(at), platform) for channel, at, platform in told}


async def write_beats(driver: asyncpg.Connection, beats: Sequence[Beat]) -> None:
    """Writes what is new of them, in one statement."""
    if beats:
        await driver.execute(_WRITE, *map(list, zip(*beats, strict=True)))


async def hear(tx: Tx, channel: str, platforms: Iterable[str], *, now: datetime) -> datetime:
    """An explicit sign of life: somebody looked at these platforms, whether there was anything or not. The minute."""
    at = minute_at(now)
    await write_beats(await tx.driver(), [Beat(channel, at, platform) for platform in platforms])
    return at


async def hear_patrol(tx: Tx, platforms: Iterable[str], *, now: datetime) -> datetime:
    """A check-in from a patrol, which looked at these platforms. It is heard of every source of the kind `patrol`."""
    return await hear(tx, PATROLS, platforms, now=now)


async def tidy_beats(tx: Tx, *, limit: int = 5_000) -> int:
    """Thins what is old, some at a time, and forgets what is very old; how much was thinned."""
    now, driver, platforms = await tx.now(), await tx.driver(), list(Platform)
    await driver.execute(_FORGET, now - KEPT, platforms)
    done = await driver.execute(_THIN, now - 2 * KEPT_FINE, now - KEPT_FINE, limit, platforms)
    return int(done.rpartition(" ")[2])
