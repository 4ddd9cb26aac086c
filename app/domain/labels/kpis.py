"""Words of the key figures 关键指标 (方案 一)."""

from app.domain.labels.base import Labels

LABELS: Labels = {
    "kpi": {
        "R01": ("体系目标达成", "Targets reached"),
        "R02": ("较大及一般事件1小时内响应", "First response within an hour"),
        "R03": ("重大事件30分钟内响应", "First response to major incidents within 30 minutes"),
        "R04": ("核心平台监测覆盖率", "Core platforms covered"),
        "R05": ("平息周期", "Time to calm"),
        "R06": ("单起事件负面传播量", "Negative spread per incident"),
        "R07": ("培训覆盖率", "People trained"),
        "R08": ("长效机制运行", "Long-term mechanisms at work"),
        "R22": ("按时巡查率", "Patrols done"),
        "R23": ("10分钟内预警", "Alerts within 10 minutes"),
        "R42": ("24小时内首份声明", "First statement within 24 hours"),
        "R57": ("3个工作日内复盘", "Review within three working days"),
    },
    "kpi_unit": {
        "share": ("占比", "Share"),
        "seconds": ("秒", "Seconds"),
        "spread": ("传播量", "Spread"),
    },
    "kpi_direction": {
        "up": ("越高越好", "The higher the better"),
        "down": ("越低越好", "The lower the better"),
    },
    "kpi_gap": {
        "nothing_happened": ("无事发生", "Nothing happened"),
        "no_baseline": ("无基线", "No baseline"),
        "baseline_zero": ("基线为零", "The baseline is zero"),
        "nothing_told": ("尚无判定", "Nothing can be told yet"),
    },
    "kpi_by": {
        "department": ("部门", "Department"),
        "platform": ("平台", "Platform"),
        "product": ("产品", "Product"),
        "grade": ("等级", "Grade"),
    },
    "kpi_every": {
        "day": ("日", "Day"),
        "week": ("周", "Week"),
        "month": ("月", "Month"),
    },
    "kpi_subject": {
        "deadline": ("时限", "Deadline"),
        "incident": ("事件", "Incident"),
        "platform": ("平台", "Platform"),
        "person": ("人员", "Person"),
        "mechanism": ("机制", "Mechanism"),
        "patrol": ("巡查", "Patrol"),
    },
}
