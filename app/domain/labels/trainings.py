"""Words of trainings 培训."""

from app.domain.labels.base import Labels

LABELS: Labels = {
    "attendance_state": {
        "enrolled": ("已报名", "Enrolled"),
        "attended": ("已参加", "Attended"),
        "absent": ("缺席", "Absent"),
    },
    "coverage_gap": {
        "never": ("未参加", "Never completed"),
        "failed": ("未合格", "Failed"),
        "expired": ("已过期", "No longer valid"),
    },
    "series_unit": {
        "week": ("周", "Week"),
        "month": ("月", "Month"),
    },
}
