"""Spread: from readings to minutes, and the windows over them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.spread import (
    NO_GAINS,
    Contribution,
    Gains,
    Reading,
    Series,
    Tally,
    advance,
    contribute,
    difference,
    forecast,
    minute_of,
    minute_start,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = minute_of(NOON)
DAY = timedelta(hours=24)
MICROSECOND = timedelta(microseconds=1)


def at(minutes, reposts=None, comments=None, likes=None):
    return Reading(NOON + timedelta(minutes=minutes), reposts, comments, likes)


def test_a_minute_lasts_until_its_last_microsecond():
    assert minute_of(NOON + timedelta(seconds=59, microseconds=999_999)) == MINUTE
    assert minute_of(NOON - MICROSECOND) == MINUTE - 1
    assert minute_of(datetime(1970, 1, 1, tzinfo=UTC) - MICROSECOND) == -1
    assert minute_start(MINUTE) == NOON


def test_a_minute_does_not_depend_on_the_time_zone_it_is_told_in():
    assert minute_of(NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))) == MINUTE


FIRST_READING = {
    "published 24 hours before: dated at publication": (NOON - DAY, {MINUTE - 1440: (7, 0, 0)}, (0, 0, 0)),
    "published 24 hours and a microsecond before: baseline": (NOON - DAY - MICROSECOND, {}, (7, 0, 0)),
    "published in the same minute": (NOON, {MINUTE: (7, 0, 0)}, (0, 0, 0)),
    "published later than read: dated at the reading": (
        NOON + timedelta(hours=3),
        {MINUTE: (7, 0, 0)},
        (0, 0, 0),
    ),
    "publication unknown: baseline": (None, {}, (7, 0, 0)),
}


@pytest.mark.parametrize(("published_at", "buckets", "baseline"), FIRST_READING.values(), ids=FIRST_READING)
def test_first_reading(published_at, buckets, baseline):
    contribution = contribute([at(0, 7)], published_at)
    assert (contribution.buckets, contribution.baseline) == (buckets, baseline)


def test_each_counter_has_a_first_reading_of_its_own():
    readings = [at(0, 5), at(2, 6, 10), at(3, 6, 11, 0), at(4, 6, 11, 3)]
    contribution = contribute(readings, NOON - timedelta(minutes=1))
    assert contribution.buckets == {
        MINUTE - 1: (5, 10, 0),
        MINUTE + 2: (1, 0, 0),
        MINUTE + 3: (0, 1, 0),
        MINUTE + 4: (0, 0, 3),
    }


def test_an_old_post_that_wakes_up_counts_only_what_it_gains_now():
    contribution = contribute([at(0, 1, 2, 120_000), at(10, 1, 2, 120_400)], NOON - timedelta(days=1000))
    assert contribution.baseline == (1, 2, 120_000)
    assert contribution.buckets == {MINUTE + 10: (0, 0, 400)}


def test_a_drop_takes_nothing_back_and_null_is_no_reading():
    readings = [at(0, 10), at(1, 4), at(2), at(3, 10), at(4, 12)]
    contribution = contribute(readings, NOON)
    assert contribution.buckets == {MINUTE: (10, 0, 0), MINUTE + 4: (2, 0, 0)}
    assert contribution.tally == Tally(NOON + timedelta(minutes=4), 12, None, None)


def test_readings_of_one_instant_merge_by_the_greatest_of_each_counter():
    merged = contribute([at(0, 5, 1), at(0, None, 9, 2), at(0, 3)], None)
    assert merged == contribute([at(0, 5, 9, 2)], None)


LATE = {
    "earlier": (at(-1, 1), None),
    "earlier, showing nothing": (at(-1), None),
    "the same instant, higher": (at(0, 11), None),
    "the same instant, a new counter": (at(0, 10, 0), None),
    "an exact repeat": (at(0, 10, None, 4), NO_GAINS),
    "the same instant, lower": (at(0, 3), NO_GAINS),
    "later, nothing new": (at(1, 9, None, 4), NO_GAINS),
}


@pytest.mark.parametrize(("reading", "expected"), LATE.values(), ids=LATE)
def test_advance_says_when_a_reading_is_late_and_keeps_the_tally(reading, expected):
    tally = Tally(NOON, 10, None, 4)
    assert advance(tally, reading, NOON) == expected
    later = max(reading.observed_at, NOON) if expected is not None else NOON
    assert tally == Tally(later, 10, None, 4)


def test_one_reading_can_gain_at_publication_and_at_its_own_minute():
    gains = advance(Tally(NOON, 10), at(5, 12, 3), NOON)
    assert gains == Gains(((MINUTE, 0, 3, 0), (MINUTE + 5, 2, 0, 0)), (0, 0, 0))


def test_gains_of_one_minute_are_one_entry():
    gains = advance(Tally(NOON - timedelta(hours=1), 10), at(0, 12, 3), NOON)
    assert gains == Gains(((MINUTE, 2, 3, 0),), (0, 0, 0))


def test_a_corrected_publication_moves_the_first_reading():
    readings = [at(0, 7), at(9, 8)]
    gains = difference(contribute(readings, None), contribute(readings, NOON - timedelta(hours=1)))
    assert gains == Gains(((MINUTE - 60, 7, 0, 0),), (-7, 0, 0))


def test_a_mention_that_leaves_takes_back_all_it_added():
    added = contribute([at(0, 7, 1), at(9, 8)], NOON)
    assert difference(added, Contribution()) == Gains(((MINUTE, -7, -1, 0), (MINUTE + 9, -1, 0, 0)), (0, 0, 0))
    assert difference(added, added) == NO_GAINS


def past(minutes, *counters):
    return at(minutes, *counters)._replace(historical=True)


def test_what_was_loaded_from_the_past_is_counted_and_kept_apart():
    told = contribute([past(0, 7, 1), at(5, 9, 1), past(9, 9, 4), at(9, 9, 4)], NOON)
    assert told.buckets == {MINUTE: (7, 1, 0), MINUTE + 5: (2, 0, 0), MINUTE + 9: (0, 3, 0)}
    assert told.historical == {MINUTE: 8, MINUTE + 9: 3}
    assert contribute([at(9, 9, 4), past(9, 9, 4)], NOON).historical == {}, "of one instant the first that came"
    assert contribute([past(0, 7)], None).historical == {}, "baseline is in no minute"
    assert advance(Tally(), past(5, 4), NOON) == Gains(((MINUTE, 4, 0, 0),), (0, 0, 0), ((MINUTE, 4),))
    taken_back = Gains(((MINUTE, -7, -1, 0), (MINUTE + 5, -2, 0, 0), (MINUTE + 9, 0, -3, 0)), (0, 0, 0),
                       ((MINUTE, -8), (MINUTE + 9, -3)))  # fmt: skip
    assert difference(told, Contribution()) == taken_back


@pytest.mark.parametrize("as_read", [False, True], ids=["added", "read"])
def test_a_window_is_live_when_not_all_of_it_was_loaded_from_the_past(as_read):
    series = Series([10, 20, 30], [5, 50, 7], [0, 50, 7]) if as_read else Series([10], [5])
    assert series.all_live is not as_read
    if not as_read:
        series.add(20, 50, historical=50)
        series.add(30, 7, historical=7)
    assert not series.all_live
    assert series.peak(3, 0, 40) == (50, 20)
    assert series.peak(3, 0, 40, live=True) == (5, 10)
    assert series.peak(11, 0, 40, live=True) == (55, 20), "the whole of a window that holds something live"
    assert series.peak(3, 13, 40, live=True) == (0, 13)
    assert series.first_above(3, 5, 0, 40) == 20
    assert series.first_above(3, 5, 0, 40, live=True) is None
    series.add(20, 1)
    assert series.first_above(3, 5, 0, 40, live=True) == 20
    series.add(20, -1)
    assert series.first_above(3, 5, 0, 40, live=True) is None


counter = st.none() | st.integers(0, 50)
instants = st.integers(-6, 6).map(lambda n: NOON + n * timedelta(seconds=20)) | st.sampled_from(
    [NOON + DAY, NOON + DAY + MICROSECOND, NOON - DAY]
)
readings = st.lists(st.builds(Reading, instants, counter, counter, counter, historical=st.booleans()), max_size=12)


def by_hand(readings, published_at):
    """The rules told naively, counter by counter, from the greatest value at each instant."""
    buckets, baseline = {}, [0, 0, 0]
    for place in range(3):
        values = {}
        for reading in readings:
            value = reading[1 + place]
            if value is not None:
                values[reading.observed_at] = max(value, values.get(reading.observed_at, 0))
        highest = None
        for instant in sorted(values):
            dated, gain = instant, values[instant] - (highest or 0)
            if highest is None:
                known = published_at is not None and instant - published_at <= DAY
                dated = min(published_at, instant) if known else None
            if gain > 0 and dated is None:
                baseline[place] += gain
            elif gain > 0:
                buckets.setdefault(minute_of(dated), [0, 0, 0])[place] += gain
            highest = max(values[instant], highest or 0)
    return {minute: tuple(gains) for minute, gains in buckets.items()}, tuple(baseline)


@given(readings, st.none() | instants)
def test_any_readings_contribute_what_the_rules_say(readings, published_at):
    contribution = contribute(readings, published_at)
    assert (contribution.buckets, contribution.baseline) == by_hand(readings, published_at)


@given(readings, st.none() | instants, st.data())
def test_any_order_of_arrival_ends_in_the_same_buckets(readings, published_at, data):
    readings += data.draw(st.lists(st.sampled_from(readings), max_size=4)) if readings else []
    buckets, historical, baseline, tally, arrived = {}, {}, (0, 0, 0), Tally(), []
    for reading in data.draw(st.permutations(readings)):
        gains = advance(tally, reading, published_at)
        if gains is None:
            new = contribute([*arrived, reading], published_at)
            gains, tally = difference(contribute(arrived, published_at), new), new.tally
        arrived.append(reading)
        for minute, *amounts in gains.by_minute:
            before = buckets.get(minute, (0, 0, 0))
            buckets[minute] = tuple(a + b for a, b in zip(before, amounts, strict=True))
        for minute, amount in gains.historical:
            historical[minute] = historical.get(minute, 0) + amount
        baseline = tuple(a + b for a, b in zip(baseline, gains.baseline, strict=True))
    expected = contribute(readings, published_at)
    assert {minute: amount for minute, amount in historical.items() if amount} == contribute(
        arrived, published_at
    ).historical
    assert {minute: gains for minute, gains in buckets.items() if any(gains)} == expected.buckets
    assert (baseline, tally) == (expected.baseline, expected.tally)


def test_a_window_covers_its_own_minute_and_the_width_before_it():
    series = Series([100], [5])
    assert [series.window(end, 120) for end in (99, 100, 219, 220)] == [0, 5, 5, 0]


def test_an_empty_series_has_no_peak_and_no_forecast():
    assert Series().peak(120, 7, 9) == (0, 7)
    assert Series().total == 0
    assert forecast(Series(), 7, 120, 0) is None


def test_of_equal_peaks_the_earliest_counts():
    series = Series([10, 20, 30], [4, 4, 4])
    assert series.peak(10, 0, 40) == (4, 10)
    assert series.peak(10, 15, 40) == (4, 15)


amounts = st.dictionaries(st.integers(0, 120), st.integers(0, 9), max_size=25)
widths = st.integers(1, 40)
ends = st.tuples(st.integers(-20, 150), st.integers(0, 60)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def series_of(buckets):
    series = Series()
    for minute, amount in buckets.items():
        series.add(minute, amount)
    return series


def summed(buckets, end, width):
    return sum(amount for minute, amount in buckets.items() if end - width < minute <= end)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(-9, 9)), max_size=40))
def test_a_series_keeps_its_minutes_sorted_and_its_totals_right(changes):
    series, expected = Series(), {}
    for minute, amount in changes:
        series.add(minute, amount)
        expected[minute] = expected.get(minute, 0) + amount
    assert list(zip(series.minutes, series.totals, strict=True)) == sorted(expected.items())
    assert series.total == sum(expected.values())


@given(amounts, widths, ends, st.integers(0, 60))
def test_windows_peaks_and_first_ends_equal_a_search_of_every_minute(buckets, width, ends, threshold):
    lo, hi = ends
    series = series_of(buckets)
    sums = {end: summed(buckets, end, width) for end in range(lo, hi + 1)}
    assert {end: series.window(end, width) for end in sums} == sums
    greatest = max(sums.values())
    assert series.peak(width, lo, hi) == (greatest, next(end for end in sums if sums[end] == greatest))
    above = (end for end in sums if sums[end] > threshold)
    assert series.first_above(width, threshold, lo, hi) == next(above, None)


def simulated(buckets, now, width, threshold):
    """Minute by minute in thirtieths, so that nothing is rounded."""
    grown = {minute: amount * 30 for minute, amount in buckets.items() if minute <= now}
    slope = summed(grown, now, 30) // 30
    for step in range(width + 1):
        if step:
            grown[now + step] = slope
        if summed(grown, now + step, width) > threshold * 30:
            return step
    return None


@given(amounts, st.integers(0, 140), widths, st.integers(0, 80))
def test_a_forecast_equals_walking_minute_by_minute(buckets, now, width, threshold):
    assert forecast(series_of(buckets), now, width, threshold) == simulated(buckets, now, width, threshold)


def test_a_forecast_tells_when_the_threshold_is_crossed_at_this_slope():
    series = Series(list(range(1, 31)), [100] * 30)
    assert forecast(series, 30, 480, 2_999) == 0
    assert forecast(series, 30, 480, 3_000) == 1
    assert forecast(series, 30, 480, 10_000) == 71
    assert forecast(series, 30, 480, 47_999) == 450
    assert forecast(series, 30, 480, 48_000) is None


def test_a_forecast_takes_its_slope_from_30_minutes_and_looks_one_width_ahead():
    assert forecast(Series([1], [30]), 30, 480, 30) == 1
    assert forecast(Series([0], [30]), 30, 480, 30) is None
    assert forecast(Series([15], [30]), 30, 10, 9) == 10
    assert forecast(Series([15], [30]), 30, 10, 10) is None
