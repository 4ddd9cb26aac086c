"""Finding words in Chinese by characters and pairs of neighbours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.bigrams import MOST_TERMS, grams, needles, searchable, terms

WORDS = st.text(st.sampled_from("牛奶异物ab1-%_ \n　ＡK國"), max_size=30)


@pytest.mark.parametrize(("texts", "plain"), [
    (["2026-0031", "牛奶  异物"], "2026-0031\n牛奶 异物"), (["ＡＢＣ１２３"], "abc123"), (["蒙牛國際"], "蒙牛国际"),
    (["牛\u200b奶"], "牛奶"), (["", " ", "牛"], "牛"), (["一\n二"], "一 二"), ([], ""),
])  # fmt: skip
def test_what_is_searched_is_evened_out_a_line_a_text(texts, plain):
    assert searchable(texts) == plain


def test_grams_are_characters_and_pairs_and_none_reaches_over_a_gap():
    assert grams("牛奶 异物\nab") == sorted(["牛", "奶", "牛奶", "异", "物", "异物", "a", "b", "ab"])
    assert grams("") == []


@pytest.mark.parametrize(("term", "expected"), [
    ("牛", ["牛"]), ("牛奶", ["牛奶"]), ("牛奶异", ["奶异", "牛奶"]), ("aaaa", ["aa"]),
])  # fmt: skip
def test_a_term_needs_its_pairs(term, expected):
    assert needles(term) == expected


@pytest.mark.parametrize(("question", "expected"), [
    ("牛奶", ["牛奶"]), (" 牛奶　異物 ", ["牛奶", "异物"]), ("Ａ a", ["a"]), (" ".join("abcdefgh"), list("abcdefgh")),
])  # fmt: skip
def test_a_question_is_its_words(question, expected):
    assert terms(question) == expected


@pytest.mark.parametrize(("question", "says"), [
    ("", "visible"), (" \u200b ", "visible"), ("a b c d e f g h i", str(MOST_TERMS)),
])  # fmt: skip
def test_a_question_without_words_or_with_too_many_is_refused(question, says):
    with pytest.raises(ValueError, match=says):
        terms(question)


@given(WORDS, WORDS)
def test_the_grams_miss_nothing_and_are_exact_for_one_and_two_characters(text, question):
    plain = searchable([text])
    held = set(grams(plain))
    for term in normalised(question):
        stands = term in plain
        looks = held.issuperset(needles(term))
        assert looks or not stands
        assert len(term) > 2 or looks == stands


def normalised(question: str) -> list[str]:
    try:
        return terms(question)
    except ValueError:
        return []
