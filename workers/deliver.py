"""Delivers what is owed: claims, sends and records, with a bound on what one endpoint may occupy."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import orjson
import structlog

from app.core.auth import SYSTEM
from app.core.db import Database
from app.core.links import Links
from app.webhooks import addressees, breaker, delivery, digests, messages, service
from app.webhooks.breaker import Limits, Result
from app.webhooks.delivery import Claimed
from app.webhooks.digests import Digest
from app.webhooks.exchange import Answer, Exchange
from app.webhooks.robots import ROBOTS
from app.webhooks.sealing import Unreadable, Vault, reseal
from workers.context import Context

log = structlog.get_logger()

# Results recorded by one statement at most, and how long the first one waits for others.
BATCH = 100
LINGER = 0.002
# How often new work is looked for while answers are being waited for and nobody rings.
LOOK = 0.1
# An exchange that takes longer than this no longer counts among those that make room for each other.
SLOW = 0.25
# Of a receiver that answers well the breaker is told so often; of one that fails, or is back, at once.
TELL = 1.0
NOT_KEPT = "(not kept: the message named people)"


# Does what there is to do at an instant; what it sent, and what came of it.
Exchanging = Callable[[datetime], Awaitable[tuple[Sequence[Claimed], Answer]]]


class Deliverer:
    """The deliveries of one process. One sweep at a time; connections are kept between sweeps."""

    def __init__(self, context: Context) -> None:
        self._settings = context.settings
        self._database = context.database
        self._exchange = Exchange(context.settings)
        self._vault = Vault.of(context.settings)
        self._links = Links(context.settings)
        self._limits = Limits.of(context.settings)
        self._resealed = False
        self._flying: Counter[UUID] = Counter()
        # What is under way, and since when.
        self._tasks: dict[asyncio.Task[None], float] = {}
        # What was sent, what came of it, and by how much of its jitter the next try is moved.
        self._landed: list[tuple[Claimed, Answer, float]] = []
        # What is claimed and not recorded yet, and when its leases were last renewed.
        self._held: dict[tuple[int, UUID], Claimed] = {}
        self._renewed_at = 0.0
        self._robots_at = 0.0
        # What the breakers are not told of yet, whether one of it is news, and when they were told last.
        self._untold: defaultdict[UUID, list[Result]] = defaultdict(list)
        self._news = False
        self._told_at = 0.0
        self._stirred = asyncio.Event()
        self._sweeping = asyncio.Lock()
        self._closing = False

    async def sweep(self) -> int:
        """Delivers everything that is due, and what becomes due meanwhile; how many tries were recorded.

        Returns when nothing is due and nothing is under way. A receiver that hangs keeps the sweep waiting, but no
        other delivery: those are looked for every 100 ms, and at once after :meth:`nudge`.
        """
        recorded = 0
        async with self._sweeping:
            await self._reseal()
            while not self._closing:
                await self._renew()
                await self._tell()
                await self._start()
                if not self._tasks and not self._landed:
                    break
                await self._wait()
                recorded += await self._record()
        return recorded

    def nudge(self) -> None:
        """Somebody rang: a sweep under way looks for new work at once."""
        self._stirred.set()

    async def close(self) -> None:
        """Claims nothing more, waits for what is under way (``webhook_timeout`` at most) and records it."""
        self._closing = True
        self._stirred.set()
        async with self._sweeping:
            while self._tasks:
                await asyncio.wait(self._tasks, timeout=delivery.RENEW_SECONDS)
                await self._renew()
            while self._landed:
                await self._record()
            await self._exchange.close()
            self._news = bool(self._untold)
            await self._tell()

    async def _start(self) -> None:
        free = self._free()
        if free <= 0:
            return
        await self._database.clock.now()
        for claimed in await delivery.claim(self._database, self._settings, self._flying, free):
            self._fly([claimed], partial(self._post, claimed))
            free -= 1
        # Robots are few and get a message at a time: they are looked for less often where much is under way.
        now = asyncio.get_running_loop().time()
        if free > 0 and (not self._tasks or now - self._robots_at >= LOOK):
            self._robots_at = now
            for digest in await digests.claim(self._database, self._settings, free):
                self._fly([item.sent for item in digest.items], partial(self._say, digest))

    def _fly(self, sent: Sequence[Claimed], exchange: Exchanging) -> None:
        self._flying[sent[0].endpoint_id] += 1
        self._held.update(((claimed.id, claimed.token), claimed) for claimed in sent)
        task = asyncio.create_task(self._send(sent, exchange))
        self._tasks[task] = asyncio.get_running_loop().time()
        task.add_done_callback(self._tasks.pop)

    def _free(self) -> int:
        """How many more may start. Those that take long stand aside, so that they keep nobody from starting."""
        now = asyncio.get_running_loop().time()
        slow = sum(now - begun > SLOW for begun in self._tasks.values())
        aside = min(slow, delivery.room_of_slow_ones(self._settings))
        return self._settings.webhook_concurrency - (len(self._tasks) - aside)

    async def _send(self, sent: Sequence[Claimed], exchange: Exchanging) -> None:
        """One exchange for all of ``sent``, which is one endpoint's."""
        at, endpoint_id = self._database.clock.estimate(), sent[0].endpoint_id
        try:
            try:
                told, answer = await exchange(at)
                self._untold[endpoint_id].append(Result(at, answer.error is None))
                self._news |= sent[0].failing or answer.error is not None
            except Unreadable as error:
                # Our own fault: nothing to hold against the receiver.
                told, answer = sent, Answer(at, 0, error=str(error))
            chance = random.random()
            self._landed.extend((claimed, answer, chance) for claimed in told)
            self._stirred.set()
        except BaseException:
            # Leases that went on being renewed would never be rescued.
            for claimed in sent:
                self._held.pop((claimed.id, claimed.token), None)
            raise
        finally:
            self._flying[endpoint_id] -= 1
            if not self._flying[endpoint_id]:
                del self._flying[endpoint_id]

    async def _post(self, claimed: Claimed, at: datetime) -> tuple[Sequence[Claimed], Answer]:
        sealed = [secret for secret in (claimed.secret, claimed.previous_secret) if secret is not None]
        secrets = [self._vault.open(secret, claimed.endpoint_id) for secret in sealed]
        message = claimed.message
        if tells := message.type in addressees.TELLING:
            [data] = await self._named(claimed, [orjson.loads(message.data)])
            await self._note(claimed, [data])
            message = message.telling(data)
        answer = await self._exchange.post(
            claimed.url, secrets, message.id, message.body(claimed.form, self._settings.environment), at=at,
            content_type=claimed.form.content_type, trace=message.trace,
        )  # fmt: skip
        return [claimed], _discreet(answer) if tells else answer

    async def _named(self, sent: Claimed, told: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return await addressees.named(self._database, told, unmasked=sent.unmask_people, links=self._links)

    async def _note(self, sent: Claimed, told: Sequence[Mapping[str, Any]]) -> None:
        if sent.unmask_people:
            await addressees.note_unmasked(self._database, sent.endpoint_id, told)

    async def _say(self, digest: Digest, at: datetime) -> tuple[Sequence[Claimed], Answer]:
        """One message for as much of the digest as it holds. The rest waits for the next one, not for this answer's."""
        first = digest.items[0].sent
        places = [place for place, item in enumerate(digest.items) if item.told.type in addressees.TELLING]
        if places:
            named = await self._named(first, [digest.items[place].told.data for place in places])
            digest = digest.telling(dict(zip(places, named, strict=True)))
        robot, told = ROBOTS[first.form], [item.told for item in digest.items]
        sealed = digest.robot_secret if robot.signs else None
        secret = self._vault.open(sealed, first.endpoint_id).decode() if sealed else None
        called = digest.called(told)
        text, count = messages.compose(
            told, self._settings.console_url, lambda tried: robot.size(tried, called), robot.most_bytes
        )
        await self._give_back(digest.items[count:])
        called = digest.called(told[:count])
        await self._note(first, [one.data for one in told[:count]])
        answer = await self._exchange.say(
            robot.url(first.url, secret, at), robot.body(text, called, secret, at), robot.read, at=at
        )
        return [item.sent for item in digest.items[:count]], _discreet(answer) if places else answer

    async def _give_back(self, items: Sequence[digests.Item]) -> None:
        if items:
            await digests.give_back(self._database, items)
        for item in items:
            self._held.pop((item.sent.id, item.sent.token), None)

    async def _renew(self) -> None:
        now = asyncio.get_running_loop().time()
        if not self._held:
            self._renewed_at = now
        elif now - self._renewed_at >= delivery.RENEW_SECONDS:
            self._renewed_at = now
            await delivery.renew(self._database, self._held.values())

    async def _wait(self) -> None:
        if not self._landed:
            self._stirred.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._stirred.wait()
        if self._landed and self._tasks and len(self._landed) < BATCH:
            await asyncio.sleep(LINGER)

    async def _record(self) -> int:
        """Records what landed. What could not be recorded is kept, and recorded when the database is back."""
        batch = self._landed[:BATCH]
        if not batch:
            return 0
        schedule = self._settings.webhook_schedule
        results = [(sent, answer, delivery.judge(sent, answer, schedule, chance)) for sent, answer, chance in batch]
        for endpoint_id in {sent.endpoint_id for sent, answer, _ in results if answer.status == delivery.GONE}:
            await self._disable(endpoint_id)
        recorded = await delivery.finish(self._database, results)
        del self._landed[: len(batch)]
        for sent, _, _ in batch:
            self._held.pop((sent.id, sent.token), None)
        return recorded

    async def _tell(self) -> None:
        """Counts what was answered into the breakers, where it is news or some of it is a second old."""
        now = asyncio.get_running_loop().time()
        if not self._untold or not (self._news or now - self._told_at >= TELL):
            return
        untold, self._untold = self._untold, defaultdict(list)
        self._news, self._told_at = False, now
        async with self._database.transaction() as tx:
            await breaker.note_results(tx, untold, self._limits, caller=SYSTEM, now=await tx.now())

    async def _reseal(self) -> None:
        if not self._resealed:
            done = await reseal(self._database, self._vault)
            self._resealed = True
            if done:
                log.info("webhook secrets encrypted under the new key", endpoints=done)

    async def _disable(self, endpoint_id: UUID) -> None:
        log.warning("webhook endpoint disabled", endpoint_id=str(endpoint_id), reason="answered 410 Gone")
        async with self._database.transaction() as tx:
            await service.disable_endpoint(tx, endpoint_id, "answered 410 Gone", caller=SYSTEM, now=await tx.now())


def _discreet(answer: Answer) -> Answer:
    """What was answered to a message that names people may repeat it, and is not kept."""
    return answer._replace(response=NOT_KEPT if answer.response else answer.response)


async def rescue(database: Database, schedule: Sequence[float]) -> int:
    """Frees what dead workers held; call it every second. How many deliveries changed."""
    return await delivery.rescue(database, schedule)
