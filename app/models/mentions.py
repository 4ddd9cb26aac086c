"""Tables of the mentions room 舆情监测. The shapes are measured: run the bench before and after changing one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Id, JsonList, Words, one_of

SENTIMENTS = ("negative", "neutral", "positive")
PLATFORMS = (
    "wechat_official", "wechat_channels", "weibo", "douyin", "xiaohongshu", "zhihu", "bilibili", "forum", "news",
    "other",
)  # fmt: skip
SNAPSHOT_REASONS = ("first_hit", "legal_threshold")
HARM_CLASSES = ("core_interest", "user_rights", "individual")


class Mention(Base):
    """One public post, as first stated. Written once; only a changed text or title is written again."""

    __tablename__ = "mentions"
    __table_args__ = (
        UniqueConstraint("platform", "namespace", "external_id", name="uq_mentions_identity"),
        Index("ix_mentions_drill", "drill_id", "id", postgresql_where=text("drill_id is not null")),
        one_of("platform", PLATFORMS),
        one_of("sentiment", SENTIMENTS),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    platform: Mapped[str]
    # The raw name where the platform is not one of ours, else empty: two unknown platforms may use one id.
    namespace: Mapped[str] = mapped_column(server_default="")
    platform_raw: Mapped[str | None]
    external_id: Mapped[str]
    url: Mapped[str | None]
    author: Mapped[str | None]
    title: Mapped[str | None]
    text: Mapped[str]
    published_at: Mapped[datetime | None]
    sentiment: Mapped[str | None]
    first_seen_at: Mapped[CreatedAt]
    key_id: Mapped[str]
    # The run of a drill that it was made up for; null: real. No foreign key, which each real post would pay for: the one
    # statement that writes it has the run's row locked.
    drill_id: Mapped[UUID | None]


class InboxReading(Base):
    """An acknowledged reading that is not counted yet. Empty when the workers keep up."""

    __tablename__ = "inbox"

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    mention_id: Mapped[UUID] = mapped_column(ForeignKey("mentions.id"))
    observed_at: Mapped[datetime]
    reposts: Mapped[int | None] = mapped_column(BigInteger)
    comments: Mapped[int | None] = mapped_column(BigInteger)
    likes: Mapped[int | None] = mapped_column(BigInteger)
    views: Mapped[int | None] = mapped_column(BigInteger)
    key_id: Mapped[str]
    received_at: Mapped[CreatedAt]
    historical: Mapped[bool]
    published_at: Mapped[datetime | None]
    sentiment: Mapped[str | None]
    # Null in the reading that made the mention: its words are in the mention's own row.
    title: Mapped[str | None]
    text: Mapped[str | None]


class SetAside(Base):
    """A mention whose readings can't be counted: they stay in the inbox, and are tried again after ``until``."""

    __tablename__ = "mentions_set_aside"

    mention_id: Mapped[UUID] = mapped_column(primary_key=True)
    until: Mapped[datetime]
    times: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[CreatedAt]


class Observation(Base):
    """A counted reading of a mention's counters. One row an instant; readings of one instant merge by maximum."""

    __tablename__ = "observations"

    mention_id: Mapped[UUID] = mapped_column(ForeignKey("mentions.id"), primary_key=True)
    observed_at: Mapped[datetime] = mapped_column(primary_key=True)
    reposts: Mapped[int | None] = mapped_column(BigInteger)
    comments: Mapped[int | None] = mapped_column(BigInteger)
    likes: Mapped[int | None] = mapped_column(BigInteger)
    views: Mapped[int | None] = mapped_column(BigInteger)
    key_id: Mapped[str]
    received_at: Mapped[datetime]
    historical: Mapped[bool]


class MentionState(Base):
    """What changes with each reading, in a row narrow enough to be rewritten in place."""

    __tablename__ = "mention_states"
    __table_args__ = (
        Index(
            "ix_mention_states_incident", "incident_id", "mention_id", postgresql_where=text("incident_id is not null")
        ),
        one_of("sentiment", SENTIMENTS),
        one_of("person_sentiment", SENTIMENTS),
        {"postgresql_with": {"fillfactor": 70}},
    )

    # No foreign keys here and in the hits: checking them took a third of a new mention's writes, and the one
    # transaction that writes these rows has just read what they name.
    mention_id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID | None]
    # As in the mention's row, for those who look for what hit a rule; written once.
    drill_id: Mapped[UUID | None]
    # Counts what people change; readings leave it alone.
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    rules_version: Mapped[int] = mapped_column(BigInteger, server_default="0")
    # Whether a negative word of a matching rule stands in the text.
    worded_negative: Mapped[bool] = mapped_column(server_default="false")
    hit: Mapped[bool] = mapped_column(server_default="false")
    media: Mapped[bool] = mapped_column(server_default="false")
    alerted: Mapped[bool] = mapped_column(server_default="false")
    # Bits of what was said of its figures, each once for good: see app.domain.watch.
    raised: Mapped[int] = mapped_column(Integer, server_default="0")
    # A person took it out of an incident: the machine does not put it back.
    held_out: Mapped[bool] = mapped_column(server_default="false")
    # The sender's word of the newest reading that states one; a person's beside it.
    sentiment: Mapped[str | None]
    sentiment_at: Mapped[datetime | None]
    person_sentiment: Mapped[str | None]
    text_at: Mapped[datetime | None]
    title_at: Mapped[datetime | None]
    # The earliest time any sender states; a person's correction beside it.
    published_at: Mapped[datetime | None]
    person_published_at: Mapped[datetime | None]
    # The tally: the newest reading counted, and each counter's running maximum.
    last_at: Mapped[datetime | None]
    reposts: Mapped[int | None] = mapped_column(BigInteger)
    comments: Mapped[int | None] = mapped_column(BigInteger)
    likes: Mapped[int | None] = mapped_column(BigInteger)
    views: Mapped[int | None] = mapped_column(BigInteger)


class MentionSnapshot(Base):
    """A mention as it stood when something made it evidence: posts are deleted, and counters move on.

    Written once, with the event that tells of it. It stands alone: the mention may be gone one day.
    """

    __tablename__ = "mention_snapshots"
    __table_args__ = (
        UniqueConstraint("mention_id", "reason"),
        one_of("platform", PLATFORMS),
        one_of("reason", SNAPSHOT_REASONS),
    )

    id: Mapped[Id]
    mention_id: Mapped[UUID]
    reason: Mapped[str]
    # Which of the reason's thresholds were reached.
    reached: Mapped[Words]
    platform: Mapped[str]
    external_id: Mapped[str]
    url: Mapped[str | None]
    author: Mapped[str | None]
    title: Mapped[str | None]
    text: Mapped[str]
    text_sha256: Mapped[str]
    published_at: Mapped[datetime | None]
    # The newest reading then, and the greatest counts read until then.
    observed_at: Mapped[datetime]
    reposts: Mapped[int | None] = mapped_column(BigInteger)
    comments: Mapped[int | None] = mapped_column(BigInteger)
    likes: Mapped[int | None] = mapped_column(BigInteger)
    views: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[CreatedAt]


class WatchRule(Base):
    """Brand words, negative words, exclusions (方案 二(一)2). Deleted rules stay: hits and incidents cite them."""

    __tablename__ = "watch_rules"
    __table_args__ = (one_of("harm_class", HARM_CLASSES),)

    id: Mapped[Id]
    name: Mapped[str]
    brand_words: Mapped[Words]
    negative_words: Mapped[Words]
    exclusions: Mapped[Words]
    harm_class: Mapped[str]
    business_unit: Mapped[str | None]
    enabled: Mapped[bool] = mapped_column(server_default="true")
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    deleted_at: Mapped[datetime | None]


class Hit(Base):
    """A watch rule matched a mention; the spans explain it."""

    __tablename__ = "hits"
    __table_args__ = (Index("ix_hits_rule", "rule_id", "mention_id"),)

    mention_id: Mapped[UUID] = mapped_column(primary_key=True)
    rule_id: Mapped[UUID] = mapped_column(primary_key=True)
    # [{field, start, end, word, role}], offsets in code points of the original text.
    spans: Mapped[JsonList]
    at: Mapped[CreatedAt]


class Revision(Base):
    """The version of a set that processes hold in memory: `rules`, the watch rules and media outlets together."""

    __tablename__ = "revisions"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger, server_default="1")


class Rematch(Base):
    """Work owed after the rules changed: mentions up to an id are matched again, newest first, in steps."""

    __tablename__ = "rematches"

    rules_version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    before: Mapped[UUID]
    created_at: Mapped[CreatedAt]
    finished_at: Mapped[datetime | None]
