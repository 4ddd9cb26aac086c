"""Words of the lint 发布前检查."""

from app.domain.labels.base import Labels

LABELS: Labels = {
    "lint_severity": {
        "error": ("错误", "Error"),
        "warning": ("提醒", "Warning"),
        "hint": ("建议", "Hint"),
    },
    "lint_code": {
        "phrase": ("不当用语", "Phrase"),
        "personal_data": ("个人信息", "Personal data"),
        "strategy_mismatch": ("策略与事件不符", "Strategy does not fit"),
        "mixed_strategies": ("致歉与否认并存", "Apology and denial in one"),
        "contradicts_facts": ("与核实结论矛盾", "Contradicts the fact check"),
        "facts_unchecked": ("事实未核实", "Facts not checked"),
        "part_missing": ("缺少内容", "Part missing"),
        "apology_missing": ("未见致歉", "No apology in it"),
        "next_update_missing": ("未预告下次通报", "No next update"),
        "date_passed": ("时限已过", "Date has passed"),
        "principle_missing": ("5S缺项", "Principle missing"),
        "promise_without_date": ("承诺无时限", "Promise without a date"),
        "instruction_missing": ("缺少行动指引", "No instructions"),
        "too_long": ("超出篇幅", "Too long"),
        "exclamations": ("感叹号过多", "Exclamation marks"),
    },
    "lint_list_kind": {
        "phrases": ("不当用语", "Phrases"),
        "cues": ("识别词", "Cues"),
    },
    "lint_cue": {
        "deny": ("否认", "Deny"),
        "diminish": ("弱化", "Diminish"),
        "rebuild": ("修复", "Rebuild"),
        "bolster": ("支持", "Bolster"),
        "apology": ("致歉", "Apology"),
        "admission": ("承认过错", "Admission"),
        "shouldering": ("承担责任", "Shouldering the matter"),
        "sincerity": ("真诚沟通", "Sincerity"),
        "speed": ("速度第一", "Speed"),
        "system": ("系统运行", "System"),
        "standard": ("权威证实", "Standard"),
        "promise": ("承诺", "Promise"),
        "vague_future": ("将来的模糊时间", "Vague future"),
        "vague_time": ("模糊时间", "Vague time"),
        "instruction": ("行动指引", "Instruction"),
    },
    "five_s": {
        "shouldering": ("承担责任", "Shouldering the matter"),
        "sincerity": ("真诚沟通", "Sincerity"),
        "speed": ("速度第一", "Speed"),
        "system": ("系统运行", "System"),
        "standard": ("权威证实", "Standard"),
    },
    "crisis_cluster": {
        "preventable": ("可预防型", "Preventable"),
        "accidental": ("意外型", "Accidental"),
        "victim": ("受害型", "Victim"),
    },
    "strategy_source": {
        "stated": ("作者注明", "Stated"),
        "words": ("按用语判断", "By its words"),
    },
}
