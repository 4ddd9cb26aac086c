"""Words of trainings 培训: how somebody stands to a session, and why a person is not covered."""

from enum import StrEnum


class AttendanceState(StrEnum):
    """已报名, 已参加, 缺席."""

    ENROLLED = "enrolled"
    ATTENDED = "attended"
    ABSENT = "absent"


class CoverageGap(StrEnum):
    """Why somebody holds no valid completion: 未参加, 未合格, 已过期."""

    NEVER = "never"
    FAILED = "failed"
    EXPIRED = "expired"


class SeriesUnit(StrEnum):
    """By what sessions recur: 周, 月."""

    WEEK = "week"
    MONTH = "month"
