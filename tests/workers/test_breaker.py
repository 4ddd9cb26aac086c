"""A receiver that fails is asked less and less, by all workers together, and everything owed to it comes in the end."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest

from app.core.auth import SYSTEM
from app.core.db import Database
from app.settings import Settings
from app.webhooks import delivery, service
from tests.support.owed import (
    SCHEDULE,
    Make,
    all_finished,
    attempts,
    happen,
    hit,
    incident,
    oldest_due,
    seqs,
    states,
    subscribe,
    sweep_until,
)
from tests.support.receiver import OK, Answer, Receiver

PATIENT = (0.0, 3600.0, 3600.0)


async def endpoint(database: Database, endpoint_id: UUID) -> dict[str, Any]:
    [row] = await database.fetch("select * from webhook_endpoints where id = $1", endpoint_id)
    return dict(row)


async def told(database: Database, endpoint_id: UUID) -> list[str]:
    """What became of the endpoint, as everybody hears of it."""
    rows = await database.fetch(
        "select type from events where type like 'webhook_endpoint.%' and data->>'endpoint_id' = $1 order by id",
        str(endpoint_id),
    )
    return [row["type"].partition(".")[2] for row in rows]


async def let_probe(database: Database) -> None:
    """The pause is over: it began half a minute ago."""
    await database.fetch(
        "update webhook_endpoints set probe_at = now(), breaker_opened_at = breaker_opened_at - interval '30 s' "
        "where probe_at is not null"
    )


async def test_ten_failures_in_a_row_open_it_and_what_comes_after_waits(
    client: httpx.AsyncClient, database: Database, make: Make, receiver: Receiver
) -> None:
    endpoint_id = await subscribe(database, receiver)
    deliverer = make(webhook_schedule=PATIENT)
    receiver.answer = lambda _: Answer(503)
    await happen(database, *(hit() for _ in range(9)))
    await deliverer.sweep()
    assert (await endpoint(database, endpoint_id))["breaker_opened_at"] is None
    await happen(database, hit())
    await deliverer.sweep()
    await happen(database, *(hit() for _ in range(5)))
    assert await deliverer.sweep() == 0
    assert len(receiver.received) == 10
    assert await states(database) == ["pending"] * 15
    assert await told(database, endpoint_id) == ["breaker_opened"]
    assert await oldest_due(client) == 0, "what waits for a broken receiver is not late"


async def test_the_failures_of_two_workers_count_together(database: Database, make: Make, receiver: Receiver) -> None:
    endpoint_id = await subscribe(database, receiver)
    receiver.answer = lambda _: Answer(503)
    one, two = make(webhook_schedule=PATIENT), make(webhook_schedule=PATIENT)
    for worker in (one, two):
        await happen(database, *(hit() for _ in range(5)))
        await worker.sweep()
    assert await told(database, endpoint_id) == ["breaker_opened"]
    await happen(database, hit())
    assert await one.sweep() + await two.sweep() == 0


async def test_seven_in_ten_within_the_window_open_it_although_some_succeed(
    database: Database, make: Make, receiver: Receiver
) -> None:
    endpoint_id = await subscribe(database, receiver)
    # One after another: what lands together counts as one moment.
    deliverer = make(webhook_schedule=PATIENT, webhook_concurrency=1, webhook_breaker_window=3600.0)
    receiver.answer = lambda _: Answer(200 if len(receiver.received) % 10 in (3, 6, 9) else 503)
    await happen(database, *(hit() for _ in range(9)))
    await deliverer.sweep()
    assert await told(database, endpoint_id) == []
    await happen(database, hit())
    await deliverer.sweep()
    assert (await endpoint(database, endpoint_id))["failures_in_row"] < 10
    assert await told(database, endpoint_id) == ["breaker_opened"]


async def test_a_receiver_that_mostly_succeeds_is_left_alone(
    database: Database, make: Make, receiver: Receiver
) -> None:
    endpoint_id = await subscribe(database, receiver)
    receiver.answer = lambda _: Answer(503 if len(receiver.received) % 3 == 0 else 200)
    await happen(database, *(hit() for _ in range(60)))
    await make(webhook_schedule=PATIENT, webhook_concurrency=1, webhook_breaker_window=3600.0).sweep()
    assert await told(database, endpoint_id) == []
    assert len(receiver.received) == 60


async def test_one_probe_at_a_time_whoever_sends_it_and_none_before_the_pause_is_over(
    database: Database, make: Make, receiver: Receiver
) -> None:
    endpoint_id = await subscribe(database, receiver)
    workers = [make(webhook_schedule=PATIENT) for _ in range(3)]
    receiver.answer = lambda _: Answer(503)
    await happen(database, *(hit() for _ in range(10)))
    await workers[0].sweep()
    await happen(database, *(hit() for _ in range(20)))
    for probes in (1, 2, 3):
        await let_probe(database)
        tried = await asyncio.gather(*(worker.sweep() for worker in workers))
        assert sum(tried) == 1
        assert len(receiver.received) == 10 + probes
        assert sum(await asyncio.gather(*(worker.sweep() for worker in workers))) == 0
    assert await told(database, endpoint_id) == ["breaker_opened"]


async def test_a_success_of_the_probe_closes_it_and_everything_goes_in_order(
    database: Database, make: Make, receiver: Receiver
) -> None:
    endpoint_id = await subscribe(database, receiver)
    deliverer = make(webhook_schedule=PATIENT)
    receiver.answer = lambda _: Answer(503)
    await happen(database, *(hit() for _ in range(10)))
    await deliverer.sweep()
    receiver.received.clear()
    this, other = await incident(database), await incident(database)
    await happen(database, *(this(seq) for seq in range(1, 12)), *(other(seq) for seq in range(1, 12)))
    receiver.answer = lambda _: OK
    assert await deliverer.sweep() == 0
    await let_probe(database)
    await sweep_until(deliverer, lambda: len(receiver.received) == 22, "all that waited")
    ours = str(this(1).incident_id)
    got = [one for one in receiver.received if one.json()["data"]["incident_id"] == ours]
    assert seqs(got) == list(range(1, 12))
    assert seqs([one for one in receiver.received if one not in got]) == list(range(1, 12))
    assert await told(database, endpoint_id) == ["breaker_opened", "breaker_closed"]
    row = await endpoint(database, endpoint_id)
    assert (row["breaker_opened_at"], row["probe_at"], row["failures_in_row"], row["version"]) == (None, None, 0, 3)


async def test_a_probe_that_was_lost_with_its_worker_is_sent_by_another(
    database: Database, make: Make, quick: Settings, receiver: Receiver
) -> None:
    endpoint_id = await subscribe(database, receiver)
    receiver.answer = lambda _: Answer(503)
    await happen(database, *(hit() for _ in range(10)))
    await make(webhook_schedule=PATIENT).sweep()
    receiver.answer = lambda _: OK
    await happen(database, hit(), hit())
    await let_probe(database)
    [lost] = await delivery.claim(database, quick, {}, 10)
    await database.fetch("update deliveries set lease_until = now() where id = $1", lost.id)
    other = make(webhook_schedule=PATIENT)
    assert await other.sweep() == 0
    [row] = await database.fetch(
        "select probe_at > now() + interval '10 s' as later from webhook_endpoints where id = $1", endpoint_id
    )
    assert row["later"]
    await let_probe(database)
    await delivery.rescue(database, SCHEDULE)
    assert await other.sweep() == 2


async def test_what_hung_before_a_success_came_says_nothing_against_it(
    database: Database, make: Make, receiver: Receiver
) -> None:
    endpoint_id = await subscribe(database, receiver)
    never = asyncio.Event()
    deliverer = make(webhook_schedule=PATIENT, webhook_concurrency=60, webhook_timeout=0.5)
    hung = 0

    def answer(_: object) -> Answer:
        nonlocal hung
        hung += 1
        return Answer(after=never) if hung <= 12 else OK

    receiver.answer = answer
    await happen(database, *(hit() for _ in range(12)))
    sweep = asyncio.create_task(deliverer.sweep())
    await receiver.wait_for(12)
    await happen(database, *(hit() for _ in range(10)))
    deliverer.nudge()
    await sweep
    never.set()
    assert len([row for row in await attempts(database) if row["error"]]) == 12
    assert (await endpoint(database, endpoint_id))["failures_in_row"] == 0
    assert await told(database, endpoint_id) == []


async def test_five_days_without_a_success_disable_it(database: Database, make: Make, receiver: Receiver) -> None:
    endpoint_id = await subscribe(database, receiver)
    deliverer = make(webhook_schedule=PATIENT)
    receiver.answer = lambda _: Answer(500)
    await happen(database, hit())
    await deliverer.sweep()
    await database.fetch(
        "update webhook_endpoints set failing_since = now() - interval '119 hours' where id = $1", endpoint_id
    )
    await happen(database, hit())
    await deliverer.sweep()
    assert (await endpoint(database, endpoint_id))["disabled_at"] is None
    await database.fetch(
        "update webhook_endpoints set failing_since = now() - interval '121 hours' where id = $1", endpoint_id
    )
    await happen(database, hit())
    await deliverer.sweep()
    row = await endpoint(database, endpoint_id)
    assert row["disabled_at"]
    assert row["disabled_reason"] == "no success in 5 days"
    assert await told(database, endpoint_id) == ["disabled"]
    await happen(database, hit())
    assert await deliverer.sweep() == 0


async def test_a_success_begins_the_five_days_anew(database: Database, make: Make, receiver: Receiver) -> None:
    endpoint_id = await subscribe(database, receiver)
    deliverer = make(webhook_schedule=PATIENT)
    receiver.answer = lambda _: Answer(500)
    await happen(database, hit())
    await deliverer.sweep()
    await database.fetch("update webhook_endpoints set failing_since = now() - interval '6 days', "
                         "succeeded_at = now() - interval '7 days'")  # fmt: skip
    receiver.answer = lambda _: OK
    await happen(database, hit())
    await deliverer.sweep()
    assert (await endpoint(database, endpoint_id))["failing_since"] is None
    assert await told(database, endpoint_id) == []


async def test_the_others_hear_of_it_and_the_one_it_befell_does_not(
    database: Database, make: Make, receiver: Receiver
) -> None:
    failing = await subscribe(database, receiver, path="/failing")
    await subscribe(database, receiver, "webhook_endpoint.breaker_opened", path="/watching")
    receiver.answer = lambda got: Answer(503 if got.path.endswith("failing") else 200)
    await happen(database, *(hit() for _ in range(10)))
    deliverer = make(webhook_schedule=PATIENT)
    await sweep_until(
        deliverer, lambda: bool([one for one in receiver.received if one.path.endswith("watching")]), "it"
    )
    [heard] = [one.json() for one in receiver.received if one.path.endswith("watching")]
    assert heard["type"] == "webhook_endpoint.breaker_opened"
    assert heard["data"]["endpoint_id"] == str(failing)
    assert heard["data"]["failures_in_row"] == 10
    assert "webhook_endpoint.breaker_opened" not in [
        row["type"]
        for row in await database.fetch(
            "select v.type from deliveries d join events v on v.id = d.event_id where d.endpoint_id = $1", failing
        )
    ]


@pytest.mark.parametrize("change", [{"enabled": True}, {"url": "/moved"}])
async def test_enabling_or_moving_an_endpoint_gives_it_a_clean_slate(
    database: Database, make: Make, receiver: Receiver, change: dict[str, Any]
) -> None:
    endpoint_id = await subscribe(database, receiver)
    deliverer = make(webhook_schedule=PATIENT)
    receiver.answer = lambda _: Answer(503)
    await happen(database, *(hit() for _ in range(11)))
    await deliverer.sweep()
    assert await told(database, endpoint_id) == ["breaker_opened"]
    if "url" in change:
        change = {"url": receiver.url + "/moved"}
    async with database.transaction() as tx:
        if "enabled" in change:
            await service.disable_endpoint(tx, endpoint_id, "test", caller=SYSTEM, now=await tx.now())
        await service.change_endpoint(tx, endpoint_id, change, caller=SYSTEM, now=await tx.now())
    assert (await told(database, endpoint_id))[-1] == "breaker_closed"
    receiver.answer = lambda _: OK
    await database.fetch("update deliveries set due_at = now()")
    await sweep_until(deliverer, lambda: all_finished(database), "all of them")


async def test_what_a_worker_kept_for_later_is_told_when_it_leaves(
    database: Database, make: Make, receiver: Receiver
) -> None:
    endpoint_id = await subscribe(database, receiver)
    deliverer = make()
    for _ in range(5):
        await happen(database, *(hit() for _ in range(20)))
        await deliverer.sweep()
    await deliverer.close()
    row = await endpoint(database, endpoint_id)
    assert sum(tries for _, tries, _ in orjson.loads(row["recent"])) == 100
    assert row["succeeded_at"] is not None
