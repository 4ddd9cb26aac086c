"""How often one key may ask, told with every answer (IETF draft-ietf-httpapi-ratelimit-headers).

Ordinary requests are counted in Valkey, for all processes together. Readings are counted in each process alone: a
look into Valkey costs as much as storing one. With Valkey away nobody is refused: it is a doorbell, not a gate.
"""

import asyncio
import time
from dataclasses import dataclass

from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.core.errors import Problem
from app.core.metrics import LIMITS_UNCOUNTED
from app.settings import Settings

WINDOW = 60
PATIENCE = 0.2
AWAY_SECONDS = 1.0


class TooMany(Problem):
    """The key asks more often than it may."""

    status, code, title = 429, "too_many_requests", ("The key asks too often", "请求过于频繁")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a key has left of a policy: ``remaining`` of ``quota`` for another ``seconds``."""

    policy: str
    quota: int
    remaining: int
    seconds: int

    @property
    def headers(self) -> dict[str, str]:
        """The two fields of the draft."""
        return {
            "RateLimit-Policy": f'"{self.policy}";q={self.quota};w={WINDOW}',
            "RateLimit": f'"{self.policy}";r={max(0, self.remaining)};t={self.seconds}',
        }

    def refusal(self) -> TooMany:
        """The 429 that says when to come back."""
        return TooMany(
            f"This key may ask {self.quota:,} times in {WINDOW} seconds by the policy {self.policy!r}; it has again "
            f"in {self.seconds} seconds.",
            headers={"Retry-After": str(self.seconds)},
        )


class Limits:
    """The counters of one process. ``remaining`` below zero means: refuse."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._item = RateLimitItemPerMinute(settings.requests_per_minute, namespace="fenghuo")
        storage = RedisStorage("redis://", implementation="redispy", connection_pool=redis.connection_pool)  # type: ignore[arg-type]
        self._limiter = FixedWindowRateLimiter(storage)
        self._away_until = 0.0
        self._ingest_quota = settings.readings_per_minute
        self._window = 0
        self._counted: dict[str, int] = {}

    async def request(self, caller: str) -> Standing | None:
        """Counts one request; None where nobody can count."""
        if time.monotonic() < self._away_until:
            return None
        try:
            async with asyncio.timeout(PATIENCE):
                good = await self._limiter.hit(self._item, caller)
                reset, remaining = await self._limiter.get_window_stats(self._item, caller)
        except (RedisError, OSError, TimeoutError):
            LIMITS_UNCOUNTED.inc()
            self._away_until = time.monotonic() + AWAY_SECONDS
            return None
        left = remaining if good else -1
        return Standing("default", self._item.amount, left, max(1, round(reset - time.time())))

    def readings(self, caller: str, count: int) -> Standing:
        """Counts readings that were sent; what would go beyond the quota is not counted."""
        now = time.monotonic()
        window = int(now // WINDOW)
        if window != self._window:
            self._window, self._counted = window, {}
        counted = self._counted.get(caller, 0) + count
        left = self._ingest_quota - counted
        if left >= 0:
            self._counted[caller] = counted
        return Standing("ingest", self._ingest_quota, left, WINDOW - int(now % WINDOW))
