"""Tables of the incidents room 危机处置."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.vocabulary.risks import RecurrenceReason
from app.models.base import Base, Count, CreatedAt, Id, JsonList, Words, one_of
from app.models.mentions import HARM_CLASSES

GRADES = ("major", "serious", "general")
STATUSES = ("watching", "responding", "handling", "closing", "closed", "subsided", "dismissed", "merged")
ACCEPTING_SQL = "status in ('watching', 'responding', 'handling', 'closing')"


class GradingPolicy(Base):
    """An ordered list of rules as data. Versions are never changed: an incident keeps the one it was opened under."""

    __tablename__ = "grading_policies"
    __table_args__ = (
        UniqueConstraint("name", "version"),
        Index("uq_grading_policies_active", "active", unique=True, postgresql_where=text("active")),
    )

    id: Mapped[Id]
    name: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    rules: Mapped[JsonList]
    note: Mapped[str] = mapped_column(server_default="")
    # The one that new incidents are opened under.
    active: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str]


class IncidentNumber(Base):
    """The last number given in a year, so that 2026-0031 follows 2026-0030 without a gap."""

    __tablename__ = "incident_numbers"

    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(Integer)
    # Exercises are numbered apart, or the real numbers had gaps.
    last_drill: Mapped[int] = mapped_column(Integer, server_default="0")


class Incident(Base):
    """Mentions handled as one case 危机事件.

    ``version`` counts what people or the grade change (the ETag); ``spread_version`` counts the buckets;
    ``seq`` counts the incident's events. Windows are arrays in the order of the policy's windows.
    """

    __tablename__ = "incidents"
    __table_args__ = (
        # At most one accepting incident per (rule, story, drill run): two workers can't open two.
        Index(
            "uq_incidents_accepting", "rule_id", "story", "drill_id", unique=True, postgresql_nulls_not_distinct=True,
            postgresql_where=text(f"{ACCEPTING_SQL} and rule_id is not null"),
        ),
        # Not over last_gain_at: no index may hold what each batch writes, or rows are not updated in place.
        Index("ix_incidents_watching", "id", postgresql_where=text("status = 'watching'")),
        # What was closed lately, for whatever comes again; and what did.
        Index("ix_incidents_closed", "ended_at", postgresql_where=text("status = 'closed'")),
        Index("ix_incidents_drill", "drill_id", "id", postgresql_where=text("drill_id is not null")),
        Index("ix_incidents_recurred", "id", postgresql_where=text("recurrence_of is not null")),
        one_of("status", STATUSES),
        one_of("grade", GRADES),
        one_of("auto_grade", GRADES),
        one_of("suggested_grade", GRADES),
        one_of("decided_auto", GRADES),
        one_of("grade_source", ("machine", "person")),
        one_of("harm_class", HARM_CLASSES),
        CheckConstraint("drill_id is null or is_drill", name="drill"),
        CheckConstraint(
            "num_nulls(legal_hold_at, legal_hold_by, legal_hold_reason) in (0, 3)", name="legal_hold"
        ),
        one_of("media_follow_up", ("none", "suspected", "confirmed")),
        one_of("recurrence_reason", RecurrenceReason),
        CheckConstraint(
            "num_nulls(recurrence_of, recurrence_reason, recurred_after) in (0, 3)", name="recurrence"
        ),
        {"postgresql_with": {"fillfactor": 50}},
    )  # fmt: skip

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    summary: Mapped[str] = mapped_column(server_default="")
    # An exercise 演练, kept apart from what is real.
    is_drill: Mapped[bool] = mapped_column(server_default="false")
    # The run that it belongs to; of exercises that people open by hand there is none.
    drill_id: Mapped[UUID | None] = mapped_column(ForeignKey("drills.id"))
    status: Mapped[str] = mapped_column(server_default="watching")
    rule_id: Mapped[UUID | None] = mapped_column(ForeignKey("watch_rules.id"))
    story: Mapped[str] = mapped_column(server_default="")
    business_unit: Mapped[str | None]
    harm_class: Mapped[str | None]
    harm_by_person: Mapped[bool] = mapped_column(server_default="false")
    media_follow_up: Mapped[str] = mapped_column(server_default="none")
    media_by_person: Mapped[bool] = mapped_column(server_default="false")

    policy_id: Mapped[UUID] = mapped_column(ForeignKey("grading_policies.id"))
    grade: Mapped[str | None]
    auto_grade: Mapped[str | None]
    suggested_grade: Mapped[str | None]
    grade_source: Mapped[str | None]
    grade_reason: Mapped[str | None]
    graded_at: Mapped[datetime | None]
    # A person's decision that stands, and what the machine said when it was made.
    decided_at: Mapped[datetime | None]
    decided_auto: Mapped[str | None]

    total: Mapped[Count]
    baseline: Mapped[Count]
    mention_count: Mapped[int] = mapped_column(Integer, server_default="0")
    peaks: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")
    peak_minutes: Mapped[list[int | None]] = mapped_column(ARRAY(Integer), server_default="{}")
    live_peaks: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")
    live_peak_minutes: Mapped[list[int | None]] = mapped_column(ARRAY(Integer), server_default="{}")
    last_gain_at: Mapped[datetime | None]
    # When calm was recorded, and what it rests on. Provisional: a relapse and a reopening clear both.
    calmed_at: Mapped[datetime | None]
    calm_evidence: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))

    # A legal hold 法务保全 that stands: nothing of it is deleted.
    legal_hold_at: Mapped[datetime | None]
    legal_hold_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    legal_hold_reason: Mapped[str | None]

    seq: Mapped[Count]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")
    spread_version: Mapped[Count]
    opened_at: Mapped[CreatedAt]
    opened_by: Mapped[str]
    updated_at: Mapped[CreatedAt]
    ended_at: Mapped[datetime | None]
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("incidents.id"))
    # The earlier incident that it is again, by what, and when that one was closed (R63).
    recurrence_of: Mapped[UUID | None] = mapped_column(ForeignKey("incidents.id"))
    recurrence_reason: Mapped[str | None]
    recurred_after: Mapped[datetime | None]


class SpreadBucket(Base):
    """What an incident gained in one UTC minute, by counter. Minutes are counted since 1970."""

    __tablename__ = "spread_buckets"
    __table_args__ = ({"postgresql_with": {"fillfactor": 70}},)

    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"), primary_key=True)
    minute: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    reposts: Mapped[int] = mapped_column(BigInteger)
    comments: Mapped[int] = mapped_column(BigInteger)
    likes: Mapped[int] = mapped_column(BigInteger)
    # The part of the sum that was loaded from the past: no reason for a grade.
    historical: Mapped[Count]


class MediaOutlet(Base):
    """An outlet whose report counts as media follow-up 媒体跟进 (方案 二(二)1). Self-media 自媒体 is never one."""

    __tablename__ = "media_outlets"
    __table_args__ = (one_of("tier", ("central", "provincial", "industry")),)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    tier: Mapped[str]
    domains: Mapped[Words]
    # "platform:author", as mentions name them.
    accounts: Mapped[Words]
    created_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(Integer, server_default="1")
