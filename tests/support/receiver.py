"""A real webhook receiver on a real port: what it got, and whatever misbehaviour a test asks of it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import orjson
from aiohttp import web
from multidict import CIMultiDictProxy
from standardwebhooks import Webhook, WebhookVerificationError

from tests.support.waiting import eventually


@dataclass(frozen=True, slots=True)
class Received:
    """One request. `at` is time.monotonic() seconds; `verified` is None where no secret is known."""

    method: str
    path: str
    headers: CIMultiDictProxy[str]
    body: bytes
    at: float
    verified: bool | None
    query: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """How to answer one request, in this order: wait for `after`, then reset, drip or answer whole."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    after: asyncio.Event | None = None
    reset: bool = False
    drip_seconds: float | None = None  # one byte of the body each so often, headers at once


OK = Answer()
AnswerRule = Callable[[Received], "Answer | Awaitable[Answer]"]


class Receiver:
    """`async with Receiver() as receiver:` then `receiver.url`.

    `secret` (whsec_...) turns on checking with the standardwebhooks library, which is not our own code.
    `answer` may be replaced at any time; it sees each request and may be a coroutine function.
    """

    def __init__(self, secret: str | None = None, answer: AnswerRule = lambda _: OK) -> None:
        self.secret = secret
        self.answer = answer
        self.received: list[Received] = []
        self._runner: web.AppRunner | None = None
        self._origin = ""

    @property
    def url(self) -> str:
        return f"{self._origin}/hook"

    @property
    def verified(self) -> bool:
        """Something came, and every signature was right."""
        return bool(self.received) and all(one.verified for one in self.received)

    def bodies(self) -> list[Any]:
        return [one.json() for one in self.received]

    async def wait_for(self, count: int, timeout: float = 10.0) -> list[Received]:
        """The first `count` requests, as soon as there are so many."""
        what = f"receiving {count} webhooks"
        await eventually(lambda: len(self.received) >= count or self._short(), timeout, what)
        return self.received[:count]

    async def wait_until(
        self, predicate: Callable[[list[Received]], object], timeout: float = 10.0, what: str = "the webhook"
    ) -> list[Received]:
        await eventually(lambda: bool(predicate(self.received)) or self._short(), timeout, what)
        return self.received

    def _short(self) -> bool:
        raise AssertionError(f"{len(self.received)} received: {[one.body[:200] for one in self.received[-5:]]}")

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self._origin = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Close the port: connections are refused from now on."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        verified = self._verify(body, request.headers)
        received = Received(
            request.method, request.path, request.headers, body, time.monotonic(), verified, request.query
        )
        self.received.append(received)
        answer = self.answer(received)
        if not isinstance(answer, Answer):
            answer = await answer
        if answer.after is not None:
            await answer.after.wait()
        if answer.reset:
            assert request.transport is not None
            request.transport.abort()
        if answer.drip_seconds is None:
            return web.Response(status=answer.status, headers=answer.headers, body=answer.body)
        return await self._drip(request, answer, answer.drip_seconds)

    async def _drip(self, request: web.Request, answer: Answer, seconds: float) -> web.StreamResponse:
        response = web.StreamResponse(status=answer.status, headers=answer.headers)
        await response.prepare(request)
        for byte in answer.body:
            await asyncio.sleep(seconds)
            await response.write(bytes([byte]))
        await response.write_eof()
        return response

    def _verify(self, body: bytes, headers: Mapping[str, str]) -> bool | None:
        if self.secret is None:
            return None
        try:
            Webhook(self.secret).verify(body, {name.lower(): value for name, value in headers.items()})
        except WebhookVerificationError:
            return False
        return True
