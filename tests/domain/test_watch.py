"""Thresholds of a mention's figures: one below, at and above; each said once, whatever order the readings come in."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.watch import JUDGE, JUDGE_AGAIN, LEGAL, VIEWS, asked_above, due, reached


def figures(reposts: int | None = None, views: int | None = None, spread: int | None = None) -> dict[str, Any]:
    return {"reposts": reposts, "views": views, "spread": reposts or 0 if spread is None else spread}


@pytest.mark.parametrize(
    ("judgement", "read", "bits"),
    [
        ("negative", figures(), 0),
        ("negative", figures(reposts=0, views=0), 0),
        # 以上 includes the number itself.
        ("negative", figures(views=4_999), 0),
        ("negative", figures(views=5_000), LEGAL),
        ("negative", figures(views=5_001), LEGAL),
        ("negative", figures(reposts=499), 0),
        ("negative", figures(reposts=500), LEGAL),
        ("negative", figures(reposts=501), LEGAL),
        ("negative", figures(reposts=499, views=4_999), 0),
        ("negative", figures(reposts=500, views=5_000), LEGAL),
        # 超 does not.
        ("negative", figures(views=99_999), LEGAL),
        ("negative", figures(views=100_000), LEGAL),
        ("negative", figures(views=100_001), LEGAL | VIEWS),
        ("unknown", figures(spread=1_000), 0),
        ("unknown", figures(spread=1_001), JUDGE),
        ("unknown", figures(spread=10_000), JUDGE),
        ("unknown", figures(spread=10_001), JUDGE | JUDGE_AGAIN),
        ("unknown", figures(reposts=500, views=100_001, spread=10_001), LEGAL | VIEWS | JUDGE | JUDGE_AGAIN),
        # Views are never added to the spread.
        ("unknown", figures(views=4_999), 0),
        # Who judged it need not be asked.
        ("negative", figures(spread=10_001), 0),
        ("neutral", figures(reposts=10**9, views=10**9), 0),
        ("positive", figures(reposts=10**9, views=10**9), 0),
    ],
)
def test_what_is_due_at_each_threshold(judgement: str, read: dict[str, Any], bits: int) -> None:
    assert due(0, judgement, **read) == bits
    assert due(bits, judgement, **read) == 0


@pytest.mark.parametrize(
    ("reposts", "views", "names"),
    [
        (None, None, []),
        (499, 4_999, []),
        (500, None, ["reposts"]),
        (None, 5_000, ["views"]),
        (500, 5_000, ["views", "reposts"]),
    ],
)
def test_which_of_the_legal_thresholds_are_reached(reposts: int | None, views: int | None, names: list[str]) -> None:
    assert reached(reposts=reposts, views=views) == names


def test_both_questions_at_once_are_asked_as_the_greater_one() -> None:
    assert [asked_above(JUDGE), asked_above(JUDGE_AGAIN), asked_above(JUDGE | JUDGE_AGAIN)] == [1_000, 10_000, 10_000]


COUNT = (
    st.none() | st.sampled_from((0, 499, 500, 501, 4_999, 5_000, 9_999, 100_000, 100_001)) | st.integers(0, 2 * 10**5)
)
JUDGEMENTS = st.sampled_from(("negative", "unknown", "neutral", "positive"))


@given(st.lists(st.tuples(COUNT, COUNT), min_size=1, max_size=12), JUDGEMENTS, st.randoms())
def test_each_is_said_once_and_the_same_whatever_the_order(readings, judgement, chance) -> None:
    said = []
    for _ in range(2):
        chance.shuffle(readings)
        bits, reposts, views = 0, None, None
        # Each reading twice: what was said is not said again.
        for told in [reading for reading in readings for _ in range(2)]:
            reposts = max((count for count in (reposts, told[0]) if count is not None), default=None)
            views = max((count for count in (views, told[1]) if count is not None), default=None)
            more = due(bits, judgement, **figures(reposts, views))
            assert not bits & more
            bits |= more
        assert bits == due(0, judgement, **figures(reposts, views))
        said.append(bits)
    assert said[0] == said[1]
