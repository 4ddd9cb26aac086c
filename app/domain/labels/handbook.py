"""Words of the handbook 《危机应对手册》."""

from app.domain.labels.base import Labels

LABELS: Labels = {
    "handbook_section": {
        "grades": ("分级标准", "Grades"),
        "clocks": ("时限标准", "Clocks"),
        "steps": ("处置流程", "Steps"),
        "team": ("应急小组", "Team"),
        "contacts": ("外部联系人", "Outside contacts"),
        "platforms": ("平台与发布", "Platforms"),
        "templates": ("声明模板", "Statement templates"),
        "scenarios": ("演练剧本", "Scenarios"),
        "rules": ("监测规则", "Watch rules"),
        "risks": ("风险清单", "Risks"),
        "documents": ("制度文件", "Documents"),
        "courses": ("必修培训", "Mandatory courses"),
    },
    "handbook_block_kind": {
        "heading": ("小标题", "Heading"),
        "lines": ("条目", "Lines"),
        "words": ("原文", "A text as it was written"),
        "note": ("说明", "Note"),
        "table": ("表格", "Table"),
    },
}
