"""What happens in a scenario, on the wire: the member `kind` tells the injects apart. What comes in and what goes out are models
of their own."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel
from pydantic.config import JsonDict

from app.core.bodies import MAX_COUNT, WEB, Str, Visible, Wire
from app.domain.scenarios import LONGEST_SECONDS
from app.domain.vocabulary import Platform
from app.domain.vocabulary.scenarios import InjectKind
from app.mentions.rule_schemas import MediaTier
from app.mentions.schemas import Sentiment

MENTION: JsonDict = {
    "kind": "mention", "offset_seconds": 0, "ref": "note", "platform": "xiaohongshu", "author": "示例用户", "title": "买到的牛奶",
    "url": "https://www.xiaohongshu.com/explore/example", "text": "刚买的{brand}喝出黑色絮状物，{word}！", "sentiment": "negative", "reposts": 12, "comments": 30,
    "likes": 90, "views": 4000,
}  # fmt: skip
READING: JsonDict = {
    "kind": "reading", "offset_seconds": 3600, "ref": "note", "reposts": 4200, "comments": 3900, "likes": 8800,
    "views": 910000,
}  # fmt: skip
_OUTLET: JsonDict = {"name": "示例日报", "tier": "provincial", "domain": "daily.example.com"}
REPORT: JsonDict = {
    "kind": "media_report", "offset_seconds": 5400, "ref": "press", "platform": "news", "author": "示例日报", "outlet": _OUTLET,
    "title": "{brand}被指{word}，客服称正在核实", "url": "https://daily.example.com/1",
    "text": "多名消费者反映{brand}存在{word}。", "sentiment": "negative", "reposts": 20, "comments": 60, "likes": 100,
    "views": 30000,
}  # fmt: skip

Kind = Field(description="What happens.")
Offset = Annotated[
    int, Field(ge=0, le=LONGEST_SECONDS, description="When, in seconds of the scenario's time since it began.")
]
Ref = Annotated[
    Visible,
    Field(min_length=1, max_length=60, description="Which post: a name of its own, by which later readings name it."),
]
Counter = Annotated[int | None, Field(ge=0, le=MAX_COUNT)]
Reposts = Annotated[Counter, Field(description="转发 so far. Null: not read.")]
Comments = Annotated[Counter, Field(description="评论 so far. Null: not read.")]
Likes = Annotated[Counter, Field(description="点赞 so far. Null: not read.")]
Views = Annotated[Counter, Field(description="阅读 so far: recorded, never counted. Null: not read.")]
_PLACES = "`{brand}` and `{word}` stand for the brand word and the negative word of the rule that it is played on"
Text = Annotated[Visible, Field(min_length=1, max_length=20_000, description=f"What the post says; {_PLACES}.")]
Title = Annotated[Str | None, Field(max_length=500, description=f"Its title, where it has one; {_PLACES}.")]
Url = Annotated[Annotated[Str, WEB] | None, Field(max_length=2_000, description="Where it could be read.")]
Author = Annotated[Str | None, Field(max_length=200, description="Who posts it, as shown there: somebody made up.")]


class MentionInjectCreate(Wire):
    """A post appears 新帖."""

    model_config = ConfigDict(json_schema_extra={"example": MENTION})

    kind: Annotated[Literal[InjectKind.MENTION], Kind]
    offset_seconds: Offset
    ref: Ref
    platform: Annotated[Platform, Field(description="Where it is posted.")]
    author: Author = None
    title: Title = None
    url: Url = None
    text: Text
    sentiment: Annotated[Sentiment, Field(description="How it speaks of us.")] = Sentiment.NEGATIVE
    reposts: Reposts = None
    comments: Comments = None
    likes: Likes = None
    views: Views = None


class ReadingInjectCreate(Wire):
    """The counters of an earlier post are read again 数据更新: at least one of them."""

    model_config = ConfigDict(json_schema_extra={"example": READING})

    kind: Annotated[Literal[InjectKind.READING], Kind]
    offset_seconds: Offset
    ref: Ref
    reposts: Reposts = None
    comments: Comments = None
    likes: Likes = None
    views: Views = None


class ScenarioOutletCreate(Wire):
    """A listed outlet, made up: in the drill its report is media follow-up."""

    model_config = ConfigDict(json_schema_extra={"example": _OUTLET})

    name: Annotated[Visible, Field(min_length=1, max_length=100, description="What it is called.")]
    tier: Annotated[MediaTier, Field(description="What kind of outlet.")]
    domain: Annotated[
        Str | None, Field(max_length=200, description="Its domain; null: none. It need not be listed for real.")
    ] = None


class MediaReportInjectCreate(Wire):
    """A listed outlet reports 媒体报道: that is media follow-up where it hits the rule."""

    model_config = ConfigDict(json_schema_extra={"example": REPORT})

    kind: Annotated[Literal[InjectKind.MEDIA_REPORT], Kind]
    offset_seconds: Offset
    ref: Ref
    outlet: Annotated[ScenarioOutletCreate, Field(description="Who reports.")]
    platform: Annotated[Platform, Field(description="Where it reports.")] = Platform.NEWS
    author: Author = None
    title: Title = None
    url: Url = None
    text: Text
    sentiment: Annotated[Sentiment, Field(description="How it speaks of us.")] = Sentiment.NEGATIVE
    reposts: Reposts = None
    comments: Comments = None
    likes: Likes = None
    views: Views = None


class ScenarioInjectCreate(
    RootModel[
        Annotated[
            MentionInjectCreate | ReadingInjectCreate | MediaReportInjectCreate, Field(discriminator="kind")
        ]
    ]
):  # fmt: skip
    """Something that happens; `kind` says what."""

    model_config = ConfigDict(json_schema_extra={"example": MENTION})


class MentionInject(BaseModel):
    """A post appears 新帖."""

    model_config = ConfigDict(json_schema_extra={"example": MENTION})

    kind: Annotated[Literal[InjectKind.MENTION], Kind]
    offset_seconds: int = Field(description="When, in seconds of the scenario's time since it began.", examples=[0])
    ref: str = Field(description="Which post.", examples=["note"])
    platform: Platform = Field(description="Where it is posted.")
    author: str | None = Field(description="Who posts it: somebody made up.", examples=["示例用户"])
    title: str | None = Field(description="Its title.", examples=["买到的牛奶"])
    url: str | None = Field(description="Where it could be read.", examples=["https://weibo.com/example/1"])
    text: str = Field(description="What it says, with `{brand}` and `{word}`.", examples=["{brand}喝出{word}"])
    sentiment: Sentiment = Field(description="How it speaks of us.")
    reposts: int | None = Field(description="转发 so far.", examples=[12])
    comments: int | None = Field(description="评论 so far.", examples=[30])
    likes: int | None = Field(description="点赞 so far.", examples=[90])
    views: int | None = Field(description="阅读 so far.", examples=[4000])


class ReadingInject(BaseModel):
    """The counters of an earlier post are read again 数据更新."""

    model_config = ConfigDict(json_schema_extra={"example": READING})

    kind: Annotated[Literal[InjectKind.READING], Kind]
    offset_seconds: int = Field(description="When, in seconds of the scenario's time since it began.", examples=[3600])
    ref: str = Field(description="Which post.", examples=["note"])
    reposts: int | None = Field(description="转发 so far.", examples=[4200])
    comments: int | None = Field(description="评论 so far.", examples=[3900])
    likes: int | None = Field(description="点赞 so far.", examples=[8800])
    views: int | None = Field(description="阅读 so far.", examples=[910000])


class ScenarioOutlet(BaseModel):
    """A listed outlet, made up."""

    model_config = ConfigDict(json_schema_extra={"example": _OUTLET})

    name: str = Field(description="What it is called.", examples=["示例日报"])
    tier: MediaTier = Field(description="What kind of outlet.")
    domain: str | None = Field(description="Its domain.", examples=["daily.example.com"])


class MediaReportInject(MentionInject):
    """A listed outlet reports 媒体报道."""

    model_config = ConfigDict(json_schema_extra={"example": REPORT})

    kind: Annotated[Literal[InjectKind.MEDIA_REPORT], Kind]  # type: ignore[assignment]
    outlet: ScenarioOutlet = Field(description="Who reports.")


class ScenarioInject(
    RootModel[Annotated[MentionInject | ReadingInject | MediaReportInject, Field(discriminator="kind")]]
):
    """Something that happens; `kind` says what."""

    model_config = ConfigDict(json_schema_extra={"example": MENTION})
