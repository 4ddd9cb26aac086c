"""What changed from one text to another, as people read it."""

import random
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.diffs import compare


def told(before: str, after: str) -> str:
    """The diff in a line: -what went-, +what came+."""
    signs = {"unchanged": "", "removed": "-", "added": "+"}
    return "".join(f"{signs[one.change]}{one.text}{signs[one.change]}" for one in compare(before, after))


@pytest.mark.parametrize(("before", "after", "expected"), [
    ("", "", ""), ("", "抱歉。", "+抱歉。+"), ("抱歉。", "", "-抱歉。-"), ("抱歉。", "抱歉。", "抱歉。"),
    ("关于网传异物的说明", "关于网传牛奶异物的说明", "关于网传+牛奶+异物的说明"),
    ("批次 20261101 已下架", "批次 20261102 已下架", "批次 -20261101-+20261102+ 已下架"),
    ("经查属实。全额退款。", "经查属实。已下架。全额退款。", "经查属实。+已下架。+全额退款。"),
    ("经查属实，全额退款。", "全额退款。", "-经查属实，-全额退款。"),
    ("我们深表歉意。", "公司感到遗憾。", "-我们深表歉意。-+公司感到遗憾。+"),
    ("全额退款。", "全额退款。后续进展将公布。", "全额退款。+后续进展将公布。+"),
])  # fmt: skip
def test_what_people_read_of_a_change(before, after, expected):
    assert told(before, after) == expected


texts = st.text("的一是，。a1 \n😀", max_size=60) | st.text(max_size=40)


@given(texts, texts, st.integers(0, 9), st.integers(0, 9))
def test_what_stayed_went_and_came_makes_both_texts_again(before, after, before_at, after_at):
    segments = compare(before, after, before_at=before_at, after_at=after_at)
    assert "".join(one.text for one in segments if one.before) == before
    assert "".join(one.text for one in segments if one.after) == after
    for one in segments:
        assert one.text
        for span, text, at in ((one.before, before, before_at), (one.after, after, after_at)):
            assert span is None or text[span.start - at : span.end - at] == one.text
        assert (one.change == "unchanged") == bool(one.before and one.after)
    assert (before == after) == all(one.change == "unchanged" for one in segments)
    changes = [one.change for one in segments]
    assert all(a != b for a, b in pairwise(changes)), "neighbours of a kind are one segment"


def test_texts_made_to_be_slow_are_compared_in_time():
    draw = random.Random(6)
    pairs = [("啊" * 5000, "啊" * 4990 + "呀"), ("啊，" * 2500, "啊，吧，" * 1250), ("甲乙" * 2500, "乙甲" * 2400)]
    pairs += [tuple("".join(draw.choices("的一是不了在人有", k=n)) for _ in "ab") for n in (600, 5000)]  # type: ignore[misc]
    for before, after in pairs:
        began = time.process_time()
        segments = compare(before, after)
        assert time.process_time() - began < 1
        assert "".join(one.text for one in segments if one.after) == after
