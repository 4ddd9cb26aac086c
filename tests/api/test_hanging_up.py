"""A client that leaves in the middle of its body is no fault of ours."""

import asyncio
from pathlib import Path

from app.core.db import Database
from app.settings import Settings
from tests.conftest import ADMIN_KEY
from tests.support.api import good
from tests.support.processes import api, environment
from tests.support.waiting import eventually


async def test_a_client_that_hangs_up_is_counted_and_leaves_no_trace(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    async with api(environment(settings.database_url, settings.redis_url), tmp_path, ADMIN_KEY) as remote:
        for path in ("/v1/mentions", "/v1/watch-rules"):
            _, writer = await asyncio.open_connection(remote.base_url.host, remote.base_url.port)
            head = f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {ADMIN_KEY}\r\n"
            body = 'content-type: application/json\r\ncontent-length: 100\r\n\r\n{"platform": '
            writer.write((head + body).encode())
            await writer.drain()
            writer.close()

        async def both_counted() -> bool:
            told = (await remote.get("/metrics")).text
            series = 'fenghuo_http_requests_total{{method="POST",route="{}",status="499"}} 1.0'
            return all(series.format(path) in told for path in ("/v1/mentions", "/v1/watch-rules"))

        await eventually(both_counted, 10, "the count of those who hung up")
        good(await remote.get("/v1/mentions?limit=1"))
        said = (tmp_path / "api.log").read_text()
    assert "unforeseen fault" not in said
    assert "Traceback" not in said
