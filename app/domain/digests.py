"""When digests 每日简报, 每周小结 are due (方案 三, R71): yesterday each morning, the week before on Monday, by Shanghai's clock."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple

from app.domain.vocabulary.quality import DigestKind
from app.domain.worktime import DAY, SHANGHAI, day_of

WEEK: Final = timedelta(days=7)


class Period(NamedTuple):
    """What a digest tells of, and when it is to be told. Ends and begins at midnights; the end is not in it."""

    kind: DigestKind
    starts_at: datetime
    ends_at: datetime
    due_at: datetime

    @property
    def before(self) -> tuple[datetime, datetime]:
        """The period of the same length before."""
        return self.starts_at - (self.ends_at - self.starts_at), self.starts_at


def due(kind: DigestKind, at: time, since: datetime, now: datetime) -> Iterator[Period]:
    """Every digest of the kind that fell due after ``since`` and until ``now``, the oldest first."""
    day = day_of(since)
    while day <= day_of(now):
        if kind is DigestKind.DAILY or day.weekday() == 0:
            period = _told_on(kind, day, at)
            if since < period.due_at <= now:
                yield period
        day += DAY


def running(kind: DigestKind, at: time, now: datetime) -> Period:
    """The period that goes on: its digest is the next one."""
    today = day_of(now)
    begun = today if kind is DigestKind.DAILY else today - timedelta(days=today.weekday())
    return _told_on(kind, begun + _length(kind), at)


def _told_on(kind: DigestKind, day: date, at: time) -> Period:
    return Period(kind, _instant(day - _length(kind)), _instant(day), _instant(day, at))


def _length(kind: DigestKind) -> timedelta:
    return DAY if kind is DigestKind.DAILY else WEEK


def _instant(day: date, at: time = time()) -> datetime:
    return datetime.combine(day, at, SHANGHAI).astimezone(UTC)
