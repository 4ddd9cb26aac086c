"""Tables of drills 模拟演练 (方案 三): what is played, the runs, and what of each is to be played when."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Float, ForeignKey, Identity, Index, Integer, UniqueConstraint, text
from sqlalchemy import Uuid as UuidType
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.drills import MOST_SCALE
from app.domain.vocabulary.drills import DrillState, InjectSource
from app.models.base import Base, CreatedAt, Id, Json, one_of


class Scenario(Base):
    """Something that may be played 演练剧本. What it holds stands in its versions; the newest is played."""

    __tablename__ = "scenarios"
    __table_args__ = (CheckConstraint("latest_number >= 1", name="latest_number"),)

    id: Mapped[Id]
    # Its name for programs: product-quality.
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    latest_number: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str]
    updated_at: Mapped[CreatedAt]
    retired_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")


class ScenarioVersion(Base):
    """What a scenario holds after a change: see app.domain.scenarios. Never changed nor deleted (a trigger holds that): a run
    keeps the one it plays."""

    __tablename__ = "scenario_versions"
    __table_args__ = (UniqueConstraint("scenario_id", "number"),)

    id: Mapped[Id]
    scenario_id: Mapped[UUID] = mapped_column(ForeignKey("scenarios.id"))
    number: Mapped[int] = mapped_column(Integer)
    content: Mapped[Json]
    note: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str]


class Drill(Base):
    """A run of a scenario 演练. Its row is locked before everything else by whoever plays, pauses or ends it.

    ``zero_at`` is scenario time 0, the whole minute in which it was started. ``next_at`` is the next instant at which there
    is something to do, null while there is nothing: the player looks at nothing else.
    """

    __tablename__ = "drills"
    __table_args__ = (
        Index("ix_drills_next", "next_at", postgresql_where=text("next_at is not null")),
        Index("ix_drills_version", "scenario_version_id"),
        one_of("state", DrillState),
        CheckConstraint(f"scale between 1 and {MOST_SCALE}", name="scale"),
        CheckConstraint("(state = 'planned') = (started_at is null)", name="started"),
        CheckConstraint("(started_at is null) = (zero_at is null)", name="zero"),
        CheckConstraint("(state in ('stopped', 'finished', 'failed')) = (ended_at is not null)", name="ended"),
        CheckConstraint("state = 'running' or next_at is null", name="next"),
        CheckConstraint(
            "cardinality(paused_ats) = cardinality(resumed_ats) + (state = 'paused')::int", name="pauses"
        ),
        CheckConstraint("(tries = 0) = (problem is null)", name="problem"),
    )  # fmt: skip

    id: Mapped[Id]
    serial: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    name: Mapped[str]
    scenario_version_id: Mapped[UUID] = mapped_column(ForeignKey("scenario_versions.id"))
    scale: Mapped[int] = mapped_column(Integer)
    # How long the scenario lasts, in its own time.
    duration_seconds: Mapped[int] = mapped_column(Integer)
    # The watch rule its posts are matched with, one of its own where none was named: that one was born deleted, so that
    # nothing real is matched with it. And what its texts say for brand and word.
    rule_id: Mapped[UUID] = mapped_column(ForeignKey("watch_rules.id"))
    own_rule: Mapped[bool]
    brand: Mapped[str]
    word: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="planned")
    started_at: Mapped[datetime | None]
    zero_at: Mapped[datetime | None]
    # Pause by pause, when it began and when it was over; the last one is not over while it is paused.
    paused_ats: Mapped[list[datetime]] = mapped_column(ARRAY(TIMESTAMP(timezone=True)), server_default="{}")
    resumed_ats: Mapped[list[datetime]] = mapped_column(ARRAY(TIMESTAMP(timezone=True)), server_default="{}")
    next_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    # How often in a row it could not be played, and why, in words for people.
    tries: Mapped[int] = mapped_column(Integer, server_default="0")
    problem: Mapped[str | None]
    # Who takes part; nobody named: those whom the grades call.
    participants: Mapped[list[UUID]] = mapped_column(ARRAY(UuidType), server_default="{}")
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str]
    updated_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")

    @property
    def number(self) -> str:
        """DR-0007, as people call it."""
        return f"DR-{self.serial:04d}"


class DrillInject(Base):
    """Something that a run plays at an instant of its time: of the scenario, its words filled in, or put in by hand.

    Played once: ``played_at`` is written in the transaction that counts it.
    """

    __tablename__ = "drill_injects"
    __table_args__ = (
        UniqueConstraint("drill_id", "position"),
        Index("ix_drill_injects_due", "drill_id", "at_seconds", "position", postgresql_where=text("played_at is null")),
        one_of("source", InjectSource),
        CheckConstraint("at_seconds >= 0", name="at_seconds"),
        CheckConstraint("num_nulls(played_at, mention_id, late_by_seconds) in (0, 3)", name="played"),
    )

    id: Mapped[Id]
    drill_id: Mapped[UUID] = mapped_column(ForeignKey("drills.id"))
    position: Mapped[int] = mapped_column(Integer)
    at_seconds: Mapped[float] = mapped_column(Float(53))
    source: Mapped[str]
    kind: Mapped[str]
    # The post that it makes, or that it is a reading of.
    ref: Mapped[str]
    content: Mapped[Json]
    played_at: Mapped[datetime | None]
    # By how much, in real time, it was played after it was due.
    late_by_seconds: Mapped[float | None] = mapped_column(Float(53))
    mention_id: Mapped[UUID | None]
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str]
