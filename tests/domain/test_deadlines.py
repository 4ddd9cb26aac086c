"""The plan's clocks by table: how long each runs at each grade, when it rings, and what is in time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from runpy import run_path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.deadlines import (
    ANEW_AT_EACH_RAISE,
    OF_A_GRADE,
    PLAN,
    Clock,
    SlaPolicy,
    due_rings,
    judge,
    next_ring,
    on_grade,
    policy_data,
    policy_from,
    rings_at,
    rings_of,
)
from app.domain.grades import Grade
from app.domain.vocabulary import DeadlineKind as Kind
from app.domain.vocabulary import DeadlineState as State

VERSIONS = Path(__file__).parents[2] / "alembic" / "versions"
T = datetime(2026, 3, 1, 8, tzinfo=UTC)
TICK = timedelta(microseconds=1)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MAJOR, SERIOUS, GENERAL = Grade.MAJOR, Grade.SERIOUS, Grade.GENERAL

# 方案 一, 二(一)2, 二(二): minutes by kind and grade; None: it does not run.
TABLE = {
    Kind.FIRST_RESPONSE: {MAJOR: 30, SERIOUS: 60, GENERAL: 60},
    Kind.EMERGENCY_MEETING: {MAJOR: 30, SERIOUS: None, GENERAL: None},
    Kind.FACT_CHECK: {MAJOR: 60, SERIOUS: 60, GENERAL: 60},
    Kind.FIRST_WORD: {MAJOR: 120, SERIOUS: 240, GENERAL: 240},
    Kind.FIRST_STATEMENT: {MAJOR: 1440, SERIOUS: 1440, GENERAL: 1440},
    Kind.CLOSING: {MAJOR: 4320, SERIOUS: 4320, GENERAL: 4320},
}
CASES = [(kind, grade, minutes) for kind, by_grade in TABLE.items() for grade, minutes in by_grade.items()]
RUNNING = [(kind, grade, minutes) for kind, grade, minutes in CASES if minutes]


def started(grade, running=None, settled=()):
    return on_grade(PLAN, grade, T, running=running or {}, settled=settled)


@pytest.mark.parametrize(("kind", "grade", "minutes"), CASES)
def test_each_clock_of_each_grade_runs_as_long_as_the_plan_says(kind, grade, minutes):
    assert started(grade).start.get(kind) == (T + minutes * MINUTE if minutes else None)


def test_alert_and_review_run_whatever_the_grade():
    assert PLAN.time(Kind.ALERT) == 10 * MINUTE
    assert PLAN.clock(Kind.REVIEW).working_days == 3


def test_the_shipped_policy_is_the_plan():
    seeded = run_path(str(next(VERSIONS.glob("*_deadlines.py"))))
    added = run_path(str(next(VERSIONS.glob("*_tasks.py"))))["REMEDIATION"]
    before = [seeded["BLANK"] | clock for clock in seeded["PLAN"]]
    assert [*before, added] == policy_data(PLAN)
    assert policy_from(policy_data(PLAN)) == PLAN
    assert policy_from(before) == PLAN, "a policy that was stored before there were tasks"


def test_a_remediation_has_the_time_that_is_stated_and_otherwise_the_plans():
    others = [clock for clock in policy_data(PLAN) if clock["kind"] != "remediation"]
    stated = {"kind": "remediation", "grades": [], "seconds": 7_200, "working_days": None}
    assert policy_from(others).time(Kind.REMEDIATION) == 24 * HOUR
    assert policy_from([stated, *others]).time(Kind.REMEDIATION) == 2 * HOUR
    with pytest.raises(ValueError, match="does not depend on the grade"):
        policy_from([stated | {"grades": ["major"]}, *others])


def test_a_promise_runs_until_it_is_due_and_no_policy_says_how_long():
    with pytest.raises(ValueError, match="no policy states it"):
        Clock(Kind.COMMITMENT, seconds=3_600)
    assert PLAN.time(Kind.COMMITMENT) is None
    assert rings_of(Kind.COMMITMENT) == (50, 80, 100)


@pytest.mark.parametrize(("due", "rung"), [
    (T + HOUR, [50, 80, 100]), (T + 10 * HOUR, []), (T + 3 * HOUR, [50]), (T, [100]), (T - HOUR, [100]),
])  # fmt: skip
def test_a_promise_that_was_over_when_it_was_told_of_is_breached_and_was_not_warned_of_before_it_began(due, rung):
    now = T + 2 * HOUR
    rings = due_rings(Kind.COMMITMENT, T, due, now, now)
    assert [ring.threshold for ring in rings] == rung
    assert {ring.late_by for ring in rings} <= {timedelta()}
    assert (next_ring(Kind.COMMITMENT, T, due, rung) is None) == (100 in rung)


@pytest.mark.parametrize(("kind", "grade", "minutes"), RUNNING)
@pytest.mark.parametrize("threshold", [50, 80, 100])
def test_a_threshold_rings_at_its_instant_and_not_a_microsecond_before(kind, grade, minutes, threshold):
    due = T + minutes * MINUTE
    at = T + minutes * MINUTE * threshold / 100
    rung = lambda now: [ring.threshold for ring in due_rings(kind, T, due, T, now)]
    if threshold not in rings_of(kind):
        assert (kind, threshold) == (Kind.FIRST_WORD, 100)
        assert threshold not in rung(at + TICK)
        return
    assert rings_at(T, due, threshold) == at
    assert threshold not in rung(at - TICK)
    assert threshold in rung(at)
    assert threshold in rung(at + TICK)


@pytest.mark.parametrize(("kind", "grade", "minutes"), RUNNING)
def test_what_happened_is_in_time_up_to_the_very_end(kind, grade, minutes):
    due = T + minutes * MINUTE
    for happened, before_breach, after_breach in (
        (due - TICK, State.MET, State.MET_RECORDED_LATE), (due, State.MET, State.MET_RECORDED_LATE),
        (due + TICK, State.BREACHED, State.BREACHED),
    ):  # fmt: skip
        assert judge(due, happened, breached=False) == before_breach
        assert judge(due, happened, breached=True) == after_breach


# A raise `at` so many minutes after the start: when what ran is due then, in minutes from the start.
RAISES = [
    (Kind.FIRST_RESPONSE, GENERAL, MAJOR, 10, 40),
    (Kind.FIRST_RESPONSE, GENERAL, MAJOR, 30, 60),  # 30 + 30: not earlier than it was
    (Kind.FIRST_RESPONSE, GENERAL, MAJOR, 45, 60),  # 45 + 30 would be later: never later
    (Kind.FIRST_RESPONSE, GENERAL, SERIOUS, 10, 60),
    (Kind.FACT_CHECK, GENERAL, MAJOR, 10, 60),
    (Kind.FIRST_WORD, GENERAL, MAJOR, 60, 180),
    (Kind.FIRST_WORD, GENERAL, MAJOR, 130, 240),
    (Kind.FIRST_STATEMENT, SERIOUS, MAJOR, 60, 1440),
    (Kind.CLOSING, SERIOUS, MAJOR, 60, 4320),
]


@pytest.mark.parametrize(("kind", "before", "after", "at", "due"), RAISES)
def test_a_raise_tightens_what_runs_and_never_relaxes_it(kind, before, after, at, due):
    old = T + TABLE[kind][before] * MINUTE
    plan = on_grade(PLAN, after, T + at * MINUTE, running={kind: old}, settled=())
    assert kind not in plan.start
    assert plan.tighten.get(kind, old) == T + due * MINUTE


def test_a_raise_calls_for_a_response_and_a_meeting_anew_and_for_nothing_else_that_was_settled():
    plan = on_grade(PLAN, MAJOR, T, running={}, settled=set(OF_A_GRADE))
    assert plan.start.keys() == ANEW_AT_EACH_RAISE


def test_a_raise_adds_the_kinds_that_are_new_to_the_grade():
    running = started(SERIOUS).start
    assert on_grade(PLAN, MAJOR, T + MINUTE, running=running, settled=()).start == {
        Kind.EMERGENCY_MEETING: T + 31 * MINUTE
    }


def test_what_passed_before_the_clock_was_tightened_is_not_late():
    """General at 8:00, major at 8:58: half of the new 58 minutes had passed at 8:29, and rings at once."""
    raised = T + 58 * MINUTE
    [half, most, end] = due_rings(Kind.FIRST_RESPONSE, T, raised, raised, raised)
    assert [(ring.threshold, ring.late_by) for ring in (half, most, end)] == [(p, timedelta()) for p in (50, 80, 100)]


def test_after_an_outage_everything_rings_in_order_with_how_late_it_is():
    rings = due_rings(Kind.FACT_CHECK, T, T + HOUR, T, T + 2 * HOUR)
    assert [(ring.threshold, ring.late_by / MINUTE) for ring in rings] == [(50, 90), (80, 72), (100, 60)]


@pytest.mark.parametrize(("rung", "next_"), [((), 30), ((50,), 48), ((50, 80), 60), ((50, 80, 100), None), ((80,), 30)])
def test_the_next_ring_is_the_earliest_that_did_not_ring(rung, next_):
    assert next_ring(Kind.FACT_CHECK, T, T + HOUR, rung) == (T + next_ * MINUTE if next_ else None)


instants = st.integers(0, 10**13).map(lambda us: T + timedelta(microseconds=us))
kinds = st.sampled_from(list(Kind))


@given(kinds, st.integers(1, 10**13), st.sampled_from([50, 80, 100]))
def test_no_threshold_is_early_by_rounding(kind, microseconds, threshold):
    due = T + timedelta(microseconds=microseconds)
    at = rings_at(T, due, threshold)
    assert (at - T) // TICK * 100 >= microseconds * threshold > ((at - T) // TICK - 1) * 100


@given(kinds, instants, instants, instants)
def test_what_is_due_and_what_comes_next_are_all_there_is(kind, due, set_at, now):
    due = due + TICK
    rung = [ring.threshold for ring in due_rings(kind, T, due, set_at, now)]
    assert rung == sorted(rung)
    coming = next_ring(kind, T, due, rung)
    assert coming is None or coming > now
    assert (coming is None) == (set(rung) == set(rings_of(kind)))


@given(st.lists(st.tuples(st.sampled_from(list(Grade)), st.integers(0, 5000)), min_size=1, max_size=6))
def test_no_order_of_grades_ever_moves_an_end_later(grades):
    at, running = T, {}
    for grade, minutes in grades:
        at += minutes * MINUTE
        plan = on_grade(PLAN, grade, at, running=running, settled=running.keys() - ANEW_AT_EACH_RAISE)
        assert all(plan.tighten[kind] < running[kind] for kind in plan.tighten)
        assert not plan.start.keys() & running.keys()
        running = running | plan.start | plan.tighten


@pytest.mark.parametrize(
    ("clocks", "says"),
    [
        ([Clock(Kind.REVIEW, working_days=3)], "'alert' is missing"),
        ([Clock(Kind.ALERT, seconds=600)], "'review' is missing"),
        ([*PLAN.clocks, Clock(Kind.FACT_CHECK, frozenset({MAJOR}), seconds=60)], "stated twice for the grade 'major'"),
        ([*PLAN.clocks, Clock(Kind.ALERT, seconds=60)], "stated twice"),
    ],
)
def test_a_policy_that_makes_no_sense_says_which_clock(clocks, says):
    with pytest.raises(ValueError, match=says):
        SlaPolicy(tuple(clocks))


@pytest.mark.parametrize(
    ("kind", "given_", "says"),
    [
        (Kind.REVIEW, {"seconds": 60}, "counts working days"),
        (Kind.REVIEW, {"working_days": 61}, "1 to 60"),
        (Kind.CLOSING, {"working_days": 3}, "counts seconds"),
        (Kind.CLOSING, {}, "counts seconds"),
        (Kind.CLOSING, {"seconds": 0}, "1 to"),
        (Kind.ALERT, {"seconds": 60, "grades": frozenset({MAJOR})}, "does not depend on the grade"),
    ],
)
def test_a_clock_that_makes_no_sense_says_what_to_change(kind, given_, says):
    with pytest.raises(ValueError, match=says):
        Clock(kind, **given_)
