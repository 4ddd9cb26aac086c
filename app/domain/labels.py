"""The words of our vocabularies as people see them 显示, in Chinese and English, and their colours.

Values stand in the order people expect: the gravest first. A changed word is a changed contract: a test holds them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_LABELS = {
    "grade": {
        "major": ("一级(重大)", "Level 1 (major)"),
        "serious": ("二级(较大)", "Level 2 (serious)"),
        "general": ("三级(一般)", "Level 3 (general)"),
    },
    "grade_source": {
        "machine": ("系统判定", "Set by the machine"),
        "person": ("人工判定", "Set by a person"),
    },
    "harm_class": {
        "core_interest": ("核心利益", "Core interest"),
        "user_rights": ("用户权益", "User rights"),
        "individual": ("个体投诉", "Individual complaint"),
    },
    "incident_status": {
        "watching": ("关注中", "Watching"),
        "responding": ("响应中", "Responding"),
        "handling": ("处置中", "Handling"),
        "closing": ("收尾中", "Closing"),
        "closed": ("已结案", "Closed"),
        "subsided": ("自然平息", "Subsided"),
        "dismissed": ("误报", "Dismissed"),
        "merged": ("已并案", "Merged"),
    },
    "deadline_kind": {
        "alert": ("命中推送", "Push of a hit"),
        "first_response": ("首次响应", "First response"),
        "emergency_meeting": ("紧急会议", "Emergency meeting"),
        "fact_check": ("信息核实", "Fact check"),
        "first_word": ("首次发声", "First word"),
        "first_statement": ("首份声明", "First statement"),
        "closing": ("收尾", "Closing"),
        "review": ("复盘", "Review"),
    },
    "deadline_state": {
        "running": ("计时中", "Running"),
        "met": ("按时完成", "Met in time"),
        "met_recorded_late": ("按时完成(补录)", "Met in time, recorded late"),
        "breached": ("超时", "Breached"),
        "cancelled": ("已取消", "Called off"),
        "unpushed": ("无人可推", "Nobody to push to"),
    },
    "guard": {
        "fact_check": ("信息核实", "A fact check"),
        "meeting_with_direction": ("明确处置方向的会议", "A meeting with a direction"),
        "origin_statement": ("首发平台声明", "A statement where it began"),
        "calm": ("舆情平稳", "Calm"),
    },
    "incident_action": {
        "set_status": ("变更状态", "Move it on"),
        "set_grade": ("人工定级", "Set the grade"),
        "merge": ("并案", "Merge it into another"),
        "split": ("拆分", "Split mentions off it"),
        "attach_mentions": ("归入舆情", "Attach mentions"),
        "acknowledge": ("接警响应", "Acknowledge"),
        "change_team": ("调整小组", "Change its team"),
        "record_meeting": ("记录会议", "Record a meeting"),
        "record_fact_check": ("记录信息核实", "Record a fact check"),
        "record_publication": ("记录发布", "Record a publication"),
        "record_decision": ("记录决策", "Record a decision"),
        "add_note": ("添加备注", "Add a note"),
    },
    "team_position": {
        "lead": ("组长", "Lead"),
        "public_relations": ("公关", "Public relations"),
        "operations": ("运营", "Operations"),
        "legal": ("法务", "Legal"),
        "business": ("业务", "Business"),
        "other": ("其他", "Other"),
    },
    "join_reason": {
        "team": ("随分级组队", "Called by the grade"),
        "deputy": ("B角代行", "In place of a member"),
        "head": ("部门负责人", "As head of a silent member's department"),
        "lead": ("升级至组长", "As lead, because a member keeps silent"),
        "added": ("人工加入", "Added by a person"),
    },
    "call_step": {
        "deputy": ("B角", "The deputy"),
        "head": ("部门负责人", "The department's head"),
        "lead": ("组长", "The leads"),
    },
    "team_change": {
        "joined": ("加入", "Joined"),
        "called_again": ("重新接警", "Called again"),
        "moved": ("调整职责", "Has another position"),
        "left": ("退出", "Left"),
    },
    "truth": {
        "confirmed": ("属实", "True"),
        "partly_confirmed": ("部分属实", "Partly true"),
        "unfounded": ("不属实", "Not true"),
        "misunderstanding": ("误解", "A misunderstanding"),
        "unverifiable": ("暂无法核实", "Can't be verified yet"),
    },
    "responsibility": {
        "company": ("我方", "We"),
        "supplier": ("供应商", "A supplier"),
        "distributor": ("经销商", "A distributor"),
        "platform": ("平台", "The platform"),
        "user": ("用户", "The user"),
        "undetermined": ("待定", "Not determined yet"),
    },
    "statement_kind": {
        "holding": ("首次回应", "First word"),
        "progress": ("进展通报", "Progress"),
        "apology": ("致歉声明", "Apology"),
        "clarification": ("澄清声明", "Clarification"),
        "lawyer": ("律师声明", "Lawyer's letter"),
    },
    "decision_kind": {
        "other": ("一般决策", "A decision"),
        "no_statement": ("决定不发声", "Not to speak"),
        "origin_not_applicable": ("首发平台不适用", "Not on the platform where it began"),
    },
    "note_subject": {
        "incident": ("危机事件", "Incident"),
    },
    "inbox_kind": {
        "acknowledge": ("待接警", "To acknowledge"),
        "mentioned": ("提到我的", "Calls you"),
    },
    "media_follow_up": {
        "confirmed": ("媒体已跟进", "Media follow it up"),
        "suspected": ("疑似媒体跟进", "Perhaps media follow it up"),
        "none": ("无媒体跟进", "No media"),
    },
    "media_tier": {
        "central": ("中央媒体", "Central"),
        "provincial": ("省级媒体", "Provincial"),
        "industry": ("行业媒体", "Of an industry"),
    },
    "sentiment": {
        "negative": ("负面", "Negative"),
        "neutral": ("中性", "Neutral"),
        "positive": ("正面", "Positive"),
        "unknown": ("待判断", "To be judged"),
    },
    "sentiment_source": {
        "person": ("人工判断", "A person says so"),
        "sender": ("来源标注", "The sender says so"),
        "words": ("负面词判断", "Negative words say so"),
        "none": ("无人判断", "Nobody has said"),
    },
    "platform": {
        "wechat_official": ("微信公众号", "WeChat Official Accounts"),
        "wechat_channels": ("微信视频号", "WeChat Channels"),
        "weibo": ("微博", "Weibo"),
        "douyin": ("抖音", "Douyin"),
        "xiaohongshu": ("小红书", "Xiaohongshu (RedNote)"),
        "zhihu": ("知乎", "Zhihu"),
        "bilibili": ("B站", "Bilibili"),
        "forum": ("论坛", "Forum"),
        "news": ("新闻", "News"),
        "other": ("其他", "Other"),
    },
    "word_role": {
        "brand": ("品牌词", "Brand word"),
        "negative": ("负面词", "Negative word"),
        "exclusion": ("排除词", "Exclusion"),
    },
    "text_field": {
        "title": ("标题", "Title"),
        "text": ("正文", "Text"),
    },
    "event_type": {
        "mention.hit": ("舆情命中", "A mention hit watch rules"),
        "mention.legal_threshold": ("达到法律取证线", "A mention reached the legal threshold"),
        "mention.views_high": ("阅读量超十万", "A mention has over 100,000 views"),
        "mention.needs_judgement": ("待人工判断", "A mention spreads and is not judged"),
        "alert.breached": ("预警超时", "A hit reached nobody in time"),
        "alert.no_receiver": ("预警无人接收", "Hits can reach nobody"),
        "incident.opened": ("危机事件开启", "An incident was opened"),
        "incident.grade_changed": ("分级变更", "An incident's grade changed"),
        "incident.status_changed": ("状态变更", "An incident's status changed"),
        "incident.calmed": ("热度平息", "An incident is calm"),
        "incident.rebounded": ("二次发酵", "An incident flared up again"),
        "incident.acknowledged": ("接警响应", "Somebody took an incident on"),
        "incident.meeting_held": ("召开会议", "A meeting was held"),
        "incident.fact_checked": ("信息核实", "The facts were checked"),
        "incident.publication_recorded": ("对外发布", "We spoke in public"),
        "incident.decision_made": ("作出决策", "A decision was made"),
        "note.added": ("新增备注", "A note was added"),
        "incident.team_changed": ("小组变动", "An incident's team changed"),
        "escalation.person": ("升级呼叫", "Somebody is called in a silent member's place"),
        "incident.legal_hold_set": ("法务保全", "A legal hold was set"),
        "incident.legal_hold_lifted": ("解除法务保全", "A legal hold was lifted"),
        "sla.warning": ("时限预警", "A clock's time runs out"),
        "sla.breached": ("时限超时", "A clock was breached"),
        "sla.met": ("时限达成", "A clock was met"),
        "deadline.redated": ("时限改期", "A clock is due at another time"),
        "calendar.year_published": ("工作日历公布", "A year's working days are official"),
        "calendar.year_missing": ("工作日历缺失", "A year's working days are not known yet"),
        "webhook.test": ("推送测试", "A webhook was tested"),
        "webhook_endpoint.disabled": ("外发停用", "A webhook endpoint was disabled"),
        "webhook_endpoint.breaker_opened": ("外发熔断", "A webhook endpoint fails"),
        "webhook_endpoint.breaker_closed": ("外发恢复", "A webhook endpoint is back"),
    },
    "day_kind": {
        "working_day": ("工作日", "Working day"),
        "weekend": ("周末", "Weekend"),
        "holiday": ("节假日", "Holiday"),
        "make_up_day": ("调休上班", "Worked for a day off elsewhere"),
    },
    "year_status": {
        "official": ("已公布", "As published"),
        "estimated": ("推定", "A guess until it is published"),
    },
    "legal_threshold": {
        "views": ("浏览满5000次", "5,000 views"),
        "reposts": ("转发满500次", "500 reposts"),
    },
    "snapshot_reason": {
        "first_hit": ("首次命中", "It hit watch rules first"),
        "legal_threshold": ("达到法律取证线", "It reached the legal threshold"),
    },
    "evidence_subject": {
        "incident": ("危机事件", "An incident"),
        "mention": ("舆情", "A mention"),
        "meeting": ("会议", "A meeting"),
        "fact_check": ("信息核实", "A fact check"),
        "publication": ("对外发布", "A publication"),
        "decision": ("决策", "A decision"),
        "note": ("备注", "Note"),
    },
    "breaker_state": {
        "closed": ("正常", "Everything owed is sent"),
        "open": ("熔断中", "Only probes are sent"),
    },
    "payload_format": {
        "standard": ("标准格式", "Standard Webhooks"),
        "cloudevents": ("CloudEvents 格式", "CloudEvents 1.0"),
        "dingtalk": ("钉钉机器人", "DingTalk robot"),
        "feishu": ("飞书机器人", "Feishu robot"),
        "wecom": ("企业微信机器人", "WeCom robot"),
        "slack": ("Slack 机器人", "Slack robot"),
    },
    "drills": {
        "exclude": ("不含演练", "No drills"),
        "include": ("含演练", "Drills too"),
        "only": ("仅演练", "Only drills"),
    },
    "delivery_state": {
        "pending": ("待送达", "Pending"),
        "delivered": ("已送达", "Delivered"),
        "dead": ("已放弃", "Given up"),
    },
    "caller_kind": {
        "machine_key": ("机器密钥", "A machine's key"),
        "person_key": ("个人密钥", "A person's key"),
        "person_token": ("代签令牌", "A token minted for a person"),
        "oidc": ("单点登录", "The person's own sign-in"),
    },
    "role": {
        "reader": ("查看者", "Reader"),
        "responder": ("处置人员", "Responder"),
        "lead": ("组长", "Lead"),
        "legal": ("法务", "Legal"),
        "admin": ("管理员", "Administrator"),
        "integration": ("系统集成", "Integration"),
    },
    "department_kind": {
        "public_relations": ("公关", "Public relations"),
        "operations": ("运营", "Operations"),
        "legal": ("法务", "Legal"),
        "business": ("业务", "Business"),
        "other": ("其他", "Other"),
    },
    "scope": {
        "mentions:read": ("查看舆情", "Read mentions"),
        "mentions:write": ("上报和更正舆情", "Post and correct mentions"),
        "rules:read": ("查看监测规则", "Read watch rules"),
        "rules:write": ("修改监测规则", "Change watch rules"),
        "incidents:read": ("查看危机事件", "Read incidents"),
        "incidents:write": ("处置危机事件", "Handle incidents"),
        "incidents:override": ("特批放行", "Pass guards by a reason"),
        "events:read": ("查看和订阅事件流", "Read and follow events"),
        "webhooks:read": ("查看外发通知", "Read webhooks"),
        "webhooks:write": ("管理外发通知", "Change webhooks"),
        "keys:admin": ("管理 API 密钥", "Manage API keys"),
        "people:read": ("查看人员", "Read people"),
        "people:write": ("管理人员", "Add and change people"),
        "people:act": ("代人员签发令牌", "Mint tokens that act for people"),
        "people:unmask": ("查看未脱敏的个人信息", "See people's data unmasked"),
        "files:read": ("查看证据文件", "Read evidence files"),
        "files:write": ("上传和关联证据文件", "Upload and attach evidence files"),
        "affected:read": ("查看受影响用户", "Read affected users"),
        "affected:write": ("登记受影响用户", "Register affected users"),
        "legal:approve": ("法务审批", "Approve for legal"),
        "legal:hold": ("设置法务保全", "Set legal holds"),
    },
}

LABELS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = MappingProxyType(
    {vocabulary: MappingProxyType(labels) for vocabulary, labels in _LABELS.items()}
)
"""Vocabulary -> value -> (Chinese, English), as 方案 and its readers name them, in the order people expect."""

# The warning colours of the state's own scale (红 橙 黄 蓝), green for what is well, grey for what is over or unknown.
_RED, _ORANGE, _YELLOW, _BLUE, _GREEN, _GREY = "#CF1322", "#FA8C16", "#FADB14", "#1677FF", "#52C41A", "#8C8C8C"
_COLOURS = {
    "grade": {"major": _RED, "serious": _ORANGE, "general": _YELLOW},
    "harm_class": {"core_interest": _RED, "user_rights": _ORANGE, "individual": _YELLOW},
    "incident_status": {
        "watching": _BLUE, "responding": _RED, "handling": _ORANGE, "closing": _YELLOW, "closed": _GREEN,
        "subsided": _GREEN,
    },
    "media_follow_up": {"confirmed": _RED, "suspected": _ORANGE},
    "sentiment": {"negative": _RED, "neutral": _BLUE, "positive": _GREEN},
    "platform": {
        "wechat_official": "#07C160", "wechat_channels": "#FA9D3B", "weibo": "#E6162D", "douyin": "#161823",
        "xiaohongshu": "#FF2442", "zhihu": "#0066FF", "bilibili": "#00A1D6", "forum": "#722ED1", "news": "#13C2C2",
    },
    "event_type": {
        "mention.hit": _ORANGE, "mention.legal_threshold": _RED, "mention.views_high": _ORANGE,
        "mention.needs_judgement": _YELLOW, "alert.breached": _RED, "alert.no_receiver": _RED,
        "incident.opened": _RED, "incident.grade_changed": _RED, "incident.status_changed": _BLUE,
        "incident.acknowledged": _BLUE, "incident.meeting_held": _BLUE, "incident.fact_checked": _BLUE,
        "incident.publication_recorded": _BLUE, "incident.decision_made": _BLUE, "note.added": _BLUE, "sla.warning": _ORANGE,
        "incident.team_changed": _BLUE, "escalation.person": _ORANGE,
        "sla.breached": _RED, "sla.met": _GREEN, "webhook_endpoint.disabled": _RED,
        "incident.legal_hold_set": _ORANGE, "incident.calmed": _GREEN, "incident.rebounded": _RED,
        "webhook_endpoint.breaker_opened": _ORANGE, "webhook_endpoint.breaker_closed": _GREEN,
    },
    "deadline_state": {
        "running": _BLUE, "met": _GREEN, "met_recorded_late": _YELLOW, "breached": _RED, "unpushed": _RED,
    },
    "day_kind": {"working_day": _BLUE, "holiday": _RED, "make_up_day": _ORANGE},
    "year_status": {"official": _GREEN, "estimated": _ORANGE},
    "breaker_state": {"closed": _GREEN, "open": _ORANGE},
    "delivery_state": {"pending": _BLUE, "delivered": _GREEN, "dead": _RED},
    "word_role": {"brand": _BLUE, "negative": _RED},
}  # fmt: skip


def colour_of(vocabulary: str, value: str) -> str:
    """How a word is shown, #RRGGBB; grey where nothing is meant by it."""
    return _COLOURS.get(vocabulary, {}).get(value, _GREY)
