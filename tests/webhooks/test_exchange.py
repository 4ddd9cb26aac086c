"""One exchange with a receiver that does not speak HTTP: what is kept of it is shown to whoever reads deliveries."""

import asyncio
from datetime import UTC, datetime

import pytest

from app.settings import Settings
from app.webhooks.exchange import Exchange
from app.webhooks.robots import DingTalk

AT = datetime(2026, 11, 23, 16, 30, 5, tzinfo=UTC)


@pytest.mark.parametrize("said", [b"HTTP/1.1 \xff\xfe\x00 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-\xff: \xff\x00\r\n\r\n"])
async def test_an_answer_that_is_no_http_does_not_put_the_robots_token_or_signature_on_record(said):
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        await writer.drain()
        writer.close()

    robot, exchange = DingTalk(), Exchange(Settings(webhook_allow_loopback=True))
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        url = robot.url(f"http://127.0.0.1:{port}/robot/send?access_token=TOKEN", "SECabc", AT)
        got = await exchange.say(url, b"{}", robot.read, at=AT)
    await exchange.close()
    assert got.error is not None
    assert got.error.startswith("ClientResponseError: ")
    assert "TOKEN" not in got.error
    assert "sign=" not in got.error
