"""Mentions on the wire (方案 二(一)2 and 3)."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from app.core.bodies import MAX_COUNT, Instant, Str, Visible, Wire
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.vocabulary import DeadlineState, LegalThreshold, Platform
from app.domain.vocabulary.quality import Violation

EXAMPLE: dict[str, JsonValue] = {
    "platform": "weibo", "external_id": "5012345678901234", "url": "https://weibo.com/1/OAbCdEfGh",
    "author": "示例用户", "text": "避雷！示例牌牛奶喝出异物，客服不理", "published_at": "2026-11-23T09:12:00+08:00",
    "observed_at": "2026-11-23T09:20:00+08:00", "reposts": 1203, "comments": 845, "likes": 12000, "views": 510000,
}  # fmt: skip


class Sentiment(StrEnum):
    """How a post speaks of us."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


class JudgedSentiment(StrEnum):
    """How a post speaks of us, as far as anybody has said."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"
    UNKNOWN = "unknown"


class SentimentSource(StrEnum):
    """Who says so: a person's word beats the sender's, which beats that of the negative words."""

    PERSON = "person"
    SENDER = "sender"
    WORDS = "words"
    NONE = "none"


Counter = Annotated[int | None, Field(ge=0, le=MAX_COUNT)]


class MentionIn(Wire):
    """One reading of one post. The same (platform, external_id) again is a new reading of the same post."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    platform: Annotated[
        Visible,
        Field(min_length=1, max_length=64, description="One of the platform words, or any name: unknown ones are kept "
              "as `other` with the name given."),
    ]  # fmt: skip
    # Two tools that name one post must count it once; no platform has ids that differ by spaces, but exports do.
    external_id: Annotated[
        Visible,
        Field(min_length=1, max_length=200, description="The post's id on its platform. Spaces around it don't count."),
        AfterValidator(str.strip),
    ]
    text: Annotated[Visible, Field(min_length=1, max_length=20_000, description="What the post says.")]
    title: Annotated[Str | None, Field(max_length=500, description="Its title, where it has one.")] = None
    url: Annotated[Str | None, Field(max_length=2_000, description="Where it can be read.")] = None
    author: Annotated[Str | None, Field(max_length=200, description="Who wrote it, as shown there.")] = None
    platform_raw: Annotated[Str | None, Field(max_length=64, description="The platform's name as the tool has it.")] = (
        None
    )
    published_at: Annotated[
        Instant | None,
        Field(description="When it was posted. Of several stated times the earliest counts. At most 5 minutes ahead."),
    ] = None
    observed_at: Annotated[
        Instant | None,
        Field(description="When the counters were read; now where missing. At most 5 minutes ahead."),
    ] = None
    reposts: Annotated[Counter, Field(description="转发 so far. Null: not read.")] = None
    comments: Annotated[Counter, Field(description="评论 so far. Null: not read.")] = None
    likes: Annotated[Counter, Field(description="点赞 so far. Null: not read.")] = None
    views: Annotated[Counter, Field(description="阅读 so far: recorded, never counted. Null: not read.")] = None
    sentiment: Annotated[
        Sentiment | None, Field(description="The sender's judgement. Missing: negative where a negative word hits.")
    ] = None
    historical: Annotated[
        bool, Field(description="Matched and counted, but never alerted or graded: for loading the past.")
    ] = False


class MentionBatchIn(Wire):
    """Up to 1,000 readings. One bad item never loses the good ones."""

    model_config = ConfigDict(json_schema_extra={"example": {"items": [EXAMPLE]}})

    items: Annotated[list[MentionIn], Field(min_length=1, max_length=1000, description="The readings, in any order.")]
    historical: Annotated[bool, Field(description="Sets `historical` on every item.")] = False


class MentionReceipt(BaseModel):
    """A reading that was stored for good."""

    id: UUID = Field(description="The mention's id.")
    created: bool = Field(description="Whether the mention was new.", examples=[True])
    observed_at: datetime = Field(description="The instant the reading counts for.")


class ItemProblem(BaseModel):
    """Why one item was refused."""

    code: str = Field(description="The kind of problem, for programs.", examples=["invalid"])
    detail: str = Field(
        description="What is wrong and where, in words.",
        examples=["/items/1/text: must hold at least one visible character"],
    )
    pointers: list[str] = Field(description="JSON pointers to the fields at fault.", examples=[["/items/1/text"]])


class BatchResult(BaseModel):
    """What became of one item."""

    index: int = Field(description="The item's place in the batch, from 0.", examples=[0])
    status: Literal[201, 200, 400, 422] = Field(description="201 new, 200 known, 400 and 422 refused.", examples=[201])
    id: UUID | None = Field(description="The mention's id; null where the item was refused.")
    problem: ItemProblem | None = Field(description="Why it was refused; null where it was not.")


class MentionBatchOut(BaseModel):
    """A result for each item, in order."""

    accepted: int = Field(description="Items stored for good.", examples=[1])
    refused: int = Field(description="Items refused; mend and send them again.", examples=[0])
    results: list[BatchResult] = Field(description="One an item, in the order sent.")


class WordField(StrEnum):
    """Which of a post's two texts."""

    TITLE = "title"
    TEXT = "text"


class WordRole(StrEnum):
    """What a rule's word is for: 主体词, 负面词, 屏蔽词."""

    BRAND = "brand"
    NEGATIVE = "negative"
    EXCLUSION = "exclusion"


class HitSpan(BaseModel):
    """Where a rule's word stands."""

    field: WordField = Field(description="Which of the two.", examples=["text"])
    start: int = Field(description="First code point, from 0.", examples=[3])
    end: int = Field(description="The code point after the last.", examples=[6])
    word: str = Field(description="The rule's word.", examples=["示例牌"])
    role: WordRole = Field(description="What the word is for.", examples=["brand"])


class HitOut(BaseModel):
    """A watch rule that matched 命中, explained."""

    rule_id: UUID = Field(description="The rule.")
    spans: list[HitSpan] = Field(
        description="Which words hit, where, in reading order. 50 at most: the first of each role, then of each word, "
        "then the others."
    )


class MentionAlert(BaseModel):
    """The clock of a hit 预警时限: people are to hear of it within 10 minutes (方案 二(一)2)."""

    state: DeadlineState = Field(
        description="`unpushed`: when it was received, no enabled endpoint that reaches people took hits."
    )
    received_at: datetime = Field(description="When we were told of what makes it a hit.")
    due_at: datetime = Field(description="Until when people are to hear of it.")
    pushed_at: datetime | None = Field(
        description="When it first reached an endpoint that people read, late or not; null: not yet."
    )


class EmployeeAccount(BaseModel):
    """A person's word that an employee's account 员工账号 posted it."""

    violation: Violation | None = Field(description="What it violates; null: nothing.")
    labelled_at: datetime = Field(description="When somebody said so.")
    labelled_by: str = Field(
        description="Who, as events name it.", examples=["person:0197a3f0-7000-7aaa-8bbb-0123456789ac"]
    )


class EmployeeAccountPut(Wire):
    """That an employee posted it, and what it violates (方案 二(一)1: 禁止泄密、不当言论)."""

    model_config = ConfigDict(json_schema_extra={"example": {"violation": "leak"}})

    violation: Annotated[Violation | None, Field(description="What it violates; null: nothing.")]


class Mention(BaseModel):
    """One public post about us 舆情. Names, phones and mails are masked."""

    id: UUID = Field(description="Our id.")
    platform: Platform = Field(description="Where it was posted.")
    platform_raw: str | None = Field(description="The platform's name as the tool gave it.", examples=["新浪微博"])
    external_id: str = Field(description="Its id there.", examples=["5012345678901234"])
    url: str | None = Field(
        description="Where it can be read; phones and mails in it are masked.",
        examples=["https://weibo.com/1/OAbCdEfGh"],
    )
    author: str | None = Field(description="Who wrote it, masked.", examples=["示***户"])
    title: str | None = Field(description="Its title, masked.", examples=["买到的牛奶"])
    text: str = Field(
        description="What it says, masked; offsets are those of the original.",
        examples=["避雷！示例牌牛奶喝出异物，客服不理"],
    )
    published_at: datetime | None = Field(description="The earliest stated time, or a person's correction.")
    first_seen_at: datetime = Field(description="When we first heard of it.")
    last_observed_at: datetime | None = Field(description="The newest reading that is counted.")
    sentiment: JudgedSentiment = Field(description="The judgement that counts.")
    sentiment_source: SentimentSource = Field(description="Whose judgement that is.")
    reposts: int | None = Field(description="Greatest count read so far; null: never read.", examples=[1203])
    comments: int | None = Field(description="Greatest count read so far; null: never read.", examples=[845])
    likes: int | None = Field(description="Greatest count read so far; null: never read.", examples=[12000])
    views: int | None = Field(description="Greatest count read so far; null: never read.", examples=[510000])
    spread: int = Field(description="传播量: reposts + comments + likes.", examples=[14048])
    media: bool = Field(description="Whether a listed outlet 媒体 posted it.", examples=[False])
    incident_id: UUID | None = Field(description="The incident it belongs to.")
    is_drill: bool = Field(
        description="Whether it was made up for an exercise 演练: nothing of it is real.", examples=[False]
    )
    drill_id: UUID | None = Field(description="The run that it was made up for; null: it is real.", examples=[None])
    pending: bool = Field(
        description="Whether its first reading is stored but not matched and counted yet.", examples=[False]
    )
    hits: list[HitOut] = Field(description="The watch rules it matches.")
    alert: MentionAlert | None = Field(description="The clock of its hit; null where it alerts nobody.")
    employee_account: EmployeeAccount | None = Field(
        description="That an employee's account 员工账号 posted it, as people say; null: nobody does."
    )
    version: int = Field(description="Counts what people change; readings leave it alone.")


class Observation(BaseModel):
    """One reading of a mention's counters."""

    observed_at: datetime = Field(description="When they were read.")
    received_at: datetime = Field(description="When we were told.")
    reposts: int | None = Field(description="转发; null: not read.", examples=[1203])
    comments: int | None = Field(description="评论; null: not read.", examples=[845])
    likes: int | None = Field(description="点赞; null: not read.", examples=[12000])
    views: int | None = Field(description="阅读; null: not read.", examples=[510000])
    key_id: str = Field(description="The API key it came by.", examples=["7f3a9c"])
    counted: bool = Field(description="False while it waits to be counted.", examples=[True])


class SnapshotReason(StrEnum):
    """What made a copy of a mention worth keeping."""

    FIRST_HIT = "first_hit"
    LEGAL_THRESHOLD = "legal_threshold"


class MentionSnapshot(BaseModel):
    """A mention as it stood when it became evidence 存证. The post may have changed, or be gone, since.

    Masked like the mention itself unless you have `people:unmask`; that you saw it is an event then.
    """

    id: UUID = Field(description="Our id.")
    mention_id: UUID = Field(description="The mention.")
    reason: SnapshotReason = Field(description="What made it evidence.")
    reached: list[LegalThreshold] = Field(
        description="Which thresholds were reached then; of a first hit none.", examples=[["views"]]
    )
    platform: Platform = Field(description="Where it was posted.")
    external_id: str = Field(description="Its id there.", examples=["5012345678901234"])
    url: str | None = Field(description="Where it could be read.", examples=["https://weibo.com/1/OAbCdEfGh"])
    author: str | None = Field(description="Who wrote it.", examples=["示***户"])
    title: str | None = Field(description="Its title.", examples=["买到的牛奶"])
    text: str = Field(description="What it said.", examples=["避雷！示例牌牛奶喝出异物，客服不理"])
    text_sha256: str | None = Field(
        description="SHA-256 of the unmasked text in UTF-8, in hexadecimal; null without `people:unmask`, because what is "
        "hidden could be found by trying.",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    )
    masked: bool = Field(description="Whether names, phones and mails are hidden here.", examples=[True])
    published_at: datetime | None = Field(description="When it was posted, as far as was known.")
    observed_at: datetime = Field(description="The newest reading then.")
    reposts: int | None = Field(description="Greatest count read until then; null: never read.", examples=[1203])
    comments: int | None = Field(description="Greatest count read until then; null: never read.", examples=[845])
    likes: int | None = Field(description="Greatest count read until then; null: never read.", examples=[12000])
    views: int | None = Field(description="Greatest count read until then; null: never read.", examples=[510000])
    created_at: datetime = Field(description="When the copy was made.")


class MentionPatch(Wire):
    """A person's corrections. They win over the sender's word; the sender's is kept beside them."""

    model_config = ConfigDict(json_schema_extra={"example": {"sentiment": "negative", "reason": "反讽"}})

    sentiment: Annotated[
        Sentiment | None, Field(description="How it speaks of us; null gives the word back to the sender.")
    ] = None
    published_at: Annotated[
        Instant | None, Field(description="When it was posted; null gives the word back to the senders.")
    ] = None
    reason: Annotated[Str, Field(max_length=1000, description="Why.")] = ""


class MentionQuery(PageQuery):
    """Which mentions, newest first."""

    platform: Annotated[list[Platform], Field(max_length=10, description="Any of these platforms.")] = []
    sentiment: Annotated[list[JudgedSentiment], Field(max_length=4, description="Any of these judgements.")] = []
    incident_id: Annotated[UUID | None, Field(description="Those of one incident.")] = None
    rule_id: Annotated[UUID | None, Field(description="Those that hit one watch rule.")] = None
    employee_account: Annotated[bool | None, Field(description="Whether people say that an employee posted it.")] = None
    attached: Annotated[bool | None, Field(description="Whether they belong to any incident.")] = None
    is_drill: Annotated[
        bool,
        Field(
            description="What was made up for exercises 演练 in place of what is real; where an incident is named, it does not "
            "matter."
        ),
    ] = False
    drill_id: Annotated[UUID | None, Field(description="What was made up for one run of a drill.")] = None
    first_seen_after: Annotated[Instant | None, Field(description="Heard of after this instant.")] = None
    first_seen_before: Annotated[Instant | None, Field(description="Heard of before this instant.")] = None


class MentionPage(Page[Mention]):
    """Some mentions, newest first."""


class MentionSnapshotPage(Page[MentionSnapshot]):
    """Some copies of one mention, oldest first."""


class ObservationPage(Page[Observation]):
    """Some readings of one mention, by time."""
