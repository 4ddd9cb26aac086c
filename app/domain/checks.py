"""Marketing copy looked over before it goes out (R12, R13): for what our own watch rules would hit, the words of known risks,
phrases to avoid, and people's data. It is advice: a person decides.

What a hit by a watch rule means is the reverse of what it means in others' posts: the words by which people complain of us
stand in our own text.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from app.domain.labels import LABELS
from app.domain.lint_phrases import Finding as Advice
from app.domain.lint_phrases import Wording, WordList, find_phrases
from app.domain.lint_rules import personal
from app.domain.matching import Hit, Matcher, RuleWords
from app.domain.vocabulary.lint import LintSeverity
from app.domain.vocabulary.risks import CheckOutcome, CheckSource, RiskLevel

MOST: Final = 200
"""Findings of one text, the gravest first."""
MOST_PLACES: Final = 20
"""Places of one finding."""
_NAMED: Final = 5
_WEIGHT: Final = {severity: place for place, severity in enumerate(LintSeverity)}
_OF_LEVEL: Final = {
    RiskLevel.CRITICAL: LintSeverity.ERROR, RiskLevel.HIGH: LintSeverity.WARNING, RiskLevel.MEDIUM: LintSeverity.WARNING,
    RiskLevel.LOW: LintSeverity.HINT,
}  # fmt: skip
_PLAN: Final = "方案 二(一)1"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the words stand: code points of the title or the text, start inclusive, end exclusive."""

    field: str
    start: int
    end: int
    words: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found: by what, how much it weighs, where, why, and what to do. ``subject``: the watch rule or the risk, or the
    list of phrases; ``name``: what people call that."""

    source: CheckSource
    severity: LintSeverity
    subject: str | None
    name: str
    places: tuple[Place, ...]
    reason: Wording
    advice: Wording
    cites: str


@dataclass(frozen=True, slots=True)
class KnownRisk:
    """An open risk, as far as texts are looked over for it."""

    id: str
    number: str
    level: RiskLevel
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What a text is held against. ``matcher`` is the watch rules' own; ``rules`` are their names."""

    matcher: Matcher
    rules: Mapping[str, str]
    risks: Sequence[KnownRisk] = ()
    lists: Sequence[WordList] = field(default_factory=tuple)


def examine(title: str | None, text: str, known: Known) -> tuple[list[Finding], CheckOutcome]:
    """All that is to be said of a text, the gravest first, and what is suggested."""
    risks = {risk.id: risk for risk in known.risks}
    words = Matcher([RuleWords(risk.id, risk.words) for risk in known.risks if risk.words])
    findings = [
        *(_by_rule(hit, known.rules[str(hit.rule_id)]) for hit in known.matcher.match(title, text)),
        *(_by_risk(hit, risks[hit.rule_id]) for hit in words.match(title, text)),
        *_by_field(title, text, known.lists),
    ]
    findings.sort(key=lambda found: _WEIGHT[found.severity])
    told = [risks[hit.subject].level for hit in findings if hit.source is CheckSource.RISK and hit.subject]
    return findings[:MOST], suggest(findings, told)


def suggest(findings: Iterable[Finding], levels: Iterable[RiskLevel]) -> CheckOutcome:
    """Nothing that touches a critical risk should go out; all else can be put another way."""
    if RiskLevel.CRITICAL in levels:
        return CheckOutcome.DROP
    weighs = any(found.severity is not LintSeverity.HINT for found in findings)
    return CheckOutcome.REVISE if weighs else CheckOutcome.PUBLISH


def _by_rule(hit: Hit, name: str) -> Finding:
    """Without a word of complaint it is only our name, which stands in most of what we say."""
    said = _said(hit)
    if hit.negative:
        reason = Wording(f"会命中监测规则“{name}”：{said}。", f"The watch rule “{name}” hits it: {said}.")
        advice = Wording(
            "换一种说法，避免与负面词并列。", "Say it otherwise, without the words that people complain with."
        )
    else:
        reason = Wording(
            f"提到监测规则“{name}”的主体词：{said}。", f"It names what the watch rule “{name}” watches: {said}."
        )
        advice = Wording("发布后关注评论中的负面反馈。", "Look after the comments once it is out.")
    severity = LintSeverity.WARNING if hit.negative else LintSeverity.HINT
    places = _places(hit)
    return Finding(CheckSource.WATCH_RULE, severity, str(hit.rule_id), name, places, reason, advice, "方案 二(一)2")


def _by_risk(hit: Hit, risk: KnownRisk) -> Finding:
    zh, en = LABELS["risk_level"][risk.level]
    said = _said(hit)
    return Finding(
        CheckSource.RISK, _OF_LEVEL[risk.level], risk.id, risk.number, _places(hit),
        Wording(f"涉及风险 {risk.number}（等级{zh}）：{said}。", f"It touches the risk {risk.number} ({en.lower()}): {said}."),
        Wording("先与风险责任人核对该风险的预防措施，再决定是否发布。",
                "Ask whoever looks after the risk, and see to its measures, before it goes out."), _PLAN,
    )  # fmt: skip


def _by_field(title: str | None, text: str, lists: Sequence[WordList]) -> Iterator[Finding]:
    for name, written in (("title", title), ("text", text)):
        if written:
            for advice in find_phrases(written, lists):
                yield _from_lint(CheckSource.PHRASE, name, advice)
            for advice in personal(written):
                yield _from_lint(CheckSource.PERSONAL_DATA, name, advice)


def _from_lint(source: CheckSource, where: str, advice: Advice) -> Finding:
    """People's data is not said again: where it stands is enough."""
    words = advice.words if source is CheckSource.PHRASE else ""
    places = () if advice.start is None or advice.end is None else (Place(where, advice.start, advice.end, words),)
    return Finding(
        source, advice.severity, advice.list_key, words, places, advice.reason, advice.advice, advice.source
    )  # fmt: skip


def _places(hit: Hit) -> tuple[Place, ...]:
    return tuple(Place(span.field, span.start, span.end, span.word) for span in hit.spans[:MOST_PLACES])


def _said(hit: Hit) -> str:
    words = list(dict.fromkeys(span.word for span in hit.spans))
    return "、".join(words[:_NAMED]) + ("…" if len(words) > _NAMED else "")
