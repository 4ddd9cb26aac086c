"""From an event to a verified webhook, through the database, a worker and a real receiver on a real port."""

import asyncio

import httpx
import pytest

from app.core.auth import SYSTEM
from app.core.db import Database
from app.domain.events import PUBLIC_TYPES, Changed, WebhookTested
from app.settings import Settings
from app.webhooks import delivery, service
from app.webhooks.delivery import Verdict
from app.webhooks.event_types import EventType
from app.webhooks.exchange import Answer as Outcome
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
    status_by_turn,
    subscribe,
    sweep_until,
)
from tests.support.receiver import Answer, Receiver
from workers.deliver import Deliverer, rescue


async def test_a_receiver_verifies_an_event_with_a_library_that_is_not_ours(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    endpoint_id = await subscribe(database, receiver)
    event = hit()
    [stored] = await happen(database, event)
    assert await deliverer.sweep() == 1
    [got] = receiver.received
    assert receiver.verified
    assert got.method == "POST"
    assert got.headers["webhook-id"] == f"evt_{stored.id}"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["user-agent"].startswith("Fenghuo/")
    assert "accept-encoding" not in got.headers or got.headers["accept-encoding"] == "identity"
    payload = got.json()
    assert list(payload) == ["id", "type", "timestamp", "data"]
    assert payload["type"] == "mention.hit"
    assert payload["timestamp"].endswith("Z")
    assert payload["data"]["mention_id"] == str(event.mention_id)
    [tried] = await attempts(database)
    assert (tried["number"], tried["status"], tried["address"], tried["error"]) == (1, 200, "127.0.0.1", None)
    [row] = await database.fetch("select * from deliveries")
    assert (row["state"], row["endpoint_id"], row["token"]) == ("delivered", endpoint_id, None)
    assert row["finished_at"] is not None


async def test_an_endpoint_hears_only_what_it_subscribes_to(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    await subscribe(database, receiver, "incident.status_changed", path="/some")
    await subscribe(database, receiver, path="/all")
    gone = await subscribe(database, receiver, path="/gone")
    off = await subscribe(database, receiver, path="/off")
    async with database.transaction() as tx:
        await service.delete_endpoint(tx, gone, caller=SYSTEM, now=await tx.now())
        await service.disable_endpoint(tx, off, "test", caller=SYSTEM, now=await tx.now())
    secret = Changed(subject="api_key", subject_id="x", action="created", fields=[])
    await happen(database, hit(), (await incident(database))(1), secret)
    await deliverer.sweep()
    heard = sorted((one.path, one.json()["type"]) for one in receiver.received)
    assert heard == [
        ("/hook/all", "incident.status_changed"),
        ("/hook/all", "mention.hit"),
        ("/hook/all", "webhook_endpoint.disabled"),
        ("/hook/some", "incident.status_changed"),
    ]


async def test_a_test_goes_to_its_own_endpoint_only(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    mine = await subscribe(database, receiver, "incident.opened", path="/mine")
    await subscribe(database, receiver, path="/other")
    await happen(database, WebhookTested(endpoint_id=mine, message="hello"))
    await deliverer.sweep()
    assert [(one.path, one.json()["data"]["message"]) for one in receiver.received] == [("/hook/mine", "hello")]


async def test_a_thousand_events_at_once_all_arrive(database: Database, make: Make, receiver: Receiver) -> None:
    await subscribe(database, receiver)
    await happen(database, *(hit() for _ in range(1000)))
    assert await make().sweep() == 1000
    assert len({one.headers["webhook-id"] for one in receiver.received}) == 1000
    assert set(await states(database)) == {"delivered"}


async def test_what_happens_to_an_incident_arrives_in_order_although_the_first_event_is_refused_twice(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    await subscribe(database, receiver)
    this, other = await incident(database), await incident(database)
    receiver.answer = lambda got: Answer(503 if len(receiver.received) <= 2 else 200)
    await happen(database, this(1))
    await happen(database, this(2), this(3))
    await sweep_until(deliverer, lambda: len(receiver.received) >= 1, "the first try")
    await happen(database, this(4))
    await sweep_until(deliverer, lambda: all_finished(database), "all of them")
    assert seqs(receiver.received) == [1, 1, 1, 2, 3, 4]
    receiver.received.clear()
    stuck = this(5)
    receiver.answer = lambda got: Answer(503 if got.json()["data"]["incident_id"] == str(stuck.incident_id) else 200)
    await happen(database, stuck, this(6))
    await happen(database, other(1), other(2))
    await sweep_until(deliverer, lambda: seqs(receiver.received).count(2) == 1, "the other incident")
    assert 6 not in seqs(receiver.received)


async def test_after_three_refusals_the_incidents_later_events_pass(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    await subscribe(database, receiver)
    this = await incident(database)
    receiver.answer = lambda got: Answer(422 if got.json()["data"]["seq"] == 1 else 200)
    await happen(database, this(1), this(2))
    await sweep_until(deliverer, lambda: all_finished(database), "the end of the schedule")
    assert seqs(receiver.received)[:4] == [1, 1, 1, 2]
    assert seqs(receiver.received).count(1) == 5
    assert await states(database) == ["dead", "delivered"]


async def test_an_event_given_up_no_longer_holds_back_the_next(
    database: Database, make: Make, receiver: Receiver
) -> None:
    await subscribe(database, receiver)
    this = await incident(database)
    receiver.answer = status_by_turn(503, 503)
    await happen(database, this(1), this(2))
    await sweep_until(make(webhook_schedule=(0.0, 0.05)), lambda: all_finished(database), "both")
    assert seqs(receiver.received) == [1, 1, 2]
    assert await states(database) == ["dead", "delivered"]


async def test_what_is_owed_to_a_disabled_endpoint_waits_until_it_is_enabled(
    client: httpx.AsyncClient, database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    endpoint_id = await subscribe(database, receiver)
    await happen(database, hit())
    async with database.transaction() as tx:
        await service.disable_endpoint(tx, endpoint_id, "test", caller=SYSTEM, now=await tx.now())
    await happen(database, hit())
    assert await deliverer.sweep() == 0
    assert await oldest_due(client) == 0
    async with database.transaction() as tx:
        await service.change_endpoint(tx, endpoint_id, {"enabled": True}, caller=SYSTEM, now=await tx.now())
    assert await oldest_due(client) > 0
    assert await deliverer.sweep() == 2, "what happened before it was disabled, and meanwhile"
    assert len(receiver.received) == 2


async def test_enabling_an_endpoint_sends_what_waits_for_its_next_try(
    database: Database, make: Make, receiver: Receiver
) -> None:
    deliverer = make(webhook_schedule=(0.0, 3600.0, 3600.0))
    endpoint_id = await subscribe(database, receiver)
    receiver.answer = status_by_turn(500)
    await happen(database, hit())
    assert await deliverer.sweep() == 1
    for enabled in (False, True):
        async with database.transaction() as tx:
            await service.change_endpoint(tx, endpoint_id, {"enabled": enabled}, caller=SYSTEM, now=await tx.now())
    assert await deliverer.sweep() == 1
    assert await states(database) == ["delivered"]


async def test_what_a_disabled_endpoint_is_owed_is_given_up_with_the_schedule(
    database: Database, receiver: Receiver
) -> None:
    endpoint_id = await subscribe(database, receiver)
    async with database.transaction() as tx:
        await service.disable_endpoint(tx, endpoint_id, "test", caller=SYSTEM, now=await tx.now())
    await happen(database, hit(), hit())
    await database.fetch("update deliveries set due_at = now() - interval '76 hours' where id in "
                         "(select min(id) from deliveries)")  # fmt: skip
    assert await rescue(database, SCHEDULE) == 1
    assert await states(database) == ["dead", "pending"]


async def test_two_workers_deliver_each_event_once(database: Database, make: Make, receiver: Receiver) -> None:
    await subscribe(database, receiver)
    this = await incident(database)
    await happen(database, *(hit() for _ in range(300)), *(this(seq) for seq in range(1, 30)))
    finished = await asyncio.gather(make().sweep(), make().sweep())
    await sweep_until(make(), lambda: all_finished(database), "the rest")
    ids = [one.headers["webhook-id"] for one in receiver.received]
    assert len(ids) == len(set(ids)) == 329
    assert min(finished) > 0, "both had a part in it"
    assert seqs([one for one in receiver.received if one.json()["type"] != "mention.hit"]) == list(range(1, 30))


async def claim_one(database: Database, quick: Settings) -> delivery.Claimed:
    [claimed] = await delivery.claim(database, quick, {}, 10)
    return claimed


async def test_a_worker_whose_lease_was_taken_changes_nothing(
    database: Database, quick: Settings, receiver: Receiver
) -> None:
    await subscribe(database, receiver)
    await happen(database, hit())
    claimed = await claim_one(database, quick)
    await database.fetch("update deliveries set lease_until = now() - interval '1 s'")
    assert await rescue(database, SCHEDULE) == 1
    again = await claim_one(database, quick)
    outcome = Outcome(again.message.at, 5, 200)
    verdict = Verdict("delivered", 0, 1, 0, True)
    assert await delivery.finish(database, [(claimed, outcome, verdict)]) == 0
    assert await attempts(database) == []
    assert await states(database) == ["pending"]
    assert await delivery.finish(database, [(again, outcome, verdict)]) == 1
    assert await states(database) == ["delivered"]


async def test_what_is_claimed_is_not_claimed_twice(database: Database, quick: Settings, receiver: Receiver) -> None:
    await subscribe(database, receiver)
    await happen(database, hit())
    await claim_one(database, quick)
    assert await delivery.claim(database, quick, {}, 10) == []
    assert await rescue(database, SCHEDULE) == 0, "its lease has not ended"


async def test_an_event_that_kills_three_workers_is_given_up(
    database: Database, quick: Settings, receiver: Receiver
) -> None:
    await subscribe(database, receiver)
    await happen(database, hit())
    for lost in (1, 2, 3):
        await claim_one(database, quick)
        await database.fetch("update deliveries set lease_until = now() - interval '1 s'")
        assert await rescue(database, SCHEDULE) == 1
        [row] = await database.fetch("select state, lost_leases, token, finished_at from deliveries")
        assert (row["lost_leases"], row["token"]) == (lost, None)
        assert (row["state"], row["finished_at"] is not None) == (("dead", True) if lost == 3 else ("pending", False))
    assert await delivery.claim(database, quick, {}, 10) == []


async def test_workers_that_die_now_and_then_do_not_add_up(
    database: Database, quick: Settings, make: Make, receiver: Receiver
) -> None:
    await subscribe(database, receiver)
    receiver.answer = status_by_turn(503)
    await happen(database, hit())
    for _ in range(2):
        await database.fetch("update deliveries set due_at = now()")
        for _ in range(2):
            await claim_one(database, quick)
            await database.fetch("update deliveries set lease_until = now() - interval '1 s'")
            assert await rescue(database, SCHEDULE) == 1
        assert await make(webhook_schedule=(0.0, 3600.0)).sweep() == 1
    assert await states(database) == ["delivered"]


async def test_what_is_owed_to_a_deleted_endpoint_is_given_up(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    endpoint_id = await subscribe(database, receiver)
    await happen(database, hit())
    async with database.transaction() as tx:
        await service.delete_endpoint(tx, endpoint_id, caller=SYSTEM, now=await tx.now())
    assert await deliverer.sweep() == 0
    assert await rescue(database, SCHEDULE) == 1
    assert await states(database) == ["dead"]
    assert receiver.received == []


async def test_a_replay_keeps_the_webhook_id_and_begins_the_schedule_anew(
    database: Database, make: Make, receiver: Receiver
) -> None:
    deliverer = make(webhook_schedule=(0.0, 0.05))
    await subscribe(database, receiver)
    receiver.answer = status_by_turn(500, 500, 500, 200)
    [stored] = await happen(database, hit())
    await sweep_until(deliverer, lambda: all_finished(database), "giving up")
    assert await states(database) == ["dead"]
    [row] = await database.fetch("select id from deliveries")
    async with database.transaction() as tx:
        await service.replay_delivery(tx, row["id"], caller=SYSTEM, now=await tx.now())
    await sweep_until(deliverer, lambda: all_finished(database), "the replay")
    assert await states(database) == ["delivered"]
    assert [got.headers["webhook-id"] for got in receiver.received] == [f"evt_{stored.id}"] * 4
    assert [tried["number"] for tried in await attempts(database)] == [1, 2, 3, 4]


async def test_followers_go_at_once_when_the_one_they_wait_for_is_replayed(
    database: Database, make: Make, receiver: Receiver
) -> None:
    deliverer = make(webhook_schedule=(0.0, 3600.0))
    await subscribe(database, receiver)
    this = await incident(database)
    receiver.answer = status_by_turn(503)
    await happen(database, this(1), this(2), this(3))
    await deliverer.sweep()
    assert seqs(receiver.received) == [1]
    [row] = await database.fetch("select id from deliveries where seq = 1")
    async with database.transaction() as tx:
        await service.replay_delivery(tx, row["id"], caller=SYSTEM, now=await tx.now())
    await deliverer.sweep()
    assert seqs(receiver.received) == [1, 1, 2, 3]


async def test_followers_wait_for_the_same_try_as_the_one_that_failed(
    client: httpx.AsyncClient, database: Database, make: Make, receiver: Receiver
) -> None:
    await subscribe(database, receiver)
    this = await incident(database)
    receiver.answer = status_by_turn(503)
    await happen(database, this(1), this(2), this(3), hit())
    await make(webhook_schedule=(0.0, 3600.0)).sweep()
    due = await database.fetch("select due_at, now() as now from deliveries where seq is not null")
    assert len({row["due_at"] for row in due}) == 1
    assert due[0]["due_at"] > due[0]["now"]
    assert await oldest_due(client) == 0


async def test_a_replayed_event_whose_turn_has_passed_holds_nobody_back(
    database: Database, make: Make, receiver: Receiver
) -> None:
    deliverer = make(webhook_schedule=(0.0, 3600.0))
    await subscribe(database, receiver)
    this = await incident(database)
    await happen(database, this(1))
    await deliverer.sweep()
    receiver.answer = lambda got: Answer(503 if got.json()["data"]["seq"] == 1 else 200)
    [row] = await database.fetch("select id from deliveries")
    async with database.transaction() as tx:
        await service.replay_delivery(tx, row["id"], caller=SYSTEM, now=await tx.now())
    await deliverer.sweep()
    await happen(database, this(2))
    await deliverer.sweep()
    assert seqs(receiver.received) == [1, 1, 2]


async def test_closing_waits_for_what_is_under_way_and_records_it(
    database: Database, make: Make, receiver: Receiver
) -> None:
    gate = asyncio.Event()
    receiver.answer = lambda _: Answer(after=gate)
    await subscribe(database, receiver)
    await happen(database, hit())
    deliverer = make(webhook_timeout=10.0)
    sweep = asyncio.create_task(deliverer.sweep())
    await receiver.wait_for(1)
    closing = asyncio.create_task(deliverer.close())
    gate.set()
    await asyncio.gather(sweep, closing)
    assert await states(database) == ["delivered"]


@pytest.mark.usefixtures("quick")
async def test_a_change_of_records_costs_no_delivery(database: Database, receiver: Receiver) -> None:
    await subscribe(database, receiver)
    await happen(database, Changed(subject="api_key", subject_id="x", action="created", fields=[]))
    assert await states(database) == []


def test_no_public_event_is_forgotten_in_the_contract() -> None:
    assert sorted(EventType) == sorted(PUBLIC_TYPES)
