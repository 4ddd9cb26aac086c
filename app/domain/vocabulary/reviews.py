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


class ReviewGap(StrEnum):
    """What a report is not issued without: 复盘会议, an answer to each of the four questions, and the report itself."""

    MEETING = "meeting"
    CAUSE = "cause"
    TIMELY = "timely"
    EFFECTIVE = "effective"
    GAPS = "gaps"
    REPORT = "report"


class ReviewAction(StrEnum):
    """What people may do about a review."""

    UPDATE = "update"
    COVER = "cover"
    ISSUE_REPORT = "issue_report"
    DECIDE = "decide"


class ReviewSubject(StrEnum):
    """What a review changes: 风险, 分级标准, 时限标准, 监测规则, 媒体名单, 核心平台."""

    RISK = "risk"
    GRADING_POLICY = "grading_policy"
    SLA_POLICY = "sla_policy"
    WATCH_RULE = "watch_rule"
    MEDIA_OUTLET = "media_outlet"
    CORE_PLATFORM = "core_platform"


class ReviewChangeAction(StrEnum):
    """What is done to it: 新建, 修改, 移除, 启用(新版本)."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    ACTIVATE = "activate"
