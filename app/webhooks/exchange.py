"""One exchange with a receiver: a signed POST, and what came back of it; or a robot's message, and what it thinks of it.

Bounded in every direction: the whole exchange by one clock (a client's own timeouts bound neither a dripping
header nor a dripping body), the answer by 16 KiB, never decompressed, no redirects, no proxies, no cookies.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import Any, NamedTuple

import structlog
from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientOSError,
    ClientResponse,
    ClientResponseError,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    ServerDisconnectedError,
)
from aiohttp.abc import AbstractResolver

from app.core.tracing import child
from app.domain.signature import header
from app.settings import Settings
from app.webhooks import addresses
from app.webhooks.addresses import AddressRefused, Rules
from app.webhooks.robots import Fault

log = structlog.get_logger()

READ_AT_MOST = 16 * 1024
KEPT = 1024
# Kept-alive connections that may turn out to be closed before a try counts as failed.
STALE_TRIES = 3
# Seconds. A robot that asked for more silence is asked again.
LONGEST_PAUSE = 3600.0
_HEADERS = {
    "user-agent": f"Fenghuo/{version('fenghuo')}",
    "accept-encoding": "identity",
}


# Status and body -> what is wrong with it, if anything.
Reading = Callable[[int, bytes], Fault | None]


class Answer(NamedTuple):
    """What came of one try. ``error`` is None where the receiver accepted it; ``retry_after`` in seconds.

    ``refused``: the receiver says in its own words that the same again will not help. ``pause``: of an exchange with a
    robot, for how many seconds it wants to be left alone.
    """

    at: datetime
    duration_ms: int
    status: int | None = None
    address: str | None = None
    error: str | None = None
    response: str | None = None
    retry_after: float | None = None
    refused: bool = False
    pause: float | None = None


class _Trail:
    """What is known of a try while it lasts, so that a timeout can still say how far it came."""

    __slots__ = ("address", "body", "opened", "retry_after", "status")

    def __init__(self) -> None:
        self.address: str | None = None
        self.opened = False
        self.status: int | None = None
        self.body = b""
        self.retry_after: str | None = None


_trail: ContextVar[_Trail] = ContextVar("trail")


def _connecting(address: str) -> None:
    trail = _trail.get()
    trail.address, trail.opened = address, True


class _Response(ClientResponse):
    """Notes the address of the connection that is really used, kept-alive ones included."""

    async def start(self, connection: Any) -> ClientResponse:
        peer = connection.transport and connection.transport.get_extra_info("peername")
        if peer:
            _trail.get().address = peer[0]
        return await super().start(connection)


class Exchange:
    """The connections of one process to all receivers, kept alive between sends."""

    def __init__(self, settings: Settings, *, resolver: AbstractResolver | None = None) -> None:
        self._rules = Rules.of(settings)
        self._timeout = settings.webhook_timeout
        self._second = settings.robot_second
        self._resolver = resolver
        # Plain http and odd ports go by connections that can reach this machine only.
        self._sessions: dict[bool, ClientSession] = {}

    async def post(
        self, url: str, secrets: Iterable[bytes], message_id: str, body: bytes, *, at: datetime,
        content_type: str = "application/json", trace: str | None = None,
    ) -> Answer:  # fmt: skip
        """POSTs ``body``, signed at the instant ``at``. Never raises: what goes wrong is in the answer."""
        timestamp = int(at.timestamp())
        headers = {
            **_HEADERS,
            "content-type": content_type,
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": header(secrets, message_id, timestamp, body),
            **({"traceparent": child(trace)} if trace else {}),
        }
        return await self._try(url, headers, body, at, _by_status)

    async def say(self, url: str, body: bytes, read: Reading, *, at: datetime) -> Answer:
        """POSTs a robot's message, whose answer ``read`` understands. Never raises, as above.

        A 429's Retry-After is how long the robot as a whole wants to be left alone, an hour at most.
        """
        headers = {**_HEADERS, "content-type": "application/json; charset=utf-8"}
        answer = await self._try(url, headers, body, at, read)
        pause = (answer.pause or 0.0) * self._second
        if pause and answer.retry_after is not None:
            pause = min(max(answer.retry_after, 0.0), LONGEST_PAUSE)
        return answer._replace(pause=pause)

    async def _try(self, url: str, headers: dict[str, str], body: bytes, at: datetime, read: Reading) -> Answer:
        trail, started = _Trail(), time.monotonic()
        _trail.set(trail)
        fault: Fault | None
        try:
            async with asyncio.timeout(self._timeout):
                await self._send(url, headers, body, trail)
            fault = read(trail.status or 0, trail.body)
        except (ClientError, OSError, ValueError) as error:
            fault = Fault(self._explain(error, trail))
        except Exception as error:
            log.exception("unforeseen fault while sending a webhook")
            fault = Fault(self._explain(error, trail))
        seconds = time.monotonic() - started
        return Answer(
            at, round(seconds * 1000), trail.status, trail.address, fault and fault.error.replace("\x00", "�"),
            _text(trail.body), _seconds(trail.retry_after, at + timedelta(seconds=seconds)),
            fault is not None and fault.refused, fault and fault.pause,
        )  # fmt: skip

    async def _send(self, url: str, headers: dict[str, str], body: bytes, trail: _Trail) -> None:
        where = addresses.target(url, self._rules)
        session = self._session(where.loopback_only)
        for tries_left in range(STALE_TRIES, -1, -1):
            try:
                async with session.post(where.url, data=body, headers=headers, allow_redirects=False) as response:
                    trail.status = response.status
                    trail.retry_after = response.headers.get("retry-after")
                    await _read(response, trail)
                    return
            except (ServerDisconnectedError, ClientOSError) as fault:
                # A kept-alive connection that the receiver closed meanwhile is no refusal: take the next one.
                fresh = trail.opened or isinstance(fault, ClientConnectorError)
                if fresh or trail.status is not None or not tries_left:
                    raise

    def _session(self, loopback_only: bool) -> ClientSession:
        if loopback_only not in self._sessions:
            self._sessions[loopback_only] = ClientSession(
                connector=addresses.connector(
                    self._rules, loopback_only=loopback_only, connecting=_connecting, resolver=self._resolver
                ),
                timeout=ClientTimeout(total=None, sock_connect=None), cookie_jar=DummyCookieJar(),
                auto_decompress=False, trust_env=False, response_class=_Response, read_bufsize=READ_AT_MOST,
            )  # fmt: skip
        return self._sessions[loopback_only]

    def _explain(self, fault: Exception, trail: _Trail) -> str:
        if isinstance(fault, TimeoutError) and not isinstance(fault, ClientError):
            reached = f"answered {trail.status}, but " if trail.status is not None else ""
            return f"{reached}took longer than {self._timeout:g} s"
        if isinstance(fault, ClientConnectorError) and isinstance(fault.os_error, AddressRefused):
            return str(fault.os_error)
        if isinstance(fault, AddressRefused):
            return f"the URL {fault}"
        # Its own text ends with the URL: a robot's token, and a signature that is good for an hour.
        words = fault.message if isinstance(fault, ClientResponseError) else fault
        return f"{type(fault).__name__}: {words}"[:KEPT]

    async def close(self) -> None:
        """Closes every connection."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()


async def _read(response: ClientResponse, trail: _Trail) -> None:
    """Reads at most 16 KiB, so that the connection may be used again; of a longer answer nobody wants the rest."""
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        trail.body += chunk
        if size >= READ_AT_MOST:
            response.close()
            return


def _text(body: bytes) -> str | None:
    return body[:KEPT].decode("utf-8", "replace").replace("\x00", "�") if body else None


def _by_status(status: int, _: bytes) -> Fault | None:
    return None if 200 <= status < 300 else Fault(f"answered {status}")


def _seconds(retry_after: str | None, now: datetime) -> float | None:
    """Retry-After is seconds or a date; anything else is as good as none."""
    if retry_after is None:
        return None
    if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 10:
        return float(retry_after)
    try:
        then = parsedate_to_datetime(retry_after)
        return (then.replace(tzinfo=then.tzinfo or UTC) - now).total_seconds()
    except (ValueError, OverflowError):
        return None
