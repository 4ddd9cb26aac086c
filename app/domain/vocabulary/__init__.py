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


class DeadlineKind(StrEnum):
    """The plan's clocks: 命中推送, 首次响应, 紧急会议, 信息核实, 首次发声, 首份声明, 诉求处理, 承诺, 收尾, 复盘.

    The first word only warns: it runs on past its time without ringing, until something is said.
    """

    ALERT = "alert"
    FIRST_RESPONSE = "first_response"
    EMERGENCY_MEETING = "emergency_meeting"
    FACT_CHECK = "fact_check"
    FIRST_WORD = "first_word"
    FIRST_STATEMENT = "first_statement"
    REMEDIATION = "remediation"
    COMMITMENT = "commitment"
    CLOSING = "closing"
    REVIEW = "review"


class DeadlineState(StrEnum):
    """计时中, 按时完成, 按时完成(补录), 超时, 已取消, 无人可推, 未到时限.

    What was not reached was due after the end of the drill 演练 that it belonged to: nobody was late.
    """

    RUNNING = "running"
    MET = "met"
    MET_RECORDED_LATE = "met_recorded_late"
    BREACHED = "breached"
    CANCELLED = "cancelled"
    UNPUSHED = "unpushed"
    NOT_REACHED = "not_reached"


class Guard(StrEnum):
    """What must be on record before an incident moves on (方案 二(二)). A lead may pass one by a reason 特批."""

    FACT_CHECK = "fact_check"
    MEETING_WITH_DIRECTION = "meeting_with_direction"
    ORIGIN_STATEMENT = "origin_statement"
    CALM = "calm"
    FOLLOW_UPS = "follow_ups"


class IncidentAction(StrEnum):
    """What people may do about an incident."""

    SET_STATUS = "set_status"
    SET_GRADE = "set_grade"
    MERGE = "merge"
    SPLIT = "split"
    ATTACH_MENTIONS = "attach_mentions"
    ACKNOWLEDGE = "acknowledge"
    CHANGE_TEAM = "change_team"
    RECORD_MEETING = "record_meeting"
    RECORD_FACT_CHECK = "record_fact_check"
    RECORD_PUBLICATION = "record_publication"
    RECORD_DECISION = "record_decision"
    ADD_NOTE = "add_note"
    CREATE_TASK = "create_task"


class IncidentInclude(StrEnum):
    """What a wall shows of an incident beside its own row: 传播窗口, 升级预测, 最近时限, 未接警人数, 24小时走势."""

    WINDOWS = "windows"
    FORECAST = "forecast"
    NEXT_DEADLINE = "next_deadline"
    UNACKNOWLEDGED_COUNT = "unacknowledged_count"
    SPARKLINE = "sparkline"


class Truth(StrEnum):
    """What of it is true: 属实, 部分属实, 不属实, 误解, 暂无法核实."""

    CONFIRMED = "confirmed"
    PARTLY_CONFIRMED = "partly_confirmed"
    UNFOUNDED = "unfounded"
    MISUNDERSTANDING = "misunderstanding"
    UNVERIFIABLE = "unverifiable"


class Responsibility(StrEnum):
    """Who answers for it: 我方, 供应商, 经销商, 平台, 用户, 待定."""

    COMPANY = "company"
    SUPPLIER = "supplier"
    DISTRIBUTOR = "distributor"
    PLATFORM = "platform"
    USER = "user"
    UNDETERMINED = "undetermined"


class StatementKind(StrEnum):
    """What we say in public: 首次回应, 进展通报, 致歉声明, 澄清声明, 律师声明."""

    HOLDING = "holding"
    PROGRESS = "progress"
    APOLOGY = "apology"
    CLARIFICATION = "clarification"
    LAWYER = "lawyer"


class DecisionKind(StrEnum):
    """Decisions that guards ask for 决定不发声, 首发平台不适用, and all others."""

    OTHER = "other"
    NO_STATEMENT = "no_statement"
    ORIGIN_NOT_APPLICABLE = "origin_not_applicable"


class NoteSubject(StrEnum):
    """What notes 备注 are written on: 事件, 任务, 声明的某一版, 复盘."""

    INCIDENT = "incident"
    TASK = "task"
    STATEMENT_VERSION = "statement_version"
    REVIEW = "review"


class InboxKind(StrEnum):
    """What waits for a person 待办, what must be answered soonest first."""

    ACKNOWLEDGE = "acknowledge"
    APPROVE = "approve"
    DUE = "due"
    MENTIONED = "mentioned"


class EvidenceSubject(StrEnum):
    """What files can be evidence of: 事件, 舆情, 会议, 信息核实, 对外发布, 决策, 任务, 备注, 声明, 复盘."""

    INCIDENT = "incident"
    MENTION = "mention"
    MEETING = "meeting"
    FACT_CHECK = "fact_check"
    PUBLICATION = "publication"
    DECISION = "decision"
    TASK = "task"
    NOTE = "note"
    STATEMENT = "statement"
    REVIEW = "review"


class LegalThreshold(StrEnum):
    """Which counter is as great as the law on defamation asks for: 5,000 views or 500 reposts."""

    VIEWS = "views"
    REPOSTS = "reposts"


class Role(StrEnum):
    """What people and keys may do, by what they are: 查看者, 处置人员, 组长, 法务, 管理员, 系统集成."""

    READER = "reader"
    RESPONDER = "responder"
    LEAD = "lead"
    LEGAL = "legal"
    ADMIN = "admin"
    INTEGRATION = "integration"


class DepartmentKind(StrEnum):
    """What a department is to a crisis (方案 一): 公关, 运营, 法务, 业务."""

    PUBLIC_RELATIONS = "public_relations"
    OPERATIONS = "operations"
    LEGAL = "legal"
    BUSINESS = "business"
    OTHER = "other"


class TeamPosition(StrEnum):
    """What a member is to an incident's team: 组长, 公关, 运营, 法务, 业务, 其他."""

    LEAD = "lead"
    PUBLIC_RELATIONS = "public_relations"
    OPERATIONS = "operations"
    LEGAL = "legal"
    BUSINESS = "business"
    OTHER = "other"


class JoinReason(StrEnum):
    """Why somebody is in a team: by its grade, in place of a member (B角, 部门负责人, 组长), or because a person said so."""

    TEAM = "team"
    DEPUTY = "deputy"
    HEAD = "head"
    LEAD = "lead"
    ADDED = "added"


class CallStep(StrEnum):
    """Who is called where a member keeps silent: B角, 部门负责人, 组长."""

    DEPUTY = "deputy"
    HEAD = "head"
    LEAD = "lead"


class TeamChange(StrEnum):
    """What became of members of a team: 加入, 再次呼叫, 调整职责, 退出."""

    JOINED = "joined"
    CALLED_AGAIN = "called_again"
    MOVED = "moved"
    LEFT = "left"


class ContactKind(StrEnum):
    """How an affected user is reached 手机, 邮箱, 微信, 其他."""

    PHONE = "phone"
    EMAIL = "email"
    WECHAT = "wechat"
    OTHER = "other"


class ImportRowState(StrEnum):
    """What became of a row of a sheet, what matters most first."""

    INVALID = "invalid"
    DUPLICATE = "duplicate"
    UPDATED = "updated"
    CREATED = "created"
    UNCHANGED = "unchanged"


class TaskKind(StrEnum):
    """What there is to do about an incident (方案 二(二)2, 二(三)): 紧急会议, 信息核实, 媒体澄清, KOL澄清, 媒体问询, 统一口径, 暂停投放,
    监管报送, 内部通报, 进展公示, 诉求处理, 承诺兑现, 侵权投诉举报, 评论引导, 回访, 其他; 改进事项, of what a drill taught."""

    MEETING = "meeting"
    FACT_CHECK = "fact_check"
    MEDIA_CLARIFICATION = "media_clarification"
    KOL_CLARIFICATION = "kol_clarification"
    PRESS_INQUIRY = "press_inquiry"
    UNIFIED_WORDING = "unified_wording"
    PAUSE_ADS = "pause_ads"
    REGULATOR_REPORT = "regulator_report"
    INTERNAL_NOTICE = "internal_notice"
    PROGRESS_NOTE = "progress_note"
    REMEDIATION = "remediation"
    COMMITMENT = "commitment"
    TAKEDOWN_REPORT = "takedown_report"
    COMMENT_GUIDANCE = "comment_guidance"
    FOLLOW_UP = "follow_up"
    OTHER = "other"
    IMPROVEMENT = "improvement"


class TaskState(StrEnum):
    """待办, 已完成, 已免除; of a takedown report, before it is filed: 草稿, 法务审核中, 法务已批, 法务退回."""

    OPEN = "open"
    DRAFT = "draft"
    LEGAL_REVIEW = "legal_review"
    APPROVED = "approved"
    REJECTED = "rejected"
    DONE = "done"
    WAIVED = "waived"


class CareState(StrEnum):
    """How far an affected user 受影响用户 is looked after, by the newest task of a kind that was made for them."""

    NONE = "none"
    OPEN = "open"
    DONE = "done"
    WAIVED = "waived"


class TaskAction(StrEnum):
    """What people may do about a task. The last three are about takedown reports."""

    UPDATE = "update"
    COMPLETE = "complete"
    WAIVE = "waive"
    REOPEN = "reopen"
    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"


class TaskBulkAction(StrEnum):
    """What can be done about many tasks at once."""

    ASSIGN = "assign"
    COMPLETE = "complete"
    WAIVE = "waive"


class TasksChange(StrEnum):
    """What happened to many tasks at once."""

    CREATED = "created"
    ASSIGNED = "assigned"
    COMPLETED = "completed"
    WAIVED = "waived"
    MOVED_IN = "moved_in"
    MOVED_AWAY = "moved_away"
