"""The public API as the command line uses it: patient with a busy service, plain with people about everything else."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import aiohttp

from app.cli.console import Trouble

# How long a service that says "later", or is away, is asked again before people are told.
PATIENCE_SECONDS = 60.0
TIMEOUT_SECONDS = 15.0
LONGEST_WAIT = 30.0
BUSY = (429, 503)


class Api:
    """One service with one key. ``async with Api(url, key) as api: await api.get("/v1/incidents")``.

    429 and 503 are waited out as Retry-After says; a connection that breaks is tried again, once there was one.
    """

    def __init__(self, url: str, key: str, *, patience: float = PATIENCE_SECONDS) -> None:
        self._url = url.rstrip("/")
        self._key = key
        self._patience = patience
        self._met = False
        self._session: aiohttp.ClientSession | None = None
        self.server_date: datetime | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            # What the command line changes, it changes whatever was there.
            headers={"authorization": f"Bearer {self._key}", "if-match": "*"},
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._session is not None
        await self._session.close()

    async def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return await self.call("GET", path, params=params)

    async def post(self, path: str, body: object) -> Any:
        return await self.call("POST", path, body=body)

    async def put(self, path: str, body: object) -> Any:
        return await self.call("PUT", path, body=body)

    async def patch(self, path: str, body: object) -> Any:
        return await self.call("PATCH", path, body=body)

    async def delete(self, path: str) -> None:
        await self.call("DELETE", path)

    async def rows(self, path: str, **params: Any) -> AsyncIterator[dict[str, Any]]:
        """Every row of a list, page by page."""
        cursor = None
        while True:
            page = await self.get(path, params | {"limit": 200} | ({"cursor": cursor} if cursor else {}))
            for row in page["data"]:
                yield row
            if not page["has_more"]:
                return
            cursor = page["next_cursor"]

    async def call(
        self, method: str, path: str, *, body: object = None, params: Mapping[str, Any] | None = None
    ) -> Any:
        """The answer's JSON, None where there is none; Trouble for whatever a person has to mend."""
        give_up = time.monotonic() + self._patience
        tries = 0
        while True:
            wait, fault = min(0.1 * 2**tries, 2.0), ""
            try:
                status, headers, answer = await self._exchange(method, path, body, params)
            except (aiohttp.ClientError, TimeoutError) as error:
                if not self._met:
                    raise Trouble(_away(self._url, error)) from None
                fault = f"{self._url} went away: {error or type(error).__name__}"
            else:
                self._met = True
                if status < 400:
                    return answer
                if status not in BUSY:
                    raise Trouble(_refused(method, path, status, answer))
                wait = retry_after(headers.get("retry-after"), wait)
                fault = f"{self._url} answers {status} to {method} {path}: {_detail(answer)}"
            tries += 1
            if time.monotonic() + wait > give_up:
                raise Trouble(f"{fault}; gave up after {self._patience:.0f} s. Try again later.")
            await asyncio.sleep(wait)

    async def _exchange(
        self, method: str, path: str, body: object, params: Mapping[str, Any] | None
    ) -> tuple[int, Mapping[str, str], Any]:
        assert self._session is not None
        async with self._session.request(method, self._url + path, json=body, params=params) as answer:
            if "date" in answer.headers:
                self.server_date = parsedate_to_datetime(answer.headers["date"])
            content = None
            if "json" in answer.headers.get("content-type", ""):
                content = await answer.json(content_type=None)
            return answer.status, answer.headers, content


def retry_after(value: str | None, default: float) -> float:
    """Seconds to wait, from a Retry-After header in either of its forms; bounded."""
    if value is None:
        return default
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except ValueError:
            return default
    return min(max(seconds, 0.05), LONGEST_WAIT)


def _away(url: str, error: BaseException) -> str:
    why = getattr(error, "strerror", None) or error or type(error).__name__
    return (
        f"nothing answers at {url} ({why}). Is it running? Start it with `fenghuo up`, or set "
        "FENGHUO_URL to where it is."
    )


def _detail(answer: Any) -> str:
    return answer["detail"] if isinstance(answer, dict) and "detail" in answer else "no details"


def _refused(method: str, path: str, status: int, answer: Any) -> str:
    if status == 401:
        return f"the key was refused: {_detail(answer)} Set FENGHUO_KEY to a key of this service."
    if status == 403:
        return f"the key may not do this: {_detail(answer)}"
    if not isinstance(answer, dict) or "code" not in answer:
        return f"{method} {path} answered {status}, and not as Fenghuo does; is FENGHUO_URL right?"
    return (
        f"{method} {path} answered {status} {answer['code']}: {answer['detail']} (request {answer.get('request_id')})"
    )
