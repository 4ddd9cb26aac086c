"""Words of reviews 复盘 (方案 二(三))."""

from enum import StrEnum


class ReviewStatus(StrEnum):
    """复盘中, 暂停(二次发酵), 已出报告, 已完成, 已并入."""

    OPEN = "open"
    SUSPENDED = "suspended"
    REPORTED = "reported"
    COMPLETED = "completed"
    MERGED = "merged"


class ReviewQuestion(StrEnum):
    """The plan's four questions (方案 二(三), R58): 起因, 是否及时, 是否有效, 漏洞."""

    CAUSE = "cause"
    TIMELY = "timely"
    EFFECTIVE = "effective"
    GAPS = "gaps"


class ReviewDecisionKind(StrEnum):
    """The three things that a review decides (R60-R62): 风险清单, 流程, 监测范围."""

    RISKS = "risks"
    PROCESS = "process"
    SCOPE = "scope"


class ReviewDecisionState(StrEnum):
    """待决定, 不作变更, 已生效."""

    OPEN = "open"
    NO_CHANGE = "no_change"
    APPLIED = "applied"
