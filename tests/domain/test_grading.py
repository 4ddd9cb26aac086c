"""Grades: which rule is reached when, what the machine raises, and what a person's decision stops."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.grades import Grade, HarmClass, more_severe, most_severe
from app.domain.grading import (
    PLAN,
    Peak,
    Policy,
    Rule,
    Standing,
    Volume,
    advance_peaks,
    decision_cutoff,
    history,
    live_volumes,
    machine_raise,
    policy_data,
    policy_from,
    reached,
    reached_since,
    rescan_peaks,
    suggested,
    windows_at,
)
from app.domain.spread import Series, minute_of

MAJOR, SERIOUS, GENERAL = Grade
CORE, USERS, ONE = HarmClass
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = minute_of(NOON)
DAY = 1440


def graded(rule):
    return rule and rule.id


def test_grades_are_ordered_and_none_is_the_least_severe():
    assert [(g, g.level, g.label) for g in Grade] == [
        ("major", 1, "一级(重大)"),
        ("serious", 2, "二级(较大)"),
        ("general", 3, "三级(一般)"),
    ]
    assert [(h, h.severity, h.label) for h in HarmClass] == [
        ("core_interest", 1, "核心利益"),
        ("user_rights", 2, "用户权益"),
        ("individual", 3, "个体投诉"),
    ]
    ranks = [MAJOR, SERIOUS, GENERAL, None]
    for i, a in enumerate(ranks):
        for j, b in enumerate(ranks):
            assert more_severe(a, b) == (i < j)
            assert most_severe(a, b) == ranks[min(i, j)]
    assert most_severe() is None


# harm, media, minutes over which the volume is gained, volume at which nothing changes, rule before, rule above
EDGES = [
    (None, False, 120, 100_000, "serious-4h", "major-2h"),
    (None, False, 240, 50_000, "general-8h", "serious-4h"),
    (CORE, False, 480, 10_000, None, "serious-harm-8h"),
    (USERS, False, 480, 10_000, None, "serious-harm-8h"),
    (ONE, False, 480, 10_000, None, "general-8h"),
    (None, True, 480, 10_000, None, "general-8h"),
    (CORE, True, 480, 0, "major-core-media", "major-core-media"),
    (USERS, True, 480, 0, None, None),
    (None, False, 480, 0, None, None),
]


@pytest.mark.parametrize(("harm", "media", "span", "threshold", "at_threshold", "above"), EDGES)
def test_each_rule_of_the_plan_needs_more_than_its_threshold(harm, media, span, threshold, at_threshold, above):
    for volume, expected in ((threshold, at_threshold), (threshold + 1, above)):
        series = Series([MINUTE, MINUTE + span - 1], [1, volume - 1])
        volumes = windows_at(PLAN, series, MINUTE + span - 1)
        assert graded(reached(PLAN, volumes, harm, media)) == expected


@pytest.mark.parametrize(
    ("width", "total", "above", "beyond"),
    [
        (120, 100_001, "major-2h", "serious-4h"),
        (240, 50_001, "serious-4h", "general-8h"),
        (480, 10_001, "general-8h", None),
    ],
)
def test_a_gain_leaves_the_window_after_its_width(width, total, above, beyond):
    series = Series([MINUTE, MINUTE + width], [total - 1, 0])
    series.add(MINUTE + width - 1, 1)
    assert graded(reached(PLAN, windows_at(PLAN, series, MINUTE + width - 1), None, False)) == above
    series.add(MINUTE + width - 1, -1)
    series.add(MINUTE + width, 1)
    assert graded(reached(PLAN, windows_at(PLAN, series, MINUTE + width), None, False)) == beyond


def test_of_equally_severe_rules_the_first_decides():
    rules = (
        Rule("b", GENERAL, Volume(1, 0)),
        Rule("a", GENERAL, Volume(1, 0)),
        Rule("c", SERIOUS, Volume(1, 5)),
    )
    assert graded(reached(Policy(rules), {1: 1}, None, False)) == "b"
    assert graded(reached(Policy(rules), {1: 6}, None, False)) == "c"


def test_the_plan_survives_being_stored():
    data = policy_data(PLAN)
    assert policy_from(data) == PLAN
    assert PLAN.windows == (120, 240, 480)
    assert data[1] == {
        "id": "major-core-media",
        "grade": "major",
        "window_seconds": None,
        "threshold": None,
        "harm_classes": ["core_interest"],
        "media_follow_up": True,
    }
    assert data[3]["harm_classes"] == ["core_interest", "user_rights"]
    assert (data[3]["window_seconds"], data[3]["threshold"]) == (28_800, 10_000)


WRONG = [
    ({"id": None}, "rule number 1 has no id"),
    ({"id": ""}, "rule number 1 has no id"),
    ({"grade": "huge"}, "rule 'r': grade 'huge' is unknown; use one of major, serious, general"),
    ({"grade": None}, "rule 'r': grade None is unknown"),
    ({"window_seconds": 90}, "rule 'r': window_seconds must be a multiple of 60"),
    ({"window_seconds": 0}, "rule 'r': the window must be 60 to 604800 seconds"),
    ({"window_seconds": 604_860}, "rule 'r': the window must be 60 to 604800 seconds"),
    ({"window_seconds": 60.0}, "rule 'r': state window_seconds and threshold both, as whole numbers"),
    ({"window_seconds": None}, "rule 'r': state window_seconds and threshold both"),
    ({"threshold": None}, "rule 'r': state window_seconds and threshold both"),
    ({"threshold": -1}, "rule 'r': the threshold must be 0 or more"),
    ({"harm_classes": ["all"]}, "rule 'r': harm class 'all' is unknown; use one of core_interest"),
    ({"media_follow_up": "no"}, "rule 'r': media_follow_up must be true or false"),
    ({"treshold": 5}, "rule 'r': unknown key 'treshold'; the keys are id, grade"),
    ({"window_seconds": None, "threshold": None}, "rule 'r' states no condition"),
]


@pytest.mark.parametrize(("change", "message"), WRONG)
def test_a_wrong_policy_is_refused_with_the_rule_and_the_fix(change, message):
    good = {"id": "r", "grade": "major", "window_seconds": 60, "threshold": 0}
    assert policy_from([good]).rules == (Rule("r", MAJOR, Volume(1, 0)),)
    with pytest.raises(ValueError, match="rule") as refusal:
        policy_from([good | change])
    assert str(refusal.value).startswith(message)


def test_a_policy_has_1_to_30_rules_with_ids_of_their_own():
    good = {"id": "r", "grade": "major", "window_seconds": 604_800, "threshold": 0}
    assert len(policy_from([good | {"id": f"r{n}"} for n in range(30)]).rules) == 30
    for count in (0, 31):
        with pytest.raises(ValueError, match=f"a policy has 1 to 30 rules, this one has {count}"):
            policy_from([good | {"id": f"r{n}"} for n in range(count)])
    with pytest.raises(ValueError, match="rule 'r' is there twice"):
        policy_from([good, good])


def peaks_by_hand(series, width):
    """The greatest window that ends anywhere in the incident's life, and its earliest end."""
    span = range(series.minutes[0], series.minutes[-1] + width)
    sums = {end: series.window(end, width) for end in span}
    greatest = max(sums.values())
    return (greatest, next(end for end in sums if sums[end] == greatest)) if greatest else (0, None)


gains = st.lists(st.tuples(st.integers(0, 90), st.integers(0, 6)), min_size=1, max_size=4)
cutoffs = st.none() | st.integers(-40, 130)
batches = st.lists(st.tuples(gains, cutoffs), min_size=1, max_size=6)
WIDTHS = (3, 10, 25)


@given(batches)
def test_peaks_after_any_growth_equal_a_search_of_every_minute(batches):
    series, peaks = Series(), {}
    live = dict.fromkeys(WIDTHS, 0)
    for gained, cutoff in batches:
        for minute, amount in gained:
            series.add(minute, amount)
        lo, hi = min(gained)[0], max(gained)[0]
        peaks = advance_peaks(peaks, series, WIDTHS, lo, hi, cutoff)
        for width in WIDTHS:
            fresh = range(lo if cutoff is None else max(lo, cutoff), hi + width)
            if cutoff is not None:
                live[width] = max(live[width], *(series.window(end, width) for end in fresh), 0)
            assert peaks[width][:2] == peaks_by_hand(series, width)
            assert peaks[width].live == live[width]
            assert (peaks[width].live_at is None) == (live[width] == 0)


@given(batches, st.data())
def test_the_live_peak_is_over_windows_that_hold_more_than_the_past(batches, data):
    series, news, peaks = Series(), Series(), {}
    live = dict.fromkeys(WIDTHS, 0)
    for gained, cutoff in batches:
        for minute, amount in gained:
            past = data.draw(st.sampled_from([0, amount]))
            series.add(minute, amount, past)
            news.add(minute, amount - past)
        lo, hi = min(gained)[0], max(gained)[0]
        peaks = advance_peaks(peaks, series, WIDTHS, lo, hi, cutoff)
        for width in WIDTHS if cutoff is not None else ():
            ends = [end for end in range(max(lo, cutoff), hi + width) if news.window(end, width) > 0]
            live[width] = max(live[width], *(series.window(end, width) for end in ends), 0)
        assert {width: peak.live for width, peak in peaks.items()} == live
        assert {width: peak[:2] for width, peak in peaks.items()} == {w: peaks_by_hand(series, w) for w in WIDTHS}
    assert {width: peak.live for width, peak in rescan_peaks(peaks, series, WIDTHS).items()} == live


@given(batches, st.data())
def test_peaks_after_something_was_taken_back_equal_a_search_of_every_minute(batches, data):
    series, peaks = Series(), {}
    for gained, cutoff in batches:
        for minute, amount in gained:
            series.add(minute, amount)
        peaks = advance_peaks(peaks, series, WIDTHS, min(gained)[0], max(gained)[0], cutoff)
    for minute, total in list(zip(series.minutes, series.totals, strict=True)):
        series.add(minute, -data.draw(st.integers(0, total)))
    rescanned = rescan_peaks(peaks, series, WIDTHS)
    for width in WIDTHS:
        assert rescanned[width][:2] == peaks_by_hand(series, width)
        assert rescanned[width].live == min(peaks[width].live, rescanned[width].total)


def test_late_data_that_equals_the_peak_moves_it_to_the_earlier_end():
    series = Series([10, 50], [5, 5])
    assert advance_peaks({3: Peak(5, 50, 5, 50)}, series, (3,), 10, 10, 0) == {3: Peak(5, 10, 5, 10)}
    assert advance_peaks({3: Peak(5, 10, 5, 10)}, series, (3,), 50, 50, 0) == {3: Peak(5, 10, 5, 10)}


def test_an_incident_that_lost_everything_has_no_peaks():
    old = {120: Peak(50, 7, 40, 9)}
    assert rescan_peaks(old, Series(), (120,)) == {120: Peak(0, None, 0, None)}
    assert rescan_peaks(old, Series([7], [0]), (120,)) == {120: Peak(0, None, 0, None)}


def test_a_window_that_ended_24_hours_before_its_data_came_is_live_and_a_minute_more_is_not():
    series = Series([MINUTE], [100_001])
    last = MINUTE + 119
    for cutoff, live in ((last, (100_001, last)), (last + 1, (0, None)), (None, (0, None))):
        peak = advance_peaks({}, series, (120,), MINUTE, MINUTE, cutoff)[120]
        assert peak == (100_001, MINUTE, *live)


def advice(series, peaks, now, baseline=0, harm=None, media=False):
    return suggested(
        PLAN,
        current=windows_at(PLAN, series, now),
        peaks=peaks,
        baseline_total=baseline,
        harm=harm,
        media=media,
    )


def test_what_only_a_stale_window_reached_is_suggested_and_never_graded():
    series = Series([MINUTE], [100_001])
    stale = advance_peaks({}, series, PLAN.windows, MINUTE, MINUTE, MINUTE + 2 * DAY)
    assert reached(PLAN, live_volumes(stale), None, False) is None
    assert advice(series, stale, MINUTE + 3 * DAY) == MAJOR


def test_what_was_reached_live_is_graded_and_suggested_only_while_it_holds():
    series = Series([MINUTE], [100_001])
    live = advance_peaks({}, series, PLAN.windows, MINUTE, MINUTE, MINUTE - DAY)
    assert graded(reached(PLAN, live_volumes(live), None, False)) == "major-2h"
    after = {119: MAJOR, 120: SERIOUS, 239: SERIOUS, 240: GENERAL, 479: GENERAL, 480: None}
    assert {minutes: advice(series, live, MINUTE + minutes) for minutes in after} == after


@pytest.mark.parametrize(
    ("baseline", "harm", "expected"),
    [
        (10_000, None, None),
        (10_001, None, GENERAL),
        (10_001, USERS, SERIOUS),
        (50_001, None, SERIOUS),
        (120_000, None, MAJOR),
    ],
)
def test_a_baseline_above_a_threshold_is_only_suggested(baseline, harm, expected):
    peaks = advance_peaks({}, Series(), PLAN.windows, MINUTE, MINUTE, MINUTE - DAY)
    assert advice(Series(), peaks, MINUTE, baseline, harm) == expected
    assert reached(PLAN, live_volumes(peaks), harm, False) is None


def test_core_interest_with_media_follow_up_holds_without_any_volume():
    peaks = advance_peaks({}, Series(), PLAN.windows, MINUTE, MINUTE, MINUTE - DAY)
    assert advice(Series(), peaks, MINUTE, harm=CORE, media=True) == MAJOR
    assert graded(reached(PLAN, live_volumes(peaks), CORE, True)) == "major-core-media"


# grade in force, auto at the person's decision (or "none yet"), auto now, since the decision, what is set
RAISES = [
    (None, "none yet", None, None, None),
    (None, "none yet", GENERAL, None, GENERAL),
    (GENERAL, "none yet", MAJOR, None, MAJOR),
    (SERIOUS, "none yet", SERIOUS, None, None),
    (MAJOR, "none yet", GENERAL, None, None),
    (GENERAL, "none yet", GENERAL, MAJOR, None),
    (GENERAL, MAJOR, MAJOR, None, None),
    (GENERAL, MAJOR, MAJOR, GENERAL, None),
    (GENERAL, MAJOR, MAJOR, SERIOUS, SERIOUS),
    (GENERAL, MAJOR, MAJOR, MAJOR, MAJOR),
    (GENERAL, MAJOR, None, None, None),
    (GENERAL, SERIOUS, SERIOUS, None, None),
    (GENERAL, SERIOUS, MAJOR, None, MAJOR),
    (None, GENERAL, GENERAL, None, None),
    (None, GENERAL, GENERAL, GENERAL, GENERAL),
    (None, GENERAL, SERIOUS, None, SERIOUS),
    (MAJOR, GENERAL, SERIOUS, SERIOUS, None),
    (SERIOUS, None, GENERAL, GENERAL, None),
    (SERIOUS, None, MAJOR, None, MAJOR),
]


@pytest.mark.parametrize(("grade", "decided_auto", "auto", "since", "raised"), RAISES)
def test_when_the_machine_raises(grade, decided_auto, auto, since, raised):
    standing = Standing(grade, auto, "machine", None, None)
    if decided_auto != "none yet":
        standing = replace(standing, source="person", decided_at=NOON, decided_auto=decided_auto)
    assert machine_raise(standing, auto, since) == raised


def test_a_raise_after_a_persons_lowering_does_not_bring_the_old_peak_back():
    lowered = Standing(GENERAL, MAJOR, "person", NOON, MAJOR)
    assert machine_raise(lowered, MAJOR, SERIOUS) == SERIOUS
    raised = replace(lowered, grade=SERIOUS, source="machine")
    assert machine_raise(raised, MAJOR, SERIOUS) is None


def test_a_window_begins_after_a_decision_when_its_first_minute_does():
    for seconds, first_minute in ((0, MINUTE), (1e-6, MINUTE + 1), (59, MINUTE + 1), (60, MINUTE + 1)):
        end = decision_cutoff(NOON + timedelta(seconds=seconds), 120)
        assert end - 120 + 1 == first_minute


def since(series, decided_at, minute, cutoff=MINUTE - DAY, harm=None, media=False):
    return graded(reached_since(PLAN, series, decided_at, lo=minute, hi=minute, cutoff=cutoff, harm=harm, media=media))


def test_only_what_a_window_after_the_decision_gained_counts_against_it():
    series = Series([MINUTE - 1, MINUTE], [90_000, 10_001])
    assert since(series, NOON, MINUTE) == "general-8h"
    assert since(series, NOON + timedelta(microseconds=1), MINUTE) is None
    assert since(series, NOON - timedelta(minutes=1), MINUTE) == "major-2h"


def test_nothing_stale_counts_against_a_decision():
    series = Series([MINUTE], [10_001])
    assert since(series, NOON, MINUTE, cutoff=MINUTE + 479) == "general-8h"
    assert since(series, NOON, MINUTE, cutoff=MINUTE + 480) is None
    assert since(series, NOON, MINUTE, cutoff=None) is None


def test_harm_and_media_the_person_knew_of_do_not_undo_the_decision():
    assert since(Series([MINUTE], [1]), NOON, MINUTE, harm=CORE, media=True) is None
    assert since(Series([MINUTE], [10_001]), NOON, MINUTE, harm=CORE, media=True) == "serious-harm-8h"


def test_history_tells_each_raise_at_its_first_minute():
    series = Series([0, 60, 100, 119, 2000], [10_000, 1, 40_000, 50_000, 200_000])
    told = [(minute, graded(rule)) for minute, rule in history(PLAN, series, None, False)]
    assert told == [(60, "general-8h"), (100, "serious-4h"), (119, "major-2h")]
    told = [(minute, graded(rule)) for minute, rule in history(PLAN, series, USERS, False)]
    assert told == [(60, "serious-harm-8h"), (119, "major-2h")]
    assert [(m, graded(r)) for m, r in history(PLAN, series, CORE, True)] == [(0, "major-core-media")]
    assert history(PLAN, Series(), CORE, True) == []


@given(st.dictionaries(st.integers(0, 900), st.integers(0, 40_000), min_size=1, max_size=20))
def test_history_equals_grading_every_minute(buckets):
    series = Series(sorted(buckets), [buckets[minute] for minute in sorted(buckets)])
    expected, grade = [], None
    for minute in range(series.minutes[0], series.minutes[-1] + 1):
        rule = reached(PLAN, windows_at(PLAN, series, minute), USERS, False)
        if rule and more_severe(rule.grade, grade):
            expected.append((minute, rule))
            grade = rule.grade
    assert history(PLAN, series, USERS, False) == expected
