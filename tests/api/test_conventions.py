"""What every operation does alike, beside errors, pages, versions and limits."""

import asyncio

import httpx
import pytest

from app.core import bodies, deps
from app.main import create_app
from tests.conftest import ADMIN_KEY
from tests.support.api import OPERATIONS, good, problem

every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=str)


@every_operation
async def test_who_takes_no_json_is_told_that_there_is_nothing_else(client, operation):
    for accept in ("text/csv", "image/webp, audio/*", "application/*;q=0"):
        answer = await client.request(operation.method, operation.url, headers={"accept": accept})
        problem(answer, 406, code="not_acceptable")


@pytest.mark.parametrize(
    "accept",
    ["*/*", "application/*", "text/html, */*;q=0.1", "application/problem+json", "", "Application/JSON; q=0.001"],
)
async def test_whoever_takes_json_gets_it(client, accept):
    good(await client.get("/v1/watch-rules", headers={"accept": accept}))


@pytest.mark.parametrize("accept", ["application/json;q=0", "*/*; q=0.0", "application/json-patch+json", "text/json"])
async def test_whoever_takes_something_like_it_does_not(client, accept):
    problem(await client.get("/v1/watch-rules", headers={"accept": accept}), 406)


async def test_headers_that_are_lists_may_stand_in_several_lines(client):
    lines = [("accept", "text/html"), ("accept", "application/json")]
    answer = await client.get("/v1/watch-rules?limit=1", headers=lines)
    etag = answer.headers["etag"]
    known = [("if-none-match", '"other",'), ("if-none-match", etag)]
    assert (await client.get("/v1/watch-rules?limit=1", headers=known)).status_code == 304
    rule = good(await client.post("/v1/watch-rules", json={"name": "规则", "brand_words": ["多行"]}), 201)
    one = f"/v1/watch-rules/{rule['id']}"
    del client.headers["if-match"]
    try:
        read = (await client.get(one)).headers["etag"]
        sent = [("if-match", '"9-0123456789abcdef",'), ("if-match", read)]
        good(await client.patch(one, json={"name": "新名"}, headers=sent))
    finally:
        client.headers["if-match"] = "*"


async def test_half_a_body_keeps_nobody_else_from_the_database(app, client):
    never, begun = asyncio.Event(), asyncio.Queue()

    async def half():
        yield b"{"
        begun.put_nowait(1)
        await never.wait()
        yield b"}"

    headers = {"content-type": "application/json"}
    waiting = [
        asyncio.create_task(
            client.post("/v1/watch-rules", content=half(), headers=headers | {"idempotency-key": f"half{n}"})
        )
        for n in range(app.state.tools.settings.pool_size + 2)
    ]
    for _ in waiting:
        await begun.get()
    good(await client.get("/v1/watch-rules"))
    never.set()
    for answer in await asyncio.gather(*waiting):
        problem(answer, 422, "/name")


async def test_pages_of_other_origins_are_let_in_by_a_setting(settings, client):
    asked = {"origin": "https://desk.example.com", "access-control-request-method": "PATCH",
             "access-control-request-headers": "authorization, if-match"}  # fmt: skip
    assert "access-control-allow-origin" not in (await client.get("/v1/watch-rules", headers=asked)).headers
    app = create_app(settings.model_copy(update={"cors_origins": ("https://desk.example.com",)}))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://fenghuo.test") as page,
    ):
        before = await page.options("/v1/watch-rules", headers=asked)
        assert before.status_code == 200
        assert before.headers["access-control-allow-origin"] == "https://desk.example.com"
        assert "if-match" in before.headers["access-control-allow-headers"]
        headers = {"origin": "https://desk.example.com", "authorization": f"Bearer {ADMIN_KEY}"}
        answer = await page.get("/v1/watch-rules", headers=headers)
        exposed = answer.headers["access-control-expose-headers"].lower()
        assert all(name in exposed for name in ("etag", "link", "ratelimit", "retry-after", "x-request-id"))
        # A refusal must be readable for the page too.
        refused = await page.get("/v1/watch-rules", headers={"origin": "https://desk.example.com"})
        assert refused.headers["access-control-allow-origin"] == "https://desk.example.com"
        stranger = await page.get("/v1/watch-rules", headers=headers | {"origin": "https://evil.example.com"})
        assert "access-control-allow-origin" not in stranger.headers


async def test_a_body_that_does_not_arrive_is_given_up(client, monkeypatch):
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.05)
    never = asyncio.Event()

    async def half():
        yield b'{"platform": "weibo", '
        await never.wait()

    for path in ("/v1/mentions", "/v1/watch-rules", "/v1/mention-batches"):
        answer = await client.post(path, content=half(), headers={"content-type": "application/json"})
        problem(answer, 408, code="too_slow")
        assert answer.headers["connection"] == "close"


async def test_a_crowd_is_turned_away_before_the_database(app, client, monkeypatch):
    monkeypatch.setattr(deps, "PATIENCE", 0.02)
    places = app.state.tools.places
    taken = [await places.acquire() for _ in range(app.state.tools.settings.pool_size)]
    try:
        answer = await client.get("/v1/watch-rules")
        problem(answer, 503, code="unavailable")
        assert answer.headers["retry-after"] == "1"
        headers = {"idempotency-key": "crowd"}
        body = {"name": "规则", "brand_words": ["人多"]}
        problem(await client.post("/v1/watch-rules", json=body, headers=headers), 503)
    finally:
        for _ in taken:
            places.release()
    good(await client.get("/v1/watch-rules"))


@pytest.mark.parametrize(
    ("languages", "chinese"),
    [("zh-CN,zh;q=0.9,en;q=0.8", True), ("en, zh;q=0.5", False), ("en;q=0.2, zh-TW;q=0.5", True), ("fr", False),
     ("*", False), ("zh;q=0, en", False), ("zh;q=x", False)],
)  # fmt: skip
async def test_titles_are_in_the_language_that_is_read_best(client, languages, chinese):
    title = problem(await client.get("/v1/nothing", headers={"accept-language": languages}), 404)["title"]
    assert (title == "资源不存在") is chinese


async def test_an_id_of_the_clients_own_is_given_back(client):
    answer = await client.get("/v1/watch-rules", headers={"x-request-id": "front-42"})
    assert answer.headers["x-request-id"] == "front-42"
    other = await client.get("/v1/watch-rules", headers={"x-request-id": "no spaces, please"})
    assert other.headers["x-request-id"] not in ("no spaces, please", "")
