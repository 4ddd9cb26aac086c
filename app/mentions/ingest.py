"""Accepting mentions: strict reading, one statement for whatever waits, the answer after the commit.

This is the path the service exists for. Concurrent posts share one commit: what waits when a flusher is free goes to
the database in one statement, so a post alone is answered at once and a flood costs one commit for hundreds. No
timer is involved. What is acknowledged is in ``mentions`` and ``inbox``; counting it is the workers' business.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from app.core.db import RETRYABLE, Database, Ring, Tx
from app.core.doorbell import INBOX
from app.core.errors import Unavailable
from app.core.instants import not_ahead
from app.core.metrics import INGEST_BATCH, MENTIONS_ACCEPTED
from app.domain.wording import platform_of
from app.mentions.schemas import MentionIn
from app.models.base import new_id

MOST_AT_ONCE = 1_000
MOST_WAITING = 10_000
TRIES = 8


class Row(NamedTuple):
    """One reading as the statement takes it, column by column."""

    id: UUID
    platform: str
    namespace: str
    platform_raw: str | None
    external_id: str
    url: str | None
    author: str | None
    title: str | None
    text: str
    published_at: datetime | None
    sentiment: str | None
    key_id: str
    observed_at: datetime
    reposts: int | None
    comments: int | None
    likes: int | None
    views: int | None
    historical: bool


class Accepted(NamedTuple):
    """The mention a reading belongs to; ``created`` when this very reading made it."""

    id: UUID
    created: bool


# The mention is looked up where it is known; an id that comes back null was committed after this statement's
# snapshot and is tried again. The reading that makes the mention leaves its words in the mention's row only, and goes
# first, so that no batch of the workers ends between it and the others.
_GIVEN = """
with given as materialized (
  select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::timestamptz[], $11::text[], $12::text[], $13::timestamptz[], $14::bigint[], $15::bigint[],
    $16::bigint[], $17::bigint[], $18::bool[])
  as t(id, platform, namespace, platform_raw, external_id, url, author, title, text, published_at, sentiment, key_id,
    observed_at, reposts, comments, likes, views, historical)),"""
_MENTION = """id, platform, namespace, platform_raw, external_id, url, author, title, text, published_at,
    sentiment, key_id"""


def _made(of: str, value: str) -> str:
    """The mentions that are new. One played in a drill is written ``of`` its run."""
    return f"""
 made as (
  insert into mentions({_MENTION}, first_seen_at{of})
  select {_MENTION}, now(){value}
  from given order by platform, namespace, external_id
  on conflict (platform, namespace, external_id) do nothing
  returning id, platform, namespace, external_id),"""


_FOUND = """
 found as materialized (
  select g.*, coalesce(n.id, (select m.id from mentions m where m.platform = g.platform
    and m.namespace = g.namespace and m.external_id = g.external_id)) as mention_id
  from given g left join made n using (platform, namespace, external_id))"""
_KEPT = """,
 kept as (
  insert into inbox(mention_id, observed_at, reposts, comments, likes, views, key_id, historical, published_at, sentiment,
    title, text, received_at)
  select mention_id, observed_at, reposts, comments, likes, views, key_id, historical, published_at, sentiment,
    case when id <> mention_id then title end, case when id <> mention_id then text end, now()
  from found where mention_id is not null order by id <> mention_id)"""
_ANSWERS = """
select id, mention_id from found"""
_ACCEPT = f"{_GIVEN}{_made('', '')}{_FOUND}{_KEPT}{_ANSWERS}"
# What is played in a drill is counted by whoever plays it, in the same transaction: it never waits in the inbox, nor is it
# a sign of life of any source.
_PLAY = f"{_GIVEN}{_made(', drill_id', ', $19::uuid')}{_FOUND}{_ANSWERS}"


def row_of(item: MentionIn, *, key_id: str, now: datetime, historical: bool = False, at: str = "") -> Row:
    """The reading as a row. Invalid, naming the field below ``at``, for an instant more than 5 minutes ahead."""
    observed_at = not_ahead(item.observed_at, now, f"{at}/observed_at") or now
    published_at = not_ahead(item.published_at, now, f"{at}/published_at")
    platform, raw = platform_of(item.platform)
    namespace = (raw or item.platform_raw or "").strip().casefold() if platform == "other" else ""
    return Row(
        new_id(), platform, namespace, item.platform_raw or raw, item.external_id, item.url, item.author, item.title, item.text, published_at,
        item.sentiment, key_id, observed_at, item.reposts, item.comments, item.likes, item.views,
        historical or item.historical,
    )  # fmt: skip


Run = Callable[[Sequence[Row]], Awaitable[Sequence[asyncpg.Record]]]


class _Waiting(NamedTuple):
    rows: Sequence[Row]
    done: asyncio.Future[list[Accepted]]


class Intake:
    """Group commit for one process. ``accept`` returns once the rows are durable."""

    def __init__(self, database: Database, doorbell: Ring, *, flushers: int) -> None:
        self._database = database
        self._doorbell = doorbell
        self._flushers = flushers
        self._waiting: list[_Waiting] = []
        self._rows_waiting = 0
        self._busy: set[asyncio.Task[None]] = set()

    async def accept(self, rows: Sequence[Row], tx: Tx | None = None) -> list[Accepted]:
        """Stores the readings; one answer each, in order. Unavailable when the database does not keep up.

        Within ``tx``, where the request has one of its own, and else with whatever else waits.
        """
        if tx is not None:
            return await self._accept_within(tx, rows)
        if self._rows_waiting + len(rows) > MOST_WAITING:
            raise Unavailable("More mentions wait than can be stored; send them again.", headers={"Retry-After": "1"})
        done: asyncio.Future[list[Accepted]] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(rows, done))
        self._rows_waiting += len(rows)
        if len(self._busy) < self._flushers:
            self._busy.add(asyncio.create_task(self._flush()))
        return await done

    async def _accept_within(self, tx: Tx, rows: Sequence[Row]) -> list[Accepted]:
        driver = await tx.driver()
        accepted = await self._store(rows, lambda left: driver.fetch(_ACCEPT, *_columns(left)))
        tx.ring(INBOX)
        return [accepted[row.id] for row in rows]

    async def _flush(self) -> None:
        try:
            await self._store_waiting()
        finally:
            # Here and not in a callback: what comes between the last look and a callback would wait for nobody.
            self._busy.discard(asyncio.current_task())

    async def _store_waiting(self) -> None:
        while self._waiting:
            group = self._take()
            try:
                accepted = await self._store([row for waiting in group for row in waiting.rows])
            except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
                await self._fall_back(group, error)
                continue
            self._doorbell.ring(INBOX)
            for waiting in group:
                if not waiting.done.done():
                    waiting.done.set_result([accepted[row.id] for row in waiting.rows])

    def _take(self) -> list[_Waiting]:
        taken, size = 0, 0
        for waiting in self._waiting:
            if taken and size + len(waiting.rows) > MOST_AT_ONCE:
                break
            taken, size = taken + 1, size + len(waiting.rows)
        group, self._waiting = self._waiting[:taken], self._waiting[taken:]
        self._rows_waiting -= size
        return group

    async def _fall_back(self, group: list[_Waiting], error: Exception) -> None:
        """One request's data must not fail the others': where the data is to blame, each is stored alone."""
        for waiting in group:
            fault: Exception = error
            if isinstance(error, asyncpg.DataError) and len(group) > 1:
                try:
                    accepted = await self._store(waiting.rows)
                    self._doorbell.ring(INBOX)
                    waiting.done.set_result([accepted[row.id] for row in waiting.rows])
                    continue
                except Exception as own:  # noqa: BLE001 - as above
                    fault = own
            if not waiting.done.done():
                waiting.done.set_exception(fault)

    async def _store(self, rows: Sequence[Row], run: Run | None = None) -> dict[UUID, Accepted]:
        accepted: dict[UUID, Accepted] = {}
        left = sorted(rows, key=lambda row: (row.platform, row.namespace, row.external_id, row.observed_at))
        for _ in range(TRIES):
            accepted |= dict(_answers(await (run or self._run)(left)))
            left = [row for row in left if row.id not in accepted]
            if not left:
                break
        else:
            raise Unavailable("The mention is being stored by another request; try again.")
        MENTIONS_ACCEPTED.inc(len(rows))
        INGEST_BATCH.observe(len(rows))
        return accepted

    async def _run(self, rows: Sequence[Row]) -> Sequence[asyncpg.Record]:
        for left in range(TRIES - 1, -1, -1):
            try:
                return await self._database.fetch(_ACCEPT, *_columns(rows))
            except asyncpg.PostgresError as error:
                if not left or error.sqlstate not in RETRYABLE:
                    raise
        raise AssertionError("unreachable: the last try returns or raises")

    async def close(self) -> None:
        """Waits until what was accepted is stored."""
        while self._busy:
            await asyncio.wait(self._busy)


async def play(tx: Tx, rows: Sequence[Row], *, drill_id: UUID) -> list[dict[str, Any]]:
    """Stores readings that are played in a run of a drill, whose row is locked, as the ingest path stores what is posted. They
    come back as the inbox would have them, by mention and instant, for this transaction to count.

    A run has a namespace of its own that no sender can name: what is real and what is played never meet in one mention.
    """
    driver, now = await tx.driver(), await tx.now()
    ordered = sorted(rows, key=lambda row: (row.platform, row.namespace, row.external_id, row.observed_at))
    known = dict(_answers(await driver.fetch(_PLAY, *_columns(ordered), drill_id)))
    readings = []
    for seq, row in enumerate(ordered):
        mention_id, created = known[row.id]
        said = {"title": None, "text": None} if created else {}
        readings.append(row._asdict() | {"seq": seq, "mention_id": mention_id, "received_at": now} | said)
    return sorted(readings, key=lambda reading: (reading["mention_id"], reading["observed_at"], reading["seq"]))


def _columns(rows: Sequence[Row]) -> Iterable[list[object]]:
    return map(list, zip(*rows, strict=True))


def _answers(rows: Iterable[asyncpg.Record]) -> Iterable[tuple[UUID, Accepted]]:
    for row_id, mention_id in rows:
        if mention_id is not None:
            yield row_id, Accepted(mention_id, row_id == mention_id)
