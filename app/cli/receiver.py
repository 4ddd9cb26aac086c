"""The demo's receiver: a web server that trusts nothing but the signature.

The signature is checked by the PyPI library ``standardwebhooks``, which shares no code with what signs.
"""

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from app.cli.console import Trouble


@dataclass(frozen=True, slots=True)
class Received:
    """One webhook whose signature was right. ``at`` is time.perf_counter() once it was checked."""

    id: str
    type: str
    data: dict[str, Any]
    at: float


class Receiver:
    """``async with Receiver() as receiver:``, then create an endpoint for ``url`` and set ``secret``."""

    def __init__(self) -> None:
        self.url = ""
        self.secret = ""
        self.verified: list[Received] = []
        self.refused: list[str] = []
        self._news = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/", self._receive)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def wait_for(self, what: str, seconds: float, **wanted: Any) -> Received:
        """The first verified webhook of type ``what`` whose data says ``wanted``; Trouble when none arrives."""
        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(lambda: self.find(what, **wanted) is not None)
        except TimeoutError:
            said = f" with {wanted}" if wanted else ""
            raise Trouble(
                f"no verified webhook {what}{said} within {seconds:.0f} s; "
                f"{len(self.verified)} others were verified, {len(self.refused)} refused."
            ) from None
        found = self.find(what, **wanted)
        assert found is not None
        return found

    def find(self, what: str, **wanted: Any) -> Received | None:
        return next((one for one in self.verified if one.type == what and wanted.items() <= one.data.items()), None)

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        message_id = headers.get("webhook-id", "")
        try:
            Webhook(self.secret).verify(body, headers)
        except (WebhookVerificationError, ValueError) as error:
            self.refused.append(f"{message_id}: {error}")
            return web.Response(status=401)
        at = time.perf_counter()
        if all(one.id != message_id for one in self.verified):  # a second try of the same is the same
            event = json.loads(body)
            self.verified.append(Received(message_id, event["type"], event["data"], at))
        async with self._news:
            self._news.notify_all()
        return web.Response(status=204)
