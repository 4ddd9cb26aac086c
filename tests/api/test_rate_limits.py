"""How often a key may ask: told with every answer, and refused beyond it with the time to come back."""

from contextlib import asynccontextmanager
from uuid import uuid4

import httpx

from app.core.doorbell import connect
from app.core.metrics import LIMITS_UNCOUNTED
from app.core.ratelimit import Limits
from app.main import create_app
from tests.support.api import brand, good, problem


@asynccontextmanager
async def limited(settings, client, **changes):
    """An API of its own with small limits, and a client of it with a key of its own."""
    body = {"name": "limited", "scopes": ["rules:read", "mentions:write"]}
    key = good(await client.post("/v1/api-keys", json=body), 201)["key"]
    app = create_app(settings.model_copy(update=changes))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://fenghuo.test",
            headers={"authorization": f"Bearer {key}"},
        ) as limited,
    ):  # fmt: skip
        yield limited


def left(answer: httpx.Response) -> tuple[str, int]:
    """The policy and what remains of it, as the draft writes them."""
    policy, remaining, seconds = answer.headers["ratelimit"].split(";")
    assert 1 <= int(seconds.removeprefix("t=")) <= 60
    return policy, int(remaining.removeprefix("r="))


async def test_a_key_is_told_what_it_has_left_and_refused_when_nothing_is(settings, client):
    async with limited(settings, client, requests_per_minute=3) as one:
        answers = [await one.get("/v1/watch-rules") for _ in range(3)]
        assert [left(answer) for answer in answers] == [('"default"', 2), ('"default"', 1), ('"default"', 0)]
        assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"default";q=3;w=60'}
        refused = await one.get("/v1/watch-rules")
        problem(refused, 429, code="too_many_requests")
        assert left(refused) == ('"default"', 0)
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        # Readings have a policy of their own; so has every other key, and no limit counts what has no key.
        assert (await one.post("/v1/mentions", json=post())).status_code == 201
        assert (await one.get("/v1/watch-rules", headers={"authorization": "Bearer fh_test_x"})).status_code == 401
    async with limited(settings, client, requests_per_minute=3) as other:
        assert left(await other.get("/v1/watch-rules")) == ('"default"', 2)


def post(**fields) -> dict:
    return {"platform": "weibo", "external_id": brand(), "text": "甲"} | fields


async def test_an_answer_that_is_a_problem_tells_it_too(settings, client):
    async with limited(settings, client, requests_per_minute=9) as one:
        answer = await one.get("/v1/watch-rules?limit=0")
        problem(answer, 422, "?limit")
        assert left(answer) == ('"default"', 8)


async def test_readings_are_counted_one_by_one(settings, client):
    async with limited(settings, client, readings_per_minute=10) as one:
        answer = await one.post("/v1/mentions", json=post())
        assert (left(answer), answer.headers["ratelimit-policy"]) == (('"ingest"', 9), '"ingest";q=10;w=60')
        eight = [post() for _ in range(8)]
        assert left(await one.post("/v1/mention-batches", json={"items": eight})) == ('"ingest"', 1)
        # What does not fit whole is refused whole, and what still fits is taken.
        problem(await one.post("/v1/mention-batches", json={"items": eight[:2]}), 429)
        assert left(await one.post("/v1/mentions", json=post())) == ('"ingest"', 0)
        refused = await one.post("/v1/mentions", json=post())
        problem(refused, 429)
        assert refused.headers["retry-after"]


async def test_with_redis_away_nobody_is_refused(settings):
    nowhere = connect("redis://127.0.0.1:1/0")
    limits = Limits(nowhere, settings.model_copy(update={"requests_per_minute": 1}))
    before = LIMITS_UNCOUNTED._value.get()
    assert [await limits.request("key:someone") for _ in range(5)] == [None] * 5
    # It is asked once, not by every request: a Redis that hangs would hold up each of them.
    assert LIMITS_UNCOUNTED._value.get() == before + 1
    await nowhere.aclose()


async def test_a_repeat_with_a_key_counts_too(settings, client):
    async with limited(settings, client, readings_per_minute=6) as one:
        sent, body = {"idempotency-key": uuid4().hex}, post()
        statuses = [(await one.post("/v1/mentions", json=body, headers=sent)).status_code for _ in range(8)]
        assert statuses[0] == 201
        assert statuses[-1] == 429
        assert left(await one.post("/v1/mentions", json=body, headers=sent)) == ('"ingest"', 0)
