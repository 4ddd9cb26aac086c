"""When a source has been silent for too long: against a plain recount, minute by minute, and in whatever steps one looks."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.sources import MINUTE, Silence, Span, due, next_minute, silences

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def spans(*minutes: tuple[float, float]) -> list[Span]:
    return [Span(at(start), at(end)) for start, end in minutes]


@pytest.mark.parametrize(
    ("since", "listened", "expected"),
    [
        (0, [(0, 9.9)], None),
        (0, [(0, 10)], 10),
        (0.2, [(0, 30)], 11),  # by whole minutes, never early
        (0, [(0, 5), (7, 16.9)], None),  # while nobody could hear it was not silent,
        (0, [(0, 5), (7, 17)], 17),  # and after that it has its rhythm anew
        (0, [(0, 5), (7.5, 18)], 18),
        (0, [(0, 12), (20, 22)], 10),  # it was silent before the outage
        (0, [(-30, -20), (-10, 30)], 10),
        (0, [], None),
    ],
)
def test_a_source_is_silent_when_a_whole_rhythm_passed_in_which_it_could_have_been_heard(since, listened, expected):
    found = due(at(since), timedelta(minutes=10), spans(*listened))
    assert found == (None if expected is None else at(expected))


def test_what_is_heard_in_the_minute_in_which_it_is_due_ends_it_in_that_minute():
    rhythm, listened = timedelta(minutes=10), spans((0, 60))
    assert silences(at(0), [at(9)], rhythm, spans((0, 15))) == []
    assert silences(at(0), [at(10)], rhythm, spans((0, 15))) == [Silence(at(0), at(10), at(10))]
    assert silences(at(0), [at(3), at(20)], rhythm, listened) == [
        Silence(at(4), at(14), at(20)), Silence(at(21), at(31), None)
    ]  # fmt: skip


lives = st.tuples(
    st.sets(st.integers(0, 120), max_size=12), st.integers(1, 30),
    st.lists(st.integers(0, 120), min_size=2, max_size=6, unique=True).map(sorted),
)  # fmt: skip


def counted(heard: set[int], rhythm: int, listened: list[tuple[int, int]], until: int) -> list[tuple[int, int | None]]:
    """By the minute: how many in a row nobody said anything while we listened."""
    found: list[tuple[int, int | None]] = []
    quiet, silent = 0, False
    for minute in range(until):
        if not any(start <= minute < end for start, end in listened):
            quiet = 0
        if minute in heard:
            if silent:
                found[-1] = (found[-1][0], minute)
            quiet, silent = 0, False
            continue
        if not silent and any(start <= minute < end for start, end in listened):
            quiet += 1
            if quiet == rhythm:
                silent = True
                found.append((minute + 1, None))
    return [(begun, None if ended is None or ended >= until else ended) for begun, ended in found]


@given(lives)
def test_silences_are_those_that_a_recount_by_the_minute_finds(life):
    heard, rhythm, borders = life
    listened = list(zip(borders[::2], borders[1::2], strict=False))
    minutes = [at(minute) for minute in sorted(heard)]
    found = silences(at(0), minutes, timedelta(minutes=rhythm), spans(*listened))
    shown = [((one.due_at - START) // MINUTE, one.heard_at and (one.heard_at - START) // MINUTE) for one in found]
    assert shown == counted(heard, rhythm, listened, 200)


@given(lives, st.lists(st.integers(0, 125), max_size=5).map(sorted))
def test_looking_in_steps_finds_what_looking_once_finds(life, looks):
    """As the watcher does: from where it was judged, with what is known by then."""
    heard, rhythm, borders = life
    listened = list(zip(borders[::2], borders[1::2], strict=False))
    span = timedelta(minutes=rhythm)
    since, lasting, told, seen = at(0), None, list[Silence](), 0
    for look in [*looks, 200]:
        known = spans(*[(start, min(end, look)) for start, end in listened if start < look])
        minutes = [at(minute) for minute in sorted(heard) if seen <= minute < look]
        seen = look
        if lasting is not None and minutes:
            told.append(lasting._replace(heard_at=minutes[0]))
            since, lasting, minutes = minutes[0] + MINUTE, None, minutes[1:]
        if lasting is None:
            found = silences(since, minutes, span, known)
            told += [one for one in found if one.heard_at is not None]
            lasting = next((one for one in found if one.heard_at is None), None)
            since = minutes[-1] + MINUTE if minutes else since
    told += [lasting] if lasting is not None else []
    assert told == silences(at(0), [at(minute) for minute in sorted(heard)], span, spans(*listened))


def test_minutes_are_whole():
    assert next_minute(at(1)) == at(1)
    assert next_minute(at(1.01)) == at(2)
