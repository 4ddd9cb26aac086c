"""Words of drills 模拟演练 that the tables, the API and the events use."""

from enum import StrEnum
from typing import Final


class DrillState(StrEnum):
    """How a drill stands: 待开始, 进行中, 已暂停, 已中止, 已结束, 无法进行."""

    PLANNED = "planned"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"


OVER: Final = (DrillState.STOPPED, DrillState.FINISHED, DrillState.FAILED)
"""States that nothing comes after."""


class InjectSource(StrEnum):
    """Whence something that is played comes: 剧本, 现场加入."""

    SCENARIO = "scenario"
    HAND = "hand"
