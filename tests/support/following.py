"""A client of the event stream, and a real server in this process to follow."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, NamedTuple, Self

import httpx
import orjson
import uvicorn
from fastapi import FastAPI

from tests.support.waiting import eventually


class Heard(NamedTuple):
    """One message of the stream."""

    id: str
    event: str
    data: dict[str, Any]


class Follower:
    """Follows a stream until it ends or the block does; keeps what it heard."""

    def __init__(self, url: str, key: str, last: str | None = None, **query: Any) -> None:
        self._request = (f"{url}/v1/events/stream", query)
        self._headers = {"authorization": f"Bearer {key}"} | ({"last-event-id": last} if last else {})
        self.heard: list[Heard] = []
        self.comments: list[str] = []
        self.headers = httpx.Headers()
        self.ended = False

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._follow())
        await eventually(lambda: self.comments or self._task.done(), what="the stream's first word")
        if self._task.done():
            await self._task
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _follow(self) -> None:
        url, query = self._request
        async with (
            httpx.AsyncClient(timeout=None) as client,
            client.stream("GET", url, params=query, headers=self._headers) as response,
        ):
            assert response.status_code == 200, await response.aread()
            self.headers = response.headers
            await self._hear(response.aiter_lines())
        self.ended = True

    async def _hear(self, lines: AsyncIterator[str]) -> None:
        fields: dict[str, str] = {}
        async for line in lines:
            name, _, value = line.partition(": ")
            if line.startswith(":"):
                self.comments.append(value)
            elif line:
                fields[name] = value
            else:
                if "data" in fields:
                    self.heard.append(Heard(fields["id"], fields["event"], orjson.loads(fields["data"])))
                fields = {}

    @property
    def ids(self) -> list[str]:
        return [message.id for message in self.heard]

    async def wait_for(self, *ids: str) -> None:
        """Until these are what it heard, in this order and no other."""
        await eventually(lambda: len(self.heard) >= len(ids), what=f"{len(ids)} events")
        assert self.ids == list(ids)


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    """The started application behind a real server on a port of its own; its URL."""
    config = uvicorn.Config(app, lifespan="off", log_level="warning", access_log=False, timeout_graceful_shutdown=3)
    server = uvicorn.Server(config)
    with socket.socket() as door:
        # Small, and what it accepts has the same: a reader that stops is felt soon.
        door.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
        door.bind(("127.0.0.1", 0))
        door.listen(512)
        running = asyncio.create_task(server.serve([door]))
        await eventually(lambda: server.started, what="the server's start")
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running
