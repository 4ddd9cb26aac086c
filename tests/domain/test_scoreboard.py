"""The score of a drill: what counts and what does not, and that doing more never costs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.drills import Pace
from app.domain.scoreboard import (
    REACTIONS_WEIGH,
    WEIGHTS,
    Clock,
    clock_weights,
    reaction_result,
    reaction_weights,
    score,
    seconds_at,
    seconds_until,
)
from app.domain.vocabulary import DeadlineKind, DeadlineState
from app.domain.vocabulary.scenarios import DrillResult

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def clock(state, *, due=-1, met=None, ended=None):
    at = None if met is None else NOW + met * MINUTE
    over = None if ended is None else NOW + ended * MINUTE
    began, until = NOW - 9 * MINUTE, NOW + due * MINUTE
    return Clock(uuid4(), DeadlineKind.FACT_CHECK, DeadlineState(state), began, until, at, over)


@pytest.mark.parametrize(("one", "result"), [
    (clock("met", met=-2), "met"),
    (clock("met_recorded_late", met=-2), "met"),
    (clock("breached"), "breached"),
    (clock("breached", met=0), "late"),
    (clock("running", due=1), "running"),
    (clock("running", due=0), "breached"),
    (clock("cancelled", ended=-3), "not_reached"),
    (clock("cancelled", ended=0), "breached"),
    (clock("not_reached", due=1), "not_reached"),
    (clock("unpushed"), "unpushed"),
])  # fmt: skip
def test_what_became_of_a_clock(one, result):
    assert one.result(NOW) == result


@pytest.mark.parametrize(("done", "elapsed", "over", "result"), [
    (100, 500, False, "met"), (101, 500, True, "late"), (None, 99, False, "running"), (None, 99, True, "not_reached"),
    (None, 100, False, "breached"), (None, 500, True, "breached"),
])  # fmt: skip
def test_what_became_of_an_expected_reaction(done, elapsed, over, result):
    assert reaction_result(100, done, elapsed=elapsed, over=over) == result


def test_the_score_by_hand():
    kinds = [DeadlineKind.FIRST_RESPONSE, DeadlineKind.FIRST_RESPONSE, DeadlineKind.FACT_CHECK]
    weights = clock_weights(kinds)
    assert weights == [10, 10, 15]
    assert reaction_weights([3, 1]) == [30, 10]
    results = [DrillResult.MET, DrillResult.BREACHED, DrillResult.LATE]
    done = score(zip(weights, results, strict=True))
    assert (done.points, done.of_points, done.value) == (Fraction(35, 2), 35, 50.0)
    assert score([(Fraction(10), DrillResult.NOT_REACHED), (Fraction(5), DrillResult.RUNNING)]).value is None
    more = score([*zip(weights, results, strict=True), (Fraction(40), DrillResult.NOT_REACHED)])
    assert more == done
    assert score([(Fraction(2), DrillResult.MET), (Fraction(1), DrillResult.BREACHED)]).value == 66.7


def test_every_kind_of_clock_weighs_something_and_a_scenario_without_reactions_scores_too():
    assert set(WEIGHTS) == set(DeadlineKind)
    assert reaction_weights([]) == []
    assert sum(reaction_weights([7, 2, 5])) == REACTIONS_WEIGH


RESULTS = st.sampled_from(DrillResult)
CLOCKS = st.lists(st.tuples(st.sampled_from(DeadlineKind), RESULTS), max_size=30)
REACTIONS = st.lists(st.tuples(st.integers(1, 100), RESULTS), max_size=10)


def played(clocks, reactions):
    weights = clock_weights([kind for kind, _ in clocks]) + reaction_weights([weight for weight, _ in reactions])
    return score(zip(weights, [result for _, result in (*clocks, *reactions)], strict=True)).value


@given(CLOCKS, REACTIONS, st.data())
def test_the_score_lies_between_0_and_100_and_doing_one_thing_more_in_time_never_lowers_it(clocks, reactions, data):
    before = played(clocks, reactions)
    assert before is None or 0 <= before <= 100
    both = [*clocks, *reactions]
    if not both:
        assert before is None
        return
    place = data.draw(st.integers(0, len(both) - 1))
    both[place] = (both[place][0], DrillResult.MET)
    after = played(both[: len(clocks)], both[len(clocks) :])
    assert after is not None
    assert before is None or after >= before


@given(CLOCKS, REACTIONS)
def test_what_was_not_reached_counts_neither_way(clocks, reactions):
    decided = [result for _, result in (*clocks, *reactions) if result in ("met", "late", "breached")]
    assert (played(clocks, reactions) is None) == (not decided)
    if decided and set(decided) == {DrillResult.MET}:
        assert played(clocks, reactions) == 100


def test_seconds_are_the_scenarios_and_stand_still_in_a_pause():
    began = NOW
    pace = Pace(NOW, began, 60, ((began + MINUTE, began + 3 * MINUTE),))
    assert seconds_at(pace, began + timedelta(seconds=30)) == 1_800
    assert seconds_at(pace, began + 2 * MINUTE) == 3_600
    assert seconds_at(pace, began + 4 * MINUTE) == 7_200
    ended = replace(pace, ended_at=began + 4 * MINUTE)
    assert seconds_at(ended, began + 9 * MINUTE) == 7_200
    assert seconds_until(ended, began + 9 * MINUTE) == 7 * 3_600
