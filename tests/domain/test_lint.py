"""The lint on whole statements: what is found in each, no more and no less; and what holds of any text."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.lint import MOST_FINDINGS, Background, lint
from app.domain.statement_text import Promise
from app.domain.vocabulary import Platform
from app.domain.vocabulary.lint import StrategySource
from app.domain.vocabulary.statements import ResponseStrategy
from tests.support.lint import shipped
from tests.support.lint_samples import GOOD, NOW, OURS, PARTLY, SAMPLES, TOMORROW, UNCHECKED, Sample, draft


def told(sample: Sample, **background: object) -> list[tuple[str, str, str]]:
    found = lint(sample.draft, Background(NOW, sample.situation, **background), shipped())  # type: ignore[arg-type]
    return sorted((str(one.severity), str(one.code), one.words) for one in found.findings)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_what_is_found_in_each_sample(sample: Sample) -> None:
    assert told(sample) == sorted(sample.found)
    found = lint(sample.draft, Background(NOW, sample.situation), shipped())
    assert found.strategy == sample.strategy
    for one in found.findings:
        assert one.reason.zh, one.code
        assert one.reason.en, one.code
        assert one.advice.zh, one.code
        assert one.advice.en, one.code
        assert one.source, one.code
        if one.start is not None:
            assert sample.draft.text[one.start : one.end] == one.words != ""
            assert one.section is not None


def test_good_statements_are_many_and_not_one_word_of_theirs_is_found_fault_with() -> None:
    assert len(GOOD) >= 6
    assert len(SAMPLES) >= 15
    for sample in GOOD:
        assert told(sample) == [], sample.name


def findings(*parts: str, **of: object) -> list[tuple[str, str]]:
    """(code, words) of a progress report that says this."""
    situation, limits = of.pop("situation", OURS), of.pop("limits", {})
    one = draft("progress", facts="".join(parts), **of)
    found = lint(one, Background(NOW, situation, limits), shipped())  # type: ignore[arg-type]
    return [(str(finding.code), finding.words) for finding in found.findings]


@pytest.mark.parametrize(
    ("text", "vague"),
    [
        ("我们将尽快公布结果。", "尽快"),
        ("我们将于11月26日18时前尽快公布结果。", None),
        ("我们将尽快公布结果，最迟三个工作日内。", None),
        ("我们尽快公布。检测于11月26日完成。", "尽快"),
        ("我们已尽快安排退款。", None),
        ("请尽快停止使用。", None),
        ("我们第一时间成立专项小组。", None),
        ("我们第一时间成立专项小组，并将持续改进。", None),
        ("我们将第一时间公布结果。", "第一时间"),
        ("我们会在近期给出答复。", "近期"),
        ("近期网传视频与我司无关联。", None),
        ("我们择期公布。", "择期"),
        ("社会各界近期十分关心。", None),
        ("下一步将公布结果。", "下一步"),
        ("We will publish it as soon as possible.", "as soon as possible"),
        ("We will publish it as soon as possible, within two days.", None),
        ("我们将尽快答复；我们将尽早公布。", "尽快"),
    ],
)
def test_a_promise_needs_a_date_and_the_past_does_not(text: str, vague: str | None) -> None:
    found = [words for code, words in findings("工作组", text) if code == "promise_without_date"]
    assert found[:1] == ([vague] if vague else [])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("请拨13812345678", "13812345678"),
        ("请拨１３８ １２３４ ５６７８。", "１３８ １２３４ ５６７８"),
        ("身份证11010119900307451X号", "11010119900307451X"),
        ("发至pr@example.com谢谢", "pr@example.com"),
        ("感谢@张三同学", "@张三同学"),
        ("请拨010-62345678", "010-62345678"),
        ("请拨400-800-0000", None),
        ("订单20261101000123", None),
        ("138\u200b12345678", "138\u200b12345678"),
    ],
)
def test_peoples_data_is_found_once_where_it_stands(text: str, found: str | None) -> None:
    personal = [words for code, words in findings("工作组", text) if code == "personal_data"]
    assert personal == ([found] if found else [])


def test_length_is_counted_where_a_platform_has_a_limit_by_its_own_text_or_the_whole() -> None:
    limits = {Platform.WEIBO: 10, Platform.DOUYIN: 10, Platform.ZHIHU: 10_000}
    one = draft("progress", facts="工作组" * 5, platform_texts={Platform.WEIBO: "工作组" * 3})
    found = lint(one, Background(NOW, OURS, limits), shipped()).findings
    assert [(one.platform, one.start, one.end) for one in found] == [(Platform.DOUYIN, 10, 15)]
    assert "15" in found[0].reason.zh
    assert "10" in found[0].reason.en


def test_of_what_is_partly_true_apology_and_denial_are_only_a_hint() -> None:
    parts = {"facts": "工作组核实：部分属实，我们致歉；其余不属实。"}
    for situation, weight in ((PARTLY, "hint"), (UNCHECKED, "warning")):
        found = lint(draft("progress", **parts), Background(NOW, situation), shipped()).findings
        assert [str(one.severity) for one in found if one.code == "mixed_strategies"] == [weight]


def test_the_authors_word_on_the_strategy_comes_before_that_of_the_words() -> None:
    for stated in (None, *ResponseStrategy):
        found = lint(draft("progress", facts="深表歉意", strategy=stated), Background(NOW, UNCHECKED), shipped())
        assert found.strategy is (stated or ResponseStrategy.REBUILD)
        assert found.strategy_source is (StrategySource.STATED if stated else StrategySource.WORDS)
    silent = lint(draft("progress", facts="工作组"), Background(NOW, UNCHECKED), shipped())
    assert (silent.strategy, silent.strategy_source) == (None, None)


def test_regret_alone_is_no_admission_in_a_first_word_and_a_clarification() -> None:
    for kind, strategy in (("holding", None), ("clarification", None), ("apology", "rebuild"), ("progress", "rebuild")):
        said = draft(kind, attitude="对给您带来的困扰深表歉意。")
        assert lint(said, Background(NOW, UNCHECKED), shipped()).strategy == strategy, kind
        admitted = draft(kind, attitude="这是我们的过错，深表歉意。")
        assert lint(admitted, Background(NOW, UNCHECKED), shipped()).strategy == "rebuild", kind


@pytest.mark.parametrize(
    ("text", "marks"), [("谢谢！再见！好！", 0), ("谢谢！再见！好！嗯！", 1), ("谢谢！！", 1), ("so!", 0)]
)
def test_exclamation_marks_are_told_once_where_they_are_many_or_two_in_a_row(text: str, marks: int) -> None:
    assert [code for code, _ in findings("工作组", text)].count("exclamations") == marks


def test_the_gravest_comes_first_and_a_flood_has_an_end() -> None:
    flood = "绝对谣言黑公关13812345678。" * 300
    one = draft("progress", facts=flood, platform_texts=dict.fromkeys(Platform, flood))
    found = lint(one, Background(NOW, OURS), shipped()).findings
    assert len(found) == MOST_FINDINGS
    weights = ["error", "warning", "hint"]
    assert [weights.index(one.severity) for one in found] == sorted(weights.index(one.severity) for one in found)


WORDS = st.text(alphabet="将尽快第一时间不属实致歉绝对最佳谣言！!，。；1月日13812345678@a\n\u200b", max_size=80)


@settings(max_examples=150)
@given(WORDS, WORDS, WORDS, st.lists(WORDS, max_size=2), st.booleans())
def test_whatever_is_said_every_span_reads_as_its_words_and_stands_in_its_section(
    title: str, facts: str, solution: str, promised: list[str], again: bool
) -> None:
    one = draft(
        "apology", title=title, facts=facts, solution=solution,
        promises=[Promise(text, TOMORROW) for text in promised], next_update_at=TOMORROW if again else None,
    )  # fmt: skip
    found = lint(one, Background(NOW, OURS), shipped())
    sections = {place.section: place for place in one.composed.sections}
    for finding in found.findings:
        if finding.start is None:
            assert finding.section is None
            continue
        assert finding.end is not None
        assert one.text[finding.start : finding.end] == finding.words != ""
        if finding.section is not None:
            place = sections[finding.section]
            assert place.start <= finding.start < place.end
    assert found == lint(one, Background(NOW, OURS), shipped())


@pytest.mark.parametrize(
    "piece",
    ["将尽快", "一", "一时", "1", "！", "，", "。", "不属实致歉", "13812345678 ", "a@", "@", "最", "\u200b", "13"],
)
def test_hostile_texts_take_no_longer_than_they_are_long(piece: str) -> None:
    def taken(length: int) -> float:
        one = draft("apology", facts=(piece * length)[:length])
        began = time.process_time()
        lint(one, Background(NOW, OURS), shipped())
        return time.process_time() - began

    assert taken(40_000) < 2
