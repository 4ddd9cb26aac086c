"""Words that both the API's answers and its events use; one enum each, so that the contract has one schema each.

Grades and classes of harm, which carry more than a word, are in :mod:`app.domain.grades`. How the words look to
people is in :mod:`app.domain.wording`.
"""

from enum import StrEnum


class IncidentStatus(StrEnum):
    """关注中, 响应中, 处置中, 收尾中, 已结案; 自然平息, 误报, 已并案."""

    WATCHING = "watching"
    RESPONDING = "responding"
    HANDLING = "handling"
    CLOSING = "closing"
    CLOSED = "closed"
    SUBSIDED = "subsided"
    DISMISSED = "dismissed"
    MERGED = "merged"


class GradeSource(StrEnum):
    """Who set the grade in force."""

    MACHINE = "machine"
    PERSON = "person"


class Drills(StrEnum):
    """What becomes of exercises 演练 where events are told: nobody hears of them who did not ask."""

    EXCLUDE = "exclude"
    INCLUDE = "include"
    ONLY = "only"


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
