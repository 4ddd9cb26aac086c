"""Calm (方案 二(二)3): when the fire is out, and when it flares up again (二次发酵).

Calm at minute m, all four together:

* no volume rule held in the 480 minutes to m, nor was it graded in them graver than the spread
  alone makes it, by a person or for harm and media;
* no report by listed media is dated in them;
* the 120 minutes to m gained at most 100, or 5 % of the most that 120 minutes of its life ever gained;
* a source was alive in them: where nobody looks, silence means nothing.

"The n minutes to m" are m-n+1 .. m, as everywhere (:class:`app.domain.spread.Series`). Whatever was counted counts,
also what was loaded from the past: it did burn. A rule that does not apply to the incident (its harm class, its media
follow-up) can't hold, as in :func:`app.domain.grading.holds`.

A relapse is narrower than "the test does not pass": only a rule that holds again in a live window, or a new report.
That the last two hours gained a little more is an ember and not a fire, and a source that falls silent says nothing of
the fire. Both keep calm from being recorded; neither takes it back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.domain.grades import Grade, HarmClass
from app.domain.grading import Policy, Rule, applies
from app.domain.spread import Series, minute_start

QUIET_MINUTES = 8 * 60
TAIL_MINUTES = 2 * 60
TAIL_LEAST = 100
# The share of the peak that the tail may have, 5 %, as its inverse: whole numbers compare exactly.
TAIL_SHARE = 20
ALIVE_MINUTES = 2 * 60


@dataclass(frozen=True, slots=True)
class Held:
    """A volume rule that held: the minute its window ended with, and the window's sum."""

    rule: Rule
    minute: int
    total: int

    def figures(self) -> dict[str, Any]:
        """As evidence has it."""
        volume = self.rule.volume
        assert volume is not None, "only volume rules hold at a minute"
        return {
            "rule": self.rule.id, "window_seconds": volume.window_minutes * 60, "threshold": volume.threshold,
            "sum": self.total, "minute": shown(self.minute),
        }  # fmt: skip

    def __str__(self) -> str:
        volume = self.rule.volume
        assert volume is not None, "only volume rules hold at a minute"
        hours = f"{volume.window_minutes / 60:g} h"
        return f"{self.total:,} in {hours}, more than {volume.threshold:,}, at {shown(self.minute)}"


@dataclass(frozen=True, slots=True)
class CalmLook:
    """What a look at one minute found: the figures of each of the four conditions.

    ``held`` is the volume rule that held last, ``media_minute`` the date of the last report, ``peak`` the most that
    120 minutes gained, of equal ones the first; ``alive_minute`` is when anything was received last; ``judged_minute``
    when the grade in force was set, where it is graver than the spread alone makes it. None: never.
    """

    minute: int
    held: Held | None
    media_minute: int | None
    gained: int
    peak: int
    peak_minute: int | None
    alive_minute: int | None
    judged_minute: int | None = None

    @property
    def quiet(self) -> bool:
        """No volume rule held lately, and nobody said that it burns whatever the rules say."""
        return not (self._lately(self.held.minute if self.held else None) or self._lately(self.judged_minute))

    @property
    def unreported(self) -> bool:
        """No listed outlet reported lately."""
        return not self._lately(self.media_minute)

    @property
    def allowed(self) -> int:
        """What the tail may gain: gains are whole, so a fraction of the share allows no more."""
        return max(TAIL_LEAST, self.peak // TAIL_SHARE)

    @property
    def low(self) -> bool:
        """Next to nothing is gained any more."""
        return self.gained <= self.allowed

    @property
    def watched(self) -> bool:
        """A source is alive, so that silence means something."""
        return self.alive_minute is not None and self._within(self.alive_minute, ALIVE_MINUTES)

    @property
    def passes(self) -> bool:
        """Calm."""
        return self.quiet and self.unreported and self.low and self.watched

    @property
    def missing(self) -> list[str]:
        """What stands against it, in words."""
        return list(self._missing())

    def figures(self) -> dict[str, Any]:
        """Everything it rests on, as evidence and the wire have it."""
        return {
            "minute": shown(self.minute),
            "passes": self.passes,
            "missing": self.missing,
            "volume": {
                "met": self.quiet, "quiet_seconds": QUIET_MINUTES * 60,
                "held_last": self.held.figures() if self.held else None, "judged_last": _shown(self.judged_minute),
            },
            "media": {
                "met": self.unreported, "quiet_seconds": QUIET_MINUTES * 60, "reported_last": _shown(self.media_minute)
            },
            "tail": {
                "met": self.low, "window_seconds": TAIL_MINUTES * 60, "gained": self.gained, "allowed": self.allowed,
                "peak": self.peak, "peak_minute": _shown(self.peak_minute),
            },
            "source": {
                "met": self.watched, "within_seconds": ALIVE_MINUTES * 60, "alive_last": _shown(self.alive_minute)
            },
        }  # fmt: skip

    def _missing(self) -> Iterator[str]:
        if self.held is not None and self._lately(self.held.minute):
            until = shown(self.held.minute + QUIET_MINUTES)
            yield f"Rule {self.held.rule.id} held: {self.held}. None may for 8 h: not calm before {until}."
        if self.judged_minute is not None and self._lately(self.judged_minute):
            until = shown(self.judged_minute + QUIET_MINUTES)
            yield (
                f"The grade was set at {shown(self.judged_minute)}, graver than the spread alone makes it: that stands "
                f"for 8 h, not calm before {until}."
            )
        if self.media_minute is not None and not self.unreported:
            until = shown(self.media_minute + QUIET_MINUTES)
            yield f"A listed outlet reported at {shown(self.media_minute)}. None may for 8 h: not calm before {until}."
        if not self.low:
            yield (
                f"The last 2 h gained {self.gained:,}; at most {self.allowed:,} may be: {TAIL_LEAST}, or 5 % of the "
                f"{self.peak:,} of its greatest 2 h."
            )
        if not self.watched:
            since = "ever" if self.alive_minute is None else f"since {shown(self.alive_minute)}"
            yield f"Nothing was received from any source {since}: silence is no calm. Look at the sources."

    def _lately(self, minute: int | None) -> bool:
        return minute is not None and self._within(minute, QUIET_MINUTES)

    def _within(self, minute: int, span: int) -> bool:
        return minute > self.minute - span


def look(
    policy: Policy,
    series: Series,
    minute: int,
    *,
    harm: HarmClass | None,
    media: bool,
    last_media_minute: int | None,
    alive_minute: int | None,
    judged_minute: int | None = None,
) -> CalmLook:
    """The calm test at a minute. What is dated after it does not matter.

    ``harm`` and ``media`` are the incident's harm class and whether media follow-up is confirmed.
    """
    first = min(series.minutes[0], minute) if series.minutes else minute
    peak, at = series.peak(TAIL_MINUTES, first, minute)
    return CalmLook(
        minute, _held_last(policy, series, minute, harm, media), last_media_minute, series.window(minute, TAIL_MINUTES),
        peak, at if peak else None, alive_minute, judged_minute,
    )  # fmt: skip


def _held_last(policy: Policy, series: Series, minute: int, harm: HarmClass | None, media: bool) -> Held | None:
    """The volume rule that held last, up to the minute; of several the most severe."""
    found: Held | None = None
    first = series.minutes[0] if series.minutes else minute
    for rule in _volume_rules(policy, harm, media):
        assert rule.volume is not None, "these have a volume"
        width = rule.volume.window_minutes
        at = series.last_above(width, rule.volume.threshold, first, minute)
        if at is not None:
            found, first = Held(rule, at, series.window(at, width)), at + 1
    return found


def flared(
    policy: Policy,
    series: Series,
    calm_minute: int,
    *,
    lo: int,
    hi: int,
    cutoff: int | None,
    harm: HarmClass | None,
    media: bool,
) -> Held | None:
    """The most severe volume rule that holds again in a live window after calm, now that minutes lo..hi grew.

    The window that ends with the minute of calm counts too: calm was recorded before that minute was over. ``cutoff``
    as in :func:`app.domain.grading.advance_peaks`: what comes long after the fact, or was loaded from the past, is no
    relapse.
    """
    if cutoff is None:
        return None
    for rule in _volume_rules(policy, harm, media):
        assert rule.volume is not None, "these have a volume"
        width, threshold = rule.volume.window_minutes, rule.volume.threshold
        first, last = max(lo, cutoff, calm_minute), hi + width - 1
        at = series.first_above(width, threshold, first, last, live=True) if first <= last else None
        if at is not None:
            return Held(rule, at, series.window(at, width))
    return None


@dataclass(frozen=True, slots=True)
class Relapse:
    """Why it is calm no more, in words and figures."""

    reason: str
    evidence: dict[str, Any]

    @classmethod
    def by_rule(cls, held: Held) -> "Relapse":
        return cls(f"Rule {held.rule.id} holds again: {held}.", held.figures())

    @classmethod
    def by_grade(cls, before: Grade | str | None, grade: Grade | None) -> "Relapse":
        return cls("The grade was raised.", {"from": before, "to": grade})

    @classmethod
    def by_report(cls, minute: int) -> "Relapse":
        return cls(f"A listed outlet reported at {shown(minute)}.", {"reported_at": shown(minute)})


def reported_since(calm_minute: int, last_media_minute: int | None) -> bool:
    """Whether a report is news to who recorded calm: one dated after it, or in the 480 minutes to it, where there
    was none. An older one that is only found now would not have stood against calm, and is no relapse."""
    return last_media_minute is not None and last_media_minute > calm_minute - QUIET_MINUTES


def _volume_rules(policy: Policy, harm: HarmClass | None, media: bool) -> list[Rule]:
    """Those that may hold, the most severe first."""
    rules = [rule for rule in policy.rules if rule.volume and applies(rule, harm, media)]
    return sorted(rules, key=lambda rule: rule.grade.level)


def shown(minute: int) -> str:
    """The instant a minute begins, as the wire has it."""
    return minute_start(minute).isoformat().replace("+00:00", "Z")


def _shown(minute: int | None) -> str | None:
    return None if minute is None else shown(minute)
