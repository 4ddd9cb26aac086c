"""An incident as it would have been: counted, windowed and graded by the very code that does so for the real ones.

It lives in memory alone: its row is never added to a transaction. What its posts showed is fed in the order in which it was
received, a minute at a time, as batches are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.core.auth import SYSTEM
from app.domain.grades import Grade, more_severe
from app.domain.grading import Policy
from app.domain.spread import Contribution, Gains, Reading, Series, Tally, advance, contribute, difference, minute_of
from app.incidents.grading import find, minute_reached
from app.incidents.opening import Opening, newborn
from app.incidents.spread import Change, apply

EMPTY = Contribution()
DAY_MINUTES = 24 * 60


class Received(NamedTuple):
    """A reading, and when we were told."""

    at: datetime
    reading: Reading


class Raise(NamedTuple):
    """A grade that the machine would have set: by which rule, at which minute of the spread, and when it would have known.

    The minute is null of a rule without a volume.
    """

    grade: Grade
    rule: str
    minute: int | None
    at: datetime


@dataclass(slots=True)
class _Member:
    published_at: datetime | None
    readings: list[Reading]
    tally: Tally


class Case:
    """One such incident. ``auto`` is what the machine says of it now, ``raised`` what it said on the way."""

    def __init__(
        self, policy_id: UUID, policy: Policy, opened_at: datetime, *, harm: str | None = None, media: str = "none"
    ) -> None:
        self.incident = newborn(Opening("", harm_class=harm), "", policy_id, caller=SYSTEM, now=opened_at)
        self.incident.media_follow_up = media
        self.policy, self.opened_at, self.last_gain_at = policy, opened_at, opened_at
        self.series = Series()
        self.auto: Grade | None = None
        self.raised: list[Raise] = []
        self.members: dict[UUID, _Member] = {}
        self._change = Change()
        self.unsettled = False

    def join(self, post_id: UUID, published_at: datetime | None, held: Sequence[Received]) -> None:
        """Takes a post in, with what was received of it before."""
        readings = [each.reading for each in held]
        counted = contribute(readings, published_at)
        self.members[post_id] = _Member(published_at, readings, counted.tally)
        self._add(difference(EMPTY, counted), min(each.at for each in held))

    def read(self, post_id: UUID, received: Received) -> bool:
        """Takes another reading of a member; whether anything was gained."""
        member = self.members[post_id]
        gains = advance(member.tally, received.reading, member.published_at)
        if gains is None:
            old = contribute(member.readings, member.published_at)
            new = contribute([*member.readings, received.reading], member.published_at)
            gains, member.tally = difference(old, new), new.tally
        member.readings.append(received.reading)
        self._add(gains, received.at)
        return bool(gains.by_minute)

    def _add(self, gains: Gains, at: datetime) -> None:
        self._change.add(gains)
        self._change.received(gains, at)
        self.unsettled = True

    def settle(self, now: datetime) -> None:
        """Counts and grades what was taken since the last time, in one go as a batch does."""
        if not self.unsettled:
            return
        self._change.mentions = len(self.members) - self.incident.mention_count
        counted = apply(self.incident, self._change, self.series, self.policy, now)
        self._change, self.unsettled = Change(), False
        if counted.grew:
            self.last_gain_at = now
        rule = find(self.incident, self.policy, counted, now).auto
        self.auto = rule.grade if rule else None
        if rule is not None and more_severe(self.auto, self.raised[-1].grade if self.raised else None):
            minute = None if rule.volume is None else minute_reached(self.incident, self.policy, rule.volume, counted)
            self.raised.append(Raise(rule.grade, rule.id, minute, now))

    def gained_last_day(self, now: datetime) -> int:
        """What it gained in the 24 hours to ``now``."""
        return self.series.window(minute_of(now), DAY_MINUTES)

    def reached(self) -> Raise | None:
        """How it came to what the machine says now; None where it says nothing."""
        return next((each for each in self.raised if each.grade == self.auto), None)
