"""Tables of who reports mentions 来源: sources, their signs of life, their silences; which platforms are core, and since when."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Float, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.sources import LONGEST, SHORTEST
from app.models.base import Base, CreatedAt, Id, Words, one_of
from app.models.mentions import PLATFORMS

SOURCE_KINDS = ("tool", "crawler", "patrol", "person", "other")
SILENCE_ENDS = ("heard", "changed", "disabled", "retired")
_WORDS = ", ".join(f"'{platform}'" for platform in PLATFORMS)


class Source(Base):
    """Who reports mentions: a tool, a crawler, patrols, a person. Never deleted, because silences name it: retired."""

    __tablename__ = "sources"
    __table_args__ = (
        # A key is one source's: of what it brings one must know whose sign of life it is.
        Index("uq_sources_key", "key_id", unique=True, postgresql_where=text("retired_at is null")),
        one_of("kind", SOURCE_KINDS),
        CheckConstraint(f"platforms <> '{{}}' and platforms <@ array[{_WORDS}]", name="platforms"),
        CheckConstraint(f"rhythm_seconds between {SHORTEST} and {LONGEST} and rhythm_seconds % 60 = 0", name="rhythm"),
        CheckConstraint("retired_at is null or not enabled", name="retired"),
    )

    id: Mapped[Id]
    name: Mapped[str]
    kind: Mapped[str]
    # The key it posts with. Null: it is heard by its explicit signs of life alone, patrols also by check-ins.
    key_id: Mapped[str | None] = mapped_column(ForeignKey("api_keys.id"))
    platforms: Mapped[Words]
    # How long it may say nothing.
    rhythm_seconds: Mapped[int] = mapped_column(Integer)
    enabled: Mapped[bool] = mapped_column(server_default="true")
    retired_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str]
    updated_at: Mapped[CreatedAt]


class SourceWatch(Base):
    """How far a source that is enabled was listened for. Whoever judges it, or begins anew, holds this row."""

    __tablename__ = "source_watches"
    __table_args__ = ({"postgresql_with": {"fillfactor": 70}},)

    source_id: Mapped[UUID] = mapped_column(ForeignKey("sources.id"), primary_key=True)
    # The end of the last minute in which it was heard, or when it began to be listened for.
    since: Mapped[datetime]
    # The last minute in which it was heard since then; null: not yet.
    heard_at: Mapped[datetime | None]


class SourceBeat(Base):
    """A minute in which something came from somewhere, about a platform: the key it came with, `source:<id>` for an explicit
    sign of life, or `patrols:` for a check-in. By the database's clock, when it was received."""

    __tablename__ = "source_beats"
    __table_args__ = (Index("ix_source_beats_platform", "platform", "at"), one_of("platform", PLATFORMS))

    channel: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(primary_key=True)


class SourceSilence(Base):
    """A source said nothing for longer than its rhythm. Told once: there is one of a source and due instant."""

    __tablename__ = "source_silences"
    __table_args__ = (
        Index("uq_source_silences_due", "source_id", "due_at", unique=True),
        Index("uq_source_silences_open", "source_id", unique=True, postgresql_where=text("ends_at is null")),
        # For what was amiss in a span of time.
        Index("ix_source_silences_ends", "ends_at", "starts_at"),
        one_of("ended_by", SILENCE_ENDS),
        CheckConstraint("due_at > starts_at", name="due"),
        CheckConstraint("ends_at >= starts_at", name="span"),
        CheckConstraint("(ends_at is null) = (ended_by is null)", name="ended"),
    )

    id: Mapped[Id]
    source_id: Mapped[UUID] = mapped_column(ForeignKey("sources.id"))
    # Those it covered then.
    platforms: Mapped[Words]
    # Its last sign of life, else when it began to be listened for.
    starts_at: Mapped[datetime]
    heard_before: Mapped[bool]
    due_at: Mapped[datetime]
    told_at: Mapped[datetime]
    late_by_seconds: Mapped[float] = mapped_column(Float)
    ends_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]


class ListeningSpan(Base):
    """From when until when the API could be reached, as its processes noted while they ran."""

    __tablename__ = "listening_spans"

    started_at: Mapped[datetime] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]


class CorePlatformPeriod(Base):
    """When a platform was core 核心平台. Written by triggers of `platform_rules`: figures of past days keep their list."""

    __tablename__ = "core_platform_periods"
    __table_args__ = (
        Index("uq_core_platform_periods_open", "platform", unique=True, postgresql_where=text("ends_at is null")),
        one_of("platform", PLATFORMS),
        CheckConstraint("ends_at > starts_at", name="span"),
    )

    platform: Mapped[str] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    # Null: it still is.
    ends_at: Mapped[datetime | None]
