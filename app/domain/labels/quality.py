"""Words of what tells whether it all works: mechanisms, digests, replays, labels of people, the roll-out."""

from app.domain.labels.base import Labels

LABELS: Labels = {
    "mechanism": {
        "monitoring": ("监测机制", "Monitoring"),
        "review": ("复盘机制", "Review"),
        "upgrade": ("升级机制", "Upgrade"),
    },
    "mechanism_check": {
        "core_platforms_alive": ("核心平台有数据", "Every core platform was heard"),
        "patrols_done": ("巡查按时完成", "Patrols were walked"),
        "alerts_pushed": ("预警按时送达", "Alerts reached people in time"),
        "reviews_not_late": ("复盘没有逾期", "No review is late"),
        "reports_in_time": ("复盘报告按期出具", "Reports were issued in time"),
        "decisions_applied": ("复盘决定落实", "Decisions of reviews are applied"),
        "risks_reviewed": ("风险按期复评", "Risks are looked at again in time"),
        "rules_looked_at": ("规则标准按期检视", "Rules and policies are looked at"),
    },
    "light": {
        "green": ("绿灯", "Green"),
        "red": ("红灯", "Red"),
    },
    "digest_kind": {
        "daily": ("每日简报", "Daily"),
        "weekly": ("每周小结", "Weekly"),
    },
    "replay_kind": {
        "rule": ("监测规则", "A watch rule"),
        "policy": ("分级标准", "A grading policy"),
    },
    "replay_state": {
        "queued": ("排队中", "Queued"),
        "running": ("回放中", "Running"),
        "done": ("已完成", "Done"),
        "failed": ("失败", "Failed"),
    },
    "replay_failure": {
        "too_many_mentions": ("数据过多", "Too many mentions"),
        "interrupted": ("多次中断", "Interrupted too often"),
    },
    "violation": {
        "leak": ("泄密", "A leak"),
        "improper_speech": ("不当言论", "Improper speech"),
        "other": ("其他", "Other"),
    },
    "programme_phase": {
        "set_up": ("搭建体系", "Set up"),
        "train": ("培训演练", "Train and drill"),
        "trial": ("试运行", "Trial"),
        "settle": ("优化定型", "Settle"),
    },
}
