"""Words of what is played in drills, and of what is made of it."""

from app.domain.labels.base import Labels

LABELS: Labels = {
    "inject_kind": {
        "mention": ("新帖", "A post"),
        "reading": ("数据更新", "A later reading"),
        "media_report": ("媒体报道", "A report by media"),
    },
    "reaction_kind": {
        "acknowledgement": ("接警响应", "Acknowledging"),
        "meeting": ("紧急会议", "An emergency meeting"),
        "fact_check": ("信息核实", "A fact check"),
        "holding_statement": ("首次回应", "A holding statement"),
        "origin_statement": ("首发平台声明", "A statement where it began"),
        "approval": ("声明审批", "An approved statement"),
        "task": ("任务", "A task"),
    },
    "drill_result": {
        "met": ("按时", "In time"),
        "late": ("迟到", "Late"),
        "breached": ("超时", "Breached"),
        "running": ("计时中", "Running"),
        "not_reached": ("未到时限", "Not reached"),
        "unpushed": ("无人可推", "Nobody to push to"),
    },
    "statement_step": {
        "drafted": ("起草", "Drafted"),
        "submitted": ("送审", "Submitted"),
        "approved": ("审批通过", "Approved"),
        "changes_requested": ("退回修改", "Sent back"),
        "published": ("发布", "Published"),
    },
}
