"""What the lint says to people where a whole part, or a principle, is not there."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from app.domain.lint_phrases import Wording
from app.domain.vocabulary.lint import FiveS, LintCode, LintSeverity
from app.domain.vocabulary.statements import StatementNeed


class Missing(NamedTuple):
    """What a rule says, of whatever words."""

    code: LintCode
    severity: LintSeverity
    reason: Wording
    advice: Wording
    source: str


_PLAN: Final = "方案 二(二)2"


def _part(need: str, zh: str, en: str, advice_zh: str, advice_en: str) -> Missing:
    return Missing(LintCode.PART_MISSING, LintSeverity.WARNING, Wording(f"缺少{zh}。", f"There is no {en}."),
                   Wording(advice_zh, advice_en), f"{_PLAN} {need}")  # fmt: skip


MISSING: Final[Mapping[StatementNeed, Missing]] = {
    StatementNeed.ATTITUDE: _part(
        "真诚致歉", "态度", "word of what we feel", "写明我们的态度，对受影响的人表示关心。", "Say what we feel, and care for those affected."
    ),
    StatementNeed.FACTS: _part(
        "事实澄清", "事实", "word of the facts", "写明已经核实的事实；确不便写的，注明豁免理由。", "Say what is known to be so, or waive it with a reason."
    ),
    StatementNeed.SOLUTION: _part(
        "解决方案", "解决方案", "solution", "写明怎么处理、怎么补救；确不便写的，注明豁免理由。", "Say what is done about it, or waive it with a reason."
    ),
    StatementNeed.COMMITMENT: _part(
        "进度承诺", "带时限的承诺", "promise with a date", "至少写一项带时限的承诺，或注明豁免理由。", "Promise something by a date, or waive it with a reason."
    ),
    StatementNeed.CONTENT: _part(
        "进度承诺", "新的进展", "news", "写明新查明的事实，或注明在报告哪项承诺的进展。", "Say what is new, or which promise it reports on."
    ),
    StatementNeed.NEXT_UPDATE: Missing(
        LintCode.NEXT_UPDATE_MISSING, LintSeverity.WARNING,
        Wording("没有说明下次何时通报。", "It does not say when we speak again."),
        Wording("填写下次通报时间，避免沉默失语。", "State when we speak again, so that no silence follows."), f"{_PLAN} 避免沉默失语 (R47)",
    ),
    StatementNeed.FACT_CHECK: Missing(
        LintCode.FACTS_UNCHECKED, LintSeverity.WARNING,
        Wording("尚未记录信息核实，此类声明须以核实结论为依据。", "No fact check is on record, and this kind of statement rests on one."),
        Wording("先完成信息核实；来不及时先发首次回应。", "Check the facts first; until then say a first word."), "方案 二(二)1 信息核实 (R41)",
    ),
    StatementNeed.TRUTH: Missing(
        LintCode.CONTRADICTS_FACTS, LintSeverity.ERROR,
        Wording("声明类型与信息核实的结论不符：致歉须属实或部分属实，澄清须不属实、误解或部分属实。",
                "The kind of statement contradicts the fact check: one apologises for what is true at least in part, and clarifies "
                "what is not, at least in part."),
        Wording("更换声明类型；若核实有误，先更正核实结论。", "Choose another kind, or record another fact check first."), "方案 二(二)2 致歉(如有过错) 澄清(如为误解) (R43, R44)",
    ),
    StatementNeed.DATES_AHEAD: Missing(
        LintCode.DATE_PASSED, LintSeverity.WARNING,
        Wording("承诺或下次通报的时间已经过去。", "A promise's date, or that of the next update, has passed."),
        Wording("改为将来的时间。", "State one that is ahead."), f"{_PLAN} 进度承诺",
    ),
}  # fmt: skip
"""What approval will ask for, in words for people."""

INSTRUCTIONS: Final = Missing(
    LintCode.INSTRUCTION_MISSING, LintSeverity.HINT,
    Wording("涉及核心利益，却没有告诉公众该怎么做。", "People's core interests are at stake, and nothing tells them what to do."),
    Wording("写明停止使用、退换、就医或咨询的办法。", "Say how to stop using it, return it, see a doctor, or ask."),
    "Coombs (2007), Corporate Reputation Review 10(3): 163-176, instructing information comes first",
)  # fmt: skip

PRINCIPLES: Final[Mapping[FiveS, tuple[Wording, Wording]]] = {
    FiveS.SHOULDERING: (
        Wording("承担责任", "shouldering the matter"),
        Wording("写明承担什么责任、如何补偿。", "Say what we answer for, and how we make up for it."),
    ),
    FiveS.SINCERITY: (
        Wording("真诚沟通", "sincerity"),
        Wording(
            "写明歉意、关心或愿意接受监督。", "Say that we are sorry, that we care, or that we stand to be watched."
        ),
    ),
    FiveS.SPEED: (
        Wording("速度第一", "speed"),
        Wording("写明何时获知、已在何时做了什么。", "Say when we heard of it, and what was done by when."),
    ),
    FiveS.SYSTEM: (
        Wording("系统运行", "a system at work"),
        Wording(
            "写明成立专项小组、全面排查或整改的安排。",
            "Say which team was formed, what is being looked through, what is mended.",
        ),
    ),
    FiveS.STANDARD: (
        Wording("权威证实", "authority"),
        Wording(
            "引用检测报告、监管部门或第三方机构的结论。", "Quote a test report, the authorities, or a third party."
        ),
    ),
}
"""The five S by name, and what would satisfy each."""

DATA: Final[Mapping[str, tuple[LintSeverity, Wording]]] = {
    "id_card": (LintSeverity.ERROR, Wording("身份证号", "an identity card's number")),
    "mobile": (LintSeverity.ERROR, Wording("手机号", "a mobile phone number")),
    "landline": (LintSeverity.HINT, Wording("固定电话", "a phone number")),
    "mail": (LintSeverity.HINT, Wording("邮箱地址", "a mail address")),
    "name": (LintSeverity.HINT, Wording("@账号", "an account's name")),
}
"""How much each kind of personal data weighs, and what it is called."""


def too_long(length: int, most: int) -> tuple[str, str]:
    """How long a text is, and how long it may be."""
    return f"共{length}字，超出该平台上限{most}字。", f"It has {length} characters, and the platform takes {most}."
