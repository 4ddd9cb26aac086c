"""Words of where and how often we speak: platforms of a statement 发布矩阵, and the silence between our words."""

from enum import StrEnum


class PlacementState(StrEnum):
    """缺席, 计划发布, 已发布, 不适用, 随声明撤回."""

    MISSING = "missing"
    PLANNED = "planned"
    PUBLISHED = "published"
    NOT_APPLICABLE = "not_applicable"
    WITHDRAWN = "withdrawn"


class SilenceStop(StrEnum):
    """Why nobody waits for our next word."""

    UNGRADED = "ungraded"
    WATCHING = "watching"
    NO_CADENCE = "no_cadence"
    NO_STATEMENT = "no_statement"
    CALM = "calm"
    CLOSING = "closing"
    ENDED = "ended"
