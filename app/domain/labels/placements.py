"""Words of where and how often we speak 发布矩阵, 避免沉默失语."""

from app.domain.labels.base import Labels

LABELS: Labels = {
    "placement_state": {
        "missing": ("缺席", "Missing"),
        "planned": ("计划发布", "Planned"),
        "published": ("已发布", "Published"),
        "not_applicable": ("不适用", "Not applicable"),
        "withdrawn": ("随声明撤回", "Withdrawn with the statement"),
    },
    "silence_stop": {
        "ungraded": ("未定级", "It has no grade"),
        "watching": ("尚未响应", "It is only watched"),
        "no_cadence": ("未设发声节奏", "The policy sets no cadence"),
        "no_statement": ("决定不发声", "It was decided not to speak"),
        "calm": ("热度平息", "It is calm"),
        "closing": ("收尾中", "It is closing"),
        "ended": ("已结束", "It has ended"),
    },
}
