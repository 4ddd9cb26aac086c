"""Words of what a review finds, and of its report 《危机复盘报告》 (方案 二(三))."""

from enum import StrEnum


class FactSource(StrEnum):
    """What a figure of a review was counted from, where no event tells it: an answer of this API that anybody can read."""

    INCIDENT = "incident"
    SPREAD = "spread"
    MENTIONS = "mentions"
    DEADLINES = "deadlines"
    TASKS = "tasks"
    AFFECTED_USERS = "affected_users"
    ACKNOWLEDGEMENTS = "acknowledgements"
    MEETINGS = "meetings"
    FACT_CHECKS = "fact_checks"
    PUBLICATIONS = "publications"
    TIMELINE = "timeline"
    REVIEW = "review"


class CurveMark(StrEnum):
    """What is marked on a curve: 定级, 对外发布, 超时, 平息, 二次发酵."""

    GRADE = "grade"
    WORD = "word"
    CLOCK = "clock"
    CALM = "calm"
    REBOUND = "rebound"


class ReportState(StrEnum):
    """排队中, 生成中, 已生成, 失败."""

    QUEUED = "queued"
    RENDERING = "rendering"
    DONE = "done"
    FAILED = "failed"


class ReportFormat(StrEnum):
    """What a report is rendered as; the curve alone as SVG and PNG."""

    DOCX = "docx"
    HTML = "html"
    MARKDOWN = "markdown"
    SVG = "svg"
    PNG = "png"
