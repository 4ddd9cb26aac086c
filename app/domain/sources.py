"""When a source 来源 has been silent for too long (方案 二(一)2: R04, R21): its signs of life against its rhythm.

A sign of life is known to the minute, so everything here is whole minutes: a source that was heard in a minute was heard
until that minute's end. Only what could have been heard counts: while the service itself did not listen, no source was
silent, and after that each has one rhythm anew. All of it is judged from what was heard and when we listened, so that
looking late finds what looking in time would have found.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

MINUTE: Final = timedelta(minutes=1)
SHORTEST, LONGEST = 60, 31 * 86_400


class Span(NamedTuple):
    """From when until when the service listened."""

    start: datetime
    end: datetime


class Silence(NamedTuple):
    """A source was not heard after ``since`` for so long that it was due; ``heard_at``: when it was again, None: it lasts."""

    since: datetime
    due_at: datetime
    heard_at: datetime | None


def minute_at(instant: datetime) -> datetime:
    """The beginning of an instant's minute."""
    return instant.astimezone(UTC).replace(second=0, microsecond=0)


def next_minute(instant: datetime) -> datetime:
    """The first whole minute that is not before an instant."""
    floor = minute_at(instant)
    return floor if floor == instant else floor + MINUTE


def due(since: datetime, rhythm: timedelta, listened: Iterable[Span]) -> datetime | None:
    """When a source that was last heard at ``since`` has been silent for a whole rhythm in which we listened; None where
    it has not. ``listened`` is in order and ends with how far it is known what was heard."""
    for start, end in listened:
        at = next_minute(max(since, start)) + rhythm
        if at <= end:
            return at
    return None


def silences(
    since: datetime, heard: Sequence[datetime], rhythm: timedelta, listened: Sequence[Span]
) -> list[Silence]:  # fmt: skip
    """The silences after ``since``, given the minutes in which the source was ``heard`` after it, in order."""
    found = []
    for minute in heard:
        at = due(since, rhythm, listened)
        if at is not None and at <= minute:
            found.append(Silence(since, at, minute))
        since = max(since, minute + MINUTE)
    at = due(since, rhythm, listened)
    return found if at is None else [*found, Silence(since, at, None)]
