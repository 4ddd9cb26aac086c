"""Events of webhook endpoints on the wire."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.webhooks.event_schemas.base import EventBase, shown_as
from app.webhooks.event_types import EventType

_ENDPOINT: JsonDict = {"endpoint_id": "0197a3f0-6c1e-7c3a-9a55-2f0c8b6d4e11"}
_DISABLED: JsonDict = _ENDPOINT | {"reason": "answered 410 Gone", "failing_since": "2026-03-01T08:00:00Z"}
_BROKEN: JsonDict = _ENDPOINT | {
    "failures_in_row": 10,
    "recent_tries": 12,
    "recent_failures": 11,
    "failing_since": "2026-03-01T08:00:00Z",
}
_MENDED: JsonDict = _ENDPOINT | {"opened_at": "2026-03-01T08:00:30Z"}
_TESTED: JsonDict = {
    "endpoint_id": "0197a3f0-6c1e-7c3a-9a55-2f0c8b6d4e11",
    "message": "This is a test from Fenghuo 烽火.",
}


class WebhookTestData(BaseModel):
    """Whom the test was for."""

    model_config = ConfigDict(json_schema_extra={"example": _TESTED})

    endpoint_id: UUID = Field(description="The endpoint that was tested.")
    message: str = Field(description="A word to whoever reads it.")


class WebhookEndpointDisabledData(BaseModel):
    """Which endpoint, and why."""

    model_config = ConfigDict(json_schema_extra={"example": _DISABLED})

    endpoint_id: UUID = Field(description="The endpoint.")
    reason: str = Field(description="Why, in words.")
    failing_since: datetime | None = Field(description="Since when nothing but failures came back; null: not known.")


class WebhookBreakerOpenedData(BaseModel):
    """Which endpoint, and what came back from it."""

    model_config = ConfigDict(json_schema_extra={"example": _BROKEN})

    endpoint_id: UUID = Field(description="The endpoint.")
    failures_in_row: int = Field(description="How many tries failed one after the other.")
    recent_tries: int = Field(description="How many tries there were lately.")
    recent_failures: int = Field(description="How many of these failed.")
    failing_since: datetime | None = Field(description="Since when nothing but failures came back; null: not known.")


class WebhookBreakerClosedData(BaseModel):
    """Which endpoint is back, and since when it was away."""

    model_config = ConfigDict(json_schema_extra={"example": _MENDED})

    endpoint_id: UUID = Field(description="The endpoint.")
    opened_at: datetime = Field(description="When its breaker opened.")


class WebhookTestEvent(EventBase):
    """Somebody asked whether an endpoint hears us."""

    model_config = shown_as("webhook.test", _TESTED)

    type: Literal[EventType.WEBHOOK_TEST] = Field(description="Always `webhook.test`.")
    data: WebhookTestData = Field(description="The particulars.")


class WebhookEndpointDisabledEvent(EventBase):
    """Nothing is sent to an endpoint any more, until somebody enables it. The others hear of it."""

    model_config = shown_as("webhook_endpoint.disabled", _DISABLED)

    type: Literal[EventType.WEBHOOK_ENDPOINT_DISABLED] = Field(description="Always `webhook_endpoint.disabled`.")
    data: WebhookEndpointDisabledData = Field(description="The particulars.")


class WebhookBreakerOpenedEvent(EventBase):
    """A receiver fails: what is owed to it waits, and one probe at a time finds out when it is back."""

    model_config = shown_as("webhook_endpoint.breaker_opened", _BROKEN)

    type: Literal[EventType.WEBHOOK_BREAKER_OPENED] = Field(description="Always `webhook_endpoint.breaker_opened`.")
    data: WebhookBreakerOpenedData = Field(description="The particulars.")


class WebhookBreakerClosedEvent(EventBase):
    """A receiver is back: what is owed to it goes out."""

    model_config = shown_as("webhook_endpoint.breaker_closed", _MENDED)

    type: Literal[EventType.WEBHOOK_BREAKER_CLOSED] = Field(description="Always `webhook_endpoint.breaker_closed`.")
    data: WebhookBreakerClosedData = Field(description="The particulars.")
