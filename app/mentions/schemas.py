"""Mentions on the wire (方案 二(一)2 and 3)."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from app.core.bodies import MAX_COUNT, Instant, Str, Visible, Wire
from app.core.paging import Page
from app.core.params import PageQuery
from app.domain.spelling import normalise_word
from app.incidents.schemas import HarmClass

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


class Platform(StrEnum):
    """Where posts are made."""

    WECHAT_OFFICIAL = "wechat_official"
    WECHAT_CHANNELS = "wechat_channels"
    WEIBO = "weibo"
    DOUYIN = "douyin"
    XIAOHONGSHU = "xiaohongshu"
    ZHIHU = "zhihu"
    BILIBILI = "bilibili"
    FORUM = "forum"
    NEWS = "news"
    OTHER = "other"


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
    created: bool = Field(description="Whether the mention was new.")
    observed_at: datetime = Field(description="The instant the reading counts for.")


class ItemProblem(BaseModel):
    """Why one item was refused."""

    code: str = Field(description="The kind of problem, for programs.")
    detail: str = Field(description="What is wrong and where, in words.")
    pointers: list[str] = Field(description="JSON pointers to the fields at fault.")


class BatchResult(BaseModel):
    """What became of one item."""

    index: int = Field(description="The item's place in the batch, from 0.")
    status: Literal[201, 200, 400, 422] = Field(description="201 new, 200 known, 400 and 422 refused.")
    id: UUID | None = Field(description="The mention's id; null where the item was refused.")
    problem: ItemProblem | None = Field(description="Why it was refused; null where it was not.")


class MentionBatchOut(BaseModel):
    """A result for each item, in order."""

    accepted: int = Field(description="Items stored for good.")
    refused: int = Field(description="Items refused; mend and send them again.")
    results: list[BatchResult] = Field(description="One an item, in the order sent.")


class HitSpan(BaseModel):
    """Where a rule's word stands."""

    field: Literal["title", "text"] = Field(description="Which of the two.")
    start: int = Field(description="First code point, from 0.")
    end: int = Field(description="The code point after the last.")
    word: str = Field(description="The rule's word.")
    role: Literal["brand", "negative", "exclusion"] = Field(description="What the word is for.")


class HitOut(BaseModel):
    """A watch rule that matched 命中, explained."""

    rule_id: UUID = Field(description="The rule.")
    spans: list[HitSpan] = Field(
        description="Which words hit, where, in reading order. 50 at most: the first of each role, then of each word, "
        "then the others."
    )


class Mention(BaseModel):
    """One public post about us 舆情. Names, phones and mails are masked."""

    id: UUID = Field(description="Our id.")
    platform: Platform = Field(description="Where it was posted.")
    platform_raw: str | None = Field(description="The platform's name as the tool gave it.")
    external_id: str = Field(description="Its id there.")
    url: str | None = Field(description="Where it can be read; phones and mails in it are masked.")
    author: str | None = Field(description="Who wrote it, masked.")
    title: str | None = Field(description="Its title, masked.")
    text: str = Field(description="What it says, masked; offsets are those of the original.")
    published_at: datetime | None = Field(description="The earliest stated time, or a person's correction.")
    first_seen_at: datetime = Field(description="When we first heard of it.")
    last_observed_at: datetime | None = Field(description="The newest reading that is counted.")
    sentiment: JudgedSentiment = Field(description="The judgement that counts.")
    sentiment_source: SentimentSource = Field(description="Whose judgement that is.")
    reposts: int | None = Field(description="Greatest count read so far; null: never read.")
    comments: int | None = Field(description="Greatest count read so far; null: never read.")
    likes: int | None = Field(description="Greatest count read so far; null: never read.")
    views: int | None = Field(description="Greatest count read so far; null: never read.")
    spread: int = Field(description="传播量: reposts + comments + likes.")
    media: bool = Field(description="Whether a listed outlet 媒体 posted it.")
    incident_id: UUID | None = Field(description="The incident it belongs to.")
    pending: bool = Field(description="Whether its first reading is stored but not matched and counted yet.")
    hits: list[HitOut] = Field(description="The watch rules it matches.")


class Observation(BaseModel):
    """One reading of a mention's counters."""

    observed_at: datetime = Field(description="When they were read.")
    received_at: datetime = Field(description="When we were told.")
    reposts: int | None = Field(description="转发; null: not read.")
    comments: int | None = Field(description="评论; null: not read.")
    likes: int | None = Field(description="点赞; null: not read.")
    views: int | None = Field(description="阅读; null: not read.")
    key_id: str = Field(description="The API key it came by.")
    counted: bool = Field(description="False while it waits to be counted.")


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
    attached: Annotated[bool | None, Field(description="Whether they belong to any incident.")] = None
    first_seen_after: Annotated[Instant | None, Field(description="Heard of after this instant.")] = None
    first_seen_before: Annotated[Instant | None, Field(description="Heard of before this instant.")] = None


class MentionPage(Page[Mention]):
    """A page of them."""


class ObservationPage(Page[Observation]):
    """A page of them."""


def _words(words: list[str]) -> list[str]:
    for word in words:
        normalise_word(word)
    return list(dict.fromkeys(words))


RuleWordList = Annotated[
    list[Annotated[Str, Field(min_length=1, max_length=100)]], Field(max_length=1_000), AfterValidator(_words)
]
RuleName = Annotated[Visible, Field(min_length=1, max_length=100, description="What people call the rule.")]
BrandWords = Annotated[RuleWordList, Field(min_length=1, description="主体词: at least one must occur.")]
NegativeWords = Annotated[
    RuleWordList, Field(description="负面词: at least one must occur; empty: every negative mention of the brand.")
]
Exclusions = Annotated[RuleWordList, Field(description="屏蔽词: none may occur, for example 避雷针.")]
RuleUnit = Annotated[Str | None, Field(max_length=100, description="业务部门, for the team.")]
RuleHarm = Annotated[HarmClass, Field(description="Whose interests its mentions harm.")]
RULE_EXAMPLE: dict[str, JsonValue] = {
    "name": "示例牌质量", "brand_words": ["示例牌"], "negative_words": ["投诉", "差评", "避雷"], "exclusions": ["避雷针"],
    "harm_class": "user_rights", "business_unit": "乳品事业部",
}  # fmt: skip


class WatchRuleCreate(Wire):
    """Brand words AND negative words, NOT exclusions 监测规则."""

    model_config = ConfigDict(json_schema_extra={"example": RULE_EXAMPLE})

    name: RuleName
    brand_words: BrandWords
    negative_words: NegativeWords = []
    exclusions: Exclusions = []
    harm_class: RuleHarm = HarmClass.INDIVIDUAL
    business_unit: RuleUnit = None
    enabled: Annotated[bool, Field(description="Whether it matches anything.")] = True


class WatchRulePatch(Wire):
    """Only the fields that are sent change."""

    model_config = ConfigDict(json_schema_extra={"example": {"negative_words": ["投诉", "差评", "避雷", "翻车"]}})

    name: RuleName = "…"
    brand_words: BrandWords = ["…"]
    negative_words: NegativeWords = []
    exclusions: Exclusions = []
    harm_class: RuleHarm = HarmClass.INDIVIDUAL
    business_unit: RuleUnit = None
    enabled: Annotated[bool, Field(description="Whether it matches anything.")] = True


class WatchRule(BaseModel):
    """A watch rule 监测规则."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(description="Our id.")
    name: str = Field(description="What people call the rule.")
    brand_words: list[str] = Field(description="主体词: at least one must occur.")
    negative_words: list[str] = Field(description="负面词: at least one must occur, where there are any.")
    exclusions: list[str] = Field(description="屏蔽词: none may occur.")
    harm_class: HarmClass = Field(description="Whose interests its mentions harm.")
    business_unit: str | None = Field(description="业务部门.")
    enabled: bool = Field(description="Whether it matches anything.")
    version: int = Field(description="Counts the changes.")
    created_at: datetime = Field(description="When it was made.")
    updated_at: datetime = Field(description="When it was last changed.")


class WatchRuleTest(Wire):
    """A text to try the rule on."""

    model_config = ConfigDict(json_schema_extra={"example": {"text": "避⚡示例牌，差*评"}})

    text: Annotated[Str, Field(min_length=1, max_length=20_000, description="What a post might say.")]
    title: Annotated[Str | None, Field(max_length=500, description="Its title.")] = None


class WatchRuleTestResult(BaseModel):
    """Whether the rule matches, and why."""

    matched: bool = Field(description="Whether it hits.")
    spans: list[HitSpan] = Field(description="The words that hit, where; 50 at most, as in a mention's hits.")
    missing: list[Literal["brand", "negative", "exclusion"]] = Field(description="Which kinds of word do not occur.")
    excluded_by: list[HitSpan] = Field(description="The exclusions that occur, where; 50 at most.")


class MediaTier(StrEnum):
    """What kind of outlet: 中央, 省级, 行业."""

    CENTRAL = "central"
    PROVINCIAL = "provincial"
    INDUSTRY = "industry"


_DOMAIN = re.compile(r"(?:[\w-]+\.)+[\w-]+")


def _domain(value: str) -> str:
    if not _DOMAIN.fullmatch(value):
        raise ValueError("must be a bare domain such as news.cn, without https:// and path")
    return value.lower()


def _account(value: str) -> str:
    platform, _, author = value.partition(":")
    if platform not in tuple(Platform) or not author:
        raise ValueError(f"must be platform:author, the platform being one of {', '.join(Platform)}")
    return value


class MediaOutletIn(Wire):
    """An outlet whose reports are media follow-up 媒体跟进. Self-media 自媒体 is never one."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"name": "新华社", "tier": "central", "domains": ["news.cn"], "accounts": ["weibo:新华社"]}
        }
    )

    name: Annotated[Visible, Field(min_length=1, max_length=100, description="Its name; no two have the same.")]
    tier: Annotated[MediaTier, Field(description="What kind of outlet.")]
    domains: Annotated[
        list[Annotated[Str, Field(min_length=1, max_length=253), AfterValidator(_domain)]],
        Field(max_length=100, description="With subdomains."),
    ] = []
    accounts: Annotated[
        list[Annotated[Str, Field(min_length=3, max_length=265), AfterValidator(_account)]],
        Field(max_length=100, description="platform:author, as mentions name them."),
    ] = []


class MediaOutlet(BaseModel):
    """A listed outlet."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(description="Our id.")
    name: str = Field(description="Its name.")
    tier: MediaTier = Field(description="What kind of outlet.")
    domains: list[str] = Field(description="Its sites, with their subdomains.")
    accounts: list[str] = Field(description="Its accounts, platform:author.")
    created_at: datetime = Field(description="When it was listed.")


class WatchRulePage(Page[WatchRule]):
    """A page of them."""


class MediaOutletPage(Page[MediaOutlet]):
    """A page of them."""
