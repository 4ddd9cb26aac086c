"""Words of patrols 人工巡查."""

from app.domain.labels.base import Labels

LABELS: Labels = {
    "patrol_state": {
        "missed": ("漏巡", "Missed"),
        "due": ("待巡查", "Due"),
        "scheduled": ("未到时间", "Scheduled"),
        "done_late": ("迟到完成", "Done late"),
        "done_recorded_late": ("已完成（补录）", "Done, recorded late"),
        "done": ("已完成", "Done"),
    },
    "patrol_rotation": {
        "daily": ("每日轮换", "Daily"),
        "weekly": ("每周轮换", "Weekly"),
    },
}
