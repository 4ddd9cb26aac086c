"""A receiver that posts a complaint when it is asked, and says how long its verified webhook took to come."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
from standardwebhooks import Webhook

from app.models.base import new_id
from bench.helper import Act, serve
from bench.posts import NEGATIVE_WORDS, brand, text
from bench.receiver import listen
from workers.context import Context

PATIENCE = 5.0
APART = 0.02


class Ping:
    """One brand's rule and one endpoint, made at the first question. One post is under way at a time."""

    def __init__(self) -> None:
        self._client = httpx.AsyncClient()
        self._webhook: Webhook | None = None
        self._arrived: asyncio.Future[tuple[str, float]] = asyncio.get_running_loop().create_future()

    async def act(self, url: str, key: str, times: int) -> dict[str, Any]:
        """Milliseconds from sending a post to its verified webhook, ``times`` in a row."""
        if self._webhook is None:
            self._client = httpx.AsyncClient(base_url=url, headers={"authorization": f"Bearer {key}"})
            await self._prepare()
        taken = []
        for _ in range(times):
            taken.append(1000 * await self._ping())
            await asyncio.sleep(APART)
        return {"milliseconds": taken}

    async def _prepare(self) -> None:
        self._server, url = await listen(self._received)
        rule = {
            "name": "bench",
            "brand_words": [brand(0)],
            "negative_words": NEGATIVE_WORDS,
            "harm_class": "individual",
        }
        await self._create("/v1/watch-rules", rule)
        endpoint = await self._create("/v1/webhook-endpoints", {"url": url, "event_types": ["mention.hit"]})
        self._webhook = Webhook(endpoint["secret"])

    async def _ping(self) -> float:
        self._arrived = asyncio.get_running_loop().create_future()
        now = datetime.now(UTC).isoformat()
        post = {"platform": "weibo", "external_id": str(new_id()), "text": text(0), "published_at": now, "reposts": 1}
        sent = time.perf_counter()
        mention = await self._create("/v1/mentions", post)
        told_of, at = await asyncio.wait_for(self._arrived, PATIENCE)
        if told_of != mention["id"]:
            raise RuntimeError(f"the webhook of {mention['id']} was awaited, that of {told_of} came")
        return at - sent

    def _received(self, headers: dict[str, str], body: bytes) -> None:
        assert self._webhook is not None
        self._webhook.verify(body, headers)
        self._arrived.set_result((orjson.loads(body)["data"]["mention_id"], time.perf_counter()))

    async def _create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self._client.post(path, json=body)
        if answer.status_code >= 300:
            raise RuntimeError(f"{path} answered {answer.status_code}: {answer.text}")
        created: dict[str, Any] = answer.json()
        return created


def acting(_: Context) -> Act:
    return Ping().act


if __name__ == "__main__":
    serve(acting)
