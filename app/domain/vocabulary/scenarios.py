"""Words of what is played in a drill 演练剧本, and of what is made of it."""

from enum import StrEnum


class InjectKind(StrEnum):
    """What happens at an instant of a scenario: 新帖, 数据更新, 媒体报道."""

    MENTION = "mention"
    READING = "reading"
    MEDIA_REPORT = "media_report"


class ReactionKind(StrEnum):
    """What trainees are expected to do: 接警, 紧急会议, 信息核实, 首次回应, 首发平台声明, 声明审批, 任务.

    Each is found on record, so that nobody has to say whether it was done.
    """

    ACKNOWLEDGEMENT = "acknowledgement"
    MEETING = "meeting"
    FACT_CHECK = "fact_check"
    HOLDING_STATEMENT = "holding_statement"
    ORIGIN_STATEMENT = "origin_statement"
    APPROVAL = "approval"
    TASK = "task"


class DrillResult(StrEnum):
    """What became of a clock or an expected reaction: 按时, 迟到, 超时, 计时中, 未到时间, 无人可推.

    What the drill did not last for counts neither way, nor does a hit that there was nobody to tell of.
    """

    MET = "met"
    LATE = "late"
    BREACHED = "breached"
    RUNNING = "running"
    NOT_REACHED = "not_reached"
    UNPUSHED = "unpushed"


class StatementStep(StrEnum):
    """What becomes of a statement in a drill: 起草, 送审, 审批通过, 退回修改, 发布."""

    DRAFTED = "drafted"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"
    PUBLISHED = "published"
