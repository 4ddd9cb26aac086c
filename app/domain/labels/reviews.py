"""Words of reviews and of the risk register 复盘."""

from app.domain.labels.base import Labels

LABELS: Labels = {
    "review_status": {
        "open": ("复盘中", "Open"),
        "suspended": ("暂停(二次发酵)", "Suspended by a relapse"),
        "reported": ("已出报告", "Reported"),
        "completed": ("已完成", "Completed"),
        "merged": ("已并入", "Covered by another"),
    },
    "review_question": {
        "cause": ("起因", "Cause"),
        "timely": ("响应是否及时", "Timely"),
        "effective": ("处置是否有效", "Effective"),
        "gaps": ("存在漏洞", "Gaps"),
    },
    "review_decision_kind": {
        "risks": ("更新风险清单", "The risk register"),
        "process": ("优化流程", "The process"),
        "scope": ("调整监测范围", "The scope of monitoring"),
    },
    "review_decision_state": {
        "open": ("待决定", "To be decided"),
        "no_change": ("不作变更", "No change"),
        "applied": ("已生效", "Applied"),
    },
    "review_gap": {
        "meeting": ("复盘会议", "The meeting"),
        "cause": ("起因", "The cause"),
        "timely": ("响应是否及时", "Whether in time"),
        "effective": ("处置是否有效", "Whether it worked"),
        "gaps": ("存在漏洞", "The gaps"),
        "report": ("生成报告", "The report, rendered"),
    },
    "review_action": {
        "update": ("填写", "Fill it in"),
        "cover": ("并入事件", "Cover another incident"),
        "issue_report": ("出具报告", "Issue the report"),
        "decide": ("作出决定", "Decide"),
    },
    "review_subject": {
        "risk": ("风险", "Risk"),
        "grading_policy": ("分级标准", "Grading policy"),
        "sla_policy": ("时限标准", "SLA policy"),
        "watch_rule": ("监测规则", "Watch rule"),
        "media_outlet": ("媒体名单", "Media outlet"),
        "core_platform": ("核心平台", "Core platform"),
    },
    "review_change_action": {
        "create": ("新建", "Create"),
        "update": ("修改", "Change"),
        "delete": ("移除", "Remove"),
        "activate": ("启用", "Put in force"),
    },
}
