"""The key figures as pure functions: nothing happened is no 100 %, targets are whole numbers, steps cover their span."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.kpi import (
    DEFINITIONS,
    GOALS,
    NOTHING,
    Figure,
    Judgement,
    Span,
    judge,
    steps,
    targets_reached,
)
from app.domain.vocabulary.kpis import Kpi, KpiEvery, KpiGap

COUNT = st.integers(0, 10**12)
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


def test_each_figure_is_defined_in_the_order_of_the_plan():
    assert list(DEFINITIONS) == list(Kpi)
    assert all(one.formula and one.formula_zh and one.name_zh and one.name_en for one in DEFINITIONS.values())
    assert [DEFINITIONS[kpi].target for kpi in GOALS] == [1000, 1000, 1000, -300, -400, 950, 1000]


@pytest.mark.parametrize(
    ("kpi", "figure", "baseline", "reached", "gap"),
    [
        (Kpi.FIRST_RESPONSE, NOTHING, None, None, KpiGap.NOTHING_HAPPENED),
        (Kpi.TARGETS, NOTHING, None, None, KpiGap.NOTHING_TOLD),
        (Kpi.FIRST_RESPONSE, Figure(3, 3), None, True, None),
        (Kpi.FIRST_RESPONSE, Figure(10**9 - 1, 10**9), None, False, None),
        (Kpi.TRAINING_COVERAGE, Figure(95, 100), None, True, None),
        (Kpi.TRAINING_COVERAGE, Figure(949_999, 1_000_000), None, False, None),
        (Kpi.TIME_TO_CALM, Figure(70, 1), None, None, KpiGap.NO_BASELINE),
        (Kpi.TIME_TO_CALM, Figure(70, 1), NOTHING, None, KpiGap.NO_BASELINE),
        (Kpi.TIME_TO_CALM, Figure(70, 1), Figure(0, 4), None, KpiGap.BASELINE_ZERO),
        (Kpi.TIME_TO_CALM, NOTHING, Figure(100, 1), None, KpiGap.NOTHING_HAPPENED),
        (Kpi.TIME_TO_CALM, Figure(140, 2), Figure(300, 3), True, None),
        (Kpi.TIME_TO_CALM, Figure(141, 2), Figure(300, 3), False, None),
        (Kpi.NEGATIVE_SPREAD, Figure(60, 1), Figure(100, 1), True, None),
        (Kpi.NEGATIVE_SPREAD, Figure(61, 1), Figure(100, 1), False, None),
    ],
)
def test_a_target_is_reached_exactly_or_not_at_all(kpi, figure, baseline, reached, gap):
    judged = judge(DEFINITIONS[kpi], figure, baseline)
    assert (judged.reached, judged.gap) == (reached, gap)
    assert (judged.change is None) == (reached is None or not DEFINITIONS[kpi].against_baseline)


@given(COUNT, COUNT)
def test_a_share_reaches_its_target_just_where_its_fraction_does(part, rest):
    figure = Figure(part, part + rest)
    for definition in DEFINITIONS.values():
        if definition.against_baseline or not figure.denominator:
            continue
        expected = Fraction(part, part + rest) >= Fraction(definition.target, 1000)
        assert judge(definition, figure).reached is expected


@given(COUNT, st.integers(1, 10**6), st.integers(1, 10**12), st.integers(1, 10**6))
def test_a_change_reaches_its_target_just_where_its_fraction_does(total, count, before, before_count):
    for kpi in (Kpi.TIME_TO_CALM, Kpi.NEGATIVE_SPREAD):
        definition = DEFINITIONS[kpi]
        judged = judge(definition, Figure(total, count), Figure(before, before_count))
        change = Fraction(total * before_count, before * count) - 1
        assert judged.reached is (change <= Fraction(definition.target, 1000))
        assert judged.change == pytest.approx(float(change), abs=1e-9, rel=1e-9)


@given(st.dictionaries(st.sampled_from(list(Kpi)), st.sampled_from([None, True, False])))
def test_the_snapshot_counts_what_can_be_told_of_the_plans_targets(told):
    figure = targets_reached({kpi: Judgement(None, reached) for kpi, reached in told.items()})
    known = [reached for kpi, reached in told.items() if kpi in GOALS and reached is not None]
    assert (figure.numerator, figure.denominator) == (known.count(True), len(known))


@given(DAYS, st.integers(0, 730), st.sampled_from(KpiEvery))
def test_steps_cover_the_span_without_gap_or_overlap(first, days, every):
    span = Span(first, first + timedelta(days=days))
    found = steps(span, every)
    assert (found[0].first, found[-1].last) == span
    assert all(before.end == after.start for before, after in pairwise(found))
    assert sum(step.days for step in found) == span.days == days + 1
    for step in found[1:]:
        assert every is not KpiEvery.WEEK or step.first.weekday() == 0
        assert every is not KpiEvery.MONTH or step.first.day == 1


def test_days_are_those_of_shanghai():
    span = Span(date(2026, 3, 1), date(2026, 3, 1))
    assert (span.start, span.end) == (datetime(2026, 2, 28, 16, tzinfo=UTC), datetime(2026, 3, 1, 16, tzinfo=UTC))
