"""What an incident must come to, counted again by brute force from the raw readings.

Written from the rules in words, sharing no code with the product, slow and obvious on purpose: it is what the tests
believe. Counting: a counter's contribution is its running maximum, dated at the observation; its first reading is
dated at publication if that is at most 24 h earlier, else it is baseline. Only negative mentions count.
"""

from collections import Counter as Bag
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID

COUNTERS = ("reposts", "comments", "likes")
DAY = timedelta(hours=24)
NO_HARM = frozenset[str]()
GRAVE = frozenset({"core_interest", "user_rights"})
# rule, grade, hours, threshold, the classes of harm it is for (none: whatever).
PLAN = (
    ("major-2h", "major", 2, 100_000, NO_HARM),
    ("serious-4h", "serious", 4, 50_000, NO_HARM),
    ("serious-harm-8h", "serious", 8, 10_000, GRAVE),
    ("general-8h", "general", 8, 10_000, NO_HARM),
)
SEVERITY = {None: 0, "general": 1, "serious": 2, "major": 3}


@dataclass(frozen=True, slots=True)
class Rule:
    """A watch rule of one brand word and at most one negative word."""

    id: UUID
    brand: str
    negative: str | None = None

    def hits(self, text: str) -> bool:
        return self.brand in text and (self.negative is None or self.negative in text)


@dataclass(frozen=True, slots=True)
class Told:
    """One reading as it was sent."""

    observed_at: datetime
    text: str
    reposts: int | None = None
    comments: int | None = None
    likes: int | None = None
    views: int | None = None
    published_at: datetime | None = None
    sentiment: str | None = None


@dataclass(slots=True)
class Post:
    """Everything that was told of one post, in the order of telling, and what people said of it."""

    told: list[Told] = field(default_factory=list)
    person_sentiment: str | None = None
    person_published_at: datetime | None = None

    @property
    def text(self) -> str:
        """That of the newest reading; of two at one instant the one told last."""
        return max(enumerate(self.told), key=lambda one: (one[1].observed_at, one[0]))[1].text

    @property
    def published_at(self) -> datetime | None:
        stated = [told.published_at for told in self.told if told.published_at is not None]
        return self.person_published_at or min(stated, default=None)

    def sentiment(self, rules: Iterable["Rule"]) -> str:
        """A person's word, else that of the newest reading that states one, else that of the words."""
        if self.person_sentiment is not None:
            return self.person_sentiment
        stated = [(told.observed_at, place, told.sentiment) for place, told in enumerate(self.told) if told.sentiment]
        if stated:
            return str(max(stated)[2])
        return "negative" if any(rule.negative and rule.hits(self.text) for rule in rules) else "unknown"

    def greatest(self, counter: str) -> int | None:
        return max((read for _, read in self._readings(counter)), default=None)

    def gained(self) -> tuple[dict[tuple[datetime, str], int], int]:
        """(minute, counter) -> what was gained in it, and the baseline."""
        gains: Bag[tuple[datetime, str]] = Bag()
        baseline = 0
        for counter in COUNTERS:
            seen: int | None = None
            for observed_at, read in sorted(self._readings(counter)):
                if seen is None:
                    if self.published_at is None or observed_at - self.published_at > DAY:
                        baseline += read
                    else:
                        gains[floor_minute(min(self.published_at, observed_at)), counter] += read
                    seen = read
                elif read > seen:
                    gains[floor_minute(observed_at), counter] += read - seen
                    seen = read
        return {place: gain for place, gain in gains.items() if gain}, baseline

    def _readings(self, counter: str) -> list[tuple[datetime, int]]:
        """Instant and value, one an instant: the greatest."""
        merged: dict[datetime, int] = {}
        for told in self.told:
            read = getattr(told, counter)
            if read is not None:
                merged[told.observed_at] = max(read, merged.get(told.observed_at, 0))
        return list(merged.items())


@dataclass(frozen=True, slots=True)
class Recount:
    """An incident as it must be."""

    buckets: dict[datetime, tuple[int, int, int]]
    baseline: int
    # Window of so many hours -> the greatest sum and the first minute a window of that sum ends with.
    peaks: dict[int, tuple[int, datetime | None]]

    @property
    def total(self) -> int:
        return sum(map(sum, self.buckets.values()))

    def window(self, end: datetime, hours: int) -> int:
        """What was gained in the minutes end - hours + 1 .. end."""
        return sum(sum(gains) for minute, gains in self.buckets.items() if end - timedelta(hours=hours) < minute <= end)

    def grade(self, harm: str | None = None) -> str | None:
        """What the plan's rules of volume say of all that was gained, if it all came in time."""
        reached = [g for _, g, hours, more_than, harms in PLAN
                   if self.peaks[hours][0] > more_than and (not harms or harm in harms)]  # fmt: skip
        return max(reached, key=SEVERITY.__getitem__, default=None)


def recount(posts: Iterable[Post]) -> Recount:
    """The incident these posts make up, all of them negative."""
    gains: Bag[tuple[datetime, str]] = Bag()
    baseline = 0
    for post in posts:
        by_minute, older = post.gained()
        gains.update(by_minute)
        baseline += older
    minutes = sorted({minute for minute, _ in gains})
    buckets = {minute: (gains[minute, "reposts"], gains[minute, "comments"], gains[minute, "likes"])
               for minute in minutes}  # fmt: skip
    return Recount(buckets, baseline, {hours: _peak(buckets, hours) for hours in (2, 4, 8)})


def _peak(buckets: Mapping[datetime, Sequence[int]], hours: int) -> tuple[int, datetime | None]:
    """Every window of the whole life, one after the other."""
    if not buckets:
        return 0, None
    first, width = min(buckets), hours * 60
    life = int((max(buckets) - first) / timedelta(minutes=1)) + 1
    by_minute = [sum(buckets.get(first + timedelta(minutes=m), ())) for m in range(life)] + [0] * width
    until = [0, *accumulate(by_minute)]
    sums = [until[end + 1] - until[max(0, end + 1 - width)] for end in range(len(by_minute))]
    best = max(sums)
    return best, first + timedelta(minutes=sums.index(best))


def floor_minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)


def shown(spread: Mapping[str, Any]) -> Recount:
    """What `/spread` answers, in the same form."""
    buckets = {_instant(one["minute"]): (one["reposts"], one["comments"], one["likes"]) for one in spread["buckets"]}
    peaks = {one["window_seconds"] // 3600: (one["peak"], _instant(one["peak_at"])) for one in spread["windows"]}
    return Recount(buckets, spread["baseline"], peaks)  # type: ignore[arg-type]


def assert_spread(spread: Mapping[str, Any], expected: Recount) -> None:
    """`/spread` says just what the readings come to: buckets, total, baseline, peaks and current windows."""
    assert shown(spread) == expected
    assert spread["total"] == expected.total
    as_of = _instant(spread["as_of"])
    assert as_of is not None
    for one in spread["windows"]:
        hours = one["window_seconds"] // 3600
        assert one["current"] == expected.window(as_of, hours), one["rule"]
    assert [(w["rule"], w["grade"], w["window_seconds"] // 3600, w["threshold"]) for w in spread["windows"]] == [
        (rule, grade, hours, more_than) for rule, grade, hours, more_than, _ in PLAN
    ]


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
