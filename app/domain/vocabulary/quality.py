"""Words of what tells whether it all works: mechanisms, digests, replays, labels of people, the roll-out."""

from enum import StrEnum


class Mechanism(StrEnum):
    """The plan's three lasting mechanisms 三项长效机制 (方案 一, R08): 监测, 复盘, 升级."""

    MONITORING = "monitoring"
    REVIEW = "review"
    UPGRADE = "upgrade"


class MechanismCheck(StrEnum):
    """What a mechanism is judged by: 核心平台有数据, 巡查按时, 预警送达, 复盘按期, 报告按期出具, 决定落实, 风险按期复评, 规则标准按期检视."""

    CORE_PLATFORMS_ALIVE = "core_platforms_alive"
    PATROLS_DONE = "patrols_done"
    ALERTS_PUSHED = "alerts_pushed"
    REVIEWS_NOT_LATE = "reviews_not_late"
    REPORTS_IN_TIME = "reports_in_time"
    DECISIONS_APPLIED = "decisions_applied"
    RISKS_REVIEWED = "risks_reviewed"
    RULES_LOOKED_AT = "rules_looked_at"


class Light(StrEnum):
    """绿灯, 红灯."""

    GREEN = "green"
    RED = "red"


class DigestKind(StrEnum):
    """每日简报, 每周小结."""

    DAILY = "daily"
    WEEKLY = "weekly"


class ReplayKind(StrEnum):
    """What is tried on history: 监测规则, 分级标准."""

    RULE = "rule"
    POLICY = "policy"


class ReplayState(StrEnum):
    """排队, 回放中, 完成, 失败."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class ReplayFailure(StrEnum):
    """Why a replay has no result: 数据过多, 多次中断."""

    TOO_MANY_MENTIONS = "too_many_mentions"
    INTERRUPTED = "interrupted"


class Violation(StrEnum):
    """What an employee's post violates (方案 二(一)1, R15): 泄密, 不当言论, 其他."""

    LEAK = "leak"
    IMPROPER_SPEECH = "improper_speech"
    OTHER = "other"


class ProgrammePhase(StrEnum):
    """The plan's phases 推进阶段 (方案 三): 搭建体系, 培训演练, 试运行, 优化定型."""

    SET_UP = "set_up"
    TRAIN = "train"
    TRIAL = "trial"
    SETTLE = "settle"


class ProgrammeState(StrEnum):
    """How a phase or the whole stands in time: 未开始, 进行中, 已到期."""

    AHEAD = "ahead"
    RUNNING = "running"
    OVER = "over"


class ProgrammeCheck(StrEnum):
    """What a phase of the roll-out is judged by, in the order of the phases (方案 三, R64-R74)."""

    TEAM_COMPLETE = "team_complete"
    TOOLS_ALIVE = "tools_alive"
    WATCH_RULES_SET = "watch_rules_set"
    POLICIES_CONFIRMED = "policies_confirmed"
    TEMPLATES_READY = "templates_ready"
    DOCUMENTS_PUBLISHED = "documents_published"
    TRAINING_COVERED = "training_covered"
    DOCUMENTS_READ = "documents_read"
    FIRST_DRILL = "first_drill"
    TRIAL_BEGUN = "trial_begun"
    DIGESTS_ISSUED = "digests_issued"
    SENSITIVITY_TRIED = "sensitivity_tried"
    SECOND_DRILL = "second_drill"
    TEAM_ANSWERED = "team_answered"
    REVIEWS_HELD = "reviews_held"
    MECHANISMS_GREEN = "mechanisms_green"
    TRIAL_ENDED = "trial_ended"
