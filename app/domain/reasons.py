"""What the machine gives as its reason, in Chinese: events say it in English, documents and group chats in Chinese."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

_REASONS: Final[Mapping[str, str]] = MappingProxyType({
    "A grade was set.": "已定级",
    "A grade was set or raised.": "已定级或升级",
    "It gained again.": "传播量再次上升",
    "No gain for 72 hours.": "72 小时无新增传播",
    "A week without a grade, and little news.": "一周未定级，新增传播很少",
    "The incident has ended.": "事件已终止",
    "The incident came back.": "事件重新开启",
    "It flared up again.": "二次发酵",
    "Another business unit is concerned.": "涉及的业务单元变更",
    "What happened is to be reviewed.": "应进行复盘",
    "The incident is closed.": "事件已结案",
    "The grade was raised.": "等级上调",
    "It was decided not to speak.": "已决定不发声",
    "The incident was opened with them.": "随事件一并开启",
    "It turned out to be none of ours.": "已判定为误报",
    "A task was created.": "新建任务",
    "Its task was waived.": "任务已免除",
    "Its task was reopened.": "任务重新打开",
    "Its task goes on in another incident.": "任务随并案继续",
    "The task is due at another time.": "任务改期",
    "answered 410 Gone": "对方回复 410，地址已失效",
    "disabled over the API": "人工停用",
})  # fmt: skip


def in_chinese(reason: str) -> str:
    """A reason of the machine's as Chinese users read it; what people wrote, and what is not known here, as it is."""
    return _REASONS.get(reason, reason)


def reason_of(event: Mapping[str, Any]) -> str:
    """Why, in Chinese: what the machine rests on is told in figures; what people wrote, in their words."""
    evidence = event.get("evidence") or {}
    if event.get("source") == "machine" and "sum" in evidence:
        hours = evidence["window_seconds"] / 3600
        bound = "（上限估计）" if evidence.get("upper_bound") else ""
        return f"{hours:g} 小时传播量 {evidence['sum']:,}{bound}，超过 {evidence['threshold']:,}"
    if event.get("source") == "machine" and "rule" in evidence:
        return "危害类别与媒体跟进"
    return in_chinese(str(event["reason"]))
