"""GET /v1/events/stream over real connections: at once, in order, nothing lost and nothing twice, and it ends."""

import asyncio
import random
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import fastapi.routing
import pytest

from app.core.auth import SYSTEM
from app.core.outbox import record
from app.domain.events import WebhookTested
from app.main import create_app
from app.webhooks import feed as feeds
from tests.conftest import ADMIN_KEY
from tests.support.api import contract, crisis, everything, good, problem
from tests.support.following import Follower, serving
from tests.support.processes import environment, served
from tests.support.waiting import eventually

URL = "/v1/events/stream"


@pytest.fixture
async def url(app) -> AsyncIterator[str]:
    async with serving(app) as url:
        yield url


def a_test(message: str = "hello") -> WebhookTested:
    return WebhookTested(endpoint_id=uuid4(), message=message)


async def happen(database, count: int = 1, message: str = "hello") -> list[str]:
    async with database.transaction() as tx:
        stored = await record(tx, *(a_test(message) for _ in range(count)), caller=SYSTEM)
    return [f"evt_{entry.id}" for entry in stored]


async def test_what_happens_is_heard_as_it_is_listed(client, counter, url):
    async with Follower(url, ADMIN_KEY) as follower:
        incident, _ = await crisis(client, counter)
        await eventually(lambda: {h.event for h in follower.heard} >= {"incident.opened", "mention.hit"})
        opened = next(h for h in follower.heard if h.event == "incident.opened")
        assert opened.data["data"]["incident_id"] == incident["id"]
        before = f"evt_{int(follower.ids[0].removeprefix('evt_')) - 1}"
        rows = await everything(client, "/v1/events", after=before, limit=2)
        assert [heard.data for heard in follower.heard] == rows
        assert all((h.id, h.event) == (h.data["id"], h.data["type"]) for h in follower.heard)
    assert follower.headers["content-type"].startswith("text/event-stream")
    assert follower.headers["cache-control"] == "no-cache"
    assert follower.headers["x-accel-buffering"] == "no"


async def test_it_begins_with_now_and_only_the_chosen_are_heard(client, counter, database, url):
    await happen(database)
    incident, _ = await crisis(client, counter)
    other, _ = await crisis(client, counter)
    async with (
        Follower(url, ADMIN_KEY, type="webhook.test") as tests,
        Follower(url, ADMIN_KEY, incident_id=incident["id"]) as one,
        Follower(url, ADMIN_KEY, type=["incident.status_changed", "mention.hit"]) as two_types,
    ):
        made = await happen(database, 3)
        for chosen in (other, incident):
            body = {"status": "dismissed", "reason": "误报"}
            good(await client.put(f"/v1/incidents/{chosen['id']}/status", json=body))
        await tests.wait_for(*made)
        await eventually(lambda: len(two_types.heard) == 2)
        await eventually(lambda: one.heard)
        assert {h.data["data"]["incident_id"] for h in one.heard} == {incident["id"]}
        assert {h.event for h in two_types.heard} == {"incident.status_changed"}


async def test_a_stream_goes_on_after_the_last_event_it_had(database, url):
    made = await happen(database, 30)
    chance = random.Random(7)
    heard: list[str] = []
    last = made[0]
    while last != made[-1]:
        async with Follower(url, ADMIN_KEY, last) as follower:
            await eventually(lambda follower=follower: follower.heard)
            # The connection breaks somewhere; what the client had not taken in comes again with the next.
            taken = follower.ids[: chance.randint(1, 6)]
        heard += taken
        last = heard[-1]
        if len(made) < 60:
            made += await happen(database, 2)
    assert heard == made[1:]


async def test_more_than_is_read_at_once_is_caught_up_with_and_followed(database, url, monkeypatch):
    monkeypatch.setattr(feeds, "BATCH", 7)
    made = await happen(database, 50)
    async with Follower(url, ADMIN_KEY, made[0], type="webhook.test") as follower:
        made += await happen(database, 40)
        await follower.wait_for(*made[1:])


async def test_the_end_of_the_pages_is_where_the_stream_goes_on(client, database, url):
    """Writers never stop and end in any order; a reader pages to the end, then follows: each event comes once."""
    [start] = await happen(database)
    made: list[str] = []

    async def write(n: int) -> None:
        for _ in range(12):
            async with database.transaction() as tx:
                stored = await record(tx, a_test(), caller=SYSTEM)
                for _ in range(n):  # a later id commits earlier
                    await tx.now()
                    await asyncio.sleep(0)
                stored += await record(tx, a_test(), caller=SYSTEM)
            made.extend(f"evt_{entry.id}" for entry in stored)

    writers = [asyncio.create_task(write(n)) for n in (0, 3, 40, 200)]
    await eventually(lambda: made)
    got = [row["id"] for row in await everything(client, "/v1/events", after=start, limit=3)]
    async with Follower(url, ADMIN_KEY, got[-1] if got else start) as follower:
        await asyncio.gather(*writers)
        await eventually(lambda: len(got) + len(follower.heard) >= len(made))
        assert got + follower.ids == sorted(made, key=lambda id_: int(id_.removeprefix("evt_")))


async def test_a_lower_id_that_commits_later_is_heard_first(database, url):
    async with Follower(url, ADMIN_KEY) as follower:
        async with database.transaction() as slow:
            [first] = await record(slow, a_test("slow"), caller=SYSTEM)
            [second] = await happen(database)
            async with Follower(url, ADMIN_KEY) as late:
                assert follower.heard == late.heard == []
                await slow.commit()
                await late.wait_for(f"evt_{first.id}", second)
        await follower.wait_for(f"evt_{first.id}", second)


async def test_whoever_has_an_event_already_does_not_hear_it_again_though_it_is_not_released_yet(database, url):
    async with database.transaction() as slow:
        await record(slow, a_test("slow"), caller=SYSTEM)
        [told] = await happen(database)  # by a webhook, for example
        async with Follower(url, ADMIN_KEY, told) as follower:
            await slow.commit()
            await follower.wait_for(*await happen(database))


async def test_a_reader_slower_than_what_happens_is_bounded_and_misses_nothing(app, database, url, monkeypatch):
    monkeypatch.setattr(feeds, "MOST_WAITING", 20)
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(slow, (host, int(port)))
        ask = f"GET {URL} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN_KEY}\r\n\r\n"
        await loop.sock_sendall(slow, ask.encode())
        said = b""
        while b": open" not in said:
            said += await loop.sock_recv(slow, 1000)
        [stream] = app.state.feed._open
        made: list[str] = []
        while stream.live or len(made) < 100:  # until what fits into the buffers on the way is full
            made += await happen(database, 10, "x" * 20_000)
            newest = int(made[-1].removeprefix("evt_"))
            await eventually(lambda newest=newest: app.state.feed._read_to >= newest)
            assert len(stream._waiting) <= 20
            assert len(made) < 1000
        while f"id: {made[-1]}\n".encode() not in said[-1000:]:
            said += await loop.sock_recv(slow, 1_000_000)
    ids = [line.removeprefix("id: ") for line in said.decode().splitlines() if line.startswith("id: ")]
    assert ids == made


async def test_many_streams_share_one_reader_and_hold_no_connection(app, database, url):
    async with AsyncExitStack() as stack:
        followers = [Follower(url, ADMIN_KEY) for _ in range(60)]
        await asyncio.gather(*(stack.enter_async_context(follower) for follower in followers))
        made = await happen(database, 3)
        for follower in followers:
            await follower.wait_for(*made)
        await eventually(lambda: app.state.tools.database.engine.pool.checkedout() == 0)
        assert len(app.state.feed._open) == 60
    await eventually(lambda: not app.state.feed._open, what="the end of all streams")


async def test_the_doorbell_wakes_the_streams(database, url, monkeypatch):
    monkeypatch.setattr(feeds, "LOOK", 600)
    async with Follower(url, ADMIN_KEY) as follower:
        made = await happen(database)
        await follower.wait_for(*made)
        made += await happen(database)
        await follower.wait_for(*made)


def test_the_contract_shows_the_stream_as_events_and_its_faults_as_problems():
    document = contract()
    responses = document["paths"][URL]["get"]["responses"]
    assert responses["200"]["content"] == {"text/event-stream": {"schema": {"$ref": "#/components/schemas/Event"}}}
    named = [response["$ref"].rpartition("/")[2] for status, response in responses.items() if status != "200"]
    faults = [document["components"]["responses"][name]["content"] for name in named]
    assert faults
    assert all(list(content) == ["application/problem+json"] for content in faults)


async def test_comments_keep_an_idle_stream_alive(url, monkeypatch):
    monkeypatch.setattr(fastapi.routing, "_PING_INTERVAL", 0.05)
    async with Follower(url, ADMIN_KEY) as follower:
        await eventually(lambda: follower.comments.count("ping") >= 3)


async def test_it_ends_within_a_second_or_so_of_the_keys_end(client, url):
    made = good(await client.post("/v1/api-keys", json={"name": "屏", "scopes": ["events:read"]}), 201)
    async with Follower(url, made["key"]) as follower, Follower(url, ADMIN_KEY) as other:
        good(await client.post(f"/v1/api-keys/{made['id']}/revoke"))
        await eventually(lambda: follower.ended, timeout=2, what="the end of the revoked key's stream")
        assert not other.ended


@pytest.mark.parametrize(("headers", "pointer"), [
    ({"last-event-id": "7"}, "Last-Event-ID:"), ({"last-event-id": ""}, "Last-Event-ID:"),
    ({"last-event-id": "evt_" + "9" * 18}, "Last-Event-ID:"), ({"last-event-id": "evt_" + "9" * 19}, "Last-Event-ID:"),
])  # fmt: skip
async def test_a_place_that_cannot_be_is_refused_before_the_stream_begins(client, headers, pointer):
    problem(await client.get(URL, headers=headers), 422, pointer)


async def test_what_else_is_refused_is_a_problem_too(app, client, monkeypatch):
    problem(await client.get(URL, params={"type": "record.changed"}), 422)
    problem(await client.get(URL, params={"limit": "1"}), 422, "?limit")
    problem(await client.get(URL, headers={"authorization": "Bearer no"}), 401)
    monkeypatch.setattr(feeds, "MOST_STREAMS", 0)
    assert problem(await client.get(URL), 503, code="unavailable")
    assert not app.state.feed._open


async def test_events_are_heard_while_valkey_is_away(settings, database):
    alone = create_app(settings.model_copy(update={"redis_url": "redis://127.0.0.1:1"}))
    async with alone.router.lifespan_context(alone), serving(alone) as url, Follower(url, ADMIN_KEY) as follower:
        made: list[str] = []
        for _ in range(3):
            made += await happen(database)
            await follower.wait_for(*made)


async def test_the_server_ends_its_streams_when_it_is_asked_to_end(settings, database, tmp_path: Path):
    env = environment(settings.database_url, settings.redis_url)
    async with served(env, tmp_path, ADMIN_KEY) as (client, process):
        url = str(client.base_url).rstrip("/")
        async with Follower(url, ADMIN_KEY) as one, Follower(url, ADMIN_KEY) as two:
            made = await happen(database)
            await one.wait_for(*made)
            assert await asyncio.to_thread(process.terminate, 10, -signal.SIGTERM) < 5
            await eventually(lambda: one.ended and two.ended, what="both streams' end in good order")
    assert "Traceback" not in process.said
    assert "ASGI" not in process.said


async def test_clients_that_leave_while_events_flow_are_no_fault(settings, database, tmp_path: Path):
    env = environment(settings.database_url, settings.redis_url)
    async with served(env, tmp_path, ADMIN_KEY) as (client, process):
        url = str(client.base_url).rstrip("/")

        async def come_and_go() -> None:
            for _ in range(12):
                async with Follower(url, ADMIN_KEY) as follower:
                    await eventually(lambda heard=follower.heard: heard, what="an event")

        leaving = asyncio.gather(*(come_and_go() for _ in range(4)))
        while not leaving.done():
            await happen(database)
            await asyncio.sleep(0)
        await leaving
        assert (await client.get("/health/live")).status_code == 200
    assert "unforeseen" not in process.said
    assert "Traceback" not in process.said
