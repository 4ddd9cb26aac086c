"""Grades (方案 二(二)): which grade an incident has reached, and what the machine may do about it.

A policy is data: an ordered list of rules. A volume rule *holds* at a minute when the window that ends there
exceeds its threshold, and was *reached* if it ever held. The machine raises at once on what was reached and
never lowers; people lower, with a reason, and their word stands until something new happens.

Data that comes long after the fact must not ring alarms: a window that had ended more than 24 hours before
its data was received is *stale* and only suggests a grade. So each window keeps two peaks, over all ends
and over the ends that were fresh (live) when their data came.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, TypeVar

from app.domain.grades import Grade, HarmClass, more_severe, most_severe
from app.domain.spread import Series, minute_of

MAX_RULES = 30
MAX_WINDOW_MINUTES = 7 * 24 * 60

Word = TypeVar("Word", Grade, HarmClass)


@dataclass(frozen=True, slots=True)
class Volume:
    """More than `threshold` (超: strictly) gained within `window_minutes`."""

    window_minutes: int
    threshold: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A grade and the conditions for it. Those stated must be true together; at least one must be stated.

    Raises ValueError, naming the rule and what to change.
    """

    id: str
    grade: Grade
    volume: Volume | None = None
    harm: frozenset[HarmClass] = frozenset()
    media_follow_up: bool = False

    def __post_init__(self) -> None:
        if not self.id:
            raise ValueError("a rule has no id: give each rule a short name of its own")
        if self.volume is None and not self.harm and not self.media_follow_up:
            raise ValueError(
                f"rule {self.id!r} states no condition: give it a window with a threshold, harm classes or media "
                "follow-up, or remove it"
            )
        if self.volume is None:
            return
        if not 1 <= self.volume.window_minutes <= MAX_WINDOW_MINUTES:
            raise ValueError(f"rule {self.id!r}: the window must be 60 to {MAX_WINDOW_MINUTES * 60} seconds (7 days)")
        if self.volume.threshold < 0:
            raise ValueError(f"rule {self.id!r}: the threshold must be 0 or more")


@dataclass(frozen=True, slots=True)
class Policy:
    """An ordered list of 1 to 30 rules; `windows` are the widths they need, in minutes, ascending.

    Raises ValueError when the number of rules is wrong or two have one id.
    """

    rules: tuple[Rule, ...]
    windows: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 1 <= len(self.rules) <= MAX_RULES:
            raise ValueError(f"a policy has 1 to {MAX_RULES} rules, this one has {len(self.rules)}")
        seen: set[str] = set()
        for rule in self.rules:
            if rule.id in seen:
                raise ValueError(f"rule {rule.id!r} is there twice: give each rule an id of its own")
            seen.add(rule.id)
        windows = {rule.volume.window_minutes for rule in self.rules if rule.volume}
        object.__setattr__(self, "windows", tuple(sorted(windows)))


PLAN = Policy(
    (
        Rule("major-2h", Grade.MAJOR, Volume(2 * 60, 100_000)),
        Rule("major-core-media", Grade.MAJOR, harm=frozenset({HarmClass.CORE_INTEREST}), media_follow_up=True),
        Rule("serious-4h", Grade.SERIOUS, Volume(4 * 60, 50_000)),
        Rule(
            "serious-harm-8h",
            Grade.SERIOUS,
            Volume(8 * 60, 10_000),
            frozenset({HarmClass.CORE_INTEREST, HarmClass.USER_RIGHTS}),
        ),
        Rule("general-8h", Grade.GENERAL, Volume(8 * 60, 10_000)),
    )
)
"""The plan's own rules. Below all of them an incident is watched."""


_KEYS = ("id", "grade", "window_seconds", "threshold", "harm_classes", "media_follow_up")


def policy_from(data: list[dict[str, Any]]) -> Policy:
    """A policy from its stored form: a list of objects with the keys id, grade, window_seconds, threshold,
    harm_classes and media_follow_up, where null, [], false or no key at all state no condition.

    Raises ValueError, naming the rule and what to change.
    """
    return Policy(tuple(_rule_from(entry, place) for place, entry in enumerate(data, 1)))


def policy_data(policy: Policy) -> list[dict[str, Any]]:
    """The stored form of a policy, with every key."""
    return [
        {
            "id": rule.id,
            "grade": rule.grade.value,
            "window_seconds": rule.volume.window_minutes * 60 if rule.volume else None,
            "threshold": rule.volume.threshold if rule.volume else None,
            "harm_classes": [harm.value for harm in HarmClass if harm in rule.harm],
            "media_follow_up": rule.media_follow_up,
        }
        for rule in policy.rules
    ]


def _rule_from(entry: dict[str, Any], place: int) -> Rule:
    id = entry.get("id")
    if not isinstance(id, str) or not id:
        raise ValueError(f"rule number {place} has no id: give each rule a short name of its own")
    if unknown := sorted(entry.keys() - set(_KEYS)):
        raise ValueError(f"rule {id!r}: unknown key {unknown[0]!r}; the keys are {', '.join(_KEYS)}")
    media = entry.get("media_follow_up")
    if media not in (None, False, True):
        raise ValueError(f"rule {id!r}: media_follow_up must be true or false")
    return Rule(
        id,
        _word(Grade, entry.get("grade"), f"rule {id!r}: grade"),
        _volume_from(entry, id),
        frozenset(_word(HarmClass, harm, f"rule {id!r}: harm class") for harm in entry.get("harm_classes") or ()),
        bool(media),
    )


def _volume_from(entry: dict[str, Any], id: str) -> Volume | None:
    seconds, threshold = entry.get("window_seconds"), entry.get("threshold")
    if seconds is None and threshold is None:
        return None
    if type(seconds) is not int or type(threshold) is not int:
        raise ValueError(f"rule {id!r}: state window_seconds and threshold both, as whole numbers, or neither")
    if seconds % 60:
        raise ValueError(f"rule {id!r}: window_seconds must be a multiple of 60, windows are whole minutes")
    return Volume(seconds // 60, threshold)


def _word(words: type[Word], value: object, what: str) -> Word:
    for word in words:
        if word == value:
            return word
    raise ValueError(f"{what} {value!r} is unknown; use one of {', '.join(words)}")


class Peak(NamedTuple):
    """The greatest sum of one window width and its earliest end: over all ends, and over the live ones.

    A sum of 0 has no end.
    """

    total: int = 0
    at: int | None = None
    live: int = 0
    live_at: int | None = None


Peaks = Mapping[int, Peak]
"""By window width in minutes."""

NO_PEAK = Peak()


def advance_peaks(
    peaks: Peaks, series: Series, windows: Iterable[int], lo: int, hi: int, cutoff: int | None
) -> dict[int, Peak]:
    """The peaks after minutes lo..hi grew: only windows that end in lo..hi + width - 1 can have changed.

    `cutoff` is the minute 24 hours before the data was received: ends from there on are live. None: none is.
    A window that holds only what was loaded from the past is not live either.
    """
    advanced = {}
    for width in windows:
        peak = peaks.get(width, NO_PEAK)
        last = hi + width - 1
        found = series.peak(width, lo, last)
        total, at = _greater(peak.total, peak.at, *found)
        live, live_at = peak.live, peak.live_at
        if cutoff is not None and cutoff <= last:
            known = cutoff <= lo and series.all_live
            fresh = found if known else series.peak(width, max(cutoff, lo), last, live=True)
            live, live_at = _greater(live, live_at, *fresh)
        advanced[width] = Peak(total, at, live, live_at)
    return advanced


def rescan_peaks(old_peaks: Peaks, series: Series, windows: Iterable[int]) -> dict[int, Peak]:
    """The peaks after some minutes shrank: over all ends anew, the live one at most what is left.

    When other minutes grew in the same change, advance over those afterwards. A width without an old peak has
    no live one: when its data came is not known here.
    """
    rescanned = {}
    for width in windows:
        old = old_peaks.get(width, NO_PEAK)
        live, live_at = _highest(series, width, live=True)
        if live >= old.live:
            live, live_at = old.live, old.live_at
        rescanned[width] = Peak(*_highest(series, width), live, live_at)
    return rescanned


def _highest(series: Series, width: int, live: bool = False) -> tuple[int, int | None]:
    """The greatest sum of all (live) windows of a width, and its earliest end."""
    if not series.minutes:
        return 0, None
    return _greater(0, None, *series.peak(width, series.minutes[0], series.minutes[-1] + width - 1, live))


def _greater(total: int, at: int | None, other: int, other_at: int) -> tuple[int, int | None]:
    """The greater sum with its end, of equal ones the earlier."""
    if other > total or (other == total and at is not None and other_at < at):
        return other, other_at
    return total, at


def holds(rule: Rule, volumes: Mapping[int, int], harm: HarmClass | None, media: bool) -> bool:
    """Whether all that a rule states is true; `volumes` maps a window's width to its sum."""
    return applies(rule, harm, media) and (
        rule.volume is None or volumes[rule.volume.window_minutes] > rule.volume.threshold
    )


def applies(rule: Rule, harm: HarmClass | None, media: bool) -> bool:
    """Whether the conditions other than volume are true."""
    return (not rule.harm or harm in rule.harm) and (media or not rule.media_follow_up)


def reached(policy: Policy, volumes: Mapping[int, int], harm: HarmClass | None, media: bool) -> Rule | None:
    """The rule that decides: the most severe of those that hold, of equal ones the first in the policy.

    With the live peaks it decides auto_grade, with the windows of a minute what holds there.
    """
    return _deciding(rule for rule in policy.rules if holds(rule, volumes, harm, media))


def _deciding(rules: Iterable[Rule]) -> Rule | None:
    return min(rules, key=lambda rule: rule.grade.level, default=None)


def live_volumes(peaks: Peaks) -> dict[int, int]:
    """What the machine may raise on."""
    return {width: peak.live for width, peak in peaks.items()}


def windows_at(policy: Policy, series: Series, minute: int) -> dict[int, int]:
    """The sums of the policy's windows that end with a minute."""
    return {width: series.window(minute, width) for width in policy.windows}


def suggested(
    policy: Policy,
    *,
    current: Mapping[int, int],
    peaks: Peaks,
    baseline_total: int,
    harm: HarmClass | None,
    media: bool,
) -> Grade | None:
    """The grade to show to a person as advice: what holds now, what only stale windows reached, and what the
    baseline would be had it been gained within a window.

    `current` maps a window's width to its sum now.
    """
    total = {width: peak.total for width, peak in peaks.items()}
    live = live_volumes(peaks)
    baseline = dict.fromkeys(policy.windows, baseline_total)
    return most_severe(
        *(
            rule.grade
            for rule in policy.rules
            if holds(rule, current, harm, media)
            or holds(rule, baseline, harm, media)
            or (holds(rule, total, harm, media) and not holds(rule, live, harm, media))
        )
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """An incident's grade in force, the machine's own, and the last person's decision.

    The decision stays the yardstick after a later raise by the machine: forgotten, the old peaks that the
    person judged too high would raise again at once.
    """

    grade: Grade | None
    auto_grade: Grade | None
    source: Literal["machine", "person"] | None
    decided_at: datetime | None
    decided_auto: Grade | None


def machine_raise(standing: Standing, auto: Grade | None, since_decision: Grade | None) -> Grade | None:
    """The grade the machine sets now, or None to leave it as it is. It never lowers.

    `auto` is the grade of what was reached live, `since_decision` of what windows wholly after the person's
    decision reached (`reached_since`); without a decision only the first counts.
    """
    news = standing.decided_at is None or more_severe(auto, standing.decided_auto)
    if news and more_severe(auto, standing.grade):
        return auto
    if standing.decided_at is not None and more_severe(since_decision, standing.grade):
        return since_decision
    return None


def decision_cutoff(decided_at: datetime, width: int) -> int:
    """The first end minute whose window begins at or after the decision."""
    return minute_of(decided_at - timedelta(microseconds=1)) + width


def reached_since(
    policy: Policy,
    series: Series,
    decided_at: datetime,
    *,
    lo: int,
    hi: int,
    cutoff: int | None,
    harm: HarmClass | None,
    media: bool,
) -> Rule | None:
    """The rule that a live window wholly after a person's decision reached when minutes lo..hi grew.

    Rules without a volume are left out: they have no window, the person knew. `cutoff` as in `advance_peaks`.
    """
    if cutoff is None:
        return None
    volumes = {}
    for width in policy.windows:
        first, last = max(lo, cutoff, decision_cutoff(decided_at, width)), hi + width - 1
        volumes[width] = series.peak(width, first, last, live=True)[0] if first <= last else 0
    return _deciding(rule for rule in policy.rules if rule.volume and holds(rule, volumes, harm, media))


def history(policy: Policy, series: Series, harm: HarmClass | None, media: bool) -> list[tuple[int, Rule]]:
    """The raises an incident with these totals would have had, to try a policy on the past.

    Each is the minute at which a rule more severe than all before first held, harm class and media follow-up
    being as given throughout.
    """
    if not series.minutes:
        return []
    begin, end = series.minutes[0], series.minutes[-1]
    firsts = []
    for place, rule in enumerate(policy.rules):
        if not applies(rule, harm, media):
            continue
        first: int | None = begin
        if rule.volume:
            first = series.first_above(rule.volume.window_minutes, rule.volume.threshold, begin, end)
        if first is not None:
            firsts.append((first, rule.grade.level, place))
    raises: list[tuple[int, Rule]] = []
    for minute, level, place in sorted(firsts):
        if not raises or level < raises[-1][1].grade.level:
            raises.append((minute, policy.rules[place]))
    return raises
