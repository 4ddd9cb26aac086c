"""Phrases as data: where they count, where they don't, and that it takes no longer than the text is long."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.lint_phrases import (
    MOST_OF_AN_ENTRY,
    Entry,
    Place,
    Wordbook,
    Wording,
    WordList,
    between,
    check,
    entry_from,
    find_phrases,
)
from app.domain.spelling import normalise
from app.domain.vocabulary import StatementKind, Truth
from app.domain.vocabulary.lint import LintCue, LintListKind, LintSeverity
from tests.support.lint import FILES, read, shipped

WHY = Wording("不当", "wrong")


def words(*entries: Entry, key: str = "test", kind: LintListKind = LintListKind.PHRASES) -> WordList:
    return WordList(key, kind, entries)


def entry(*phrases: str, **fields: object) -> Entry:
    return Entry(phrases, reason=WHY, advice=WHY, source="试验", **fields)  # type: ignore[arg-type]


def spans(text: str, *lists: WordList, **of: object) -> list[tuple[int, int, str]]:
    return [(one.start or 0, one.end or 0, one.words) for one in find_phrases(text, lists, **of)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("避雷", [(0, 2, "避雷")]),
        # A longer word that is an exception is another word.
        ("避雷针很好", []),
        ("避雷针很好，但要避雷", [(8, 10, "避雷")]),
        ("请勿避雷", []),
        ("勿避雷", [(1, 3, "避雷")]),
        # However it is written, and as it is written.
        ("快避\u200b雷", [(1, 4, "避\u200b雷")]),
        ("快避⚡", [(1, 3, "避⚡")]),
        ("ＮＯ．１", [(0, 4, "ＮＯ．１")]),
        ("no.1", [(0, 4, "no.1")]),
        # What stands between two characters parts two words.
        ("避，雷", []),
        ("𠀀避雷", [(1, 3, "避雷")]),
    ],
)
def test_a_phrase_counts_unless_a_longer_word_excuses_it(text: str, found: list[tuple[int, int, str]]) -> None:
    assert spans(text, words(entry("避雷", "NO.1", exceptions=("避雷针", "请勿避雷")))) == found


def test_of_words_inside_one_another_the_outer_counts_once_in_a_list_and_again_in_another() -> None:
    mild, grave = entry("最高"), entry("最高级", "高级", severity=LintSeverity.ERROR)
    assert spans("最高级", words(mild, grave)) == [(0, 3, "最高级")]
    assert spans("最高级", words(mild), words(grave, key="other")) == [(0, 3, "最高级"), (0, 2, "最高")]
    assert spans("行业第一品牌", words(entry("行业第一", "第一品牌"))) == [(0, 4, "行业第一")]
    assert len(spans("行业第一品牌", words(entry("行业第一"), entry("第一品牌")))) == 2


@pytest.mark.parametrize("before", range(1_990, 2_002))
def test_a_phrase_is_found_once_wherever_a_long_text_is_cut(before: int) -> None:
    one = words(entry("避雷针", "避", exceptions=("避开",)))
    assert spans("好" * before + "避雷针避开", one) == [(before, before + 3, "避雷针")]
    assert spans("好" * before + "避避", one) == [(before, before + 1, "避"), (before + 1, before + 2, "避")]


def test_who_speaks_and_what_is_true_decide_too() -> None:
    one = words(
        entry("追究", kinds=frozenset({StatementKind.APOLOGY})), entry("谣言", excused_by=frozenset({Truth.UNFOUNDED}))
    )
    text = "谣言追究"
    assert spans(text, one, kind=StatementKind.APOLOGY) == [(0, 2, "谣言"), (2, 4, "追究")]
    assert spans(text, one, kind=StatementKind.LAWYER) == [(0, 2, "谣言")]
    assert spans(text, one) == [(0, 2, "谣言")], "of no kind is marketing copy"
    assert spans(text, one, truth=Truth.UNFOUNDED) == []


def test_a_finding_says_why_what_to_do_and_where_that_is_from() -> None:
    [found] = find_phrases("国家级酸奶", shipped())
    assert (found.list_key, found.severity, found.words) == ("advertising_law", LintSeverity.ERROR, "国家级")
    assert found.source == "《中华人民共和国广告法》第九条第三项"
    assert "广告不得使用" in found.reason.zh
    assert found.advice.en


def test_cues_are_no_faults() -> None:
    cues = words(entry("致歉", cue=LintCue.APOLOGY), kind=LintListKind.CUES)
    assert spans("致歉", cues) == []
    assert [(place.start, place.end) for place in Wordbook([cues]).places("致歉")] == [(0, 2)]


def test_a_flood_of_one_phrase_is_named_by_its_first_places() -> None:
    found = spans("差评" * 5_000, words(entry("差评")))
    assert found == [(2 * n, 2 * n + 2, "差评") for n in range(MOST_OF_AN_ENTRY)]


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("国家级重点实验室出具的报告", True),
        ("国家级品质", False),
        ("最近我们将最大限度降低影响", True),
        ("我们的奶最好", False),
        ("致以最诚挚的歉意", True),
        ("最佳赏味期为7天", True),
        ("最佳口感", False),
        ("最高人民法院", True),
        ("影响降到最低", True),
        ("请联系消费者服务中心", True),
        ("我司员工操作不当", True),
        ("用户操作不当", False),
        ("恶意软件攻击", True),
        ("我们不造谣", True),
        ("绝对值", True),
        ("绝对安全", False),
        ("已与当事人个别沟通", True),
        ("100%全额退款", True),
        ("100%安全", False),
        ("遥遥领先", False),
    ],
)
def test_the_shipped_lists_know_what_is_good_chinese(text: str, fine: bool) -> None:
    found = find_phrases(text, shipped(), kind=StatementKind.APOLOGY, truth=Truth.CONFIRMED)
    assert (not found) is fine, [(one.words, one.list_key) for one in found]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_list_makes_sense(path) -> None:
    data = read(path)
    kind, entries = LintListKind(data["kind"]), [entry_from(one) for one in data["entries"]]
    assert data["key"] == path.stem
    assert data["name"]["zh"]
    assert data["name"]["en"]
    assert list(check(kind, entries)) == []
    for one in entries:
        if kind is LintListKind.PHRASES:
            assert one.source
            assert one.advice.zh
            assert one.advice.en
    every = [phrase for one in entries for phrase in one.phrases if not one.kinds]
    assert len(every) == len(set(every)), "a phrase stands once"


def test_a_list_that_makes_no_sense_is_told_where() -> None:
    fine, no_reason = entry("甲"), Entry(("甲",))
    cue = entry("甲", cue=LintCue.DENY)
    around = entry("避雷", exceptions=("避雷针", "针", "避雷", "避 雷针"))
    assert list(check(LintListKind.PHRASES, [fine, entry("避雷", exceptions=("避雷针",))])) == []
    assert [at for at, _ in check(LintListKind.PHRASES, [fine, no_reason, cue])] == ["/1/reason", "/2/cue"]
    assert [at for at, _ in check(LintListKind.CUES, [cue, fine])] == ["/1/cue"]
    assert [at for at, _ in check(LintListKind.PHRASES, [around])] == ["/0/exceptions/1", "/0/exceptions/2", "/0/exceptions/3"]  # fmt: skip
    with pytest.raises(ValueError, match="visible"):
        Wordbook([words(entry("\u200b"))])


ALPHABET = st.text(alphabet="避雷针最高级 ，。a\u200b㎏", max_size=60)


@given(
    ALPHABET,
    st.lists(st.sampled_from(["避", "避雷", "雷针", "最", "最高", "高级", "a", "kg"]), min_size=1, unique=True),
)
def test_every_span_reads_as_its_phrase_and_none_is_missed(text: str, phrases: list[str]) -> None:
    book = Wordbook([words(*(entry(phrase) for phrase in phrases))])
    places = book.places(text)
    assert places == sorted(places, key=lambda place: (place.start, -place.end))
    for place in places:
        assert place.entry.phrases[0] in normalise(text[place.start : place.end])
    plain = normalise(text)
    assert bool(places) == any(phrase in plain for phrase in phrases)


@given(st.lists(st.integers(0, 50), max_size=20), st.integers(0, 50), st.integers(0, 50))
def test_between_is_those_that_begin_there(starts: list[int], low: int, high: int) -> None:
    places = [Place(start, start + 1, "k", entry("x")) for start in sorted(starts)]
    assert list(between(places, low, high)) == [place for place in places if low <= place.start < high]


def test_hostile_texts_take_no_longer_than_they_are_long() -> None:
    nested = words(*(entry("a" * n) for n in range(1, 51)), entry("b", exceptions=tuple("b" * n for n in range(2, 30))))
    book = Wordbook([nested, *shipped()])
    for text in ("a" * 40_000, "b" * 40_000, "最" * 40_000, "\u0301" * 40_000, "避\u200b" * 20_000, "将尽快" * 13_000):
        began = time.process_time()
        book.places(text)
        assert time.process_time() - began < 2
