"""The time of a drill: it never goes back, stands still in pauses, and each of its instants is reached at one of ours."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.domain.deadlines import due_rings, is_late, next_ring, rings_at
from app.domain.drills import MOST_SCALE, REAL, Pace
from app.domain.vocabulary import DeadlineKind

BEGAN = datetime(2026, 3, 1, 8, 0, 12, 500_000, tzinfo=UTC)
ZERO = BEGAN.replace(second=0, microsecond=0)
TICK = timedelta(microseconds=1)
spans = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=3))


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


@st.composite
def paces(draw: st.DrawFn, *, lasting: bool = True) -> Pace:
    """A run with pauses, the last of which may last still."""
    ends = sorted(draw(st.lists(spans, max_size=6, unique=True)))
    instants = [BEGAN + span for span in ends]
    pauses: list[tuple[datetime, datetime | None]] = list(zip(instants[::2], instants[1::2], strict=False))
    if lasting and len(instants) % 2:
        pauses.append((instants[-1], None))
    return Pace(ZERO, BEGAN, draw(st.integers(1, MOST_SCALE)), tuple(pauses))


@given(paces(), st.lists(spans, min_size=2))
def test_it_never_goes_back(pace: Pace, real: list[timedelta]) -> None:
    shown = [pace.scenario(BEGAN + span) for span in sorted(real)]
    assert all(one <= other for one, other in pairwise(shown))
    assert shown[0] >= ZERO


@given(paces(lasting=False), spans)
def test_each_of_its_instants_is_reached_at_one_of_ours_and_not_before(pace: Pace, span: timedelta) -> None:
    wanted = ZERO + span
    real = pace.real(wanted)
    # To within one of our ticks, of which each is `scale` of its.
    assert wanted <= pace.scenario(real) < wanted + TICK * pace.scale
    assert real == BEGAN or pace.scenario(real - TICK) < wanted
    assert pace.end(real) == pace.scenario(real), "nothing is paused now"


@given(paces(lasting=False), spans)
def test_ours_come_back_but_for_the_pauses(pace: Pace, span: timedelta) -> None:
    real = BEGAN + span
    back = pace.real(pace.scenario(real))
    in_a_pause = any(began <= real <= over for began, over in pace.pauses if over is not None)
    assert back == real or (in_a_pause and back < real)


@given(paces(), spans, spans)
def test_what_is_to_come_keeps_its_instant_when_a_pause_is_over(pace: Pace, ahead: timedelta, rest: timedelta) -> None:
    """Whatever is dated in a pause, or before it for later, is moved by its length: in the scenario it is when it was."""
    if not pace.paused:
        return
    began = pace.pauses[-1][0]
    over = began + rest
    went_on = Pace(ZERO, BEGAN, pace.scale, (*pace.pauses[:-1], (began, over)))
    due = pace.planned(began + rest) + pace.span(ahead)
    if due > began:
        assert went_on.end(due + rest) == pace.end(due)
        assert went_on.scenario(due + rest) == pace.end(due)


@given(st.timedeltas(timedelta(days=-9_000), timedelta(days=9_000)))
def test_what_is_real_has_one_line_of_time(span: timedelta) -> None:
    instant = BEGAN + span
    assert REAL.scenario(instant) == REAL.real(instant) == REAL.planned(instant) == REAL.end(instant) == instant
    assert not REAL.paused


def test_after_its_end_it_stands_still() -> None:
    pace = Pace(ZERO, BEGAN, 600, (), at(60))
    assert pace.scenario(at(60)) == pace.scenario(at(3_600)) == ZERO + timedelta(hours=10)
    assert pace.elapsed(at(90)) == 36_000


def test_a_clock_rings_at_its_parts_whatever_was_paused() -> None:
    """30 minutes at 600 are 3 s. A pause of an hour begins after one: the half is half a second after it."""
    kind, due = DeadlineKind.FACT_CHECK, at(3 + 3_600)
    pace = Pace(ZERO, BEGAN, 600, ((at(1), at(3_601)),))
    assert rings_at(at(0), due, 50, pace) == at(3_601.5)
    assert next_ring(kind, at(0), due, (), pace) == at(3_601.5)
    assert [ring.threshold for ring in due_rings(kind, at(0), due, at(0), at(3_602.4), pace)] == [50, 80]
    paused = Pace(ZERO, BEGAN, 600, ((at(1), None),))
    assert next_ring(kind, at(0), at(3), (), paused) is None
    # What happens in the pause happened when it began.
    assert not is_late(at(3), at(1_800), paused)
    assert not is_late(due, at(1_800), pace)
    assert is_late(due, at(3_603.1), pace)
