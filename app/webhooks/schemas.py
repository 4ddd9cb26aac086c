"""Webhook endpoints and deliveries on the wire."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict
from sqlalchemy import Row

from app.core.bodies import Instant, Str, Wire
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.grades import Grade
from app.domain.signature import decode_secret
from app.domain.vocabulary import Drills
from app.domain.wording import mask_text
from app.models import Delivery, DeliveryAttempt, WebhookEndpoint
from app.webhooks.envelope import PayloadFormat
from app.webhooks.event_types import EventType
from app.webhooks.robot_schemas import AT_ALL, AT_GRADES, AT_PEOPLE, AT_PEOPLE_OUT, ROBOT_SECRET, People, RobotSecret

_ENDPOINT: JsonDict = {
    "id": "0197a3f0-6c1e-7c3a-9a55-2f0c8b6d4e11",
    "url": "https://hooks.example.com/fenghuo",
    "event_types": ["incident.opened", "incident.grade_changed"],
    "description": "The duty group's robot",
    "reaches_people": True,
    "grades": ["major", "serious"],
    "drills": "exclude",
    "payload_format": "standard",
    "unmask_people": False,
    "at_people": [],
    "at_all": False,
    "at_grades": ["major"],
    "robot_signed": False,
    "max_concurrency": None,
    "enabled": True,
    "disabled_at": None,
    "disabled_reason": None,
    "breaker": "closed",
    "breaker_opened_at": None,
    "previous_secret_until": None,
    "created_at": "2026-03-01T08:00:00Z",
    "version": 1,
}
_CREATE: JsonDict = {
    name: _ENDPOINT[name]
    for name in ("url", "event_types", "description", "reaches_people", "grades", "payload_format")
}
_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDfjRKhpkr7Ng="
_ATTEMPT: JsonDict = {
    "number": 1,
    "at": "2026-03-01T08:00:01Z",
    "duration_ms": 84,
    "status": 503,
    "address": "93.184.215.14",
    "error": "answered 503",
    "response": "upstream is restarting",
}
_DELIVERY: JsonDict = {
    "id": 42,
    "webhook_id": "evt_7001",
    "event_type": "incident.grade_changed",
    "event_at": "2026-03-01T08:00:00Z",
    "is_drill": False,
    "endpoint_id": _ENDPOINT["id"],
    "incident_id": "0197a3f0-7000-7aaa-8bbb-0123456789ab",
    "seq": 4,
    "state": "pending",
    "created_at": "2026-03-01T08:00:00Z",
    "finished_at": None,
    "next_try_at": "2026-03-01T08:00:06Z",
    "under_way": False,
    "lost_leases": 0,
    "attempts": [_ATTEMPT],
}


class BreakerState(StrEnum):
    """Whether everything owed is sent, or only a probe now and then because the receiver fails."""

    CLOSED = "closed"
    OPEN = "open"


class DeliveryState(StrEnum):
    """Whether a delivery is still owed, was accepted with a 2xx, or was given up."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


def _sorted(types: list[EventType]) -> list[EventType]:
    return sorted(set(types))


def _by_severity(grades: list[Grade]) -> list[Grade]:
    return sorted(set(grades), key=list(Grade).index)


def _is_secret(text: str) -> str:
    decode_secret(text)
    return text


URL = (
    "Where to POST: https, port 443 unless the operator allows more, and a public address. A robot's need not look like "
    "its vendor's, because there are proxies; but what answers must answer as the vendor does. One endpoint a robot: its "
    "quota is counted by endpoint."
)
TYPES = "The types it hears of; empty for all of them, present and future."
DESCRIPTION = "What it is, for people."
REACHES_PEOPLE = "Whether people read what arrives there, so that it counts as an alert (方案 二(一)2)."
REACHES_PEOPLE_IN = f"{REACHES_PEOPLE} Null: as chat robots do, and nothing else."
ENABLED = (
    "Whether events are sent there. Enabling it again sends what it was owed meanwhile, of the last 75 hours; what is "
    "older was given up and can be replayed."
)
GRADES = (
    "Of an incident's events only those of incidents in one of these grades: of a change of grade the new grade counts, "
    "of all else the grade the incident has at that moment. Events that are no incident's always come. Empty for all."
)
FORMAT = (
    "How events are told. `standard` and `cloudevents` (structured JSON) are signed by Standard Webhooks. The chat robots "
    "`dingtalk`, `feishu`, `wecom` and `slack` get a message in Chinese, signed as the vendor has it, never more of them "
    "than the vendor's quota allows: what waits goes out as one message, the most severe first."
)
DRILLS = (
    "Whether it hears of exercises 演练. `only`: of nothing else, so that a rehearsal has a receiver of its own. Tests of "
    "the endpoint always come."
)
UNMASK = (
    "Whether events of teams and escalations say there who people are: names, phones and mails as they are, and the links by "
    "which they acknowledge; a chat robot calls them by their phones, where its vendor knows people so. Each such sending is "
    "an event of the audit log. Only who holds `people:unmask` sets it, and changes where such an endpoint leads."
)
CONCURRENCY = (
    "How many deliveries to it may be under way at once, counted over all workers; 1 for one after another. Null: as "
    "many as each worker sees fit. A chat robot gets one message after another in any case."
)
SECRET_IN = "A signing secret of your own: `whsec_` and base64 of 24 to 64 random bytes. Null: we make one."
SECRET_OUT = "Verifies our signatures (Standard Webhooks). Store it now; it is not shown again."
DAY = 24 * 60 * 60

EventTypes = Annotated[list[EventType], Field(max_length=50), AfterValidator(_sorted)]
Url = Annotated[Str, Field(min_length=1, max_length=2000)]
Description = Annotated[Str, Field(max_length=500)]
Grades = Annotated[list[Grade], Field(max_length=10), AfterValidator(_by_severity)]
Concurrency = Annotated[int, Field(ge=1, le=1000)]
SecretIn = Annotated[Str, Field(max_length=100), AfterValidator(_is_secret)]


class WebhookEndpointCreate(Wire):
    """A new place to send events to."""

    model_config = ConfigDict(json_schema_extra={"example": _CREATE})

    url: Url = Field(description=URL)
    event_types: EventTypes = Field(default=[], description=TYPES)
    description: Description = Field(default="", description=DESCRIPTION)
    reaches_people: bool | None = Field(default=None, description=REACHES_PEOPLE_IN)
    grades: Grades = Field(default=[], description=GRADES)
    drills: Drills = Field(default=Drills.EXCLUDE, description=DRILLS)
    payload_format: PayloadFormat = Field(default=PayloadFormat.STANDARD, description=FORMAT)
    unmask_people: bool = Field(default=False, description=UNMASK)
    at_people: People = Field(default=[], description=AT_PEOPLE)
    at_all: bool = Field(default=False, description=AT_ALL)
    at_grades: Grades = Field(default=[Grade.MAJOR], description=AT_GRADES)
    robot_secret: RobotSecret = Field(default="", description=ROBOT_SECRET)
    max_concurrency: Concurrency | None = Field(default=None, description=CONCURRENCY)
    secret: SecretIn | None = Field(default=None, description=SECRET_IN)


# What null says something of; elsewhere it is as good as left out.
NULLABLE = frozenset({"max_concurrency"})


class WebhookEndpointPatch(Wire):
    """What to change; what is left out stays as it is. Null takes the bound `max_concurrency` away; elsewhere it changes
    nothing."""

    model_config = ConfigDict(json_schema_extra={"example": {"event_types": [], "enabled": True}})

    url: Url | None = Field(default=None, description=URL)
    event_types: EventTypes | None = Field(default=None, description=TYPES)
    description: Description | None = Field(default=None, description=DESCRIPTION)
    reaches_people: bool | None = Field(default=None, description=REACHES_PEOPLE)
    grades: Grades | None = Field(default=None, description=GRADES)
    drills: Drills | None = Field(default=None, description=DRILLS)
    payload_format: PayloadFormat | None = Field(default=None, description=FORMAT)
    unmask_people: bool | None = Field(default=None, description=UNMASK)
    at_people: People | None = Field(default=None, description=AT_PEOPLE)
    at_all: bool | None = Field(default=None, description=AT_ALL)
    at_grades: Grades | None = Field(default=None, description=AT_GRADES)
    robot_secret: RobotSecret | None = Field(default=None, description=ROBOT_SECRET)
    max_concurrency: Concurrency | None = Field(default=None, description=CONCURRENCY)
    enabled: bool | None = Field(default=None, description=ENABLED)


class WebhookEndpointOut(BaseModel):
    """A place where events are sent."""

    model_config = ConfigDict(json_schema_extra={"example": _ENDPOINT})

    id: UUID = Field(description="Its id.")
    url: str = Field(description="Where events are POSTed to.")
    event_types: list[EventType] = Field(description="The types it hears of; empty for all.")
    description: str = Field(description="What it is, for people.")
    reaches_people: bool = Field(description="Whether people read what arrives there.")
    grades: list[Grade] = Field(description="The grades of the incidents it hears of; empty for all.")
    payload_format: PayloadFormat = Field(description="How events are told.")
    unmask_people: bool = Field(description="Whether events of teams and escalations say there who people are.")
    at_people: list[str] = Field(description=AT_PEOPLE_OUT)
    at_all: bool = Field(description=AT_ALL)
    at_grades: list[Grade] = Field(description="For incidents in which grades people are called; empty: for all.")
    robot_signed: bool = Field(description="Whether a chat robot's messages are signed with the vendor's secret.")
    drills: Drills = Field(description="Whether it hears of exercises 演练, of nothing else, or of none.")
    max_concurrency: int | None = Field(
        description="How many deliveries may be under way at once, over all workers; null: as each worker sees fit."
    )
    enabled: bool = Field(description="Whether events are sent there.")
    disabled_at: datetime | None = Field(description="Since when it is disabled; null while it is enabled.")
    disabled_reason: str | None = Field(description="Why it was disabled; null while it is enabled.")
    breaker: BreakerState = Field(
        description="Open while the receiver fails: what is owed waits, and a probe finds out when it is back."
    )
    breaker_opened_at: datetime | None = Field(description="Since when the breaker is open; null while it is closed.")
    previous_secret_until: datetime | None = Field(
        description="Until when the secret before the last rotation signs too, perhaps past; null when there is none."
    )
    created_at: datetime = Field(description="When it was created.")
    version: int = Field(description="Counts its changes.")

    @classmethod
    def of(cls, endpoint: WebhookEndpoint) -> Self:
        names = cls.model_fields.keys() - {"enabled", "breaker", "at_people", "robot_signed"}
        breaker = BreakerState.CLOSED if endpoint.breaker_opened_at is None else BreakerState.OPEN
        shown = {name: getattr(endpoint, name) for name in names}
        return cls(
            enabled=endpoint.disabled_at is None, breaker=breaker, at_people=list(map(mask_text, endpoint.at_people)),
            robot_signed=endpoint.robot_secret is not None, **shown,
        )  # fmt: skip


class WebhookEndpointCreated(WebhookEndpointOut):
    """A new endpoint with its signing secret, which is shown this once."""

    model_config = ConfigDict(json_schema_extra={"example": _ENDPOINT | {"secret": _SECRET}})

    secret: str = Field(description=SECRET_OUT)


class WebhookSecretRotate(Wire):
    """How to change over to a new signing secret."""

    model_config = ConfigDict(json_schema_extra={"example": {"overlap_seconds": 86400}})

    overlap_seconds: Annotated[int, Field(ge=0, le=7 * DAY)] = Field(
        default=DAY,
        description="For how long the secret before signs beside the new one; 0 when it has leaked. A day is usual.",
    )
    secret: SecretIn | None = Field(default=None, description=SECRET_IN)


class WebhookSecretRotated(WebhookEndpointOut):
    """The endpoint with its new signing secret, which is shown this once."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": _ENDPOINT | {"secret": _SECRET, "previous_secret_until": "2026-03-02T08:00:00Z", "version": 2}
        }
    )

    secret: str = Field(description=SECRET_OUT)


class ReplayCreate(Wire):
    """What to send again."""

    model_config = ConfigDict(json_schema_extra={"example": {"since": "2026-03-01T08:00:00Z", "states": ["dead"]}})

    since: Instant = Field(description="What was owed at this instant or later.")
    until: Instant | None = Field(default=None, description="What was owed before this instant; null: until now.")
    states: Annotated[list[DeliveryState], Field(min_length=1, max_length=3)] = Field(
        default=[DeliveryState.DEAD],
        description="In one of these states. `pending` sends what waits for its next try at once.",
    )
    after_id: Annotated[int, Field(ge=0, le=2**63 - 1)] = Field(
        default=0, description="Only deliveries with a greater id: `last_id` of the call before."
    )


class ReplayOut(BaseModel):
    """What is being sent again. Call again with `after_id` while there is more."""

    model_config = ConfigDict(json_schema_extra={"example": {"count": 37, "last_id": 4711, "has_more": False}})

    count: int = Field(description="How many deliveries are sent again, 1,000 at most by one call.")
    last_id: int | None = Field(description="The last one's id; null when there was none.")
    has_more: bool = Field(description="Whether there may be more in that span of time.")


class DeliveryAttemptOut(BaseModel):
    """One try: what was answered, how fast and from where."""

    model_config = ConfigDict(json_schema_extra={"example": _ATTEMPT})

    number: int = Field(description="The how-manieth try, from 1; a replay goes on counting.")
    at: datetime = Field(description="When it began.")
    duration_ms: int = Field(description="How long it took, in milliseconds.")
    status: int | None = Field(description="The HTTP status; null when there was no answer.")
    address: str | None = Field(description="The address connected to; null when none was.")
    error: str | None = Field(description="Why it does not count as delivered; null when it does.")
    response: str | None = Field(description="The first KiB of the answer; null when there was none.")

    @classmethod
    def of(cls, attempt: DeliveryAttempt) -> Self:
        return cls(**{name: getattr(attempt, name) for name in cls.model_fields})


class WebhookDeliveryOut(BaseModel):
    """One event owed to one endpoint, with every try so far."""

    model_config = ConfigDict(json_schema_extra={"example": _DELIVERY})

    id: int = Field(description="Its id.")
    webhook_id: str = Field(description="The `webhook-id` header: the same at every retry and replay.")
    event_type: EventType = Field(description="What happened.")
    event_at: datetime = Field(description="When it happened.")
    is_drill: bool = Field(description="Whether it is of an exercise 演练: nothing of it is real.")
    endpoint_id: UUID = Field(description="To whom it is owed.")
    incident_id: UUID | None = Field(description="The incident whose order it keeps; null when it keeps none.")
    seq: int | None = Field(description="Its place on the incident's timeline.")
    state: DeliveryState = Field(description="Whether it is still owed.")
    created_at: datetime = Field(description="Since when it is owed.")
    finished_at: datetime | None = Field(description="When it was delivered or given up; null while it is pending.")
    next_try_at: datetime | None = Field(
        description="The earliest next try, a probe's where the breaker is open; null when there is none, or while the "
        "endpoint is disabled."
    )
    under_way: bool = Field(description="Whether it is being sent right now.")
    lost_leases: int = Field(description="How often in a row a worker died while sending it; at three it is given up.")
    attempts: list[DeliveryAttemptOut] = Field(description="Every try, the first one first.")

    @classmethod
    def of(cls, row: "DeliveryRow", attempts: list[DeliveryAttempt]) -> Self:
        delivery, event_type, event_at, is_drill, sending, probe_at = row
        pending = delivery.state == DeliveryState.PENDING and delivery.token is None
        return cls(
            id=delivery.id, webhook_id=f"evt_{delivery.event_id}", event_type=EventType(event_type),
            event_at=event_at, is_drill=is_drill, endpoint_id=delivery.endpoint_id, incident_id=delivery.incident_id, seq=delivery.seq,
            state=DeliveryState(delivery.state), created_at=delivery.created_at, finished_at=delivery.finished_at,
            next_try_at=max(delivery.due_at, probe_at or delivery.due_at) if pending and sending else None, under_way=delivery.token is not None,
            lost_leases=delivery.lost_leases, attempts=[DeliveryAttemptOut.of(attempt) for attempt in attempts],
        )  # fmt: skip


# The delivery, its event's type and time and whether that is of a drill, whether its endpoint is sent to, and when the
# next probe of it may go.
DeliveryRow = Row[Delivery, str, datetime, bool, bool, datetime | None]


class DeliveryQuery(PageQuery):
    """Which deliveries: values of one parameter are alternatives, different parameters all hold."""

    endpoint_id: list[UUID] = Field(default=[], max_length=20, description="Owed to one of these endpoints.")
    event_type: list[EventType] = Field(default=[], max_length=20, description="Of one of these types.")
    state: list[DeliveryState] = Field(default=[], max_length=3, description="In one of these states.")
    incident_id: list[UUID] = Field(default=[], max_length=20, description="On the timeline of one of these incidents.")
    drills: Drills = Field(
        default=Drills.EXCLUDE,
        description="Whether what is told of exercises 演练 is left out, is in it, or is all of it.",
    )
    created_after: Instant | None = Field(default=None, description="Owed after this instant.")
    created_before: Instant | None = Field(default=None, description="Owed before this instant.")


class WebhookEndpointPage(Page[WebhookEndpointOut]):
    """A page of them."""


class WebhookDeliveryPage(Page[WebhookDeliveryOut]):
    """A page of them."""
