"""Watch rules and media outlets on the wire (方案 二(一)2)."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from app.core.bodies import Str, Visible, Wire
from app.core.paging import Page
from app.domain.grades import HarmClass
from app.domain.spelling import normalise_word
from app.domain.vocabulary import Platform
from app.mentions.schemas import HitSpan, WordRole


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
    name: str = Field(description="What people call the rule.", examples=["示例牌质量"])
    brand_words: list[str] = Field(description="主体词: at least one must occur.", examples=[["示例牌"]])
    negative_words: list[str] = Field(
        description="负面词: at least one must occur, where there are any.", examples=[["投诉", "差评", "避雷"]]
    )
    exclusions: list[str] = Field(description="屏蔽词: none may occur.", examples=[["避雷针"]])
    harm_class: HarmClass = Field(description="Whose interests its mentions harm.")
    business_unit: str | None = Field(description="业务部门.", examples=["乳品事业部"])
    enabled: bool = Field(description="Whether it matches anything.", examples=[True])
    version: int = Field(description="Counts the changes.", examples=[1])
    created_at: datetime = Field(description="When it was made.")
    updated_at: datetime = Field(description="When it was last changed.")


class WatchRuleTest(Wire):
    """A text to try the rule on."""

    model_config = ConfigDict(json_schema_extra={"example": {"text": "避⚡示例牌，差*评"}})

    text: Annotated[Str, Field(min_length=1, max_length=20_000, description="What a post might say.")]
    title: Annotated[Str | None, Field(max_length=500, description="Its title.")] = None


class WatchRuleTestResult(BaseModel):
    """Whether the rule matches, and why."""

    matched: bool = Field(description="Whether it hits.", examples=[True])
    spans: list[HitSpan] = Field(description="The words that hit, where.")
    missing: list[WordRole] = Field(description="Which kinds of word do not occur.", examples=[[]])
    excluded_by: list[HitSpan] = Field(description="The exclusions that occur, where.", examples=[[]])


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
    name: str = Field(description="Its name.", examples=["新华社"])
    tier: MediaTier = Field(description="What kind of outlet.")
    domains: list[str] = Field(description="Its sites, with their subdomains.", examples=[["news.cn"]])
    accounts: list[str] = Field(description="Its accounts, platform:author.", examples=[["weibo:新华社"]])
    created_at: datetime = Field(description="When it was listed.")
    version: int = Field(description="Counts the changes.", examples=[1])


class WatchRulePage(Page[WatchRule]):
    """Some watch rules, oldest first."""


class MediaOutletPage(Page[MediaOutlet]):
    """Some media outlets, oldest first."""
