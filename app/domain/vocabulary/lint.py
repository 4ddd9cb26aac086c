"""Words of the lint 发布前检查 of statements, which is advice and never a lock."""

from enum import StrEnum


class LintSeverity(StrEnum):
    """How much a finding weighs: 错误 (against the law, or against what is on record), 提醒, 建议. None of them locks anything."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


class LintCode(StrEnum):
    """What a finding is: 不当用语, 个人信息, 策略不符, 致歉与否认并存, 与核实结论矛盾, 事实未核实, 缺少内容, 未见致歉, 未预告下次通报,
    时限已过, 5S缺项, 承诺无时限, 缺少行动指引, 超出篇幅, 感叹号过多."""

    PHRASE = "phrase"
    PERSONAL_DATA = "personal_data"
    STRATEGY_MISMATCH = "strategy_mismatch"
    MIXED_STRATEGIES = "mixed_strategies"
    CONTRADICTS_FACTS = "contradicts_facts"
    FACTS_UNCHECKED = "facts_unchecked"
    PART_MISSING = "part_missing"
    APOLOGY_MISSING = "apology_missing"
    NEXT_UPDATE_MISSING = "next_update_missing"
    DATE_PASSED = "date_passed"
    PRINCIPLE_MISSING = "principle_missing"
    PROMISE_WITHOUT_DATE = "promise_without_date"
    INSTRUCTION_MISSING = "instruction_missing"
    TOO_LONG = "too_long"
    EXCLAMATIONS = "exclamations"


class LintListKind(StrEnum):
    """What a list of words is for: fault is found with each 不当用语, or they tell what a text does 识别词."""

    PHRASES = "phrases"
    CUES = "cues"


class LintCue(StrEnum):
    """What words tell: 否认, 弱化, 修复, 支持, 致歉, 承认过错; 承担责任, 真诚沟通, 速度第一, 系统运行, 权威证实; 承诺, 将来的模糊时间,
    模糊时间, 行动指引."""

    DENY = "deny"
    DIMINISH = "diminish"
    REBUILD = "rebuild"
    BOLSTER = "bolster"
    APOLOGY = "apology"
    ADMISSION = "admission"
    SHOULDERING = "shouldering"
    SINCERITY = "sincerity"
    SPEED = "speed"
    SYSTEM = "system"
    STANDARD = "standard"
    PROMISE = "promise"
    VAGUE_FUTURE = "vague_future"
    VAGUE_TIME = "vague_time"
    INSTRUCTION = "instruction"


class FiveS(StrEnum):
    """游昌乔's five principles of crisis communication 5S: 承担责任, 真诚沟通, 速度第一, 系统运行, 权威证实."""

    SHOULDERING = "shouldering"
    SINCERITY = "sincerity"
    SPEED = "speed"
    SYSTEM = "system"
    STANDARD = "standard"


class CrisisCluster(StrEnum):
    """How far people hold us responsible for a crisis (Coombs, SCCT): 可预防型, 意外型, 受害型."""

    PREVENTABLE = "preventable"
    ACCIDENTAL = "accidental"
    VICTIM = "victim"


class StrategySource(StrEnum):
    """Who says which strategy a statement follows: its authors 作者注明, or its words 按用语判断."""

    STATED = "stated"
    WORDS = "words"
