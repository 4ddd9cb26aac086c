"""The roll-out's dates: 2 weeks, 2 weeks, a month, a month; three months in all, where the plan aims at one to two."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.programme import PHASES, REMARK, Seen, aimed_on, dated, light_of
from app.domain.vocabulary.quality import Light, ProgrammeCheck, ProgrammeState


@pytest.mark.parametrize(
    ("start", "ends", "aim"),
    [
        (date(2026, 12, 1), ["2026-12-14", "2026-12-28", "2027-01-28", "2027-02-28"], "2027-01-31"),
        # The phases' months are counted from the 29th, of which February has none.
        (date(2027, 1, 1), ["2027-01-14", "2027-01-28", "2027-02-28", "2027-03-28"], "2027-02-28"),
        (date(2027, 1, 3), ["2027-01-16", "2027-01-30", "2027-02-28", "2027-03-30"], "2027-03-02"),
    ],
)
def test_phases_follow_each_other_from_the_start(start, ends, aim):
    found = dated(start, start)
    assert [str(each.ends_on) for each in found] == ends
    assert str(aimed_on(start)) == aim
    assert [each.state for each in found] == [ProgrammeState.RUNNING, *[ProgrammeState.AHEAD] * 3]
    assert "1-2 个月" in REMARK
    assert "3 个月" in REMARK


@given(st.dates(date(2020, 1, 1), date(2100, 1, 1)), st.integers(-40, 140))
def test_every_day_of_the_roll_out_is_of_one_phase(start, days):
    today = start + timedelta(days=days)
    found = dated(start, today)
    assert found[0].starts_on == start
    assert all(a.ends_on + timedelta(days=1) == b.starts_on for a, b in pairwise(found))
    running = [each for each in found if each.state is ProgrammeState.RUNNING]
    assert len(running) == (1 if start <= today <= found[-1].ends_on else 0)


def test_without_a_start_nothing_is_dated():
    assert [(each.starts_on, each.state) for each in dated(None, date(2026, 1, 1))] == [
        (None, ProgrammeState.AHEAD)
    ] * 4
    assert aimed_on(None) is None


def test_a_phase_is_green_when_each_of_its_checks_is():
    checks = {check: Seen(2, 2, "") for check in ProgrammeCheck}
    assert sorted(check for phase in PHASES for check in phase.checks) == sorted(ProgrammeCheck)
    assert light_of(PHASES[0], checks) is Light.GREEN
    checks[ProgrammeCheck.TEMPLATES_READY] = Seen(1, 2, "")
    assert light_of(PHASES[0], checks) is Light.RED
    assert Seen(0, 0, "").light is Light.RED, "where nothing is wanted yet, nothing is proven"
