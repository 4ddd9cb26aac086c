"""When to stop asking a receiver that fails, shared by all workers through the endpoint's row.

Ten failures in a row, or seven in ten of at least ten tries within 30 seconds, open the breaker: what is owed stays
owed and only one probe goes out every 30 seconds, until one succeeds. Five days without a success disable the
endpoint. An answer counts by the instant its try began: one that hung for 15 seconds says nothing against a success
that came meanwhile.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from app.core.auth import Caller
from app.core.db import Tx
from app.core.outbox import record
from app.domain.events import Event, WebhookBreakerClosed, WebhookBreakerOpened, WebhookEndpointDisabled
from app.models import WebhookEndpoint
from app.settings import HOUR, Settings

SLOTS = 6


class Limits(NamedTuple):
    """The thresholds, as the settings have them. Times in seconds."""

    in_row: int
    share: float
    least: int
    window: float
    pause: float
    disable_after: float

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        return cls(
            settings.webhook_breaker_failures, settings.webhook_breaker_share, settings.webhook_breaker_least,
            settings.webhook_breaker_window, settings.webhook_breaker_pause, settings.webhook_disable_after,
        )  # fmt: skip


class Result(NamedTuple):
    """One try: when it began, and whether the receiver accepted it."""

    at: datetime
    good: bool


async def note_results(
    tx: Tx, results: Mapping[UUID, Sequence[Result]], limits: Limits, *, caller: Caller, now: datetime
) -> None:
    """Counts what the tries of each endpoint came to, and does what follows from it."""
    query = (
        select(WebhookEndpoint)
        .where(WebhookEndpoint.id.in_(results), WebhookEndpoint.deleted_at.is_(None))
        .order_by(WebhookEndpoint.id)
        .with_for_update(key_share=True)
    )
    events: list[Event] = []
    for endpoint in await tx.scalars(query):
        count(endpoint, results[endpoint.id], limits, now)
        if endpoint.disabled_at is None:
            events += _consequences(endpoint, results[endpoint.id], limits, now)
    await record(tx, *events, caller=caller)


def count(endpoint: WebhookEndpoint, results: Iterable[Result], limits: Limits, now: datetime) -> None:
    """Brings the endpoint's counters up to date."""
    results = sorted(results)
    newest = max((result.at for result in results if result.good), default=None)
    if newest is not None and (endpoint.succeeded_at is None or newest > endpoint.succeeded_at):
        endpoint.succeeded_at, endpoint.failures_in_row, endpoint.failing_since = newest, 0, None
    failed = [result.at for result in results if not result.good]
    after = [at for at in failed if endpoint.succeeded_at is None or at > endpoint.succeeded_at]
    endpoint.failures_in_row += len(after)
    if after and endpoint.failing_since is None:
        endpoint.failing_since = after[0]
    slot = _slot(now, limits)
    recent = {place: (tried, bad) for place, tried, bad in endpoint.recent if place > slot - SLOTS}
    tried, bad = recent.get(slot, (0, 0))
    recent[slot] = (tried + len(results), bad + len(failed))
    endpoint.recent = [[place, *counts] for place, counts in sorted(recent.items())]


def is_failing(endpoint: WebhookEndpoint, limits: Limits) -> bool:
    """Whether its counters are beyond what is borne."""
    tried, bad = _lately(endpoint)
    return endpoint.failures_in_row >= limits.in_row or (tried >= limits.least and bad >= limits.share * tried)


def reset(endpoint: WebhookEndpoint) -> list[Event]:
    """Forgets what was counted, because somebody enabled the endpoint or moved it; what there is to tell."""
    endpoint.failures_in_row, endpoint.failing_since, endpoint.recent = 0, None, []
    return _close(endpoint)


def _consequences(endpoint: WebhookEndpoint, results: Sequence[Result], limits: Limits, now: datetime) -> list[Event]:
    if endpoint.failing_since is not None and now - endpoint.failing_since >= timedelta(seconds=limits.disable_after):
        return disable(endpoint, f"no success in {_span(limits.disable_after)}", now)
    if endpoint.breaker_opened_at is not None:
        if any(result.good and result.at >= endpoint.breaker_opened_at for result in results):
            # What was counted before the probe is about another time.
            endpoint.recent = []
            return _close(endpoint)
        endpoint.probe_at = now + timedelta(seconds=limits.pause)
        return []
    return _open(endpoint, limits, now) if is_failing(endpoint, limits) else []


def disable(endpoint: WebhookEndpoint, reason: str, now: datetime) -> list[Event]:
    """Nothing is sent there until somebody enables it; what there is to tell."""
    endpoint.disabled_at, endpoint.disabled_reason = now, reason
    endpoint.version += 1
    return [WebhookEndpointDisabled(endpoint_id=endpoint.id, reason=reason, failing_since=endpoint.failing_since)]


def _open(endpoint: WebhookEndpoint, limits: Limits, now: datetime) -> list[Event]:
    endpoint.breaker_opened_at, endpoint.probe_at = now, now + timedelta(seconds=limits.pause)
    endpoint.version += 1
    tried, bad = _lately(endpoint)
    return [
        WebhookBreakerOpened(
            endpoint_id=endpoint.id, failures_in_row=endpoint.failures_in_row, recent_tries=tried, recent_failures=bad,
            failing_since=endpoint.failing_since,
        )
    ]  # fmt: skip


def _close(endpoint: WebhookEndpoint) -> list[Event]:
    opened_at = endpoint.breaker_opened_at
    if opened_at is None:
        return []
    endpoint.breaker_opened_at = endpoint.probe_at = None
    endpoint.version += 1
    return [WebhookBreakerClosed(endpoint_id=endpoint.id, opened_at=opened_at)]


def _lately(endpoint: WebhookEndpoint) -> tuple[int, int]:
    return sum(tried for _, tried, _ in endpoint.recent), sum(bad for _, _, bad in endpoint.recent)


def _slot(now: datetime, limits: Limits) -> int:
    """Which sixth of a window this is; the window is the last six of them."""
    return int(now.timestamp() * SLOTS / limits.window)


def _span(seconds: float) -> str:
    return f"{seconds / (24 * HOUR):g} days" if seconds >= 24 * HOUR else f"{seconds:g} s"
