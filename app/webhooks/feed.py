"""The event stream of one process: one reader of the database for all who follow.

The doorbell wakes the reader after a commit; a look each second finds what was not rung for. What is read is handed
to the open streams, to each a bounded number: who reads more slowly than things happen reads on from the database at
its own pace, as does who comes back with the id of the last event it has. So nothing is lost, nothing comes twice,
and memory is bounded.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import structlog
from redis.asyncio import Redis

from app.core.auth import KeyRing
from app.core.db import Database
from app.core.doorbell import EVENTS, listen
from app.core.ending import cancel, when_asked_to_end
from app.core.errors import FieldError, Forbidden, Invalid, Unauthorized, Unavailable
from app.core.metrics import STREAMS
from app.core.outbox import Horizon, settled
from app.domain.vocabulary import Drills
from app.webhooks import events
from app.webhooks.events import Choice, Told

log = structlog.get_logger()

SCOPE = "events:read"
EVERYTHING = Choice(drills=Drills.INCLUDE)
# Seconds between two looks when nobody rings, while an earlier id may still turn up, and at least.
LOOK, SOON, APART = 1.0, 0.05, 0.005
# A held key is good for half a second; with this a revoked one ends its streams within one.
KEYS_SECONDS = 0.3
# Events read at once, events that wait for one reader, streams of one process.
BATCH, MOST_WAITING, MOST_STREAMS = 500, 1000, 2000
# Streams that read their past at the same time: each takes a connection from requests.
CATCHING_UP = 2


class Stream:
    """One open stream. ``after`` is the last event it was given, or up to where there was none for it."""

    def __init__(self, choice: Choice, after: int, authorization: str | None) -> None:
        self.choice = choice
        self.after = after
        self.authorization = authorization
        self.live = False
        self.ended = False
        self._stirred = asyncio.Event()
        self._waiting: list[Told] = []

    def offer(self, event: Told) -> None:
        """Takes the event where it is wanted. With too many waiting it lets go of all, and reads them later."""
        if not self.live or event.id <= self.after or not self.choice.takes(event):
            return
        if len(self._waiting) >= MOST_WAITING:
            self.live = False
            self._waiting.clear()
        else:
            self._waiting.append(event)
        self._stirred.set()

    async def waiting(self) -> Sequence[Told]:
        """What waits for it, as soon as anything does or the stream is no longer live."""
        if not self._waiting:
            self._stirred.clear()
            await self._stirred.wait()
        found, self._waiting = self._waiting, []
        return found

    def end(self) -> None:
        """The stream ends in good order, after what it is just sending."""
        self.ended = True
        self._stirred.set()


class Feed:
    """The open streams and their reader."""

    def __init__(self, database: Database, keys: KeyRing) -> None:
        self._database = database
        self._keys = keys
        self._open: set[Stream] = set()
        self._read_to = 0
        self._stirred = asyncio.Event()
        self._past = asyncio.Semaphore(CATCHING_UP)
        self._asked: asyncio.Task[Horizon] | None = None
        self._closing = False

    @asynccontextmanager
    async def reading(self, redis: Redis) -> AsyncIterator[None]:
        """Reads for the open streams while the block runs; they end when the process is asked to end."""
        acts = (self._read(), self._guard(), listen(redis, self._rung, (EVENTS,)))
        tasks = [asyncio.create_task(act) for act in acts]
        try:
            with when_asked_to_end(self._end):
                yield
        finally:
            self._end()
            await cancel(tasks)

    def _end(self) -> None:
        """Ends every stream in good order and opens no more."""
        self._closing = True
        for stream in self._open:
            stream.end()

    @asynccontextmanager
    async def open(self, choice: Choice, after: int | None, authorization: str | None) -> AsyncIterator[Stream]:
        """A stream of what comes after the event ``after``; after this moment where it is None.

        Invalid where there never was such an event, Unavailable where there are too many streams.
        """
        horizon = await self._horizon()
        if after is not None and after >= horizon.next_id:
            horizon = await self._ask_horizon()  # The shared answer may be older than the event.
        if after is not None and after >= horizon.next_id:
            detail = f"there is no event evt_{after} yet; send the id of one you were given, or leave it out"
            raise Invalid(detail, errors=[FieldError("Last-Event-ID:", detail, "unknown_event")])
        if self._closing or len(self._open) >= MOST_STREAMS:
            raise Unavailable("No more streams can be opened here just now; try again.", headers={"Retry-After": "2"})
        if not self._open:  # Nobody read meanwhile; what is older is not for live streams.
            self._read_to = max(self._read_to, horizon.id)
        stream = Stream(choice, horizon.id if after is None else after, authorization)
        self._open.add(stream)
        STREAMS.set(len(self._open))
        self._stirred.set()
        try:
            yield stream
        finally:
            self._open.discard(stream)
            STREAMS.set(len(self._open))

    async def follow(self, stream: Stream) -> AsyncIterator[Told]:
        """The stream's events until it is ended. Never raises: who follows comes back with the last id it has."""
        while not stream.ended:
            reached = 0
            if stream.live:
                found = await stream.waiting()
            else:
                found, reached = await self._missed(stream)
            for event in found:
                if stream.ended:
                    return
                stream.after = event.id
                yield event
            stream.after = max(stream.after, reached)

    async def _missed(self, stream: Stream) -> tuple[Sequence[Told], int]:
        """The next events between the stream and the reader, and how far that is; where none can be, it is live."""
        upto = self._read_to
        if stream.after >= upto:
            stream.live = True
            return (), 0
        try:
            async with self._past, self._database.transaction() as tx:
                rows = await events.read(tx, stream.choice, after=stream.after, upto=upto, limit=BATCH)
        except Exception as error:  # noqa: BLE001 - the answer has begun: no problem document can follow
            log.warning("event stream ended, the database can't be read", error=repr(error))
            stream.end()
            return (), 0
        return rows, upto if len(rows) < BATCH else 0

    async def _horizon(self) -> Horizon:
        """One question for all who open a stream at this moment: after a restart that is everybody."""
        if self._asked is None or self._asked.done():
            self._asked = asyncio.create_task(self._ask_horizon())
        return await asyncio.shield(self._asked)

    async def _ask_horizon(self) -> Horizon:
        async with self._database.transaction() as tx:
            return await settled(tx)

    def _rung(self, _: str) -> None:
        self._stirred.set()

    async def _read(self) -> None:
        while True:
            self._stirred.clear()
            pause = LOOK
            try:
                if self._open and await self._look():
                    pause = SOON
            except Exception as error:  # noqa: BLE001 - the streams outlive their database
                log.warning("events not read, trying again", error=repr(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(pause if self._open else None):
                    await self._stirred.wait()
            await asyncio.sleep(APART)

    async def _look(self) -> bool:
        """Hands out what was committed since; whether more is to come before anybody rings."""
        async with self._database.transaction() as tx:
            horizon = await settled(tx)
            rows = await events.read(tx, EVERYTHING, after=self._read_to, upto=horizon.id, limit=BATCH)
        # From here to the last offer nothing is awaited: a stream goes live before all of it, or after.
        full = len(rows) == BATCH
        self._read_to = max(self._read_to, rows[-1].id if full else horizon.id)
        for stream in self._open:
            for event in rows:
                stream.offer(event)
        return full or horizon.pending

    async def _guard(self) -> None:
        while True:
            await asyncio.sleep(KEYS_SECONDS)
            for authorization in {stream.authorization for stream in self._open}:
                if not await self._good(authorization):
                    for stream in self._open:
                        if stream.authorization == authorization:
                            stream.end()

    async def _good(self, authorization: str | None) -> bool:
        try:
            (await self._keys.caller(authorization)).require(SCOPE)
        except (Unauthorized, Forbidden):
            return False
        except Exception as error:  # noqa: BLE001 - nobody loses a stream because the database is away
            log.warning("key of an event stream not read", error=repr(error))
        return True
