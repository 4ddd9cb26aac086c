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


class DeadlineKind(StrEnum):
    """The plan's clocks: 推送, 首次响应, 紧急会议, 信息核实, 首次发声, 首份声明, 收尾, 复盘."""

    ALERT = "alert"
    FIRST_RESPONSE = "first_response"
    EMERGENCY_MEETING = "emergency_meeting"
    FACT_CHECK = "fact_check"
    FIRST_WORD = "first_word"
    FIRST_STATEMENT = "first_statement"
    CLOSING = "closing"
    REVIEW = "review"


class DeadlineState(StrEnum):
    """计时中, 按时完成, 按时完成(补录), 超时, 已取消, 无人可推."""

    RUNNING = "running"
    MET = "met"
    MET_RECORDED_LATE = "met_recorded_late"
    BREACHED = "breached"
    CANCELLED = "cancelled"
    UNPUSHED = "unpushed"
