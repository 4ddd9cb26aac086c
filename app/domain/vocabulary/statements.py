"""Words of statements 声明: what becomes of them, what they hold, and who approves them."""

from enum import StrEnum


class StatementStatus(StrEnum):
    """草稿, 审批中, 退回修改, 已批准, 已发布, 已撤回."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class StatementPart(StrEnum):
    """The plan's four principles of a statement (方案 二(二)2): 真诚致歉, 事实澄清, 解决方案, 进度承诺."""

    ATTITUDE = "attitude"
    FACTS = "facts"
    SOLUTION = "solution"
    COMMITMENTS = "commitments"


class StatementAction(StrEnum):
    """What people may do about a statement."""

    EDIT = "edit"
    SUBMIT = "submit"
    APPROVE = "approve"
    REQUEST_CHANGES = "request_changes"
    RECORD_PUBLICATION = "record_publication"
    WITHDRAW = "withdraw"


class ApprovalSlot(StrEnum):
    """As what somebody approves 审批: 公关, 法务; at major also 组长."""

    PUBLIC_RELATIONS = "public_relations"
    LEGAL = "legal"
    LEAD = "lead"


class ApprovalOutcome(StrEnum):
    """What an approver said of a version: 退回修改, 批准."""

    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"


class ResponseStrategy(StrEnum):
    """How a statement answers what is said of us (Coombs, SCCT): 否认, 弱化, 修复, 支持."""

    DENY = "deny"
    DIMINISH = "diminish"
    REBUILD = "rebuild"
    BOLSTER = "bolster"


class StatementNeed(StrEnum):
    """What a statement still lacks before it may be approved: 致歉, 事实, 解决方案, 带时限的承诺, 下次通报时间, 进展内容,
    信息核实, 与核实结论相符, 时限在将来."""

    ATTITUDE = "attitude"
    FACTS = "facts"
    SOLUTION = "solution"
    COMMITMENT = "commitment"
    NEXT_UPDATE = "next_update"
    CONTENT = "content"
    FACT_CHECK = "fact_check"
    TRUTH = "truth"
    DATES_AHEAD = "dates_ahead"


class StatementSection(StrEnum):
    """Where in a statement's text something stands: 标题, 致歉, 事实, 解决方案, 承诺, 下次通报."""

    TITLE = "title"
    ATTITUDE = "attitude"
    FACTS = "facts"
    SOLUTION = "solution"
    COMMITMENTS = "commitments"
    NEXT_UPDATE = "next_update"


class DiffChange(StrEnum):
    """What became of some words from one version to another: 未变, 删除, 新增."""

    UNCHANGED = "unchanged"
    REMOVED = "removed"
    ADDED = "added"


class StatementChange(StrEnum):
    """What was done about a statement that only its own people need to hear of: 起草, 修改, 新版本, 重新审批, 移出, 移入."""

    DRAFTED = "drafted"
    EDITED = "edited"
    NEW_VERSION = "new_version"
    SENT_BACK = "sent_back"
    MOVED_AWAY = "moved_away"
    MOVED_IN = "moved_in"


class CommitmentState(StrEnum):
    """What became of what was promised in public: 未到期, 已兑现, 逾期兑现, 未兑现, 已免除."""

    OPEN = "open"
    KEPT = "kept"
    KEPT_LATE = "kept_late"
    BROKEN = "broken"
    WAIVED = "waived"
