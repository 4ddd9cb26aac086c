"""Events on the wire: what `GET /v1/events`, the stream and webhooks say, one model for each public type.

They repeat by hand what :mod:`app.domain.events` records, so that the contract changes only where somebody means it;
a test holds the two equal.
"""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, RootModel
from pydantic.config import JsonDict

from app.core.bodies import Instant
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.grades import Grade, HarmClass
from app.domain.vocabulary import GradeSource, IncidentStatus, Platform
from app.webhooks.schemas import EventType

_INCIDENT: JsonDict = {"incident_id": "0197a3f0-7000-7aaa-8bbb-0123456789ab", "number": "2026-0031"}
_RULE = "0197a3ef-1000-7aaa-8bbb-0123456789ab"
_HIT: JsonDict = {
    "mention_id": "0197a3f0-6fff-7aaa-8bbb-0123456789ab",
    "incident_id": _INCIDENT["incident_id"],
    "platform": "weibo",
    "rule_ids": [_RULE],
}
_OPENED: JsonDict = _INCIDENT | {"seq": 1, "rule_id": _RULE, "harm_class": "user_rights", "business_unit": "乳品"}
_GRADED: JsonDict = _INCIDENT | {
    "seq": 7,
    "from": "general",
    "to": "serious",
    "level": 2,
    "label": "二级(较大)",
    "source": "machine",
    "reason": "Rule serious-4h: 50,240 in 4 h, more than 50,000.",
    "evidence": {"rule": "serious-4h", "window_seconds": 14400, "threshold": 50000, "sum": 50240},
}
_MOVED: JsonDict = _INCIDENT | {"seq": 4, "from": "watching", "to": "responding", "reason": "The grade was set."}
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


def _shown(type_: str, data: JsonDict) -> ConfigDict:
    example: JsonDict = {"id": "evt_7001", "type": type_, "timestamp": "2026-03-01T08:00:00.123456Z", "data": data}
    return ConfigDict(json_schema_extra={"example": example})


class IncidentData(BaseModel):
    """Which incident, and where on its timeline."""

    incident_id: UUID = Field(description="The incident.")
    number: str = Field(description="Its number, which people quote.")
    seq: int = Field(description="The event's place on the incident's timeline, from 1 without a gap.")


class MentionHitData(BaseModel):
    """The mention and what it hit."""

    model_config = ConfigDict(json_schema_extra={"example": _HIT})

    mention_id: UUID = Field(description="The mention.")
    incident_id: UUID | None = Field(description="The incident it belongs to; null where it has none.")
    platform: Platform = Field(description="Where it was posted.")
    rule_ids: list[UUID] = Field(description="The watch rules it hit.")


class IncidentOpenedData(IncidentData):
    """The incident at its beginning."""

    model_config = ConfigDict(json_schema_extra={"example": _OPENED})

    rule_id: UUID | None = Field(description="The watch rule it was opened by; null where a person did.")
    harm_class: HarmClass | None = Field(description="Whose interests are harmed; null while nobody knows.")
    business_unit: str | None = Field(description="The business unit concerned; null where none is named.")


class GradeChangedData(IncidentData):
    """The grade before and after, by whom and why."""

    model_config = ConfigDict(json_schema_extra={"example": _GRADED})

    from_: Grade | None = Field(alias="from", description="The grade before; null: none.")
    to: Grade | None = Field(description="The grade from now on; null: none.")
    level: int | None = Field(description="1 major 一级, 2 serious 二级, 3 general 三级; null where there is no grade.")
    label: str | None = Field(
        description="The grade with both words, for example 一级(重大); null where there is none."
    )
    source: GradeSource = Field(description="Who set it.")
    reason: str = Field(description="Why, in words.")
    evidence: dict[str, Any] = Field(
        description="What a raise by the machine rests on: policy, rule, window, sum, threshold, the top mentions. "
        "Empty where a person decided."
    )


class StatusChangedData(IncidentData):
    """The status before and after, and why."""

    model_config = ConfigDict(json_schema_extra={"example": _MOVED})

    from_: IncidentStatus = Field(alias="from", description="The status before.")
    to: IncidentStatus = Field(description="The status from now on.")
    reason: str = Field(description="Why, in words.")


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


class EventBase(BaseModel):
    """What every event has."""

    id: str = Field(description="The event's id, the same as the header `webhook-id` of its deliveries.")
    timestamp: datetime = Field(description="When it happened.")


class MentionHitEvent(EventBase):
    """A negative mention hit watch rules: the first spark of an alarm (方案 二(一)2)."""

    model_config = _shown("mention.hit", _HIT)

    type: Literal[EventType.MENTION_HIT] = Field(description="Always `mention.hit`.")
    data: MentionHitData = Field(description="The particulars.")


class IncidentOpenedEvent(EventBase):
    """Mentions are handled as one case from here on."""

    model_config = _shown("incident.opened", _OPENED)

    type: Literal[EventType.INCIDENT_OPENED] = Field(description="Always `incident.opened`.")
    data: IncidentOpenedData = Field(description="The particulars.")


class GradeChangedEvent(EventBase):
    """The grade was raised by the machine, or set by a person (方案 二(二)1)."""

    model_config = _shown("incident.grade_changed", _GRADED)

    type: Literal[EventType.INCIDENT_GRADE_CHANGED] = Field(description="Always `incident.grade_changed`.")
    data: GradeChangedData = Field(description="The particulars.")


class StatusChangedEvent(EventBase):
    """The incident moved on, ended or came back."""

    model_config = _shown("incident.status_changed", _MOVED)

    type: Literal[EventType.INCIDENT_STATUS_CHANGED] = Field(description="Always `incident.status_changed`.")
    data: StatusChangedData = Field(description="The particulars.")


class WebhookTestEvent(EventBase):
    """Somebody asked whether an endpoint hears us."""

    model_config = _shown("webhook.test", _TESTED)

    type: Literal[EventType.WEBHOOK_TEST] = Field(description="Always `webhook.test`.")
    data: WebhookTestData = Field(description="The particulars.")


class WebhookEndpointDisabledEvent(EventBase):
    """Nothing is sent to an endpoint any more, until somebody enables it. The others hear of it."""

    model_config = _shown("webhook_endpoint.disabled", _DISABLED)

    type: Literal[EventType.WEBHOOK_ENDPOINT_DISABLED] = Field(description="Always `webhook_endpoint.disabled`.")
    data: WebhookEndpointDisabledData = Field(description="The particulars.")


class WebhookBreakerOpenedEvent(EventBase):
    """A receiver fails: what is owed to it waits, and one probe at a time finds out when it is back."""

    model_config = _shown("webhook_endpoint.breaker_opened", _BROKEN)

    type: Literal[EventType.WEBHOOK_BREAKER_OPENED] = Field(description="Always `webhook_endpoint.breaker_opened`.")
    data: WebhookBreakerOpenedData = Field(description="The particulars.")


class WebhookBreakerClosedEvent(EventBase):
    """A receiver is back: what is owed to it goes out."""

    model_config = _shown("webhook_endpoint.breaker_closed", _MENDED)

    type: Literal[EventType.WEBHOOK_BREAKER_CLOSED] = Field(description="Always `webhook_endpoint.breaker_closed`.")
    data: WebhookBreakerClosedData = Field(description="The particulars.")


class Event(
    RootModel[
        Annotated[
            MentionHitEvent
            | IncidentOpenedEvent
            | GradeChangedEvent
            | StatusChangedEvent
            | WebhookTestEvent
            | WebhookEndpointDisabledEvent
            | WebhookBreakerOpenedEvent
            | WebhookBreakerClosedEvent,
            Field(discriminator="type"),
        ]
    ]
):
    """Something that happened, as everybody outside hears of it: `type` says which of these it is."""

    model_config = _shown("incident.grade_changed", _GRADED)


def shown(id_: int, type_: str, at: datetime, data: object) -> dict[str, Any]:
    """A stored event as the wire has it."""
    timestamp = at.isoformat().replace("+00:00", "Z")
    return {"id": f"evt_{id_}", "type": type_, "timestamp": timestamp, "data": data}


EventId = Annotated[str, Field(pattern=r"^evt_[0-9]{1,18}$")]
TYPE = "Of one of these types."
INCIDENT = "On the timeline of one of these incidents."


class EventStreamQuery(BaseModel):
    """Which events: values of one parameter are alternatives, different parameters all hold."""

    model_config = ConfigDict(extra="forbid")

    type: Annotated[list[EventType], Field(max_length=20, description=TYPE)] = []
    incident_id: Annotated[list[UUID], Field(max_length=20, description=INCIDENT)] = []


class EventQuery(PageQuery):
    """Which events, and which page of them."""

    type: Annotated[list[EventType], Field(max_length=20, description=TYPE)] = []
    incident_id: Annotated[list[UUID], Field(max_length=20, description=INCIDENT)] = []
    at_after: Annotated[Instant | None, Field(description="Happened after this instant.")] = None
    at_before: Annotated[Instant | None, Field(description="Happened before this instant.")] = None
    after: Annotated[
        EventId | None,
        Field(description="Come after this event: how to go on from the last one you have, for example `evt_7001`."),
    ] = None


class EventPage(Page[Event]):
    """A page of them."""
