"""Spread (传播量 = 转发 + 评论 + 点赞, 方案 二(一)): from readings of a post's counters to totals by minute.

Platforms show cumulative counters, sources read them late, twice and in any order, and the plan grades by
what was gained within hours. So each mention contributes the growth of its counters, dated by minute:

* A counter's contribution is the running maximum of its readings: deleted comments or a hidden count take
  nothing back, null is no reading, and readings of one instant merge by maximum.
* Growth is dated at the reading that shows it.
* A counter's first reading is dated at publication when that is at most 24 hours earlier. Otherwise it is
  *baseline*, in no minute: a three-year-old post with 120,000 likes is not a crisis of today.
* What a reading that was loaded from the past shows first is *historical*: counted like the rest, but a window that
  holds nothing else is no reason for a grade, so its part of each minute is kept apart.

`contribute` is the definition. `advance` is the same rules for one more reading at the end, in constant
time; when it can't be (a late reading) it says so, and the caller contributes again and takes `difference`.
Instants are timezone-aware, counters are not negative, minutes are whole UTC minutes since 1970.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_READING_DATED_WITHIN = timedelta(hours=24)
SLOPE_MINUTES = 30

Counters = tuple[int, int, int]
"""Reposts, comments, likes."""
Gain = tuple[int, int, int, int]
"""Minute, reposts, comments, likes."""

NONE_GAINED: Counters = (0, 0, 0)


def minute_of(instant: datetime) -> int:
    """The minute an instant falls in."""
    since = instant - EPOCH
    return since.days * 1440 + since.seconds // 60


def minute_start(minute: int) -> datetime:
    """The instant a minute begins, in UTC."""
    return EPOCH + timedelta(minutes=minute)


class Reading(NamedTuple):
    """One look at a post's counters; None where the source showed nothing. Views are kept, never counted.

    `historical` when it was loaded from the past.
    """

    observed_at: datetime
    reposts: int | None
    comments: int | None
    likes: int | None
    views: int | None = None
    historical: bool = False


class Gains(NamedTuple):
    """What a change adds to an incident: at most one entry a minute, and what belongs to no minute.

    `historical` is the part of the minutes' sums that came from the past: (minute, amount).
    """

    by_minute: tuple[Gain, ...]
    baseline: Counters
    historical: tuple[tuple[int, int], ...] = ()


NO_GAINS = Gains((), NONE_GAINED)


@dataclass(slots=True)
class Tally:
    """All that must be remembered of a mention to take its next reading in constant time.

    `last_at` is the greatest observed_at, the counters are running maxima, None while never read.
    """

    last_at: datetime | None = None
    reposts: int | None = None
    comments: int | None = None
    likes: int | None = None


@dataclass(frozen=True, slots=True)
class Contribution:
    """Everything a mention adds to its incident. The empty one is what a mention adds elsewhere: nothing."""

    buckets: Mapping[int, Counters] = field(default_factory=dict)
    baseline: Counters = NONE_GAINED
    tally: Tally = field(default_factory=Tally)
    historical: Mapping[int, int] = field(default_factory=dict)


def advance(tally: Tally, reading: Reading, published_at: datetime | None) -> Gains | None:
    """Take one more reading into the tally; None, and no change, when only `contribute` can tell its effect.

    A reading is late before `last_at`. At that same instant a higher value is late too: it may be part of
    the counter's first reading, which is dated elsewhere. One that shows nothing new there is a repeat.
    """
    last_at = tally.last_at
    if last_at is not None and reading.observed_at <= last_at:
        return NO_GAINS if reading.observed_at == last_at and _repeats(tally, reading) else None
    return _take(tally, reading, published_at)


def contribute(readings: Iterable[Reading], published_at: datetime | None) -> Contribution:
    """What a mention's readings, in any order and with repeats, add to the incident it belongs to."""
    tally = Tally()
    buckets: dict[int, Counters] = {}
    historical: dict[int, int] = {}
    baseline = NONE_GAINED
    for reading in _in_order(readings):
        gains = _take(tally, reading, published_at)
        baseline = _plus(baseline, gains.baseline)
        for minute, *counters in gains.by_minute:
            buckets[minute] = _plus(buckets.get(minute, NONE_GAINED), counters)
        for minute, amount in gains.historical:
            historical[minute] = historical.get(minute, 0) + amount
    return Contribution(buckets, baseline, tally, historical)


def difference(old: Contribution, new: Contribution) -> Gains:
    """The signed gains that turn what `old` added into what `new` adds, in order of minute."""
    by_minute = []
    for minute in sorted(old.buckets.keys() | new.buckets.keys()):
        change = _minus(new.buckets.get(minute, NONE_GAINED), old.buckets.get(minute, NONE_GAINED))
        if change != NONE_GAINED:
            by_minute.append((minute, *change))
    moved = ((m, new.historical.get(m, 0) - old.historical.get(m, 0)) for m in {**old.historical, **new.historical})
    historical = tuple(sorted((minute, amount) for minute, amount in moved if amount))
    return Gains(tuple(by_minute), _minus(new.baseline, old.baseline), historical)


def _take(tally: Tally, reading: Reading, published_at: datetime | None) -> Gains:
    """The rules, for a reading later than all before it."""
    observed_at = reading.observed_at
    tally.last_at = observed_at
    tally.reposts, first_reposts, reposts = _step(tally.reposts, reading.reposts)
    tally.comments, first_comments, comments = _step(tally.comments, reading.comments)
    tally.likes, first_likes, likes = _step(tally.likes, reading.likes)
    minute = minute_of(observed_at)
    baseline = NONE_GAINED
    by_minute: tuple[Gain, ...] = ()
    if first_reposts or first_comments or first_likes:
        if published_at is None or observed_at - published_at > FIRST_READING_DATED_WITHIN:
            baseline = (first_reposts, first_comments, first_likes)
        elif (published := minute_of(published_at)) < minute:
            by_minute = ((published, first_reposts, first_comments, first_likes),)
        else:
            reposts, comments, likes = reposts + first_reposts, comments + first_comments, likes + first_likes
    if reposts or comments or likes:
        by_minute += ((minute, reposts, comments, likes),)
    if reading.historical:
        return Gains(by_minute, baseline, tuple((at, sum(counters)) for at, *counters in by_minute))
    return Gains(by_minute, baseline)


def _step(seen: int | None, read: int | None) -> tuple[int | None, int, int]:
    """One counter's new running maximum, its first reading if this is it, its growth if it is not."""
    if read is None:
        return seen, 0, 0
    if seen is None:
        return read, read, 0
    if read > seen:
        return read, 0, read - seen
    return seen, 0, 0


def _repeats(tally: Tally, reading: Reading) -> bool:
    pairs = zip((tally.reposts, tally.comments, tally.likes), reading[1:4], strict=True)
    return all(read is None or (seen is not None and read <= seen) for seen, read in pairs)


def _in_order(readings: Iterable[Reading]) -> Iterator[Reading]:
    """The readings by observed_at, those of one instant merged: the first that came says whether it is historical."""
    for observed_at, same in groupby(sorted(readings, key=itemgetter(0)), key=itemgetter(0)):
        first, *others = same
        if not others:
            yield first
            continue
        seen = zip(*(reading[1:5] for reading in (first, *others)), strict=True)
        reposts, comments, likes, views = (max((n for n in column if n is not None), default=None) for column in seen)
        yield Reading(observed_at, reposts, comments, likes, views, first.historical)


def _plus(a: Counters, b: Iterable[int]) -> Counters:
    reposts, comments, likes = b
    return a[0] + reposts, a[1] + comments, a[2] + likes


def _minus(a: Counters, b: Counters) -> Counters:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


class Series:
    """An incident's totals by minute, and the sums of windows over them.

    A window of `width` minutes that ends with minute `end` covers end - width + 1 .. end. `minutes` is sorted
    and parallel to `totals`; the lists given are taken over, not copied. A bucket of 0 may stay: it means the
    same as none. No total may be negative when a window is asked for, since then sums rise at buckets only.

    A window is *live* when not all of it was loaded from the past; nearly always every window is.
    """

    __slots__ = ("_news", "minutes", "totals")

    def __init__(
        self, minutes: list[int] | None = None, totals: list[int] | None = None, historical: list[int] | None = None
    ) -> None:
        self.minutes: list[int] = [] if minutes is None else minutes
        self.totals: list[int] = [] if totals is None else totals
        # What was not loaded from the past, where something was.
        self._news: Series | None = None
        if historical is not None:
            news = [total - part for total, part in zip(self.totals, historical, strict=True)]
            self._news = Series(list(self.minutes), news)

    @property
    def total(self) -> int:
        return sum(self.totals)

    @property
    def all_live(self) -> bool:
        """Whether every window that holds anything is live."""
        return self._news is None

    def add(self, minute: int, amount: int, historical: int = 0) -> None:
        """Add to a minute's total; a negative amount takes back what was added before.

        `historical` is the part of the amount that was loaded from the past.
        """
        if historical and self._news is None:
            self._news = Series(list(self.minutes), list(self.totals))
        if self._news is not None:
            self._news.add(minute, amount - historical)
        minutes = self.minutes
        if not minutes or minute > minutes[-1]:
            minutes.append(minute)
            self.totals.append(amount)
            return
        place = bisect_left(minutes, minute)
        if minutes[place] == minute:
            self.totals[place] += amount
        else:
            minutes.insert(place, minute)
            self.totals.insert(place, amount)

    def window(self, end: int, width: int) -> int:
        """The sum of the window that ends with minute `end`."""
        minutes = self.minutes
        return sum(self.totals[bisect_right(minutes, end - width) : bisect_right(minutes, end)])

    def rises(self, width: int, lo: int, hi: int, live: bool = False) -> Iterator[tuple[int, int]]:
        """(end, sum) for `lo` and each later bucket minute up to `hi`: between them a window only loses.

        With `live` only the ends of live windows: a window becomes live at a bucket too.
        """
        ends = self._rises(width, lo, hi)
        news = self._news
        if not live or news is None:
            return ends
        return ((end, held) for end, held in ends if news.window(end, width) > 0)

    def _rises(self, width: int, lo: int, hi: int) -> Iterator[tuple[int, int]]:
        minutes, totals = self.minutes, self.totals
        start, stop = bisect_right(minutes, lo - width), bisect_right(minutes, lo)
        held = sum(totals[start:stop])
        yield lo, held
        for place in range(stop, bisect_right(minutes, hi)):
            end = minutes[place]
            held += totals[place]
            while minutes[start] <= end - width:
                held -= totals[start]
                start += 1
            yield end, held

    def peak(self, width: int, lo: int, hi: int, live: bool = False) -> tuple[int, int]:
        """The greatest sum of the (live) windows that end in lo..hi, and the earliest such end; 0 where there is none."""
        ends = self.rises(width, lo, hi, live)
        at, best = next(ends, (lo, 0))
        for end, held in ends:
            if held > best:
                best, at = held, end
        return best, at

    def first_above(self, width: int, threshold: int, lo: int, hi: int, live: bool = False) -> int | None:
        """The first end in lo..hi whose (live) window exceeds the threshold."""
        return next((end for end, held in self.rises(width, lo, hi, live) if held > threshold), None)

    def last_above(self, width: int, threshold: int, lo: int, hi: int) -> int | None:
        """The last end in lo..hi whose window exceeds the threshold. Looks back from `hi`: what is late is found soon.

        Looking back, a window only gains where an older bucket comes in: at the last end that still holds it.
        """
        minutes, totals = self.minutes, self.totals
        start, stop, end = bisect_right(minutes, hi - width), bisect_right(minutes, hi), hi
        held = sum(totals[start:stop])
        while end >= lo:
            if held > threshold:
                return end
            if start == 0:
                return None
            start -= 1
            end = minutes[start] + width - 1
            held += totals[start]
            while minutes[stop - 1] > end:
                stop -= 1
                held -= totals[stop]
        return None


def forecast(series: Series, now_minute: int, width: int, threshold: int) -> int | None:
    """Minutes until a window exceeds the threshold if the last 30 minutes go on (避免升级, 方案 二(二)).

    Each minute adds a thirtieth of what the 30 minutes up to `now_minute` gained and drops what leaves the
    window, for at most `width` minutes. 0 when it is exceeded already, None when it never is.
    """
    held = series.window(now_minute, width)
    if held > threshold:
        return 0
    slope = series.window(now_minute, SLOPE_MINUTES)
    if slope == 0:
        return None
    if (threshold - held) * SLOPE_MINUTES // slope + 1 > width:
        # Not even if nothing left the window.
        return None
    minutes = series.minutes
    for place in range(bisect_right(minutes, now_minute - width), bisect_right(minutes, now_minute)):
        needed = (threshold - held) * SLOPE_MINUTES // slope + 1
        leaves_after = minutes[place] + width - now_minute
        if needed < leaves_after:
            return needed
        held -= series.totals[place]
    needed = threshold * SLOPE_MINUTES // slope + 1
    return needed if needed <= width else None
