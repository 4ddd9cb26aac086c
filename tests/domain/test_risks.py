"""How great a risk is, and when it is due: tables, and what holds for every score and day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.risks import (
    is_overdue,
    late_by,
    level_of,
    next_number,
    next_review,
    over_at,
    score,
    scores_of,
)
from app.domain.vocabulary.risks import RiskLevel

FIVE = st.integers(1, 5)


@pytest.mark.parametrize(("likelihood", "impact", "level"), [
    (1, 1, "low"), (5, 1, "low"), (1, 5, "low"), (2, 3, "medium"), (3, 3, "medium"), (2, 5, "medium"), (3, 4, "high"),
    (4, 4, "high"), (3, 5, "high"), (4, 5, "critical"), (5, 4, "critical"), (5, 5, "critical"),
])  # fmt: skip
def test_a_score_has_a_level(likelihood, impact, level):
    assert level_of(score(likelihood, impact)) == level


@given(FIVE, FIVE, FIVE, FIVE)
def test_nothing_is_a_lesser_risk_for_being_likelier_and_worse(a, b, more, worse):
    order = list(RiskLevel)
    greater = level_of(score(max(a, more), max(b, worse)))
    assert order.index(greater) <= order.index(level_of(score(a, b)))


def test_the_levels_share_out_all_scores():
    spans = [scores_of(level) for level in reversed(RiskLevel)]
    assert [place for least, most in spans for place in range(least, most + 1)] == list(range(1, 26))
    assert all(level_of(place) is level for level in RiskLevel for place in scores_of(level))


@pytest.mark.parametrize(("now", "overdue"), [
    ("2026-11-20T15:59:59+00:00", False), ("2026-11-20T16:00:00+00:00", True), ("2026-11-19T20:00:00+00:00", False),
    ("2026-12-20T00:00:00+00:00", True),
])  # fmt: skip
def test_a_day_is_over_at_midnight_in_shanghai(now, overdue):
    assert is_overdue(date(2026, 11, 20), datetime.fromisoformat(now)) is overdue


@given(st.dates(date(1990, 1, 1), date(2190, 1, 1)), st.timedeltas(timedelta(), timedelta(days=900)))
def test_what_is_late_is_late_by_so_much(due_on, span):
    end = over_at(due_on)
    assert is_overdue(due_on, end + span)
    assert late_by(due_on, end + span) == span
    assert not is_overdue(due_on, end - timedelta(microseconds=1))
    assert late_by(due_on, end - span) == timedelta()


def test_a_review_is_due_so_many_days_after_the_last_one():
    assert next_review(datetime(2026, 11, 25, 15, 0, tzinfo=UTC), 90) == date(2027, 2, 23)
    assert next_review(datetime(2026, 11, 25, 17, 0, tzinfo=UTC), 1) == date(2026, 11, 27), "it is the 26th in Shanghai"


@pytest.mark.parametrize(("last", "following"), [
    (None, "R-0001"), ("R-0003", "R-0004"), ("R-0009", "R-0010"), ("R-9999", "R-10000"), ("R-10000", "R-10001"),
])  # fmt: skip
def test_risks_are_numbered_one_after_the_other(last, following):
    assert next_number(last) == following
