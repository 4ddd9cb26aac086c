"""Words of drills 模拟演练."""

from app.domain.labels.base import Labels

LABELS: Labels = {
    "drill_state": {
        "planned": ("待开始", "Planned"),
        "running": ("进行中", "Running"),
        "paused": ("已暂停", "Paused"),
        "stopped": ("已中止", "Stopped"),
        "finished": ("已结束", "Finished"),
        "failed": ("无法进行", "Failed"),
    },
    "inject_source": {
        "scenario": ("剧本", "The scenario"),
        "hand": ("现场加入", "Put in by hand"),
    },
}
