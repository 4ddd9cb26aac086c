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
    "programme_state": {
        "ahead": ("未开始", "Ahead"),
        "running": ("进行中", "Running"),
        "over": ("已到期", "Over"),
    },
    "programme_check": {
        "team_complete": ("应急小组搭建", "The team is complete"),
        "tools_alive": ("监测工具到位", "Monitoring tools are alive"),
        "watch_rules_set": ("监测规则到位", "Watch rules are set"),
        "policies_confirmed": ("分级与时限标准确认", "Policies are confirmed"),
        "templates_ready": ("声明模板到位", "Templates are ready"),
        "documents_published": ("准则与手册发布", "Documents are published"),
        "training_covered": ("培训覆盖率达标", "Training covers its target"),
        "documents_read": ("准则与手册签收", "Documents are read"),
        "first_drill": ("首次演练", "The first drill was done"),
        "trial_begun": ("启动试运行", "The trial has begun"),
        "digests_issued": ("每周小结出具", "Weekly digests are issued"),
        "sensitivity_tried": ("灵敏度调整", "Sensitivity was tried on history"),
        "second_drill": ("第二次演练", "The second drill was done"),
        "team_answered": ("团队协同响应", "Every department answered in it"),
        "reviews_held": ("复盘按期", "Reviews are held in time"),
        "mechanisms_green": ("三项机制绿灯", "All mechanisms are green"),
        "trial_ended": ("试运行结束", "The trial is over"),
    },
}
