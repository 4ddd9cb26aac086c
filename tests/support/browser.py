"""A real browser without a screen, driven over its own protocol; for tests of pages."""

import asyncio
import re
import shutil
import tempfile
from typing import Any, Self

import aiohttp

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0",
)  # fmt: skip


class Browser:
    """`async with Browser() as browser:` one page, and what it complained of."""

    def __init__(self) -> None:
        self.complaints: list[Any] = []
        self._asked = 0

    async def open(self, url: str) -> None:
        await self._call("Page.navigate", url=url)

    async def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        answer = await self._call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def _call(self, method: str, **params: Any) -> dict[str, Any]:
        self._asked += 1
        await self._socket.send_json({"id": self._asked, "method": method, "params": params})
        while True:
            message = await self._socket.receive_json(timeout=20)
            if message.get("id") == self._asked:
                assert "error" not in message, message
                return dict(message["result"])
            if message["method"] in ("Log.entryAdded", "Runtime.exceptionThrown"):
                self.complaints.append(message["params"])

    async def __aenter__(self) -> Self:
        assert BROWSER is not None
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._process = await asyncio.create_subprocess_exec(
            BROWSER, *_QUIET, f"--user-data-dir={self._folder.name}", "about:blank",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stderr is not None
        async with asyncio.timeout(30):
            while not (found := re.search(rb"ws://(127\.0\.0\.1:\d+)/", await self._process.stderr.readline())):
                assert self._process.returncode is None, "the browser ended"
        self._session = aiohttp.ClientSession()
        async with self._session.get(f"http://{found[1].decode()}/json") as answer:
            page = next(target for target in await answer.json() if target["type"] == "page")
        self._socket = await self._session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0)
        for domain in ("Page", "Log", "Runtime"):
            await self._call(f"{domain}.enable")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()
        await self._session.close()
        self._process.terminate()
        await self._process.wait()
        self._folder.cleanup()
