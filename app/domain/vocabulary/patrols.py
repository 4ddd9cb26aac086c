"""Words of patrols 人工巡查 (方案 二(一)2, R22)."""

from enum import StrEnum


class PatrolState(StrEnum):
    """Where a patrol stands: 未到时间, 待巡查, 已完成, 补录, 迟到完成, 漏巡. 补录 was walked in time and told after it was missed."""

    SCHEDULED = "scheduled"
    DUE = "due"
    DONE = "done"
    DONE_RECORDED_LATE = "done_recorded_late"
    DONE_LATE = "done_late"
    MISSED = "missed"


class PatrolRotation(StrEnum):
    """How the people of a slot take turns: 每日轮换, 每周轮换."""

    DAILY = "daily"
    WEEKLY = "weekly"
