"""Receivers that fail, hang, drip, redirect or hang up: each costs itself something, and nobody else."""

import asyncio
from contextlib import suppress
from uuid import UUID

from app.core.auth import SYSTEM
from app.core.db import Database
from app.webhooks import queries
from tests.support.owed import (
    Make,
    all_finished,
    attempts,
    happen,
    hit,
    states,
    subscribe,
    sweep_until,
)
from tests.support.receiver import OK, Answer, Receiver
from workers.deliver import Deliverer


async def point_elsewhere(database: Database, endpoint_id: UUID, server: asyncio.Server) -> None:
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    await database.fetch("update webhook_endpoints set url = $1 where id = $2", url, endpoint_id)


async def test_a_receiver_that_is_away_for_a_moment_gets_it_later(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    await subscribe(database, receiver)
    receiver.answer = lambda _: Answer(503, body=b"restarting\x00" + b"x" * 5000) if len(receiver.received) == 1 else OK
    await happen(database, hit())
    await sweep_until(deliverer, lambda: all_finished(database), "the second try")
    first, second = await attempts(database)
    assert (first["status"], first["error"], second["status"], second["error"]) == (503, "answered 503", 200, None)
    assert len(first["response"]) == 1024
    assert first["response"].startswith("restarting�x")
    assert len({one.headers["webhook-id"] for one in receiver.received}) == 1
    assert receiver.verified, "each try is signed anew"


async def test_gone_disables_the_endpoint_at_once_and_says_why(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    endpoint_id = await subscribe(database, receiver)
    await happen(database, hit())
    receiver.answer = lambda _: Answer(410)
    await deliverer.sweep()
    await happen(database, hit())
    await deliverer.sweep()
    assert len(receiver.received) == 1
    assert await states(database) == ["dead", "pending"], "what happens later is owed until it is enabled again"
    async with database.transaction() as tx:
        endpoint = await queries.get_endpoint(tx, endpoint_id)
    assert endpoint.disabled_at is not None
    assert endpoint.disabled_reason == "answered 410 Gone"
    told = await database.fetch(
        "select actor from events where type = 'webhook_endpoint.disabled' and data->>'endpoint_id' = $1",
        str(endpoint_id),
    )  # fmt: skip
    assert [row["actor"] for row in told] == [SYSTEM.actor]


async def test_a_receiver_that_hangs_is_given_up_in_time_and_delays_no_other(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    never = asyncio.Event()
    async with Receiver(answer=lambda _: Answer(after=never)) as hanging:
        await subscribe(database, hanging)
        await happen(database, *(hit() for _ in range(30)))
        sweep = asyncio.create_task(deliverer.sweep())
        await hanging.wait_for(1)
        await subscribe(database, receiver)
        [stored] = await happen(database, hit())
        deliverer.nudge()
        await receiver.wait_for(1)
        assert receiver.received[0].headers["webhook-id"] == f"evt_{stored.id}"
        assert not sweep.done()
        assert not [row for row in await attempts(database) if row["error"]], "nothing has timed out yet"
        await database.fetch("update webhook_endpoints set disabled_at = now() where url = $1", hanging.url)
        await sweep
        never.set()
    slow = [row for row in await attempts(database) if row["status"] is None]
    assert slow
    assert all(row["error"] == "took longer than 0.6 s" and 600 <= row["duration_ms"] < 2000 for row in slow)


async def test_one_endpoint_has_a_quarter_of_the_slots_at_most(
    database: Database, make: Make, receiver: Receiver
) -> None:
    gate = asyncio.Event()
    async with Receiver(answer=lambda _: Answer(after=gate)) as slow:
        await subscribe(database, slow)
        await happen(database, *(hit() for _ in range(20)))
        deliverer = make(webhook_concurrency=12, webhook_timeout=10.0)
        sweep = asyncio.create_task(deliverer.sweep())
        await slow.wait_for(3)
        await subscribe(database, receiver)
        for count in (1, 2):
            await happen(database, hit())
            deliverer.nudge()
            await receiver.wait_for(count)
        assert len(slow.received) == 3, "others were claimed meanwhile, but none of this one"
        gate.set()
        assert await sweep == 24


async def test_a_dripping_answer_ends_when_the_time_is_over(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    await subscribe(database, receiver)
    receiver.answer = lambda _: Answer(200, body=b"drip" * 100, drip_seconds=0.05)
    await happen(database, hit())
    await deliverer.sweep()
    [tried] = await attempts(database)
    assert (tried["status"], tried["error"]) == (200, "answered 200, but took longer than 0.6 s")
    assert tried["response"].startswith("drip")
    assert await states(database) == ["pending"]


async def test_of_an_endless_answer_only_the_beginning_is_read(database: Database, deliverer: Deliverer) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
        with suppress(ConnectionError):
            while True:
                writer.write(b"y" * 4096)
                await writer.drain()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, Receiver() as unused:
        await point_elsewhere(database, await subscribe(database, unused), server)
        await happen(database, hit())
        await deliverer.sweep()
    [tried] = await attempts(database)
    assert (tried["status"], tried["error"], len(tried["response"])) == (200, None, 1024)


async def test_a_compressed_answer_is_not_unpacked(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    await subscribe(database, receiver)
    receiver.answer = lambda _: Answer(200, headers={"content-encoding": "gzip"}, body=b"\x1f\x8bbomb")
    await happen(database, hit())
    await deliverer.sweep()
    [tried] = await attempts(database)
    assert tried["error"] is None
    assert tried["response"].endswith("bomb")


async def test_a_redirect_is_a_failure_and_is_not_followed(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    await subscribe(database, receiver)
    receiver.answer = lambda _: Answer(302, headers={"location": receiver.url + "/elsewhere"})
    await happen(database, hit())
    await deliverer.sweep()
    assert [one.path for one in receiver.received] == ["/hook"]
    assert [(row["status"], row["error"]) for row in await attempts(database)] == [(302, "answered 302")]


async def test_a_reset_connection_is_tried_again(database: Database, deliverer: Deliverer, receiver: Receiver) -> None:
    await subscribe(database, receiver)
    receiver.answer = lambda _: Answer(reset=len(receiver.received) == 1)
    await happen(database, hit())
    await sweep_until(deliverer, lambda: all_finished(database), "the second try")
    first, second = await attempts(database)
    assert first["error"]
    assert (first["status"], first["address"], second["status"]) == (None, "127.0.0.1", 200)


async def test_a_connection_that_the_receiver_closed_meanwhile_does_not_cost_a_try(
    database: Database, deliverer: Deliverer
) -> None:
    served: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers the first request of a connection and hangs up at the second."""
        served.append(0)
        while line := await reader.readuntil(b"\r\n\r\n"):
            length = int(line.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            served[-1] += 1
            if served[-1] > 1:
                break
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, Receiver() as unused:
        await point_elsewhere(database, await subscribe(database, unused), server)
        for _ in range(2):
            await happen(database, hit())
            await deliverer.sweep()
        assert [row["status"] for row in await attempts(database)] == [200, 200]
        assert served == [2, 1]


async def test_loopback_is_refused_at_the_send_where_the_setting_does_not_allow_it(
    database: Database, make: Make, receiver: Receiver
) -> None:
    endpoint_id = await subscribe(database, receiver)
    port = receiver.url.split(":")[2].split("/")[0]
    strict = make(webhook_allow_loopback=False, webhook_ports=(443, int(port)))
    await database.fetch(
        "update webhook_endpoints set url = $1 where id = $2", f"https://127.0.0.1:{port}/", endpoint_id
    )
    await happen(database, hit())
    await strict.sweep()
    [tried] = await attempts(database)
    assert (tried["status"], tried["address"], tried["error"]) == (None, None, "refused: 127.0.0.1 is loopback")
    assert receiver.received == []
