"""Of webhook endpoints 外发通知."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.domain.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookTested(Event):
    """Somebody asked whether an endpoint hears us."""

    type: ClassVar[str] = "webhook.test"
    endpoint_id: UUID
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointEvent(Event):
    """Something that befell an endpoint. The others hear of it; what can't be reached is not told so."""

    endpoint_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointDisabled(WebhookEndpointEvent):
    """Nothing is sent there any more, until somebody enables it."""

    type: ClassVar[str] = "webhook_endpoint.disabled"
    reason: str
    failing_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookBreakerOpened(WebhookEndpointEvent):
    """The receiver fails: what is owed to it waits, and one probe at a time finds out when it is back."""

    type: ClassVar[str] = "webhook_endpoint.breaker_opened"
    failures_in_row: int
    recent_tries: int
    recent_failures: int
    failing_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookBreakerClosed(WebhookEndpointEvent):
    """The receiver is back: what is owed to it goes out."""

    type: ClassVar[str] = "webhook_endpoint.breaker_closed"
    opened_at: datetime
