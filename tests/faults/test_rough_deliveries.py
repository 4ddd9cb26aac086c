"""A receiver that refuses, resets, hangs and drips while workers are killed: nothing is missing, order is kept."""

import asyncio
import random
from collections import Counter as Bag
from collections.abc import AsyncIterator
from contextlib import ExitStack
from uuid import UUID

import pytest

from app import reactions
from app.core.db import Database
from app.settings import Settings
from tests.support.house import House
from tests.support.owed import happen, incident
from tests.support.processes import SECRET_KEY, Process, worker
from tests.support.receiver import OK, Answer, Received, Receiver
from tests.support.waiting import eventually

INCIDENTS = 20
KILLS = 4


class Rough:
    """10 % 503, 5 % resets, 5 % hangs, 1 % bodies that drip; by chance, but the same chance in every run."""

    def __init__(self) -> None:
        self._chance = random.Random(20260301)
        self._never = asyncio.Event()
        self.faults: Bag[str] = Bag()

    def __call__(self, _: Received) -> Answer:
        place = self._chance.random()
        for most, name, answer in (
            (0.10, "503", Answer(503)),
            (0.15, "reset", Answer(reset=True)),
            (0.20, "hang", Answer(after=self._never)),
            (0.21, "drip", Answer(body=b"drip" * 20, drip_seconds=0.05)),
        ):
            if place < most:
                self.faults[name] += 1
                return answer
        return OK

    def release(self) -> None:
        self._never.set()


class _NoBell:
    def ring(self, bell: str) -> None: ...


@pytest.fixture
async def own(house: House) -> AsyncIterator[Database]:
    """The house's database, to make things happen in."""
    reactions.install()
    chosen = house.servers.services
    settings = Settings(database_url=chosen.database_url, redis_url=chosen.redis_url, secret_key=SECRET_KEY)
    database = Database(settings, doorbell=_NoBell())
    yield database
    await database.close()


async def subscribe(house: House, receiver: Receiver) -> UUID:
    body = {"url": receiver.url, "event_types": ["incident.status_changed"]}
    answer = await house.client.post("/v1/webhook-endpoints", json=body)
    assert answer.status_code == 201, answer.text
    receiver.secret = answer.json()["secret"]
    return UUID(answer.json()["id"])


async def make_happen(own: Database, receiver: Receiver, until: asyncio.Task[None]) -> dict[str, list[int]]:
    """Incident -> the places of its events: a round of all incidents when half of one was received, ``until`` is done."""
    made = [await incident(own) for _ in range(INCIDENTS)]
    rounds = 0
    while not until.done():
        rounds += 1
        before = len(receiver.received)
        await happen(own, *(event(rounds) for event in made))
        await eventually(lambda least=before: until.done() or len(receiver.received) >= least + INCIDENTS / 2, 30)
    return {str(event(1).incident_id): list(range(1, rounds + 1)) for event in made}


def heard(receiver: Receiver) -> dict[str, list[int]]:
    """Incident -> the places of the events that came, in the order they came in, repetitions included."""
    found: dict[str, list[int]] = {}
    for body in receiver.bodies():
        found.setdefault(body["data"]["incident_id"], []).append(body["data"]["seq"])
    return found


async def disturb(own: Database, receiver: Receiver, workers: list[Process]) -> None:
    """Kills one worker after the other, each when more was received and what the last one held is with another."""
    for turn in range(KILLS):
        before = len(receiver.received)
        await receiver.wait_until(lambda got, least=before + 25: len(got) >= least, 60)
        workers[turn % 2].kill()
        workers[turn % 2].start()
        held = [row["token"] for row in await own.fetch("select token from deliveries where token is not null")]

        async def settled(tokens: list[UUID] = held) -> bool:
            left = "select 1 from deliveries where token = any($1::uuid[]) or state = 'pending' and lost_leases > 0"
            return not await own.fetch(left + " limit 1", tokens)

        await eventually(settled, 30, "taking over what was held")


async def test_everything_arrives_in_order_however_rough_the_receiver_and_the_workers_are_treated(
    house: House, own: Database
) -> None:
    rough = Rough()
    env = house.env | {"FENGHUO_WEBHOOK_TIMEOUT": "1"}
    async with Receiver(answer=rough) as receiver, Receiver() as smooth:
        ids = [await subscribe(house, receiver), await subscribe(house, smooth)]
        with ExitStack() as running:
            workers = [running.enter_context(worker(env, house.log, f"rough{n}")) for n in range(2)]
            disturbing = asyncio.create_task(disturb(own, receiver, workers))
            owed = await make_happen(own, receiver, until=disturbing)
            await disturbing

            async def finished() -> bool:
                left = "select 1 from deliveries where endpoint_id = any($1::uuid[]) and state = 'pending' limit 1"
                return not await own.fetch(left, ids)

            await eventually(finished, 90, "delivering everything")
        rough.release()
    rows = await own.fetch("select distinct state from deliveries where endpoint_id = any($1::uuid[])", ids)
    assert [row["state"] for row in rows] == ["delivered"]
    for got in (receiver, smooth):
        assert got.verified
        came = heard(got)
        assert {incident_id: sorted(set(seqs)) for incident_id, seqs in came.items()} == owed, "nothing is missing"
        assert all(seqs == sorted(seqs) for seqs in came.values()), "nothing overtook an earlier event"
    assert sum(one.kills for one in workers) == KILLS
    assert rough.faults.keys() == {"503", "reset", "hang", "drip"}, rough.faults
    assert len(receiver.received) > sum(map(len, owed.values())), "some came twice, and were the same"
