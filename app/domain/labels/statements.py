"""Words of statements 声明发布."""

from app.domain.labels.base import Labels

LABELS: Labels = {
    "statement_kind": {
        "holding": ("首次回应", "First word"),
        "progress": ("进展通报", "Progress"),
        "apology": ("致歉声明", "Apology"),
        "clarification": ("澄清声明", "Clarification"),
        "lawyer": ("律师声明", "Lawyer's letter"),
    },
    "statement_status": {
        "draft": ("草稿", "Draft"),
        "in_review": ("审批中", "In review"),
        "changes_requested": ("退回修改", "Changes requested"),
        "approved": ("已批准", "Approved"),
        "published": ("已发布", "Published"),
        "withdrawn": ("已撤回", "Withdrawn"),
    },
    "statement_part": {
        "attitude": ("真诚致歉", "Attitude"),
        "facts": ("事实澄清", "Facts"),
        "solution": ("解决方案", "Solution"),
        "commitments": ("进度承诺", "Commitments"),
    },
    "statement_section": {
        "title": ("标题", "Title"),
        "attitude": ("真诚致歉", "Attitude"),
        "facts": ("事实澄清", "Facts"),
        "solution": ("解决方案", "Solution"),
        "commitments": ("进度承诺", "Commitments"),
        "next_update": ("下次通报", "Next update"),
    },
    "statement_need": {
        "attitude": ("缺少致歉", "No attitude"),
        "facts": ("缺少事实", "No facts"),
        "solution": ("缺少解决方案", "No solution"),
        "commitment": ("缺少带时限的承诺", "No commitment with a date"),
        "next_update": ("缺少下次通报时间", "No time of the next update"),
        "content": ("缺少进展", "Nothing new"),
        "fact_check": ("未核实", "No fact check"),
        "truth": ("与核实结论不符", "Not what the fact check found"),
        "dates_ahead": ("时限已过", "A date has passed"),
    },
    "statement_action": {
        "edit": ("修改", "Edit"),
        "submit": ("提交审批", "Submit for approval"),
        "approve": ("批准", "Approve"),
        "request_changes": ("退回修改", "Request changes"),
        "record_publication": ("记录发布", "Record a publication"),
        "withdraw": ("撤回", "Withdraw"),
    },
    "approval_slot": {
        "public_relations": ("公关审批", "Public relations"),
        "legal": ("法务审批", "Legal"),
        "lead": ("组长审批", "Lead"),
    },
    "approval_outcome": {
        "changes_requested": ("退回修改", "Changes requested"),
        "approved": ("批准", "Approved"),
    },
    "response_strategy": {
        "deny": ("否认", "Deny"),
        "diminish": ("弱化", "Diminish"),
        "rebuild": ("修复", "Rebuild"),
        "bolster": ("支持", "Bolster"),
    },
    "diff_change": {
        "unchanged": ("未变", "Unchanged"),
        "removed": ("删除", "Removed"),
        "added": ("新增", "Added"),
    },
}
