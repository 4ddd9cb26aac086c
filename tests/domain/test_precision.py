"""Precision with its interval: against figures of textbooks, and what must hold of any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.precision import precision


@pytest.mark.parametrize(
    ("right", "judged", "low", "high"),
    # Wilson's score without a correction for continuity, as statistics packages print it.
    [(0, 10, 0.0, 0.27753), (1, 10, 0.01788, 0.40415), (5, 10, 0.23659, 0.76341), (10, 10, 0.72247, 1.0), (81, 263, 0.25525, 0.36618)],
)  # fmt: skip
def test_the_interval_is_wilsons(right, judged, low, high):
    found = precision(right, judged)
    assert found.value == right / judged
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_nothing_judged_says_nothing():
    assert precision(0, 0) == (0, 0, None, None, None)


@given(st.integers(1, 10_000), st.data())
def test_the_share_lies_within_and_more_judged_is_surer(judged, data):
    right = data.draw(st.integers(0, judged))
    found, more = precision(right, judged), precision(right * 4, judged * 4)
    assert 0 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1
    assert more.high - more.low < found.high - found.low
