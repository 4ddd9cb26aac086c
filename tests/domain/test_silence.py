"""How long we may say nothing: the plan's cadence by grade, why nobody waits, and when a silence is due."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.grades import Grade
from app.domain.lifecycle import ENDED
from app.domain.silence import PLAN, Case, cadences_data, cadences_from, next_due, stopped_by
from app.models.deadlines import SILENCE_PLAN

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
BURNS = {"status": "responding", "graded": True, "calm": False, "decided": False, "has_cadence": True}


def test_major_is_two_hours_and_the_shipped_data_is_the_plans():
    assert PLAN[Grade.MAJOR] == timedelta(hours=2)
    assert PLAN[Grade.MAJOR] < PLAN[Grade.SERIOUS] < PLAN[Grade.GENERAL]
    assert str(cadences_data(PLAN)).replace("'", '"') == SILENCE_PLAN


def test_cadences_are_stored_and_read_with_every_grade():
    stored = {"major": 600, "serious": None, "general": 7_200}
    assert cadences_data(cadences_from(stored)) == stored
    assert Grade.SERIOUS not in cadences_from(stored)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, None),
        ({"status": "handling"}, None),
        ({"status": "watching"}, "watching"),
        ({"status": "closing"}, "closing"),
        *(({"status": status}, "ended") for status in ENDED),
        ({"graded": False}, "ungraded"),
        ({"calm": True}, "calm"),
        ({"decided": True}, "no_statement"),
        ({"has_cadence": False}, "no_cadence"),
        ({"calm": True, "decided": True}, "calm"),
        ({"status": "closed", "calm": True}, "ended"),
    ],
)
def test_why_nobody_waits_for_our_next_word(changed, why):
    assert stopped_by(Case(**BURNS | changed)) == why


@given(st.integers(60, 700_000), st.integers(0, 40_000_000))
def test_the_next_due_instant_is_whole_cadences_after_the_last_word_and_ahead(cadence, passed):
    cadence, after = timedelta(seconds=cadence), AT + timedelta(milliseconds=passed)
    due = next_due(AT, cadence, after)
    assert due > after
    assert (due - AT) % cadence == timedelta()
    assert due - cadence <= max(after, AT)
