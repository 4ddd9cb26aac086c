"""Which readings a worker takes from the inbox, and what becomes of those that can't be counted.

A claim is bounded twice: by the number of readings and by their text, because matching it is work between two
statements, and the database ends a transaction that is idle for 10 s.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from app.core.db import Database

MOST_TEXT = 1_000_000
"""Bytes of text after which a claim ends: about 2,000 posts of 160 characters, or 17 of the longest. Matching them
takes a second at most, and a few where every character is the worst there is."""

ASIDE_FOR = timedelta(hours=1)
"""How long a mention is left alone before it is tried again; by then a mended version may run."""

# Readings are locked in the order they came, and those beyond the text stay. The lookup is a subquery and not a join,
# or a plan made while the tables were small might read all mentions. A mention's readings are left alone together:
# the first one makes the mention, and the others can't be counted before it.
_CLAIM = """
with next as materialized (
  select seq, mention_id, octet_length(text) as size from inbox
  where seq > $3 and mention_id <> all(array(select mention_id from mentions_set_aside where until > now()))
  order by seq limit $1 for update skip locked),
 sized as (
  select seq, sum(coalesce(size, (select octet_length(m.text) from mentions m where m.id = next.mention_id)))
    over (order by seq rows between unbounded preceding and 1 preceding) as before from next),
 taken as (
  delete from inbox where seq = any(array(select seq from sized where before is null or before < $2)) returning *)
select * from taken order by mention_id, observed_at, seq"""
_SET_ASIDE = """
insert into mentions_set_aside as s (mention_id, until) values ($1, now() + $2::interval)
on conflict (mention_id) do update set until = excluded.until, times = s.times + 1"""

# Whoever's readings were counted since is no longer held up, though the row is only forgotten later.
_HELD_UP = """
select s.mention_id, greatest(s.until, now()) as retry_at from mentions_set_aside s
where s.mention_id = any($1::uuid[]) and exists (select from inbox i where i.mention_id = s.mention_id)
order by s.mention_id limit 1"""


@dataclass(slots=True)
class Claim:
    """How many readings a transaction may take, of those after a place in the inbox. Whose they were, and the place of
    the last, stands here even when the transaction fails."""

    limit: int
    after: int = 0
    mention_ids: list[UUID] = field(default_factory=list)
    upto: int = 0

    async def take(self, driver: asyncpg.Connection) -> list[Any]:
        """The readings, by mention and instant; they are gone from the inbox when the transaction commits."""
        self.mention_ids, self.upto = [], self.after
        rows = await driver.fetch(_CLAIM, self.limit, MOST_TEXT, self.after)
        self.mention_ids = [row["mention_id"] for row in rows]
        self.upto = max((row["seq"] for row in rows), default=self.after)
        return list(rows)


async def held_up(driver: asyncpg.Connection, mention_ids: Sequence[UUID]) -> tuple[UUID, datetime] | None:
    """The first of the mentions whose readings wait because they can't be counted, and when they are tried again."""
    row = await driver.fetchrow(_HELD_UP, mention_ids)
    return (row["mention_id"], row["retry_at"]) if row else None


async def set_aside(database: Database, mention_id: UUID) -> None:
    """Leaves the mention's readings in the inbox, uncounted, for ASIDE_FOR, so that the others can be counted."""
    await database.fetch(_SET_ASIDE, mention_id, ASIDE_FOR)
