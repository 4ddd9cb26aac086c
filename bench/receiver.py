"""A webhook receiver that is no bottleneck. Run as a helper it only answers 200."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import httptools

from bench.helper import Act, serve
from workers.context import Context

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"

Received = Callable[[dict[str, str], bytes], None]


class _Protocol(asyncio.Protocol):
    def __init__(self, received: Received | None) -> None:
        self._received = received
        self._parser = httptools.HttpRequestParser(self)
        self._headers: dict[str, str] = {}
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._headers, self._body = {}, b""

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode().lower()] = value.decode()

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if self._received is not None:
            self._received(self._headers, self._body)
        self._transport.write(OK)


async def listen(received: Received | None = None) -> tuple[asyncio.Server, str]:
    """A receiver on a port of its own, and its URL. ``received`` is told the headers and body of each message."""
    server = await asyncio.get_running_loop().create_server(lambda: _Protocol(received), "127.0.0.1", 0)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"


def acting(_: Context) -> Act:
    servers: list[asyncio.Server] = []

    async def act() -> dict[str, Any]:
        server, url = await listen()
        servers.append(server)
        return {"url": url}

    return act


if __name__ == "__main__":
    serve(acting)
