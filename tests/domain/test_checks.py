"""Texts of our own looked over before they go out: what finds what, how much it weighs, and what is suggested (R12)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.checks import MOST, MOST_PLACES, Known, KnownRisk, examine
from app.domain.lint_phrases import Entry, Wording, WordList
from app.domain.matching import Matcher, RuleWords
from app.domain.vocabulary.lint import LintListKind, LintSeverity
from app.domain.vocabulary.risks import RiskLevel

RULES = (RuleWords("quality", ("示例牌",), ("差评", "变质"), ("避雷针",)), RuleWords("name", ("烽火奶",)))
LAW = WordList("advertising_law", LintListKind.PHRASES, (
    Entry(("最佳", "国家级"), severity=LintSeverity.ERROR, reason=Wording("绝对化用语", "absolute"), source="广告法第九条"),
))  # fmt: skip


def known(*risks: KnownRisk) -> Known:
    return Known(Matcher(RULES), {"quality": "示例牌质量", "name": "烽火奶"}, risks, (LAW,))


def risk(level: str, *words: str) -> KnownRisk:
    return KnownRisk(f"id-{level}", "R-0007", RiskLevel(level), words)


def found(text: str, *risks: KnownRisk, title: str | None = None):
    findings, suggested = examine(title, text, known(*risks))
    return [(one.source, one.severity, one.subject) for one in findings], suggested


@pytest.mark.parametrize(("text", "findings", "suggested"), [
    ("新品上市，欢迎品尝", [], "publish"),
    ("烽火奶新品上市", [("watch_rule", "hint", "name")], "publish"),
    ("示例牌零差评", [("watch_rule", "warning", "quality")], "revise"),
    ("示例牌，从不变 质", [("watch_rule", "warning", "quality")], "revise"),
    ("示例牌避雷针，零差评", [], "publish"),
    ("国家级品质", [("phrase", "error", "advertising_law")], "revise"),
    ("咨询请拨 13812345678", [("personal_data", "error", None)], "revise"),
    ("祖传秘方根治失眠", [("risk", "warning", "id-high")], "revise"),
    ("保证无异物", [("risk", "error", "id-critical")], "drop"),
    ("买一送一", [("risk", "hint", "id-low")], "publish"),
    ("示例牌根 治差评，最佳！", [("phrase", "error", "advertising_law"), ("watch_rule", "warning", "quality"),
                              ("risk", "warning", "id-high")], "revise"),
])  # fmt: skip
def test_each_source_finds_its_own_and_the_gravest_comes_first(text, findings, suggested):
    risks = (risk("critical", "异物"), risk("high", "根治"), risk("low", "买一送一"))
    shown, outcome = found(text, *risks)
    assert (shown, outcome) == (findings, suggested)


def test_each_finding_says_where_why_and_by_what():
    text = "最佳之选：示例牌，差*评为零，致电 13812345678"
    findings, _ = examine("根 治方案", text, known(risk("high", "根治")))
    by_source = {one.source: one for one in findings}
    phrase, rule, of_risk, person = (by_source[name] for name in ("phrase", "watch_rule", "risk", "personal_data"))
    [place] = phrase.places
    assert (place.field, text[place.start : place.end], phrase.cites) == ("text", "最佳", "广告法第九条")
    assert [(each.words, text[each.start : each.end]) for each in rule.places] == [
        ("示例牌", "示例牌"),
        ("差评", "差*评"),
    ]
    assert rule.reason.zh == "会命中监测规则“示例牌质量”：示例牌、差评。"
    assert rule.reason.en == "The watch rule “示例牌质量” hits it: 示例牌、差评."
    [place] = of_risk.places
    assert (place.field, "根 治方案"[place.start : place.end], of_risk.name) == ("title", "根 治", "R-0007")
    assert "R-0007（等级高）" in of_risk.reason.zh
    [place] = person.places
    assert (text[place.start : place.end], place.words, person.name) == ("13812345678", "", ""), "not said again"
    assert all(one.reason.zh and one.reason.en and one.cites for one in findings)


def test_no_text_is_answered_with_more_than_it_holds_words():
    many = tuple(KnownRisk(str(n), f"R-{n:04}", RiskLevel.LOW, ("险",)) for n in range(300))
    findings, _ = examine(None, "险" * 500, Known(Matcher(()), {}, many))
    assert len(findings) == MOST
    assert all(len(one.places) == MOST_PLACES for one in findings)
    critical = KnownRisk("last", "R-9999", RiskLevel.CRITICAL, ("险",))
    findings, suggested = examine(None, "险", Known(Matcher(()), {}, (*many, critical)))
    assert (findings[0].subject, suggested) == ("last", "drop")


@given(
    st.text("示例牌差评变质最佳异物根治，。 *1380@张", max_size=60), st.none() | st.text("示例牌差评异物", max_size=12)
)
def test_places_point_into_what_was_written(text, title):
    findings, suggested = examine(title, text, known(risk("critical", "异物"), risk("high", "根治")))
    for one in findings:
        for place in one.places:
            written = title if place.field == "title" else text
            assert written is not None
            assert 0 <= place.start < place.end <= len(written)
    assert (suggested == "publish") == all(one.severity == "hint" for one in findings)


@given(st.text("示例牌差评变质最佳异物根治，。 ", max_size=40), st.text("示例牌差评变质最佳异物", max_size=10))
def test_a_text_with_more_in_it_is_never_judged_more_kindly(text, more):
    """Exclusions aside: none is in these."""
    order = ["publish", "revise", "drop"]
    risks = (risk("critical", "异物"), risk("high", "根治"))
    assert order.index(found(text + "\n" + more, *risks)[1]) >= order.index(found(text, *risks)[1])
