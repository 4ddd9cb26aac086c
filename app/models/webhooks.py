"""Tables of the webhooks room 外发通知."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Id, Words, one_of


class WebhookEndpoint(Base):
    """Where events are sent, and how they are signed."""

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        one_of("payload_format", ("standard", "cloudevents", "dingtalk", "feishu", "wecom", "slack")),
        one_of("drills", ("exclude", "include", "only")),
        CheckConstraint("max_concurrency between 1 and 1000", name="max_concurrency"),
        CheckConstraint("grades <@ array['major', 'serious', 'general']", name="grades"),
        CheckConstraint("at_grades <@ array['major', 'serious', 'general']", name="at_grades"),
    )

    id: Mapped[Id]
    url: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    # Empty: every type.
    event_types: Mapped[Words]
    # Whether a message there is read by people, so that it stops the alert clock (方案 二(一)2).
    reaches_people: Mapped[bool] = mapped_column(server_default="false")
    # Empty: every grade, and none.
    grades: Mapped[Words]
    # Whether it hears of exercises 演练, of nothing else, or of none.
    drills: Mapped[str] = mapped_column(server_default="exclude")
    # Whether people's names, phones and mails, and the links by which they acknowledge, go there unmasked.
    unmask_people: Mapped[bool] = mapped_column(server_default="false")
    payload_format: Mapped[str] = mapped_column(server_default="standard")
    # Deliveries under way at once, of all workers; null: as each worker sees fit.
    max_concurrency: Mapped[int | None] = mapped_column(Integer)
    # Encrypted, see app.webhooks.sealing; after a rotation the one before signs beside it for a while.
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    previous_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    previous_secret_until: Mapped[datetime | None]
    # A chat robot's: the vendor's secret, encrypted like ours; whom it calls, by phone or user id, and for which grades
    # (empty: for all).
    robot_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    at_people: Mapped[Words]
    at_all: Mapped[bool] = mapped_column(server_default="false")
    at_grades: Mapped[Words] = mapped_column(server_default="{major}")
    created_at: Mapped[CreatedAt]
    disabled_at: Mapped[datetime | None]
    disabled_reason: Mapped[str | None]
    deleted_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    # How it has been answering of late: counted by the workers, and no part of its version.
    breaker_opened_at: Mapped[datetime | None]
    probe_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    succeeded_at: Mapped[datetime | None]
    failures_in_row: Mapped[int] = mapped_column(Integer, server_default="0")
    # [slot, tries, failures] of the last sixths of a window.
    recent: Mapped[list[list[int]]] = mapped_column(JSONB, server_default="[]")
    # When a worker last took from what is owed, where only so many may be under way: a robot's is one message.
    claimed_at: Mapped[datetime | None]


class Delivery(Base):
    """One event owed to one endpoint. Claimed under a lease and a token; finished only by the token's holder."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("event_id", "endpoint_id"),
        # Not by due_at alone: a claim must not wade through what a disabled or hanging endpoint is owed.
        Index("ix_deliveries_due", "endpoint_id", "due_at", "id", postgresql_where=text("state = 'pending' and token is null")),
        Index("ix_deliveries_leased", "lease_until", postgresql_where=text("token is not null")),
        Index("ix_deliveries_dead", "id", postgresql_where=text("state = 'dead'")),
        Index(
            "ix_deliveries_order", "endpoint_id", "incident_id", "seq",
            postgresql_where=text("state = 'pending' and holds_back"),
        ),
        Index("ix_deliveries_endpoint", "endpoint_id", "id"),
        # For "what was owed in that hour": rows lie in the order of their time.
        Index("ix_deliveries_created_at", "created_at", postgresql_using="brin"),
        one_of("state", ("pending", "delivered", "dead")),
        {"postgresql_with": {"fillfactor": 80}},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    event_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("events.id"))
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoints.id"))
    incident_id: Mapped[UUID | None]
    seq: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(server_default="pending")
    # False once refused three times with a 4xx: it keeps its schedule but holds no later one back.
    holds_back: Mapped[bool] = mapped_column(server_default="true")
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    # The place in the schedule of tries; a replay begins it again, while attempts goes on counting.
    step: Mapped[int] = mapped_column(Integer, server_default="0")
    refusals: Mapped[int] = mapped_column(Integer, server_default="0")
    lost_leases: Mapped[int] = mapped_column(Integer, server_default="0")
    due_at: Mapped[CreatedAt]
    token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    finished_at: Mapped[datetime | None]


class DeliveryAttempt(Base):
    """What was sent and what came back, kept for people who ask "did they hear of it?"."""

    __tablename__ = "delivery_attempts"
    __table_args__ = (UniqueConstraint("delivery_id", "number"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    delivery_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("deliveries.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime]
    duration_ms: Mapped[int] = mapped_column(Integer)
    status: Mapped[int | None] = mapped_column(Integer)
    # The address connected to, not the name: a name may point elsewhere tomorrow.
    address: Mapped[str | None]
    error: Mapped[str | None]
    # At most the first KiB.
    response: Mapped[str | None]


class RobotMessage(Base):
    """A message that a chat robot may have got, kept while it counts in the robot's quota. One covers many deliveries."""

    __tablename__ = "robot_messages"

    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoints.id"), primary_key=True)
    # Of the deliveries it covered.
    token: Mapped[UUID] = mapped_column(primary_key=True)
    # When its exchange was over, or was given up: the vendor counted it at that instant or before.
    at: Mapped[CreatedAt]
    # Until when the vendor wants no more, where it said so.
    silent_until: Mapped[datetime | None]
