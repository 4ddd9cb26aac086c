"""The event table, which is timeline, audit log and outbox at once; answers kept for repeats; workers' heartbeats."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Integer, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Json


class Event(Base):
    """Something that happened. Append-only: a trigger refuses UPDATE and DELETE. Holds ids, never post text."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("incident_id", "seq"),
        Index("ix_events_type_id", "type", "id"),
        # Exercises are a sliver of the table: whoever asks for them alone must not read the rest.
        Index("ix_events_drills", "type", "id", postgresql_where=text("is_drill")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    type: Mapped[str]
    at: Mapped[CreatedAt]
    # The incident's own counter, taken under its row lock: ids are not the order of commits.
    incident_id: Mapped[UUID | None] = mapped_column(ForeignKey("incidents.id"))
    seq: Mapped[int | None] = mapped_column(BigInteger)
    # Of an exercise 演练: kept from whoever did not ask for them.
    is_drill: Mapped[bool] = mapped_column(server_default="false")
    # Who did it: key:<id>, person:<id>, cli:<account>, system:fenghuo.
    actor: Mapped[str]
    # What carried a person's act, key:<id> or oidc, so that both are known; null where the actor needs no carrier.
    via: Mapped[str | None]
    # The W3C trace of the request that caused it.
    trace: Mapped[str | None]
    data: Mapped[Json]


class IdempotencyKey(Base):
    """A request that was done, and the answer it got, for 24 hours. Names are HMACs and the answer is sealed."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("ix_idempotency_keys_created_at", "created_at"),)

    caller: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    request: Mapped[bytes] = mapped_column(LargeBinary)
    answer: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[CreatedAt]


class SaidOnce(Base):
    """What was said for a period, for example once an hour, so that nobody says it again."""

    __tablename__ = "said_once"

    what: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[CreatedAt]


class WorkerHeartbeat(Base):
    """One row a worker process, so that /health/ready can tell whether anybody is working."""

    __tablename__ = "worker_heartbeats"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    host: Mapped[str]
    pid: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[CreatedAt]
    seen_at: Mapped[datetime]
