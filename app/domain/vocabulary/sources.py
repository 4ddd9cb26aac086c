"""Words of who reports mentions 来源 (方案 二(一)2: R04, R21, R23)."""

from enum import StrEnum


class SourceKind(StrEnum):
    """舆情工具, 采集程序, 人工巡查, 人员, 其他."""

    TOOL = "tool"
    CRAWLER = "crawler"
    PATROL = "patrol"
    PERSON = "person"
    OTHER = "other"


class SourceState(StrEnum):
    """静默, 从未上报, 正常, 停用, 已退役."""

    SILENT = "silent"
    NEVER_HEARD = "never_heard"
    ALIVE = "alive"
    DISABLED = "disabled"
    RETIRED = "retired"


class SilenceEnd(StrEnum):
    """Why a source's silence is over: 恢复上报, 设置变更, 停用, 退役."""

    HEARD = "heard"
    CHANGED = "changed"
    DISABLED = "disabled"
    RETIRED = "retired"


class AlertMissReason(StrEnum):
    """Why a hit was not pushed within 10 minutes: 推送超时, 无接收端."""

    LATE = "late"
    NO_RECEIVER = "no_receiver"
