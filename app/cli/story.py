"""The demo's crisis: a fictional dairy, a piece of plastic, seven posts on five platforms in three and a half hours.

Counters grow as such things grow. Each step is one reading; ``expect`` marks those that must bring something about,
which is why the sums matter: a test counts them again by the plan's rules (方案 二(二)1).
"""

from dataclasses import dataclass, field

BRAND = "青禾牛奶"
NEGATIVE_WORDS = ("异物", "塑料片", "避雷", "投诉", "维权", "不敢喝", "召回")
EXCLUSIONS = ("避雷针",)
OPENED = "opened"


@dataclass(frozen=True, slots=True)
class Post:
    """Something somebody published, so many minutes before the story's end."""

    id: str
    platform: str
    author: str
    text: str
    published: int
    title: str | None = None
    sentiment: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """The counters of a post as read so many minutes before the end."""

    post: Post
    minutes_ago: int
    reposts: int | None
    comments: int
    likes: int
    views: int
    expect: str | None = field(default=None)


NOTE = Post(
    "note", "xiaohongshu", "糯米团妈妈", "给宝宝买的青禾牛奶，倒出来一块塑料片！联系客服三天没人理，姐妹们避雷。", 210,
    title="避雷！青禾牛奶喝出塑料片",
)  # fmt: skip
REPOST = Post(
    "repost", "weibo", "城南观察", "转一位妈妈的遭遇：青禾牛奶里喝出异物，客服只肯赔一箱奶。#青禾牛奶异物#", 180
)
PRAISE = Post("praise", "weibo", "早餐研究所", "青禾牛奶配燕麦，今天的早餐很满足。", 170, sentiment="positive")
VIDEO = Post(
    "video", "douyin", "阿泽开箱", "同一批次的青禾牛奶，我又买了三盒，第二盒就剪出塑料片，现场维权全程记录", 150
)
QUESTION = Post(
    "question",
    "zhihu",
    "匿名用户",
    "青禾牛奶回应称系包装问题，现在还不敢喝，怎么看？",
    121,
    title="如何看待青禾牛奶异物事件？",
)
ARTICLE = Post(
    "article",
    "wechat_official",
    "食话实说",
    "我们梳理了近一年对青禾牛奶的投诉：异物占四成。",
    92,
    title="青禾牛奶：塑料片从哪里来",
)
REVIEW = Post(
    "review", "bilibili", "实验室小南", "送检青禾牛奶同批次样品，异物成分出来了", 70, title="青禾牛奶异物送检结果"
)
CELEBRITY = Post("celebrity", "weibo", "主持人林溪", "家里孩子喝的就是青禾牛奶。请厂家召回同批次产品，给个说法。", 47)

STEPS = (
    Step(NOTE, 205, 120, 260, 900, 18_000, OPENED),
    Step(NOTE, 190, 310, 720, 2_450, 52_000),
    Step(REPOST, 178, 210, 140, 380, 31_000),
    Step(PRAISE, 168, 12, 30, 410, 9_000),
    Step(REPOST, 165, 980, 640, 1_720, 140_000),
    Step(NOTE, 160, 420, 980, 3_300, 78_000),
    Step(VIDEO, 148, 640, 1_100, 5_200, 210_000, "general"),
    Step(REPOST, 140, 2_900, 1_800, 4_600, 410_000),
    Step(VIDEO, 130, 1_900, 3_400, 14_800, 690_000),
    Step(QUESTION, 118, None, 420, 2_600, 95_000),
    Step(REPOST, 112, 6_200, 3_500, 8_900, 980_000),
    Step(ARTICLE, 88, 1_300, 260, 2_900, 100_000, "serious"),
    Step(VIDEO, 80, 4_600, 7_900, 33_500, 1_600_000),
    Step(REVIEW, 66, 900, 2_100, 7_400, 330_000),
    Step(REPOST, 58, 11_800, 5_900, 15_300, 2_400_000),
    Step(CELEBRITY, 40, 5_200, 2_600, 11_900, 1_900_000, "major"),
    Step(VIDEO, 24, 7_800, 13_200, 58_000, 3_300_000),
    Step(CELEBRITY, 12, 14_300, 6_800, 27_500, 4_600_000),
    Step(QUESTION, 6, None, 1_150, 7_300, 410_000),
    Step(REPOST, 1, 16_900, 7_400, 19_800, 3_700_000),
)

# What goes on being gained a minute so that a held incident stays alive at its grade and rises no further.
HELD_PER_MINUTE = {"general": 60, "serious": 300, "major": 900}
