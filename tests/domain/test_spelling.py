"""Spellings that people read as one word become one; what nobody can see is nothing."""

import unicodedata

import pytest

from app.domain import hanzi
from app.domain.spelling import LONGEST_RUN, is_visible, normalise
from tests.support import hanzi_table


@pytest.mark.parametrize(
    "text", ["", " \t\r\n", "\u3000\u2003", "\u200b\u200d\ufeff", "\x00\x1f\x7f", "\u3164\u2800", "\ufe0f"]
)
def test_a_text_of_nothing_but_spaces_and_invisible_characters_is_not_visible(text):
    assert not is_visible(text)


@pytest.mark.parametrize("text", ["a", "\u200b差", "。", "😀", " . ", "\u0301"])
def test_a_text_with_any_sign_is_visible(text):
    assert is_visible(text)


def test_no_run_of_marks_is_longer_than_unicodes_stream_safe_text_allows():
    """What NFKC sorts in quadratic time is a run of marks; also those that only show as such once decomposed."""
    for code in range(0x110000):
        if unicodedata.combining(unicodedata.normalize("NFKD", chr(code))[0]):
            assert len(normalise("a" + chr(code) * 1000)) <= 1 + 3 * LONGEST_RUN, hex(code)
    assert normalise("é" + "\u0315" * 9_999 + "\u0323" * 9_999) == normalise("é" + "\u0315" * LONGEST_RUN)


def test_the_table_of_characters_is_what_the_installed_opencc_gives():
    folder = hanzi_table.dictionary_folder()
    if folder is None:
        pytest.skip("the installed opencc ships no dictionaries, so hanzi.py can't be compared with them")
    made = hanzi_table.render(hanzi_table.simplified_characters(folder))
    assert hanzi_table.TARGET.read_text(encoding="utf-8") == made, "run python tests/support/hanzi_table.py"


def test_the_table_maps_one_character_to_one_and_never_further():
    assert hanzi.TO_SIMPLIFIED["國"] == "国"
    for before, after in hanzi.TO_SIMPLIFIED.items():
        assert len(before) == len(after) == 1
        assert after not in hanzi.TO_SIMPLIFIED
