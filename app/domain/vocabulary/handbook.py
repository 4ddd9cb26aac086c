"""Words of the handbook 《危机应对手册》."""

from enum import StrEnum


class HandbookSection(StrEnum):
    """The handbook's sections, in its order: 分级标准, 时限标准, 处置流程, 应急小组, 外部联系人, 平台与发布, 声明模板, 演练剧本, 监测规则,
    风险清单, 制度文件, 必修培训."""

    GRADES = "grades"
    CLOCKS = "clocks"
    STEPS = "steps"
    TEAM = "team"
    CONTACTS = "contacts"
    PLATFORMS = "platforms"
    TEMPLATES = "templates"
    SCENARIOS = "scenarios"
    RULES = "rules"
    RISKS = "risks"
    DOCUMENTS = "documents"
    COURSES = "courses"


class HandbookBlockKind(StrEnum):
    """What a part of a section is: 小标题, 条目, 文本, 说明, 表格."""

    HEADING = "heading"
    LINES = "lines"
    WORDS = "words"
    NOTE = "note"
    TABLE = "table"
